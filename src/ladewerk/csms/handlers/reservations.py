"""Block H: what becomes of reservations."""

from msgspec import UNSET

from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.reservations import REPORTED, Reservation, used_by
from ladewerk.csms.follow_ups.reservations import move
from ladewerk.csms.handlers.writing import written
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def reservation_status_update(
    ctx: Context[StationSession], request: v21.ReservationStatusUpdateRequest
) -> v21.ReservationStatusUpdateResponse:
    """H04: it has ended without a transaction."""
    session = ctx.state
    event = REPORTED[request.reservation_update_status]
    moving = move(session.store.dossiers, session.clock, session.station_id, request.reservation_id, event)
    await written("the reservation", moving)
    return v21.ReservationStatusUpdateResponse()


async def note_use(ctx: Context[StationSession], event: v21.TransactionEventRequest) -> None:
    """H03: a transaction that begins on a reservation ends it."""
    if event.reservation_id is UNSET:
        return
    now = ctx.state.clock.now()
    transaction_id = event.transaction_info.transaction_id

    def used(known: Reservation | None) -> Reservation | None:
        return None if known is None else used_by(known, transaction_id, now)

    shelf = ctx.state.store.dossiers.reservations
    changing = shelf.change(ctx.state.station_id, numbered(event.reservation_id), now, used)
    await written("the reservation", changing)
