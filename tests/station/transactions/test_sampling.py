"""Which meter values the events of a transaction have, and when (J)."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.station.transactions.sampling import Measurand, Sampling, aligned_now
from tests.station.transactions.booking import DRAWING, PLUGGED, START, contexts, desk, measurands


def test_j02_values_come_each_interval_while_a_current_may_flow() -> None:
    told = desk(updated_s=60)
    told.plug()
    told.see(PLUGGED, 100)
    told.grant()
    told.see(DRAWING, 200)
    periodic = [event for event in told.events if event.trigger_reason is v21.TriggerReasonEnumType.METER_VALUE_PERIODIC]
    assert [(event.timestamp - START).total_seconds() for event in periodic] == [162, 222, 282]
    assert [contexts(event) for event in periodic] == [{"Sample.Periodic"}] * 3


def test_j02_an_interval_that_is_changed_counts_at_once_and_0_is_never() -> None:
    told = desk(updated_s=60)
    told.plug()
    told.grant()
    told.see(DRAWING, 10)
    told.terms = replace(told.terms, sampling=Sampling(updated_s=5))
    told.see(DRAWING, 10)
    assert told.said().count(("Updated", "MeterValuePeriodic")) == 2
    told.terms = replace(told.terms, sampling=Sampling(updated_s=0))
    told.see(DRAWING, 500)
    assert told.said().count(("Updated", "MeterValuePeriodic")) == 2


def test_e01_fr_09_each_part_of_a_transaction_has_measurands_of_its_own() -> None:
    told = desk(started=[], ended=[Measurand.VOLTAGE, Measurand.POWER_OFFERED], updated=[])
    told.session()
    assert (measurands(told.events[0]), contexts(told.events[0])) == (
        ["Energy.Active.Import.Register"],
        {"Transaction.Begin"},
    )
    assert (measurands(told.events[-1]), contexts(told.events[-1])) == (
        ["Energy.Active.Import.Register", "Voltage", "Power.Offered"],
        {"Transaction.End"},
    )
    assert not any(event.meter_value for event in told.events[1:-1])
    phases = [sample.phase for sample in told.events[-1].meter_value[0].sampled_value]  # type: ignore[index]
    assert [str(phase) for phase in phases[1:4]] == ["L1-N", "L2-N", "L3-N"]


def test_j01_fr_22_values_on_the_clock_are_events_of_the_transaction() -> None:
    told = desk(aligned_s=900, aligned=[Measurand.CURRENT_IMPORT])
    told.plug()
    told.see(PLUGGED, 2000)
    aligned = [event for event in told.events if event.trigger_reason is v21.TriggerReasonEnumType.METER_VALUE_CLOCK]
    assert [event.timestamp.minute for event in aligned] == [15, 30]
    assert [(contexts(event), measurands(event)) for event in aligned] == [({"Sample.Clock"}, ["Current.Import"])] * 2


@pytest.mark.parametrize(
    ("before", "now", "step_s", "due"),
    [
        ((16, 59, 59), (17, 0, 0), 900, True),
        ((17, 0, 0), (17, 0, 1), 900, False),
        ((23, 59, 59), (0, 0, 0), 7000, True),
        ((16, 0, 0), (18, 0, 0), 0, False),
    ],
)
def test_steps_are_counted_from_midnight(before: Any, now: Any, step_s: float, due: bool) -> None:
    day = START.replace(hour=0)
    first, second = (day + timedelta(hours=h, minutes=m, seconds=s) for h, m, s in (before, now))
    assert aligned_now(first, second if second > first else second + timedelta(days=1), step_s) is due
