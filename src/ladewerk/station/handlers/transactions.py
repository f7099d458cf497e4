"""Block E and what concerns no block: what is still to come of a transaction, and messages of other vendors."""

from msgspec import UNSET

from ladewerk.ocpp import Context, v21
from ladewerk.station.handlers.reach import Reach


async def get_transaction_status(
    ctx: Context[Reach], request: v21.GetTransactionStatusRequest
) -> v21.GetTransactionStatusResponse:
    """E14: whether a transaction goes on, and whether events wait to be delivered."""
    asked = request.transaction_id
    if asked is UNSET:
        return v21.GetTransactionStatusResponse(messages_in_queue=await ctx.state.journal.waits())
    ongoing = ctx.state.units.of_transaction(asked) is not None
    waiting = await ctx.state.journal.waits(asked)
    return v21.GetTransactionStatusResponse(messages_in_queue=waiting, ongoing_indicator=ongoing)


async def data_transfer(_ctx: Context[Reach], _request: v21.DataTransferRequest) -> v21.DataTransferResponse:
    """P01: no vendor has anything to say here."""
    return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.UNKNOWN_VENDOR_ID, data=UNSET)
