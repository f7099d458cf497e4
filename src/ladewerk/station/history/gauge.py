"""Readings: what flowed in one unit over a stretch of time, made of what its meter says at each poll."""

from msgspec import Struct

from ladewerk.station.moment import Moment

FINEST_S = 10.0
"""A reading as it is first kept is no longer than this and a poll; a new current begins a new one."""

_CLOCK_SET_S = 2.0
"""Calendar and monotonic time that differ by more between two polls: somebody has set the clock."""


class Reading(Struct, frozen=True, kw_only=True):
    """What flowed from ``begin_s`` to ``end_s`` (Unix time, s); ``measured_s`` of it were seen, the rest nobody knows.

    ``lowest_w`` and ``highest_w`` are the extremes of the powers read, ``offered_a`` the mean current that was offered per
    phase, ``planned_w`` the mean that the plan held while there was one, for ``planned_s``.
    """

    begin_s: float
    end_s: float
    measured_s: float
    energy_wh: float
    lowest_w: float
    highest_w: float
    offered_a: float
    planned_w: float | None = None
    planned_s: float = 0.0

    @property
    def mean_w(self) -> float:
        """The power that would have given the energy in the time measured, within what was seen.

        A meter that steps by the minute tells the energy of before a restart behind it: as a power it would be one that
        never flowed.
        """
        if self.measured_s <= 0:
            return self.highest_w
        return min(max(self.energy_wh * 3600 / self.measured_s, self.lowest_w), self.highest_w)


class Sample(Struct, frozen=True, kw_only=True):
    """What is known at one poll."""

    at: Moment
    power_w: float
    register_wh: float
    offered_a: float
    planned_w: float | None


def merged(earlier: Reading, later: Reading) -> Reading:
    """Both as one: energies and times add up, extremes stay, means are weighted by their time."""
    planned_s = earlier.planned_s + later.planned_s
    planned_ws = (earlier.planned_w or 0.0) * earlier.planned_s + (later.planned_w or 0.0) * later.planned_s
    measured_s = earlier.measured_s + later.measured_s
    offered_as = earlier.offered_a * earlier.measured_s + later.offered_a * later.measured_s
    return Reading(
        begin_s=min(earlier.begin_s, later.begin_s),
        end_s=max(earlier.end_s, later.end_s),
        measured_s=measured_s,
        energy_wh=earlier.energy_wh + later.energy_wh,
        lowest_w=min(earlier.lowest_w, later.lowest_w),
        highest_w=max(earlier.highest_w, later.highest_w),
        offered_a=offered_as / measured_s if measured_s > 0 else later.offered_a,
        planned_w=planned_ws / planned_s if planned_s > 0 else None,
        planned_s=planned_s,
    )


class Gauge:
    """Follows one meter, poll by poll."""

    def __init__(self) -> None:
        self._last: Sample | None = None
        self.open: Reading | None = None
        """The reading that is not finished yet."""

    def add(self, sample: Sample) -> Reading | None:
        """The reading that ends with ``sample``, if one does."""
        last, self._last = self._last, sample
        if last is None or _clock_was_set(last, sample):
            finished, self.open = self.open, None
            return finished
        piece = _between(last, sample)
        self.open = piece if self.open is None else merged(self.open, piece)
        due = sample.at.at.timestamp() // FINEST_S > self.open.begin_s // FINEST_S
        if not due and sample.offered_a == last.offered_a:
            return None
        finished, self.open = self.open, None
        return finished


def _clock_was_set(last: Sample, sample: Sample) -> bool:
    return abs((sample.at.at - last.at.on(sample.at)).total_seconds()) > _CLOCK_SET_S


def _between(last: Sample, sample: Sample) -> Reading:
    """The stretch between two polls. A register that goes back was reset and says nothing about this stretch."""
    span_s = sample.at.since_s(last.at.monotonic_s)
    begin_s = last.at.at.timestamp()
    return Reading(
        begin_s=begin_s,
        end_s=begin_s + span_s,
        measured_s=span_s,
        energy_wh=max(0.0, sample.register_wh - last.register_wh),
        lowest_w=min(last.power_w, sample.power_w),
        highest_w=max(last.power_w, sample.power_w),
        offered_a=last.offered_a,
        planned_w=last.planned_w,
        planned_s=0.0 if last.planned_w is None else span_s,
    )
