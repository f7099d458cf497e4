"""Block P: messages of vendors."""

from ladewerk.csms.session import StationSession
from ladewerk.ocpp import Context, v21


async def data_transfer(ctx: Context[StationSession], _request: v21.DataTransferRequest) -> v21.DataTransferResponse:
    """P02: no vendor's messages are known here."""
    del ctx
    return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.UNKNOWN_VENDOR_ID)
