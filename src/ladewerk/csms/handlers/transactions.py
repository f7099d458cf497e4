"""Block E: what happens in transactions, written down before it is answered."""

from msgspec import UNSET

from ladewerk.csms.handlers.authorization import verdict
from ladewerk.csms.handlers.places import check_place
from ladewerk.csms.handlers.reservations import note_use
from ladewerk.csms.stations.session import StationSession
from ladewerk.csms.tokens import told
from ladewerk.errors import RemoteProtocolError, StoreError
from ladewerk.ocpp import Context, ErrorCode, v21
from ladewerk.refusals import Why


async def transaction_event(
    ctx: Context[StationSession], request: v21.TransactionEventRequest
) -> v21.TransactionEventResponse:
    """E01 to E15, C01: kept once, however often it is sent; without an answer the station sends it again."""
    if request.evse is not UNSET:
        check_place("$.evse.id", request.evse.id, "$.evse.connectorId", request.evse.connector_id)
    said = None
    if request.id_token is not UNSET:
        said = await verdict(ctx, request.id_token, None if request.event_type == "Ended" else request)
    by = "" if said is None else said.by or f"refused: {said.status}"
    _note_foreign(ctx.state, request)
    try:
        await ctx.state.ledger.add_event(ctx.state.station_id, request, ctx.received_at, authorized_by=by)
    except StoreError as err:
        raise RemoteProtocolError(ErrorCode.INTERNAL_ERROR, f"the event could not be stored: {err}") from err
    await note_use(ctx, request)
    return v21.TransactionEventResponse(id_token_info=UNSET if said is None else told(said))


def _note_foreign(session: StationSession, event: v21.TransactionEventRequest) -> None:
    """What a station says of a transaction is kept under its own name alone; that it names another's is worth a look."""
    transaction_id = event.transaction_info.transaction_id
    if event.event_type != "Started" and (whose := session.ledger.who_else_has(session.key, transaction_id)) is not None:
        what = f"station {session.station_id} names a transaction that runs at {whose}"
        session.refusals.note(Why.FOREIGN_TRANSACTION, session.station_id, what)
