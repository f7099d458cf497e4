"""What one unit measured lately, for the graph of power against plan: bounded, in memory."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from ladewerk.electrical import power_w
from ladewerk.station.moment import Moment
from ladewerk.station.unit_state import UnitState

_EVERY_S: Final = 10.0
_KEPT: Final = 17_280
"""Two days of a sample every 10 s."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One point of the graph; ``planned_w`` is None where no plan holds."""

    epoch_s: float
    power_w: float
    set_current_a: float
    planned_w: float | None


class History:
    """Every tenth second, and each change of the set current."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=_KEPT)
        self._taken_s: float | None = None

    def add(self, state: UnitState, now: Moment) -> None:
        """Note the state after a meter reading, if it is time or the set current changed."""
        changed = not self._samples or self._samples[-1].set_current_a != state.offer_a
        if not changed and self._taken_s is not None and now.since_s(self._taken_s) < _EVERY_S:
            return
        self._taken_s = now.monotonic_s
        planned_w: float | None = None
        if state.planned is not None:
            planned_w = power_w(state.planned.limit_a(now), phases=state.rules.phases)
        measured_w = 0.0 if state.meter is None else state.meter.total_power_w
        self._samples.append(Sample(now.at.timestamp(), measured_w, state.offer_a, planned_w))

    def since(self, epoch_s: float) -> list[Sample]:
        """The samples after ``epoch_s``, oldest first."""
        return [sample for sample in self._samples if sample.epoch_s > epoch_s]
