"""Block E: what happens in transactions, written down before it is answered."""

from msgspec import UNSET

from ladewerk.csms.handlers.authorization import verdict
from ladewerk.csms.handlers.reservations import note_use
from ladewerk.csms.session import StationSession
from ladewerk.csms.tokens import told
from ladewerk.errors import RemoteProtocolError, StoreError
from ladewerk.ocpp import Context, ErrorCode, v21


async def transaction_event(
    ctx: Context[StationSession], request: v21.TransactionEventRequest
) -> v21.TransactionEventResponse:
    """E01 to E15, C01: kept once, however often it is sent; without an answer the station sends it again."""
    said = None
    if request.id_token is not UNSET:
        said = await verdict(ctx, request.id_token, request.transaction_info.transaction_id)
    by = "" if said is None else said.by or f"refused: {said.status}"
    try:
        await ctx.state.ledger.add_event(ctx.state.station_id, request, ctx.received_at, authorized_by=by)
    except StoreError as err:
        raise RemoteProtocolError(ErrorCode.INTERNAL_ERROR, f"the event could not be stored: {err}") from err
    await note_use(ctx, request)
    return v21.TransactionEventResponse(id_token_info=UNSET if said is None else told(said))
