"""What a household switches on now and then: spikes at about the same time of day, on some days and not on others."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from ladewerk.simulator.noise import symmetric, uniform

_DAY_MIN: Final = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """A thing with a course: ``course`` is (power in W, minutes) one after the other.

    It starts at ``usual_hour`` of the local day, give or take ``spread_h``, on the share ``on_workdays`` of the working days
    and ``on_weekends`` of the others.
    """

    course: tuple[tuple[float, int], ...]
    usual_hour: float
    spread_h: float
    on_workdays: float
    on_weekends: float

    def start_minute(self, day: date, seed: int) -> int | None:
        """The minute of the local ``day`` at which it starts; None on days without it. The same for the same ``seed``."""
        number = day.toordinal()
        if uniform(seed, 2 * number) >= (self.on_weekends if day.weekday() >= 5 else self.on_workdays):
            return None
        return int((self.usual_hour + self.spread_h * symmetric(seed, 2 * number + 1)) * 60)

    def power_w(self, day: date, minute: int, seed: int) -> float:
        """What it draws in a minute of the local ``day``, from midnight on; a course that is not over by then goes on."""
        return self._on(day, minute, seed) or self._on(date.fromordinal(day.toordinal() - 1), minute + _DAY_MIN, seed)

    def _on(self, day: date, minute: int, seed: int) -> float:
        after_first = minute - (self.usual_hour - self.spread_h) * 60
        if not 0 <= after_first <= 2 * self.spread_h * 60 + sum(minutes for _, minutes in self.course):
            return 0.0
        began = self.start_minute(day, seed)
        if began is None or minute < began:
            return 0.0
        for power_w, minutes in self.course:
            began += minutes
            if minute < began:
                return power_w
        return 0.0


EVERYDAY: Final = (
    # A hob cycles: full power, then bursts.
    Appliance(
        course=((2600, 9), (900, 6), (2100, 8), (700, 12)), usual_hour=18.6, spread_h=1.0, on_workdays=0.75, on_weekends=0.7
    ),
    Appliance(course=((2400, 10), (800, 20), (1800, 6)), usual_hour=12.4, spread_h=0.8, on_workdays=0.12, on_weekends=0.6),
    Appliance(course=((2200, 4),), usual_hour=6.9, spread_h=0.5, on_workdays=0.9, on_weekends=0.1),
    Appliance(course=((2200, 4),), usual_hour=9.0, spread_h=1.2, on_workdays=0.2, on_weekends=0.85),
    Appliance(course=((2100, 22), (250, 55), (450, 8)), usual_hour=10.5, spread_h=3.0, on_workdays=0.22, on_weekends=0.55),
    Appliance(
        course=((1900, 18), (90, 35), (1900, 14), (60, 20)),
        usual_hour=20.4,
        spread_h=1.2,
        on_workdays=0.55,
        on_weekends=0.65,
    ),
    Appliance(course=((160, 110),), usual_hour=20.2, spread_h=0.7, on_workdays=0.8, on_weekends=0.7),
)
"""Hob in the evening and at noon, kettle early and late, washing machine, dishwasher, television."""
