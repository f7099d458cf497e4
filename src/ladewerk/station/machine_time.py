"""Whether the machine's own clock is right: set over the network, or by a clock that goes on while the power is off."""

import ctypes
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from ladewerk.clock import Clock

_SYNCHRONISED: Final = range(5)
"""What adjtimex(2) returns but for TIME_ERROR, 5, and -1 where the question itself is forbidden."""
_TIMEX_BYTES: Final = 512
"""More than struct timex of any Linux."""
_HARDWARE_CLOCKS: Final = Path("/sys/class/rtc")
_START: Final = Path("/proc/sys/kernel/random/boot_id")


class MachineTime:
    """Judges ``clock``; it cannot be earlier than what was written into ``data`` before this start, or than the program."""

    def __init__(self, clock: Clock, data: Path, hardware_clocks: Path = _HARDWARE_CLOCKS) -> None:
        self._clock = clock
        self._hardware_clocks = hardware_clocks
        self._not_before_s = newest((Path(__file__), data, *_files(data)))

    def is_set(self) -> bool:
        """True where the time comes from the network, or from a clock with a battery that has not begun anew.

        A Pi without either starts at the time at which it was switched off, which looks right and is not.
        """
        return is_synchronised() or self.is_kept()

    def is_kept(self) -> bool:
        """Whether there is a clock with a battery, and what it shows can be."""
        return bool(_files(self._hardware_clocks)) and self._clock.now().timestamp() >= self._not_before_s


def machine_start() -> str:
    """A name for this start of the machine, from which the monotonic clock counts."""
    return _START.read_text(encoding="ascii").strip()


def is_synchronised() -> bool:
    """What the kernel was told by NTP."""
    try:
        # All zeroes only asks.
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))) in _SYNCHRONISED
    except AttributeError:  # another C library; then only a hardware clock counts
        return False


def newest(paths: Iterable[Path]) -> float:
    """When the newest of ``paths`` was written, s since 1970."""
    times = [0.0]
    for path in paths:
        with suppress(OSError):
            times.append(path.stat().st_mtime)
    return max(times)


def _files(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
