"""A transaction as its events tell it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET
from msgspec.structs import replace

from ladewerk.csms.transactions import Transaction, after_event, after_readings, highest, measured
from ladewerk.ocpp import v21

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def sample(
    value: float,
    measurand: str | None = None,
    *,
    unit: str = "",
    multiplier: int | None = None,
    phase: str = "",
    where: str = "",
) -> v21.SampledValueType:
    return v21.SampledValueType(
        value=value,
        measurand=UNSET if measurand is None else v21.MeasurandEnumType(measurand),
        phase=v21.PhaseEnumType(phase) if phase else UNSET,
        location=v21.LocationEnumType(where) if where else UNSET,
        unit_of_measure=v21.UnitOfMeasureType(unit=unit or UNSET, multiplier=UNSET if multiplier is None else multiplier)
        if unit or multiplier is not None
        else UNSET,
    )


def event(
    kind: str, seq_no: int, *samples: v21.SampledValueType, token: str = "", state: str = "", reason: str = ""
) -> v21.TransactionEventRequest:
    at = NOW + timedelta(minutes=seq_no)
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType(kind),
        timestamp=at,
        trigger_reason=v21.TriggerReasonEnumType.TRIGGER,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(
            transaction_id="tx",
            charging_state=v21.ChargingStateEnumType(state) if state else UNSET,
            stopped_reason=v21.ReasonEnumType(reason) if reason else UNSET,
        ),
        evse=v21.EVSEType(id=1, connector_id=1),
        id_token=v21.IdTokenType(id_token=token, type="Local") if token else UNSET,
        meter_value=(v21.MeterValueType(timestamp=at, sampled_value=samples),) if samples else UNSET,
    )


def told(*events: v21.TransactionEventRequest) -> Transaction:
    state: Transaction | None = None
    for one in events:
        state = after_event(state, "S", one, authorized_by="known token")
    assert state is not None
    return state


def test_a_transaction_from_plug_to_unplug() -> None:
    state = told(
        event("Started", 0, sample(1000)),
        event("Updated", 1, token="abc", state="Charging"),
        event("Updated", 2, sample(3500), sample(11000, "Power.Active.Import"), sample(16, "Current.Offered")),
    )
    assert (state.energy_wh, state.power_w, state.offered_a, state.charging_state) == (2500, 11000, 16, "Charging")
    assert (state.id_token, state.authorized_by, state.is_open) == ("abc", "known token", True)
    ended = after_event(state, "S", event("Ended", 3, sample(4000), reason="EVDisconnected"))
    assert (ended.energy_wh, ended.power_w, ended.stopped_reason, ended.is_open) == (3000, 0, "EVDisconnected", False)


def test_an_event_that_comes_late_does_not_undo_what_was_told_since() -> None:
    state = told(
        event("Started", 0, sample(1000)),
        event("Updated", 5, sample(5000), sample(7000, "Power.Active.Import"), state="Charging"),
        event("Updated", 3, sample(3000), sample(1, "Power.Active.Import"), state="SuspendedEV"),
    )
    assert (state.seq_no, state.charging_state, state.power_w, state.energy_wh) == (5, "Charging", 7000, 4000)


def test_a_start_that_comes_last_still_tells_when_it_began_and_where_the_meter_stood() -> None:
    state = told(event("Updated", 2, sample(2000)), event("Started", 0, sample(500)))
    assert (state.started_at, state.energy_wh) == (NOW, 1500)


def test_meter_values_apart_from_events_count_too() -> None:
    state = told(event("Started", 0, sample(100)))
    reading = v21.MeterValueType(timestamp=NOW, sampled_value=(sample(300),))
    assert after_readings(state, [reading]).energy_wh == 200


def test_a_transaction_without_readings_has_no_energy() -> None:
    assert told(event("Started", 0)).energy_wh is None


@pytest.mark.parametrize(
    ("samples", "value"),
    [
        ([sample(1.5, "Power.Active.Import", unit="kW")], 1500),
        ([sample(15, "Power.Active.Import", unit="W", multiplier=2)], 1500),
        ([sample(500, "Power.Active.Import", phase=phase) for phase in ("L1", "L2", "L3")], 1500),
        ([sample(9, "Power.Active.Import", phase="L1"), sample(1500, "Power.Active.Import")], 1500),
        ([sample(9, "Power.Active.Import", where="Inlet")], None),
        ([sample(1500, "Power.Active.Import", where="Outlet")], 1500),
        ([sample(1500)], None),
        ([sample(1, "Power.Active.Import", unit="kW", multiplier=400)], None),
        ([sample(1, "Power.Active.Import", unit="W", multiplier=2**63 - 1)], None),
        ([sample(1, "Power.Active.Import", unit="W", multiplier=-(2**63))], 0.0),
        ([sample(1e308, "Power.Active.Import", unit="kW")], None),
        ([sample(1e308, "Power.Active.Import", phase=phase) for phase in ("L1", "L2")], None),
    ],
)
def test_power_is_read_in_every_form_a_station_may_say_it(samples: list[v21.SampledValueType], value: float | None) -> None:
    assert measured(samples, "Power.Active.Import", unit="W") == value


def test_the_highest_phase_is_what_is_offered() -> None:
    offered = [sample(10, "Current.Offered", phase="L1"), sample(12, "Current.Offered", phase="L2")]
    assert highest(offered, "Current.Offered") == 12
    assert highest([], "Current.Offered") is None


def test_a_transaction_is_a_value() -> None:
    state = told(event("Started", 0))
    assert replace(state, seq_no=1) != state
