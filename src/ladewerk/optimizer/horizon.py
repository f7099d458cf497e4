"""From series over time to slots: where one slot ends and the next begins, and what holds in each."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from ladewerk.errors import PlanError
from ladewerk.timeline import Timeline

QUARTER_HOUR_S: Final = 900

_SECOND: Final = timedelta(seconds=1)

_LEAST: Final = timedelta(seconds=1)
"""No slot is shorter, unless all of the horizon is."""


def horizon_slots(
    start: datetime,
    end: datetime,
    *lines: Timeline[float],
    moments: Iterable[datetime] = (),
    longest_s: int = QUARTER_HOUR_S,
) -> tuple[float, ...]:
    """Lengths in seconds of the slots from ``start`` to ``end``.

    A slot ends wherever one of ``lines`` changes, at each of ``moments`` (arrivals, departures), and on every multiple of
    ``longest_s`` of the clock: slots are as unequal as prices are, and never longer than that. PlanError if
    ``end`` is not after ``start``.
    """
    first, last = start.astimezone(UTC), end.astimezone(UTC)
    if last <= first:
        raise PlanError("$.slot_s", f"an end after the start ({start.isoformat()}) is expected, not {end.isoformat()}")
    borders = {first, last}
    borders.update(moment.astimezone(UTC) for line in lines for moment in line.starts)
    borders.update(moment.astimezone(UTC) for moment in moments)
    border = first + timedelta(seconds=longest_s - first.timestamp() % longest_s)
    while border < last:
        borders.add(border)
        border += timedelta(seconds=longest_s)
    inside = [first]
    for border in sorted(border for border in borders if first < border < last):
        # A change within a second of another makes no slot of its own.
        if border - inside[-1] >= _LEAST and last - border >= _LEAST:
            inside.append(border)
    inside.append(last)
    return tuple((after - before) / _SECOND for before, after in pairwise(inside))


def per_slot(line: Timeline[float], start: datetime, slot_s: Sequence[float]) -> tuple[float, ...]:
    """Mean of ``line`` over each slot, weighted by time. PlanError where it says nothing for part of one.

    Takes as long as line and slots are together.
    """
    begins = [each.astimezone(UTC) for each in line.starts]
    before = start.astimezone(UTC)
    at = bisect_right(begins, before) - 1
    values: list[float] = []
    for length_s in slot_s:
        after = before + timedelta(seconds=length_s)
        area, here = 0.0, before
        first = at
        while True:
            value = line.values[at] if at >= 0 else None
            if value is None:
                raise PlanError("$", f"a series is expected to reach from {before.isoformat()} to {after.isoformat()}")
            ends = at + 1 < len(begins) and begins[at + 1] < after
            until = begins[at + 1] if ends else after
            area += value * ((until - here) / _SECOND)
            if not ends:
                break
            at, here = at + 1, until
        # A value that holds all the time is its own mean, without rounding.
        values.append(value if at == first else area / length_s)
        before = after
        if at + 1 < len(begins) and begins[at + 1] == after:
            at += 1
    return tuple(values)
