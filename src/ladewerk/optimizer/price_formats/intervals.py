"""Prices of intervals, in whatever order they were published, as one timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from ladewerk.errors import ConfigError
from ladewerk.timeline import Timeline

PER_MWH = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPrices:
    """What a document says.

    ``market_per_kwh`` is the exchange's price without taxes and fees, ``total_per_kwh`` what the customer pays in the end;
    None where the source does not say it. Both say nothing outside the hours that are published. ``currency`` is the ISO
    4217 code, None where the source is silent.
    """

    market_per_kwh: Timeline[float] | None
    total_per_kwh: Timeline[float] | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """One price and the time it holds for; ``where`` is its place in the document."""

    start: datetime
    end: datetime
    price_per_kwh: float
    where: str


def of_this_century(at: datetime, where: str) -> datetime:
    """``at`` itself. ConfigError where it is before 2000 or after 2099, and so no time of a price."""
    if not 2000 <= at.year < 2100:
        raise ConfigError(where, f"a time of this century is expected, not {at.isoformat()}")
    return at


def interval_line(intervals: Iterable[Interval]) -> Timeline[float]:
    """The intervals in order of time; between them nothing is said. ConfigError where two overlap, or there is none."""
    ordered = sorted(intervals, key=lambda interval: interval.start)
    if not ordered:
        raise ConfigError("", "holds no price")
    for before, after in pairwise(ordered):
        if after.start < before.end:
            why = f"a start at or after {before.end.isoformat()} is expected, where {before.where} ends"
            raise ConfigError(after.where, why)
    steps: dict[datetime, float | None] = {}
    for interval in ordered:
        steps[interval.start] = interval.price_per_kwh
        steps[interval.end] = None
    return Timeline.of(sorted(steps.items()))
