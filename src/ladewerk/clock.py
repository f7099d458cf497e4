"""What time it is, as a port: the machine's, a running loop's, or one turned by hand."""

import time
from asyncio import AbstractEventLoop
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall-clock and monotonic time that belong together.

    Durations and deadlines follow :meth:`monotonic` alone; :meth:`now` places schedules in the calendar. Waiting is
    asyncio's own (``asyncio.sleep``, ``asyncio.timeout``): on a paced loop it passes at the loop's pace.
    """

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, from an arbitrary zero."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class LoopClock:
    """The time of an event loop, placed in the calendar: at ``loop.time() == 0`` it is ``origin``."""

    def __init__(self, loop: AbstractEventLoop, origin: datetime) -> None:
        self._loop = loop
        self._origin = origin.astimezone(UTC)

    def now(self) -> datetime:
        return self._origin + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()


class ManualClock:
    """A clock that stands still until it is turned; wall clock and monotonic time can be turned apart."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self._monotonic_s = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def jump(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or a person does; no time passes."""
        self._now += timedelta(seconds=seconds)


_: tuple[type[Clock], ...] = (SystemClock, LoopClock, ManualClock)
