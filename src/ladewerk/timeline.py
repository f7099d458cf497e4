"""A value that changes in steps over time: limits, schedules, prices, forecasts, plans and base load are all one type."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
R = TypeVar("R")


def later(moment: datetime, after_s: float) -> datetime:
    """``after_s`` seconds behind ``moment``, or the calendar's last or first moment where that lies outside of it.

    For durations that somebody else says: OCPP bounds none.
    """
    try:
        return moment.astimezone(UTC) + timedelta(seconds=after_s)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC) if after_s > 0 else datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Segment(Generic[T_co]):
    """One value from ``start`` up to, not including, ``end``; ``end`` None is for ever."""

    start: datetime
    end: datetime | None
    value: T_co


@dataclass(frozen=True, slots=True)
class Timeline(Generic[T_co]):
    """Piecewise constant: ``values[i]`` holds from ``starts[i]`` until ``starts[i + 1]``.

    ``None`` says nothing, which is never the same as 0. Before the first start nothing is said; the last value holds for
    ever, so a timeline with an end has None as its last value. Starts are aware and strictly increasing, neighbours
    differ: two timelines that say the same are equal.
    """

    starts: tuple[datetime, ...] = ()
    values: tuple[T_co | None, ...] = ()

    def __post_init__(self) -> None:
        if len(self.starts) != len(self.values):
            raise ValueError(f"{len(self.starts)} starts but {len(self.values)} values")
        for start in self.starts:
            if start.utcoffset() is None:
                raise ValueError(f"a timeline's times carry an offset, {start.isoformat()} has none")
        if any(a >= b for a, b in zip(self.starts, self.starts[1:], strict=False)):
            raise ValueError("a timeline's starts increase")

    @classmethod
    def of(cls, steps: Iterable[tuple[datetime, T_co | None]]) -> "Timeline[T_co]":
        """Build from (start, value) pairs in order of time; neighbours alike become one."""
        return cls(*_joined(steps))

    @classmethod
    def _of_checked(cls, steps: Iterable[tuple[datetime, T_co | None]]) -> "Timeline[T_co]":
        """As :meth:`of`, from starts that a timeline has had before: asking each for its offset takes longest."""
        starts, values = _joined(steps)
        made = object.__new__(cls)
        object.__setattr__(made, "starts", starts)
        object.__setattr__(made, "values", values)
        return made

    @classmethod
    def from_slots(cls, start: datetime, slot_s: Sequence[float], values: Sequence[T_co | None]) -> "Timeline[T_co]":
        """Slots of ``slot_s`` seconds one after the other from ``start``; after the last nothing is said."""
        if len(slot_s) != len(values):
            raise ValueError(f"{len(slot_s)} slots but {len(values)} values")
        steps: list[tuple[datetime, T_co | None]] = []
        at = start
        for length_s, value in zip(slot_s, values, strict=True):
            steps.append((at, value))
            at += timedelta(seconds=length_s)
        steps.append((at, None))
        return cls.of(steps)

    def at(self, moment: datetime) -> T_co | None:
        """The value that holds at ``moment``."""
        index = bisect_right(self.starts, moment) - 1
        return self.values[index] if index >= 0 else None

    def next_change(self, moment: datetime) -> datetime | None:
        """The first moment after ``moment`` at which the value changes."""
        index = bisect_right(self.starts, moment)
        return self.starts[index] if index < len(self.starts) else None

    @property
    def end(self) -> datetime | None:
        """From when on nothing is said any more; None if that never comes, or nothing is ever said."""
        return self.starts[-1] if self.starts and self.values[-1] is None else None

    def segments(self) -> Iterator[Segment[T_co]]:
        """The stretches over which something is said, in order."""
        ends: tuple[datetime | None, ...] = (*self.starts[1:], None)
        for start, end, value in zip(self.starts, ends, self.values, strict=False):  # an empty timeline has one end too many
            if value is not None:
                yield Segment(start, end, value)

    def within(self, start: datetime, end: datetime | None = None) -> "Timeline[T_co]":
        """What is said from ``start`` up to ``end``; nothing outside."""
        if end is not None and end <= start:
            return Timeline()
        for moment in (start, end):
            if moment is not None and moment.utcoffset() is None:
                raise ValueError(f"a timeline's times carry an offset, {moment.isoformat()} has none")
        first = bisect_right(self.starts, start)
        behind = len(self.starts) if end is None else bisect_left(self.starts, end)
        inside = zip(self.starts[first:behind], self.values[first:behind], strict=True)
        last = [] if end is None else [(end, None)]
        return Timeline._of_checked([(start, self.at(start)), *inside, *last])

    def map(self, change: Callable[[T_co], R | None]) -> "Timeline[R]":
        """``change`` applied to every value that is said."""
        return Timeline._of_checked(
            (start, None if value is None else change(value)) for start, value in zip(self.starts, self.values, strict=True)
        )


def _joined(steps: Iterable[tuple[datetime, T | None]]) -> tuple[tuple[datetime, ...], tuple[T | None, ...]]:
    """Starts and values of ``steps`` with neighbours alike made one, and none before something is said."""
    starts: list[datetime] = []
    values: list[T | None] = []
    for start, value in steps:
        if starts and start == starts[-1]:
            raise ValueError(f"two values start at {start.isoformat()}")
        if values[-1] == value if values else value is None:
            continue
        starts.append(start)
        values.append(value)
    return tuple(starts), tuple(values)


def combine(rule: Callable[[Sequence[T | None]], R | None], *lines: Timeline[T]) -> Timeline[R]:
    """One timeline out of several: at each moment ``rule`` of what each of them says then, in their order."""
    changes = sorted(
        (
            (start, place, value)
            for place, line in enumerate(lines)
            for start, value in zip(line.starts, line.values, strict=True)
        ),
        key=itemgetter(0),
    )
    said: list[T | None] = [None] * len(lines)
    steps: list[tuple[datetime, R | None]] = []
    for moment, together in groupby(changes, key=itemgetter(0)):
        for _, place, value in together:
            said[place] = value
        steps.append((moment, rule(said)))
    return Timeline._of_checked(steps)


def first(values: Sequence[T | None]) -> T | None:
    """The first of what is said: a line before others overrules them; a rule for :func:`combine`."""
    return next((value for value in values if value is not None), None)


def lowest(values: Sequence[float | None]) -> float | None:
    """The least of what is said; a rule for :func:`combine`."""
    said = [value for value in values if value is not None]
    return min(said) if said else None


def total(values: Sequence[float | None]) -> float | None:
    """The sum of what is said; a rule for :func:`combine`."""
    said = [value for value in values if value is not None]
    return sum(said) if said else None


def mean_over(line: Timeline[float], start: datetime, end: datetime) -> float | None:
    """Time-weighted mean from ``start`` to ``end``; None where any part of it says nothing."""
    covered_s = 0.0
    area = 0.0
    for segment in line.within(start, end).segments():
        length_s = ((segment.end or end) - segment.start).total_seconds()
        covered_s += length_s
        area += segment.value * length_s
    whole_s = (end - start).total_seconds()
    return area / whole_s if whole_s > 0 and abs(covered_s - whole_s) < 1e-6 else None
