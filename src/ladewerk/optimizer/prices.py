"""Prices over time: tariffs by the local clock, and what taxes and fees make of the market's price.

There is one form for all of them, a ``Timeline`` of money per kWh: what is bought is one line, what is sold another.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from math import isfinite
from typing import Final

from ladewerk.errors import ConfigError
from ladewerk.timeline import Timeline

_SATURDAY: Final = 5
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TimeOfDayTariff:
    """Prices per kWh that begin at times of the local day and hold until the next one, round the clock.

    ``weekend_price_from`` holds on Saturdays and Sundays from midnight to midnight; None: they are days like any other.
    Raises ConfigError for an empty tariff or a price that is no number.
    """

    price_from: Mapping[time, float]
    zone: tzinfo
    weekend_price_from: Mapping[time, float] | None = None

    def __post_init__(self) -> None:
        for prices in (self.price_from, self.weekend_price_from):
            if prices is None:
                continue
            if not prices:
                raise ConfigError("tariff", "at least one price and the time of day it begins is expected")
            for begin, price in prices.items():
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
        local = moment.astimezone(self.zone)
        prices = self.price_from
        if self.weekend_price_from is not None and local.weekday() >= _SATURDAY:
            prices = self.weekend_price_from
        begins = sorted(prices)
        # Before the first step of the day the last one, as on the day before, still holds.
        return prices[max((begin for begin in begins if begin <= local.time()), default=begins[-1])]

    @property
    def begins(self) -> frozenset[time]:
        """Every time of day at which a price may begin."""
        if self.weekend_price_from is None:
            return frozenset(self.price_from)
        return frozenset({*self.price_from, *self.weekend_price_from, time()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surcharge:
    """What a supplier and the state make of a market price: (price * (1 + share) + per_kwh) * (1 + tax).

    ``share`` and ``tax`` are shares of 1 (0.19 for 19 %), ``per_kwh`` is money before tax: grid fee, levies, margin. For
    energy that is sold a fee is negative. Raises ConfigError for a number that is not finite or a tax below -1.
    """

    share: float = 0.0
    per_kwh: float = 0.0
    tax: float = 0.0

    def __post_init__(self) -> None:
        for name in ("share", "per_kwh", "tax"):
            value = getattr(self, name)
            if not isfinite(value):
                raise ConfigError(name, f"a finite number is expected, not {value}")
            if name != "per_kwh" and value < -1:
                raise ConfigError(name, f"a share of 1 is expected, at least -1, not {value:g}")

    def on(self, market_per_kwh: Timeline[float]) -> Timeline[float]:
        """What is paid where the market says ``market_per_kwh``."""
        return market_per_kwh.map(lambda price: (price * (1 + self.share) + self.per_kwh) * (1 + self.tax))


def price_timeline(tariff: TimeOfDayTariff, start: datetime, end: datetime) -> Timeline[float]:
    """The tariff from ``start`` to ``end``; a day of 23 or 25 hours has the prices its clocks show."""
    moments = {start.astimezone(UTC), *(moment for moment in _changes(tariff, start, end) if start < moment < end)}
    steps: list[tuple[datetime, float | None]] = [(moment, tariff.at(moment)) for moment in sorted(moments)]
    return Timeline.of([*steps, (end.astimezone(UTC), None)])


def published_until(prices: Timeline[float]) -> datetime | None:
    """Where published prices end; None where there are none.

    A series without an end, as from a CSV file, is taken to end a step after its last price: the shortest step of its last
    week. A series of one price never ends, which is None as well.
    """
    if prices.end is not None or len(prices.starts) < 2:
        return prices.end
    # In UTC: between two times of one zone Python subtracts what their clocks show.
    starts = [start.astimezone(UTC) for start in prices.starts]
    recent = [start for start in starts if start >= starts[-1] - _WEEK]
    return starts[-1] + min(after - before for before, after in pairwise(recent if len(recent) > 1 else starts[-2:]))


def _changes(tariff: TimeOfDayTariff, start: datetime, end: datetime) -> Iterator[datetime]:
    """Moments in UTC at which the price may change: the steps of every day, and where the clocks are turned."""
    day = start.astimezone(tariff.zone).date()
    last = end.astimezone(tariff.zone).date()
    while day <= last:
        for begin in tariff.begins:
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
