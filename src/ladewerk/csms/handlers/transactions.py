"""Block E: what happens in transactions, written down before it is answered."""

from msgspec import UNSET

from ladewerk.csms.handlers.authorization import accepted
from ladewerk.csms.session import StationSession
from ladewerk.errors import RemoteProtocolError, StoreError
from ladewerk.ocpp import Context, ErrorCode, v21


async def transaction_event(
    ctx: Context[StationSession], request: v21.TransactionEventRequest
) -> v21.TransactionEventResponse:
    """E01 to E15: kept once, however often it is sent; without an answer the station keeps it and sends it again."""
    try:
        await ctx.state.ledger.add_event(ctx.state.station_id, request, ctx.received_at)
    except StoreError as err:
        raise RemoteProtocolError(ErrorCode.INTERNAL_ERROR, f"the event could not be stored: {err}") from err
    return v21.TransactionEventResponse(id_token_info=UNSET if request.id_token is UNSET else accepted())
