"""Reservations of EVSEs: what was asked of stations, and what became of it. Pure.

OCPP 2.1 part 2, block H: H01 (reserve), H02 (cancel), H03 (use), H04 (ended without use).
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import UNSET

from ladewerk.ocpp import v21


class State(StrEnum):
    """How far a reservation has come."""

    ASKED = "asked"
    """Sent, not answered: perhaps it holds."""
    ACTIVE = "active"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REMOVED = "removed"
    """By the station, which has an error or something better to do."""
    UNUSED = "unused"
    """Somebody came, but no transaction began (2.1)."""
    USED = "used"


class Event(StrEnum):
    """What may happen to one."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REMOVED = "removed"
    UNUSED = "unused"
    USED = "used"


_OPEN: Final = (State.ASKED, State.ACTIVE)

NEXT: Final[Mapping[tuple[State, Event], State]] = {
    # What has ended stays as it ended, whatever comes late.
    **{(state, event): state for state in State for event in Event},
    **{
        (state, event): State(event)
        for state in _OPEN
        for event in (Event.CANCELLED, Event.EXPIRED, Event.REMOVED, Event.UNUSED, Event.USED)
    },
    (State.ASKED, Event.ACCEPTED): State.ACTIVE,
    (State.ASKED, Event.REFUSED): State.REFUSED,
    # A station that was asked to change a reservation it has, and would not.
    (State.ACTIVE, Event.REFUSED): State.ACTIVE,
}
"""The table: every state with every event."""

REPORTED: Final[Mapping[str, Event]] = {
    "Expired": Event.EXPIRED,
    "Removed": Event.REMOVED,
    "NoTransaction": Event.UNUSED,
}
"""The words of ReservationStatusUpdate."""


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """``evse_id`` None: any EVSE of the station. ``reason`` is the station's."""

    reservation_id: int
    evse_id: int | None
    connector_type: str | None
    id_token: str
    id_token_type: str
    expires_at: datetime
    asked_at: datetime
    changed_at: datetime
    state: State = State.ASKED
    reason: str = ""
    transaction_id: str | None = None


def asked_for(request: v21.ReserveNowRequest, now: datetime) -> Reservation:
    """The reservation that ``request`` asks for."""
    return Reservation(
        reservation_id=request.id,
        evse_id=None if request.evse_id is UNSET else request.evse_id,
        connector_type=None if request.connector_type is UNSET else request.connector_type,
        id_token=request.id_token.id_token,
        id_token_type=request.id_token.type,
        expires_at=request.expiry_date_time,
        asked_at=now,
        changed_at=now,
    )


def after(reservation: Reservation, event: Event, now: datetime, *, reason: str = "") -> Reservation:
    """The reservation after ``event``."""
    state = NEXT[reservation.state, event]
    if state is reservation.state:
        return reservation
    return msgspec.structs.replace(reservation, state=state, changed_at=now, reason=reason)


def used_by(reservation: Reservation, transaction_id: str, now: datetime) -> Reservation:
    """A transaction has begun on it (H03)."""
    after_use = after(reservation, Event.USED, now)
    return after_use if after_use is reservation else msgspec.structs.replace(after_use, transaction_id=transaction_id)


def at(reservation: Reservation, now: datetime) -> Reservation:
    """As it is at ``now``: a station of 1.6 does not say that one has expired, and one that is away cannot."""
    if now < reservation.expires_at:
        return reservation
    return after(reservation, Event.EXPIRED, reservation.expires_at)
