"""The plan being carried out: which current holds now, what waits, what is done.

A plan says its times in the calendar. From the moment it is taken over it is followed on the monotonic clock, so that
setting the wall clock neither stretches nor repeats a slot; while the two disagree the lower of both readings holds.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from ladewerk.station.moment import Moment
from ladewerk.timeline import Segment, Timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """``line`` is the planned current in A per phase, taken over at ``anchor``; ``completed`` are the slots behind it."""

    line: Timeline[float]
    anchor: Moment
    completed: tuple[Segment[float], ...] = ()

    @classmethod
    def begin(cls, line: Timeline[float], now: Moment) -> "Execution":
        """Follow ``line`` from ``now`` on; what follows its last current is cut off."""
        return cls(line=without_tail(line), anchor=now)

    def believed(self, now: Moment) -> datetime:
        """The calendar time of ``now`` by the monotonic clock since :attr:`anchor`."""
        return self.anchor.on(now)

    def next_change_in_s(self, now: Moment) -> float | None:
        """In how many seconds the line changes next; None where it never does."""
        believed = self.believed(now)
        change = self.line.next_change(believed)
        return None if change is None else (change - believed).total_seconds()

    def limit_a(self, now: Moment) -> float:
        """The planned current at ``now``, 0 where the plan says nothing.

        Never above what the plan says for either reading of a clock that was set meanwhile.
        """
        by_monotonic = self.line.at(self.believed(now))
        by_wall = self.line.at(now.at)
        return min(by_monotonic or 0.0, by_wall or 0.0)

    def ends_at(self) -> datetime | None:
        """The end of the last planned current; None where the plan holds no current at all, or never ends."""
        return self.line.end

    def charges_until(self, depart_at: datetime) -> datetime | None:
        """The end of the last slot with a current that begins before ``depart_at``; None where there is none, or no end."""
        ends = [slot.end for slot in self.line.segments() if slot.value > 0 and slot.start < depart_at]
        return ends[-1] if ends else None

    def is_over(self, now: Moment) -> bool:
        """True once no current is planned any more."""
        if not self.line.starts:
            return True
        end = self.line.end
        return end is not None and self.believed(now) >= end

    def next_current_at(self, now: Moment) -> datetime | None:
        """When the next slot with a current begins; None where none is left."""
        believed = self.believed(now)
        return next((slot.start for slot in self.line.segments() if slot.start > believed and slot.value > 0), None)

    def replaced(self, line: Timeline[float], now: Moment) -> "Execution":
        """The same session with a new plan from ``now`` on; what was done stays done."""
        done = self.actions(now)
        completed = done.completed
        if done.current is not None:
            completed += (Segment(done.current.start, self.believed(now), done.current.value),)
        return replace(Execution.begin(line.within(now.at), now), completed=completed)

    def actions(self, now: Moment) -> "Actions":
        """The slots sorted into waiting, current and completed."""
        believed = self.believed(now)
        waiting: list[Segment[float]] = []
        completed = list(self.completed)
        current: Segment[float] | None = None
        for slot in self.line.segments():
            if slot.start > believed:
                waiting.append(slot)
            elif slot.end is not None and slot.end <= believed:
                completed.append(slot)
            else:
                current = slot
        return Actions(tuple(waiting), current, tuple(completed))


@dataclass(frozen=True, slots=True)
class Actions:
    """The slots of a plan as seen from one moment; values are A per phase, 0 a pause."""

    waiting: tuple[Segment[float], ...]
    current: Segment[float] | None
    completed: tuple[Segment[float], ...]


def without_tail(line: Timeline[float]) -> Timeline[float]:
    """``line`` without the pauses behind its last current."""
    segments = list(line.segments())
    while segments and segments[-1].value <= 0:
        segments.pop()
    if not segments:
        return Timeline()
    return line.within(segments[0].start, segments[-1].end)
