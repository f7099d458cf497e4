"""A schedule of currents on its way to an EVSE: trimmed, aligned with the start-up, split, and rounded to what can be set.

Every function lowers a current or leaves it: nothing here offers more than was allowed.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from ladewerk.charging.rates import Limit, Rate
from ladewerk.electrical import usable_current_a
from ladewerk.timeline import Timeline, combine


def trimmed(line: Timeline[float], now: datetime) -> Timeline[float]:
    """``line`` without what is over at ``now``."""
    return line.within(now)


def aligned(line: Timeline[float], now: datetime, startup_s: float) -> Timeline[float]:
    """``line`` from when a current can flow: ``startup_s`` after ``now``, which lock and self-test take."""
    return line.within(now + timedelta(seconds=startup_s))


def offerable(line: Timeline[float]) -> Timeline[float]:
    """``line`` with every current that a control pilot cannot offer as a pause: 0 < limit < 6 A becomes 0."""
    return line.map(usable_current_a)


def stepped(line: Timeline[float], step: float) -> Timeline[float]:
    """``line`` rounded down to whole steps of ``step``, as boards and 1.6 (0.1) know them."""
    # Less than a millionth of a step beside a whole one comes from binary fractions.
    return line.map(lambda value: math.floor(value / step + 1e-6) * step)


def shortened(line: Timeline[float], most: int) -> Timeline[float]:
    """``line`` in at most ``most`` periods, for a station that keeps no more (PeriodsPerSchedule).

    Neighbours are merged at the lower of their currents, the pair first that loses the least charge. What is unsaid stays
    unsaid, and the end stays; raises ValueError where there are more stretches apart than periods.
    """
    parts = [(one.start, one.end, one.value) for one in line.segments()]
    while len(parts) > most:
        costs = [
            (_lost(parts[index], parts[index + 1]), index)
            for index in range(len(parts) - 1)
            if parts[index][1] == parts[index + 1][0]
        ]
        if not costs:
            raise ValueError(f"{len(parts)} stretches apart from each other do not go into {most} periods")
        index = min(costs)[1]
        merged = (parts[index][0], parts[index + 1][1], min(parts[index][2], parts[index + 1][2]))
        parts[index : index + 2] = [merged]
    steps: list[tuple[datetime, float | None]] = []
    for start, end, value in parts:
        if steps and steps[-1][0] == start:
            steps.pop()
        steps.append((start, value))
        if end is not None:
            steps.append((end, None))
    return Timeline.of(steps)


def _lost(one: tuple[datetime, datetime | None, float], other: tuple[datetime, datetime | None, float]) -> float:
    """Ampere-seconds that merging two neighbours at the lower current gives up; without end it is for ever."""
    higher = max(one, other, key=lambda part: part[2])
    if higher[1] is None:
        return math.inf if one[2] != other[2] else 0.0
    return (higher[1] - higher[0]).total_seconds() * abs(one[2] - other[2])


def currents(limits: Timeline[Limit]) -> Timeline[float]:
    """What a vehicle may draw on each phase by ``limits`` in A; never below 0."""
    return limits.map(lambda limit: max(0.0, limit.lowest))


def where_said(limits: Timeline[float], said: Timeline[Rate]) -> Timeline[float]:
    """``limits`` only where some profile of the transaction says something."""
    marks: Timeline[float] = said.map(lambda _rate: 0.0)

    def rule(values: Sequence[float | None]) -> float | None:
        return None if values[1] is None else values[0]

    return combine(rule, limits, marks)


def lasting(line: Timeline[float], horizon: datetime) -> Timeline[float]:
    """``line`` that was worked out up to ``horizon``, with what holds there for as long as nothing new is worked out."""
    return Timeline(line.starts[:-1], line.values[:-1]) if line.end == horizon else line
