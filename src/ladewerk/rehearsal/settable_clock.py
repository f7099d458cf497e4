"""The clock of one machine: it goes with the loop, and somebody may set it."""

from asyncio import AbstractEventLoop
from datetime import UTC, datetime, timedelta
from typing import Final

from ladewerk.clock import Clock, LoopClock

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class SettableClock:
    """Starts right; :meth:`jump` sets it forward or back, which its monotonic time does not notice.

    ``is_set`` is what the machine itself says of it: False from :meth:`lose` to :meth:`set_right`.
    """

    def __init__(self, loop: AbstractEventLoop, origin: datetime) -> None:
        self._true = LoopClock(loop, origin)
        self._off = timedelta()
        self._shown: tuple[float, datetime] | None = None
        """The moment last asked for, and what the clock shows then: each poll asks several times."""
        self.is_set = True

    def now(self) -> datetime:
        at_s = self._true.monotonic()
        if self._shown is None or self._shown[0] != at_s:
            self._shown = (at_s, self._true.now() + self._off)
        return self._shown[1]

    def monotonic(self) -> float:
        return self._true.monotonic()

    @property
    def off_s(self) -> float:
        """How far ahead of the true time it is."""
        return self._off.total_seconds()

    def jump(self, seconds: float) -> None:
        """Set it forward, or back where ``seconds`` is negative."""
        self._set(self._off + timedelta(seconds=seconds))

    def lose(self) -> None:
        """The machine was off and has no clock that goes on meanwhile: it begins in 1970."""
        self._set(_BEGINNING - self._true.now())
        self.is_set = False

    def set_right(self) -> None:
        """NTP has said what time it is."""
        self._set(timedelta())
        self.is_set = True

    def _set(self, off: timedelta) -> None:
        self._off, self._shown = off, None


_: tuple[type[Clock], ...] = (SettableClock,)
