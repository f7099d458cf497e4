"""Prices over time: tariffs by the local clock."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import isfinite

from ladewerk.errors import ConfigError
from ladewerk.timeline import Timeline


@dataclass(frozen=True, slots=True)
class TimeOfDayTariff:
    """Prices per kWh that begin at times of the local day and hold until the next one, round the clock.

    Raises ConfigError for an empty tariff or a price that is no number.
    """

    price_from: Mapping[time, float]
    zone: tzinfo

    def __post_init__(self) -> None:
        if not self.price_from:
            raise ConfigError("tariff", "at least one price and the time of day it begins is expected")
        for begin, price in self.price_from.items():
            if not isfinite(price):
                raise ConfigError(f"tariff {begin:%H:%M}", f"a finite price per kWh is expected, not {price}")

    @classmethod
    def day_night(
        cls, *, day_price: float, night_price: float, night_from: time, night_to: time, zone: tzinfo
    ) -> "TimeOfDayTariff":
        """A day tariff with a cheaper night, prices per kWh."""
        if night_from == night_to:
            raise ConfigError("tariff", f"a night that ends at another time than {night_from:%H:%M} is expected")
        return cls({night_from: night_price, night_to: day_price}, zone)

    def at(self, moment: datetime) -> float:
        """The price by the local clock at ``moment``."""
        clock = moment.astimezone(self.zone).time()
        begins = sorted(self.price_from)
        # Before the first step of the day the last one of the day before still holds.
        return self.price_from[max((begin for begin in begins if begin <= clock), default=begins[-1])]


def price_timeline(tariff: TimeOfDayTariff, start: datetime, end: datetime) -> Timeline[float]:
    """The tariff from ``start`` to ``end``; a day of 23 or 25 hours has the prices its clocks show."""
    moments = {start.astimezone(UTC), *(moment for moment in _changes(tariff, start, end) if start < moment < end)}
    steps: list[tuple[datetime, float | None]] = [(moment, tariff.at(moment)) for moment in sorted(moments)]
    return Timeline.of([*steps, (end.astimezone(UTC), None)])


def _changes(tariff: TimeOfDayTariff, start: datetime, end: datetime) -> Iterator[datetime]:
    """Moments in UTC at which the price may change: the steps of every day, and where the clocks are turned."""
    day = start.astimezone(tariff.zone).date()
    last = end.astimezone(tariff.zone).date()
    while day <= last:
        for begin in tariff.price_from:
            for fold in (0, 1):
                yield datetime.combine(day, begin, tariff.zone).replace(fold=fold).astimezone(UTC)
        yield _clock_change(day, tariff.zone)
        day += timedelta(days=1)


def _clock_change(day: date, zone: tzinfo) -> datetime:
    """The moment of ``day`` at which the offset of ``zone`` changes; its end if it does not."""
    low = datetime.combine(day, time(), zone).astimezone(UTC)
    high = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
