"""From series over time to slots: where one slot ends and the next begins, and what holds in each."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from ladewerk.errors import PlanError
from ladewerk.timeline import Timeline, mean_over

QUARTER_HOUR_S: Final = 900

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
    return tuple((after - before) / timedelta(seconds=1) for before, after in pairwise(inside))


def per_slot(line: Timeline[float], start: datetime, slot_s: Sequence[float]) -> tuple[float, ...]:
    """Mean of ``line`` over each slot, weighted by time. PlanError where it says nothing for part of one."""
    values: list[float] = []
    before = start.astimezone(UTC)
    for length_s in slot_s:
        after = before + timedelta(seconds=length_s)
        mean = mean_over(line, before, after)
        if mean is None:
            raise PlanError("$", f"a series is expected to reach from {before.isoformat()} to {after.isoformat()}")
        values.append(mean)
        before = after
    return tuple(values)
