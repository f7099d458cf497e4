"""The other loads behind the same grid connection: a house with a day's rhythm, noise from a seed, and its forecast."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from math import cos, exp, pi

from ladewerk.simulator.appliances import EVERYDAY, Appliance
from ladewerk.simulator.noise import symmetric, uniform
from ladewerk.timeline import Timeline

_SPREAD = 0.15
"""Noise around the habit, as a share of it."""
_REFRIGERATOR_W = 90.0
_REFRIGERATOR_SHARE = 0.4
_QUARTER_S = 900
_COLDEST_DAY = 15
_EMPTY = 0.35
"""What is left of the day's rhythm when nobody is at home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """A house by its habits; the load is constant within each minute of the clock.

    ``time_zone`` None is the machine's own. ``weekend_later_h`` is how much longer people sleep on Saturdays and Sundays,
    ``winter_share`` what the coldest day adds to the habit (and the warmest takes away), ``away_share`` the share of days on
    which nobody is at home. All three are 0 and ``appliances`` are none in a house where every day is alike.
    """

    seed: int
    night_w: float = 280.0
    day_w: float = 550.0
    morning_peak_w: float = 1400.0
    evening_peak_w: float = 4200.0
    time_zone: tzinfo | None = None
    weekend_later_h: float = 0.0
    winter_share: float = 0.0
    away_share: float = 0.0
    appliances: tuple[Appliance, ...] = ()

    def load_w(self, at: datetime) -> float:
        """What the house draws at ``at`` (aware): the same for the same seed and minute."""
        minute = int(at.timestamp() // 60)
        local = self._local(minute)
        load = self._habit_w(local) * (1 + _SPREAD * symmetric(self.seed, minute))
        if uniform(self.seed + 1, minute // 20) < _REFRIGERATOR_SHARE:
            load += _REFRIGERATOR_W
        return load + self._switched_on_w(local)

    def load_line(self, start: datetime, end: datetime, step_s: int = _QUARTER_S) -> Timeline[float]:
        """Mean load in W in steps of ``step_s``, whole minutes: what a meter of the house would have written down."""
        minutes = step_s // 60
        first = int(start.timestamp()) // step_s * minutes
        last = -(-int(end.timestamp()) // step_s) * minutes
        steps: list[tuple[datetime, float | None]] = []
        for minute in range(first, last, minutes):
            loads = [self.load_w(_utc(each)) for each in range(minute, minute + minutes)]
            steps.append((_utc(minute), sum(loads) / minutes))
        steps.append((_utc(last), None))
        return Timeline.of(steps).within(start, end)

    def forecast(self, start: datetime, end: datetime) -> Timeline[float]:
        """Upper envelope in W by quarter-hours from ``start`` to ``end``: it knows the habits, not the noise.

        It is never below :meth:`load_w` within its quarter, so a plan that keeps to it keeps to the grid limit.
        """
        steps: list[tuple[datetime, float | None]] = []
        at = start
        while at < end:
            quarter = int(at.timestamp() // _QUARTER_S)
            minutes = [self._local(minute) for minute in range(quarter * 15, quarter * 15 + 15)]
            highest_w = max(self._habit_w(local) * (1 + _SPREAD) + self._switched_on_w(local) for local in minutes)
            steps.append((at, highest_w + _REFRIGERATOR_W))
            at = datetime.fromtimestamp((quarter + 1) * _QUARTER_S, UTC)
        steps.append((end, None))
        return Timeline.of(steps)

    def _local(self, minute: int) -> datetime:
        """A minute, counted from 1970-01-01 UTC, by the clock on the wall."""
        return _utc(minute).astimezone(self.time_zone)

    def _habit_w(self, local: datetime) -> float:
        """The usual load in a minute."""
        day = local.toordinal()
        hour = local.hour + local.minute / 60
        later_h = self.weekend_later_h if local.weekday() >= 5 else 0.0
        awake = 1 / (1 + exp(-(hour - later_h - 6.5) * 4)) - 1 / (1 + exp(-(hour - 22.75) * 4))
        rhythm_w = (self.day_w - self.night_w) * awake
        rhythm_w += (self.morning_peak_w - self.day_w) * _hump(hour - later_h, 7.25, 0.7)
        rhythm_w += (self.evening_peak_w - self.day_w) * _hump(hour, 19.5, 1.6)
        if self._is_empty(day):
            rhythm_w *= _EMPTY
        of_year = local.timetuple().tm_yday
        return (self.night_w + rhythm_w) * (1 + self.winter_share * cos(2 * pi * (of_year - _COLDEST_DAY) / 365.25))

    def _switched_on_w(self, local: datetime) -> float:
        """What the appliances draw in a minute."""
        if not self.appliances or self._is_empty(local.toordinal()):
            return 0.0
        day, minute = local.date(), local.hour * 60 + local.minute
        return sum(each.power_w(day, minute, self.seed + 101 + number) for number, each in enumerate(self.appliances))

    def _is_empty(self, day: int) -> bool:
        return uniform(self.seed + 2, day) < self.away_share


def family(seed: int, time_zone: tzinfo | None = None) -> Household:
    """A house with a family's year: cooking and washing, weekends, winter; of another size for another ``seed``."""
    size = 0.7 + 0.6 * uniform(seed, -1)
    return Household(
        seed=seed,
        night_w=180 * size,
        day_w=380 * size,
        morning_peak_w=800 * size,
        evening_peak_w=(1100 + 900 * uniform(seed, -2)) * size,
        time_zone=time_zone,
        weekend_later_h=1.5 + uniform(seed, -3),
        winter_share=0.15 + 0.15 * uniform(seed, -4),
        away_share=0.04 + 0.08 * uniform(seed, -5),
        appliances=EVERYDAY,
    )


def _utc(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _hump(hour: float, middle: float, half_width: float) -> float:
    """1 around ``middle``, about a third at ``half_width`` from it, soon nothing."""
    return exp(-(((hour - middle) / half_width) ** 4))
