"""One moment on both clocks: where it lies in the calendar, and how long ago another one was."""

from datetime import datetime, timedelta

from msgspec import Struct

from ladewerk.clock import Clock


class Moment(Struct, frozen=True):
    """``at`` is aware UTC and may jump when somebody sets the clock; ``monotonic_s`` never does."""

    at: datetime
    monotonic_s: float

    @classmethod
    def of(cls, clock: Clock) -> "Moment":
        """What ``clock`` shows now."""
        return cls(clock.now(), clock.monotonic())

    def since_s(self, earlier_s: float) -> float:
        """Seconds passed since the monotonic reading ``earlier_s``."""
        return self.monotonic_s - earlier_s

    def on(self, later: "Moment") -> datetime:
        """The calendar time of ``later`` if the wall clock had not been touched since this moment."""
        return self.at + timedelta(seconds=later.monotonic_s - self.monotonic_s)
