"""The other loads behind the same grid connection: a house with a day's rhythm, noise from a seed, and its forecast."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import exp

from ladewerk.simulator.noise import symmetric, uniform
from ladewerk.timeline import Timeline

_SPREAD = 0.15
"""Noise around the habit, as a share of it."""
_REFRIGERATOR_W = 90.0
_REFRIGERATOR_SHARE = 0.4
_QUARTER_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A house by its habits; the load is constant within each minute of the clock.

    ``time_zone`` None is the machine's own.
    """

    seed: int
    night_w: float = 280.0
    day_w: float = 550.0
    morning_peak_w: float = 1400.0
    evening_peak_w: float = 4200.0
    time_zone: tzinfo | None = None

    def load_w(self, at: datetime) -> float:
        """What the house draws at ``at`` (aware): the same for the same seed and minute."""
        minute = int(at.timestamp() // 60)
        load = self._habit_w(minute) * (1 + _SPREAD * symmetric(self.seed, minute))
        if uniform(self.seed + 1, minute // 20) < _REFRIGERATOR_SHARE:
            load += _REFRIGERATOR_W
        return load

    def forecast(self, start: datetime, end: datetime) -> Timeline[float]:
        """Upper envelope in W by quarter-hours from ``start`` to ``end``: it knows the habits, not the noise.

        It is never below :meth:`load_w` within its quarter, so a plan that keeps to it keeps to the grid limit.
        """
        steps: list[tuple[datetime, float | None]] = []
        at = start
        while at < end:
            quarter = int(at.timestamp() // _QUARTER_S)
            minutes = range(quarter * 15, quarter * 15 + 15)
            steps.append((at, max(self._habit_w(minute) for minute in minutes) * (1 + _SPREAD) + _REFRIGERATOR_W))
            at = datetime.fromtimestamp((quarter + 1) * _QUARTER_S, UTC)
        steps.append((end, None))
        return Timeline.of(steps)

    def _habit_w(self, minute: int) -> float:
        """The usual load in a minute, counted from 1970-01-01 UTC."""
        local = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(self.time_zone)
        hour = local.hour + local.minute / 60
        awake = 1 / (1 + exp(-(hour - 6.5) * 4)) - 1 / (1 + exp(-(hour - 22.75) * 4))
        load = self.night_w + (self.day_w - self.night_w) * awake
        load += (self.morning_peak_w - self.day_w) * _hump(hour, 7.25, 0.7)
        return load + (self.evening_peak_w - self.day_w) * _hump(hour, 19.5, 1.6)


def _hump(hour: float, middle: float, half_width: float) -> float:
    """1 around ``middle``, about a third at ``half_width`` from it, soon nothing."""
    return exp(-(((hour - middle) / half_width) ** 4))
