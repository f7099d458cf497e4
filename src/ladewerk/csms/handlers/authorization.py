"""Block C: who may charge. Any token may, for now, and whatever it starts is marked as such."""

from ladewerk.csms.session import StationSession
from ladewerk.ocpp import Context, v21


async def authorize(ctx: Context[StationSession], _request: v21.AuthorizeRequest) -> v21.AuthorizeResponse:
    """C01: accepted, unchecked."""
    del ctx
    return v21.AuthorizeResponse(id_token_info=accepted())


def accepted() -> v21.IdTokenInfoType:
    """What is answered about every token; the transaction says ``AUTHORIZED_UNCHECKED``."""
    return v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.ACCEPTED)
