"""A timeline told in periods of whole seconds from its start: the form of every schedule in OCPP."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from ladewerk.timeline import Timeline

T = TypeVar("T")

_MICROSECOND: Final = timedelta(microseconds=1)
_PER_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Period(Generic[T]):
    """``value`` from ``start_s`` seconds on, until the next period."""

    start_s: int
    value: T


def periods(line: Timeline[T], start: datetime, duration_s: int) -> list[Period[T]]:
    """What ``line`` says at each whole second from ``start``, for ``duration_s``; at least at ``start`` itself.

    A change between two seconds counts from the second after it. Neighbours alike are one period, and stretches of which
    nothing is said are left out.
    """
    found: list[Period[T | None]] = [Period(0, line.at(start))]
    for moment, value in zip(line.starts, line.values, strict=True):
        at = -(-((moment - start) // _MICROSECOND) // _PER_SECOND)
        if at <= 0 or at >= duration_s:
            continue
        if found[-1].start_s == at:
            found.pop()
        if found and found[-1].value == value:
            continue
        found.append(Period(at, value))
    return [Period(one.start_s, one.value) for one in found if one.value is not None]


def split(found: Sequence[Period[T]], borders_s: Sequence[int]) -> list[Period[T]]:
    """``found`` with a period beginning at each of ``borders_s`` too."""
    starts = sorted({one.start_s for one in found} | {border for border in borders_s if found and border > found[0].start_s})
    values: list[Period[T]] = []
    rest = list(found)
    for start_s in starts:
        while len(rest) > 1 and rest[1].start_s <= start_s:
            rest.pop(0)
        values.append(Period(start_s, rest[0].value))
    return values
