"""Sessions are what the events of the journal say, however often and in whatever pieces these are read."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.station.history.sessions import Session, followed

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
_KINDS = v21.TransactionEventEnumType


def event(
    seq_no: int,
    register_wh: float | None,
    *,
    kind: v21.TransactionEventEnumType = _KINDS.UPDATED,
    token: str | None = None,
    stopped: v21.ReasonEnumType | None = None,
) -> v21.TransactionEventRequest:
    at = START + timedelta(minutes=seq_no)
    register = v21.SampledValueType(value=register_wh or 0.0, measurand=v21.MeasurandEnumType.ENERGY_ACTIVE_IMPORT_REGISTER)
    power = v21.SampledValueType(value=11_000.0, measurand=v21.MeasurandEnumType.POWER_ACTIVE_IMPORT)
    value = v21.MeterValueType(timestamp=at, sampled_value=(power, register))
    return v21.TransactionEventRequest(
        event_type=kind,
        timestamp=at,
        trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id="t-1", stopped_reason=UNSET if stopped is None else stopped),
        meter_value=UNSET if register_wh is None else (value,),
        id_token=UNSET if token is None else v21.IdTokenType(id_token=token, type="ISO14443"),
        evse=v21.EVSEType(id=2, connector_id=1),
    )


def session_of(events: list[v21.TransactionEventRequest]) -> Session:
    session: Session | None = None
    for one in events:
        session = followed(session, one, {2: "garage"})
    assert session is not None
    return session


def test_a_session_says_who_when_how_much_and_why() -> None:
    events = [
        event(0, 500.0, kind=_KINDS.STARTED),
        event(1, 500.0, token="0427AD12"),
        event(2, 700.0),
        event(3, None),
        event(4, 900.0, kind=_KINDS.ENDED, stopped=v21.ReasonEnumType.POWER_LOSS),
    ]
    session = session_of(events)
    assert (session.unit_id, session.evse_id, session.id_token) == ("garage", 2, "0427AD12")
    assert (session.began_at, session.ended_at) == (START, START + timedelta(minutes=4))
    assert (session.energy_wh, session.reason) == (400.0, "PowerLoss")
    assert session_of(events[:3]).ended_at is None


def test_an_end_without_a_reason_is_local() -> None:
    assert session_of([event(0, 1.0, kind=_KINDS.STARTED), event(1, 2.0, kind=_KINDS.ENDED)]).reason == "Local"


def test_a_register_that_was_reset_is_followed_from_there() -> None:
    session = session_of([event(0, 500.0), event(1, 600.0), event(2, 10.0), event(3, 30.0)])
    assert session.energy_wh == 120.0


@given(st.lists(st.floats(0, 500), min_size=1, max_size=30), st.data())
def test_reading_events_again_changes_nothing(steps_wh: list[float], data: st.DataObject) -> None:
    register_wh, events = 1000.0, []
    for seq_no, step_wh in enumerate(steps_wh):
        register_wh += step_wh
        events.append(event(seq_no, register_wh))
    once = session_of(events)
    again: list[v21.TransactionEventRequest] = []
    for end in sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=5))):
        again += events[data.draw(st.integers(0, end)) : end] if again else events[:end]
    twice = session_of([*again, *events])
    assert twice.energy_wh == pytest.approx(once.energy_wh)  # summed in another order
    assert dataclasses.replace(twice, energy_wh=once.energy_wh) == once
    assert math.isclose(once.energy_wh, sum(steps_wh[1:]), abs_tol=1e-6)
