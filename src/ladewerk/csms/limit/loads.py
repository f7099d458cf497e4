"""What is allowed, and what it draws: :class:`Rate` and :class:`Load`, and the arithmetic of loads over time.

A load counts watts and the amps of each phase side by side, since a fuse may limit either; what is done to one is done to
each of the four.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from ladewerk.timeline import Timeline, combine

T = TypeVar("T")

ALWAYS: Final = datetime.min.replace(tzinfo=UTC)
"""Where a line begins that holds at all times."""


class Rate(NamedTuple):
    """What a profile allows: ``current_a`` on each of ``phases``."""

    current_a: float
    phases: int

    def total_a(self) -> float:
        """The currents of all phases together, by which rates are higher and lower."""
        return self.current_a * self.phases


class Load(NamedTuple):
    """What is drawn: watts in all, amps on each phase."""

    power_w: float
    l1_a: float
    l2_a: float
    l3_a: float


NO_LOAD: Final = Load(0.0, 0.0, 0.0, 0.0)

TOLERANCE: Final = Load(1.0, 0.01, 0.01, 0.01)
"""Sums of rounded currents pass a limit by less than this."""


# -- rules for `combine` -------------------------------------------------------------------------------------------------


def highest(values: Sequence[Load | None]) -> Load:
    """The most of each that is said; where nothing is said, none."""
    said = [value for value in values if value is not None]
    if len(said) == 1:
        return said[0]
    return Load(*(max(column) for column in zip(*said, strict=True))) if said else NO_LOAD


def highest_or_none(values: Sequence[Load | None]) -> Load | None:
    """The same; where nothing is said, nothing."""
    return highest(values) if any(value is not None for value in values) else None


def least_room(rooms: Sequence[Load]) -> Load:
    """The least of each."""
    return Load(*(min(column) for column in zip(*rooms, strict=True)))


# -- over time -----------------------------------------------------------------------------------------------------------


def summed(lines: Iterable[Timeline[Load]]) -> Timeline[Load]:
    """The sum of ``lines``, where one says nothing it is nothing; in time that grows with their steps alone."""
    changes: list[tuple[datetime, Load, Load]] = []
    for line in lines:
        before = NO_LOAD
        for start, value in zip(line.starts, line.values, strict=True):
            after = NO_LOAD if value is None else value
            changes.append((start, before, after))
            before = after
    changes.sort(key=lambda change: change[0])
    steps: dict[datetime, Load] = {}
    power, l1, l2, l3 = NO_LOAD
    for start, old, new in changes:
        power, l1, l2, l3 = power + new[0] - old[0], l1 + new[1] - old[1], l2 + new[2] - old[2], l3 + new[3] - old[3]
        # Rounding may leave a hair less than nothing where all have ended, and a load below nothing is none.
        steps[start] = Load(max(0.0, power), max(0.0, l1), max(0.0, l2), max(0.0, l3))
    return Timeline.of(steps.items())


def widened(line: Timeline[Load], before: timedelta, after: timedelta) -> Timeline[Load]:
    """``line`` with every value said ``before`` it begins and until ``after`` its end; of several the highest."""
    return extreme(line, before, after, highest)


def extreme(line: Timeline[T], before: timedelta, after: timedelta, pick: Callable[[Sequence[T]], T]) -> Timeline[T]:
    """The same with ``pick`` of several."""
    segments = list(line.segments())
    begins = [segment.start if segment.start == ALWAYS else segment.start - before for segment in segments]
    ends = [None if segment.end is None else segment.end + after for segment in segments]
    moments = sorted({*begins, *(end for end in ends if end is not None)})
    steps: list[tuple[datetime, T | None]] = []
    active: deque[int] = deque()
    following = 0
    for moment in moments:
        while following < len(segments) and begins[following] <= moment:
            active.append(following)
            following += 1
        while active and (end := ends[active[0]]) is not None and end <= moment:
            active.popleft()
        steps.append((moment, pick([segments[index].value for index in active]) if active else None))
    return Timeline.of(steps)


def exceeds(drawn: Timeline[Load], room: Timeline[Load]) -> Timeline[bool]:
    """When more is ``drawn`` than there is ``room``: True then, and nothing said else."""
    return combine(_too_much, drawn, room)


def _too_much(values: Sequence[Load | None]) -> bool | None:
    drawn, room = (value or NO_LOAD for value in values)
    over = any(have > most + tolerance for have, most, tolerance in zip(drawn, room, TOLERANCE, strict=True))
    return True if over else None
