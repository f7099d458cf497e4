"""The compiled library, if it was built: ``hatch_build.py`` makes it of the C files here when Ladewerk is installed."""

import ctypes
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).parent / "ladewerk_kernel.so"


def loaded(file: Path = FILE) -> ctypes.CDLL | None:
    """The library; None where it was not built or was built for another machine: then Python does the work, slower."""
    try:
        library = ctypes.CDLL(str(file))
    except OSError:
        return None
    for call in (library.ladewerk_plan, library.ladewerk_plan_in_rooms):
        call.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    library.ladewerk_best_plans.restype = ctypes.c_int64
    return library


LIBRARY: Final = loaded()
