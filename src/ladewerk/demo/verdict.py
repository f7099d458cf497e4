"""Whether an evening went as it has to, in numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from ladewerk.demo.recording import Recording
from ladewerk.demo.scenario import Scenario
from ladewerk.electrical import energy_wh, power_w
from ladewerk.simulator.world import Sample

_METER_TOLERANCE_WH: Final = 10.0
"""The last poll's worth of doubt about the energy."""
_AT_ONCE_A: Final = 16.0
_PHASES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the evening came to; ``faults`` is empty where it went as it has to."""

    energy_wh: float
    asked_wh: float
    cost: float
    cost_at_once: float
    currency: str
    peak_w: float
    peak_at_once_w: float
    limit_w: float
    complete_at: datetime | None
    depart_at: datetime
    faults: tuple[str, ...]
    warnings: int


def judge(scenario: Scenario, recording: Recording) -> Verdict:
    """Judge what was recorded."""
    samples = recording.samples
    drawn_wh = samples[-1].drawn_wh if samples else 0.0
    complete_at = next(
        (sample.at for sample in samples if sample.drawn_wh >= scenario.energy_wh - _METER_TOLERANCE_WH), None
    )
    peak_w = max((sample.household_w + sample.ev_power_w for sample in samples), default=0.0)
    at_once = list(charging_at_once(scenario, samples))
    faults: list[str] = []
    if drawn_wh < scenario.energy_wh - _METER_TOLERANCE_WH:
        faults.append(f"the car has {drawn_wh / 1000:.2f} kWh of {scenario.energy_wh / 1000:.2f}")
    elif complete_at is None or complete_at > scenario.depart_at:
        faults.append("the car was not ready in time")
    if peak_w > scenario.limit_w:
        faults.append(f"the grid connection carried {peak_w:.0f} W, above its limit of {scenario.limit_w:.0f} W")
    faults += [f"error logged by {complaint.source}: {complaint.text}" for complaint in recording.errors()]
    return Verdict(
        energy_wh=drawn_wh,
        asked_wh=scenario.energy_wh,
        cost=sum(scenario.price_per_kwh(at) * wh / 1000 for at, wh in _drawn(samples)),
        cost_at_once=sum(scenario.price_per_kwh(at) * energy_wh(ev_w, 60) / 1000 for at, _, ev_w in at_once),
        currency=recording.plans[-1]["currency"] if recording.plans else "",
        peak_w=peak_w,
        peak_at_once_w=max((house_w + ev_w for _, house_w, ev_w in at_once), default=0.0),
        limit_w=scenario.limit_w,
        complete_at=complete_at,
        depart_at=scenario.depart_at,
        faults=tuple(faults),
        warnings=len(recording.complaints) - len(recording.errors()),
    )


def charging_at_once(scenario: Scenario, samples: Sequence[Sample]) -> Iterator[tuple[datetime, float, float]]:
    """(moment, house in W, car in W) by the minute, had the car drawn all it can from the moment it was plugged in."""
    full_w = power_w(_AT_ONCE_A, phases=_PHASES)
    needed_wh = scenario.energy_wh
    for sample in _by_the_minute(samples):
        ev_w = 0.0
        if sample.at >= scenario.plug_in_at and needed_wh > 0:
            ev_w = min(full_w, needed_wh * 60)
            needed_wh -= energy_wh(ev_w, 60)
        yield sample.at, sample.household_w, ev_w


def _by_the_minute(samples: Sequence[Sample]) -> Iterator[Sample]:
    due: datetime | None = None
    for sample in samples:
        if due is None or sample.at >= due:
            due = sample.at.replace(second=0, microsecond=0) + timedelta(minutes=1)
            yield sample


def _drawn(samples: Sequence[Sample]) -> Iterator[tuple[datetime, float]]:
    """(moment, energy in Wh drawn until the next sample)."""
    for sample, following in pairwise(samples):
        yield sample.at, following.drawn_wh - sample.drawn_wh
