"""An evening is judged by what flowed and what was logged, not by what was planned."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ladewerk.demo.recording import Complaint, Recording
from ladewerk.demo.scenario import Scenario
from ladewerk.demo.verdict import judge
from ladewerk.simulator.vehicle import Pilot
from ladewerk.simulator.world import Sample

SCENARIO = Scenario(mode="balanced", seed=1)


def samples(power_w: float = 10_000.0, hours: float = 2.0) -> Sequence[Sample]:
    """A car that draws ``power_w`` from 22:00 on, beside a house of 1 kW."""
    sample = Sample(
        at=SCENARIO.start,
        household_w=1000.0,
        ev_power_w=0.0,
        current_a=0.0,
        offer_a=0.0,
        soc=0.4,
        pilot=Pilot.A,
        contactor_closed=False,
        drawn_wh=0.0,
    )
    made = []
    begins = SCENARIO.start.replace(hour=22, minute=0)
    for minute in range(14 * 60):
        at = SCENARIO.start + timedelta(minutes=minute)
        since_h = min(hours, max(0.0, (at - begins).total_seconds() / 3600))
        flows = 0 <= (at - begins).total_seconds() < hours * 3600
        made.append(replace(sample, at=at, ev_power_w=power_w if flows else 0.0, drawn_wh=power_w * since_h))
    return made


def test_an_evening_as_it_has_to_be() -> None:
    verdict = judge(SCENARIO, Recording(samples=list(samples())))
    assert verdict.faults == ()
    assert verdict.energy_wh == pytest.approx(20_000)
    assert verdict.cost == pytest.approx(20 * 0.24)
    assert verdict.cost_at_once == pytest.approx(20 * 0.34)
    assert verdict.peak_w == 11_000
    assert verdict.peak_at_once_w == pytest.approx(12_040)
    assert verdict.complete_at == SCENARIO.start.replace(hour=0, minute=0) + timedelta(days=1)


@pytest.mark.parametrize(
    ("recording", "fault"),
    [
        (Recording(), "the car has 0.00 kWh of 20.00"),
        (Recording(samples=list(samples(hours=1.9))), "the car has 19.00 kWh of 20.00"),
        (Recording(samples=list(samples(power_w=2330.0, hours=8.6))), "the car was not ready in time"),
        (Recording(samples=list(samples(power_w=12_500.0, hours=1.6))), "carried 13500 W, above its limit of 13000 W"),
        (
            Recording(
                samples=list(samples()), complaints=[Complaint(level="error", source="ladewerk.csms", text="lost it")]
            ),
            "error logged by ladewerk.csms: lost it",
        ),
    ],
)
def test_what_must_not_be_is_a_fault(recording: Recording, fault: str) -> None:
    (said,) = judge(SCENARIO, recording).faults
    assert fault in said


def test_a_warning_is_counted_and_is_no_fault() -> None:
    complaints = [Complaint(level="warning", source="ladewerk.station", text="slow")]
    verdict = judge(SCENARIO, Recording(samples=list(samples()), complaints=complaints))
    assert (verdict.faults, verdict.warnings) == ((), 1)


@pytest.mark.parametrize(
    ("clock", "price"), [("17:30", 0.34), ("21:59", 0.34), ("22:00", 0.24), ("00:59", 0.24), ("01:00", 0.21)]
)
def test_prices_hold_from_a_local_time_of_day_on(clock: str, price: float) -> None:
    hour, minute = map(int, clock.split(":"))
    assert SCENARIO.price_per_kwh(SCENARIO.start.replace(hour=hour, minute=minute)) == price
