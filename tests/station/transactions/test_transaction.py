"""TransactionEvents: numbers, states and meter values."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import encode
from ladewerk.station.drivers.ports import EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.transactions import transaction as transactions
from ladewerk.station.transactions.sampling import Sampling, meter_values
from ladewerk.station.transactions.transaction import Grant, Trigger
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.state import Phase, Rules, UnitState

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
_STATES = v21.ChargingStateEnumType
LOCAL = Grant(id_token=v21.IdTokenType(id_token="LOCAL", type="Local"))


def at(second: float) -> Moment:
    return Moment(START + timedelta(seconds=second), second)


def unit(phase: Phase, *, pilot: PilotState = PilotState.C, drawn_a: float = 10.0) -> UnitState:
    evse = EvseReading(
        read_at=START,
        pilot=pilot,
        set_current_a=10,
        offered_current_a=10,
        cable_limit_a=20,
        relay_closed=True,
        supply_allowed=True,
        self_test_running=False,
        faults=frozenset(),
    )
    meter = MeterReading(
        read_at=START,
        voltage_v=(230.0,) * 3,
        current_a=(drawn_a, drawn_a, None),
        power_w=(drawn_a * 230, drawn_a * 230, None),
        energy_register_wh=1234.5678,
    )
    return UnitState(rules=Rules(), phase=phase, evse=evse, meter=meter, offer_a=10.0)


def values(state: UnitState) -> Any:
    return meter_values(state, START, v21.ReadingContextEnumType.SAMPLE_PERIODIC, Sampling().updated)


def begin(state: UnitState) -> transactions.Reported:
    return transactions.begin("t-1", 1, state, at(0), Trigger.CABLE_PLUGGED_IN, meter_value=values(state))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (unit(Phase.PLUGGED), _STATES.EV_CONNECTED),
        (unit(Phase.IDLE, pilot=PilotState.A), _STATES.IDLE),
        (unit(Phase.TESTING), _STATES.EV_CONNECTED),
        (unit(Phase.WAITING), _STATES.SUSPENDED_EVSE),
        (unit(Phase.CHARGING), _STATES.CHARGING),
        (unit(Phase.DIRECT), _STATES.CHARGING),
        (unit(Phase.CHARGING, drawn_a=0.1), _STATES.SUSPENDED_EV),
        (unit(Phase.CHARGING, pilot=PilotState.B), _STATES.SUSPENDED_EV),
        (replace(unit(Phase.CHARGING), meter=None), _STATES.SUSPENDED_EV),
    ],
)
def test_the_charging_state_is_that_of_the_unit(state: UnitState, said: v21.ChargingStateEnumType) -> None:
    assert transactions.charging_state(state) is said


def test_events_are_numbered_from_zero_and_can_all_be_sent() -> None:
    plugged = unit(Phase.PLUGGED)
    open_one, started = begin(plugged)
    open_one, authorized = transactions.update(open_one, Trigger.AUTHORIZED, at(1), grant=LOCAL)
    open_one, asked = transactions.update(open_one, Trigger.TRIGGER, at(2), meter_value=values(plugged))
    _, ended = transactions.end(open_one, EndReason.LOCAL, plugged, at(3))
    events = [started, authorized, asked, ended]
    assert [event.seq_no for event in events] == [0, 1, 2, 3]
    for event in events:
        encode(event)
    assert ended.transaction_info.stopped_reason is v21.ReasonEnumType.LOCAL


@pytest.mark.parametrize("reason", list(EndReason))
def test_every_reason_is_one_of_ocpp(reason: EndReason) -> None:
    open_one, _ = begin(unit(Phase.PLUGGED))
    _, ended = transactions.end(open_one, reason, unit(Phase.FINISHING), at(1))
    encode(ended)


def test_meter_values_name_measurand_unit_and_phase_and_leave_out_silent_phases() -> None:
    found = values(unit(Phase.CHARGING))
    assert isinstance(found, tuple)
    said = [
        (str(sample.measurand), sample.value, sample.unit_of_measure.unit, sample.phase or None)
        for sample in found[0].sampled_value
    ]
    assert said == [
        ("Energy.Active.Import.Register", 1234.568, "Wh", None),
        ("Power.Active.Import", 4600.0, "W", None),
        ("Current.Import", 10.0, "A", "L1"),
        ("Current.Import", 10.0, "A", "L2"),
        ("Current.Offered", 10.0, "A", None),
    ]


def test_without_a_meter_an_event_goes_without_values() -> None:
    _, started = begin(UnitState(rules=Rules()))
    assert not started.meter_value
    encode(started)


def test_an_interrupted_transaction_ends_by_power_loss() -> None:
    ended = transactions.ended_by_power_loss("t-1", 2, 7, at(0))
    assert (ended.seq_no, ended.transaction_info.stopped_reason) == (7, v21.ReasonEnumType.POWER_LOSS)
    encode(ended)
