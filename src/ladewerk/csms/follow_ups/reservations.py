"""Reservations: written down before they are asked for, and when they are given up."""

from ladewerk.clock import Clock
from ladewerk.csms.commands import FollowUp
from ladewerk.csms.dossiers import reservations
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.reservations import Event, Reservation
from ladewerk.csms.dossiers.shelves import Dossiers
from ladewerk.ocpp import v21


async def move(dossiers: Dossiers, clock: Clock, station: str, number: int, event: Event, reason: str = "") -> None:
    """Something has happened to a reservation; one that nobody here made is none of ours."""
    now = clock.now()

    def moved(known: Reservation | None) -> Reservation | None:
        return None if known is None else reservations.after(known, event, now, reason=reason)

    await dossiers.reservations.change(station, numbered(number), now, moved)


def of_reserving(dossiers: Dossiers, clock: Clock) -> FollowUp[v21.ReserveNowRequest, v21.ReserveNowResponse]:
    """H01. A reservation of that number is replaced, at the station too (H01.FR.02)."""

    async def before(station: str, request: v21.ReserveNowRequest) -> None:
        now = clock.now()
        await dossiers.reservations.put(station, {numbered(request.id): reservations.asked_for(request, now)}, now)

    async def answered(station: str, request: v21.ReserveNowRequest, answer: v21.ReserveNowResponse) -> None:
        accepted = answer.status == "Accepted"
        event = Event.ACCEPTED if accepted else Event.REFUSED
        await move(dossiers, clock, station, request.id, event, "" if accepted else str(answer.status))

    async def refused(station: str, request: v21.ReserveNowRequest, why: str) -> None:
        await move(dossiers, clock, station, request.id, Event.REFUSED, why)

    return FollowUp(before=before, answered=answered, refused=refused)


def of_cancelling(dossiers: Dossiers, clock: Clock) -> FollowUp[v21.CancelReservationRequest, v21.CancelReservationResponse]:
    """H02. A station that rejects it has no such reservation (H02.FR.01)."""

    async def answered(station: str, request: v21.CancelReservationRequest, answer: v21.CancelReservationResponse) -> None:
        event = Event.CANCELLED if answer.status == "Accepted" else Event.REMOVED
        await move(dossiers, clock, station, request.reservation_id, event)

    return FollowUp(answered=answered)
