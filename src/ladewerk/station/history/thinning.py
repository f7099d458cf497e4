"""How fine readings are kept at which age, and making fewer of many without losing energy or extremes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from ladewerk.station.history.gauge import FINEST_S, Reading, merged

_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Tier:
    """Readings of about ``period_s``, kept so until they are ``keep_s`` old; None is for ever."""

    period_s: float
    keep_s: float | None


TIERS: Final = (Tier(FINEST_S, 2 * _DAY_S), Tier(60.0, 60 * _DAY_S), Tier(900.0, None))
"""The finest first. Each period divides the next one."""


def thinned(readings: Iterable[Reading], period_s: float) -> Iterator[Reading]:
    """One reading for each ``period_s`` of Unix time in which any of ``readings``, of one unit in their order, begins."""
    for _, group in groupby(readings, key=lambda reading: reading.begin_s // period_s):
        yield _one(group)


def _one(group: Iterator[Reading]) -> Reading:
    whole = next(group)
    for reading in group:
        whole = merged(whole, reading)
    return whole


def due_before_s(tier: Tier, now_s: float, coarser_s: float) -> float | None:
    """Readings of ``tier`` that begin before this moment are thinned to ``coarser_s``; None where they are never.

    It lies between two coarser periods, so that none of these is made twice.
    """
    return None if tier.keep_s is None else (now_s - tier.keep_s) // coarser_s * coarser_s


def period_for(span_s: float, at_most: int) -> float:
    """The shortest whole multiple of the finest period that shows ``span_s`` in ``at_most`` readings."""
    return FINEST_S * max(1.0, -(-span_s // (FINEST_S * max(1, at_most))))
