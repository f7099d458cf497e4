"""What becomes of reservations, by the table."""

from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.csms.dossiers.reservations import NEXT, Event, Reservation, State, after, asked_for, at, used_by
from ladewerk.ocpp import v21

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
REQUEST = v21.ReserveNowRequest(
    id=4,
    expiry_date_time=NOW + timedelta(hours=1),
    id_token=v21.IdTokenType(id_token="A", type="Central"),
    evse_id=2,
    connector_type="sType2",
)


def test_the_table_has_every_state_with_every_event() -> None:
    assert set(NEXT) == {(state, event) for state in State for event in Event}


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((Event.ACCEPTED, Event.USED), State.USED),
        ((Event.REFUSED, Event.ACCEPTED), State.REFUSED),
        ((Event.USED,), State.USED),  # the answer was lost
        ((Event.ACCEPTED, Event.REFUSED), State.ACTIVE),
        ((Event.ACCEPTED, Event.CANCELLED, Event.EXPIRED), State.CANCELLED),
        ((Event.ACCEPTED, Event.UNUSED), State.UNUSED),
    ],
)
def test_what_has_ended_stays_as_it_ended(events: tuple[Event, ...], state: State) -> None:
    reservation = asked_for(REQUEST, NOW)
    for event in events:
        reservation = after(reservation, event, NOW + timedelta(minutes=1), reason=event.value)
    assert reservation.state is state
    assert reservation.changed_at == NOW + timedelta(minutes=1)


def test_h04_a_reservation_has_expired_at_its_time_whoever_says_so() -> None:
    active = after(asked_for(REQUEST, NOW), Event.ACCEPTED, NOW)
    assert at(active, NOW + timedelta(minutes=59)) is active
    expired = at(active, NOW + timedelta(days=1))
    assert (expired.state, expired.changed_at) == (State.EXPIRED, active.expires_at)
    cancelled = after(active, Event.CANCELLED, NOW)
    assert at(cancelled, NOW + timedelta(days=1)) is cancelled


def test_h03_a_transaction_uses_one_that_holds() -> None:
    active = after(asked_for(REQUEST, NOW), Event.ACCEPTED, NOW)
    assert used_by(active, "tx", NOW).transaction_id == "tx"
    cancelled = after(active, Event.CANCELLED, NOW)
    assert used_by(cancelled, "tx", NOW) is cancelled


def test_a_reservation_is_what_was_asked_for() -> None:
    bare = v21.ReserveNowRequest(id=5, expiry_date_time=NOW, id_token=REQUEST.id_token)
    assert asked_for(REQUEST, NOW) == Reservation(
        reservation_id=4,
        evse_id=2,
        connector_type="sType2",
        id_token="A",
        id_token_type="Central",
        expires_at=NOW + timedelta(hours=1),
        asked_at=NOW,
        changed_at=NOW,
    )
    assert (asked_for(bare, NOW).evse_id, asked_for(bare, NOW).connector_type) == (None, None)
