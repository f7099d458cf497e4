"""This machine and what is installed on it."""

import platform
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ladewerk import __version__
from ladewerk.cli.checks.finding import Finding, note, ok, wrong
from ladewerk.optimizer.kernel.library import loaded
from ladewerk.station.machine_time import is_synchronised

_HARDWARE_CLOCKS: Final = Path("/sys/class/rtc")
_PACKAGES: Final = {
    "station": ("httpx", "litestar", "uvicorn", "cryptography", "gpiozero"),
    "csms": ("litestar", "uvicorn", "sqlalchemy", "alembic", "highspy", "numpy"),
}
"""Those of each extra, by the names under which they are imported."""


def look_at_machine(needed: set[str]) -> Iterator[Finding]:
    """Versions, packages of the extras (those ``needed`` have to be there), clock, and the optimizer's kernel."""
    yield ok("version", f"Ladewerk {__version__} on Python {platform.python_version()}, {platform.platform(terse=True)}")
    for extra, names in _PACKAGES.items():
        missing = [name for name in names if find_spec(name) is None]
        if not missing:
            yield ok(f"packages of {extra}", "installed")
            continue
        tell = wrong if extra in needed else note
        yield tell(f"packages of {extra}", f"{', '.join(missing)} missing; run: pip install 'ladewerk[{extra}]'")
    yield _clock()
    if loaded() is None:
        yield note("optimizer", "without its compiled kernel plans take longer; install the wheel of this platform")
    else:
        yield ok("optimizer", "with its compiled kernel")


def _clock() -> Finding:
    if is_synchronised():
        return ok("clock", "is set over the network")
    if any(_HARDWARE_CLOCKS.glob("*")):
        return note("clock", "has a battery, and is not set over the network; run 'timedatectl set-ntp true'")
    return note("clock", "nothing sets it, and it stands while the power is off; run 'timedatectl set-ntp true'")
