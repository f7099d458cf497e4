"""Blocks C and D: the authorization cache and the local list, as the CSMS orders them."""

from msgspec import UNSET

from ladewerk.ocpp import Context, v21
from ladewerk.station.handlers.reach import Reach, info


async def clear_cache(ctx: Context[Reach], _request: v21.ClearCacheRequest) -> v21.ClearCacheResponse:
    """C11: Rejected where the cache is switched off, or cannot be cleared."""
    statuses = v21.ClearCacheStatusEnumType
    cleared = await ctx.state.authorizer.clear_cache()
    return v21.ClearCacheResponse(status=statuses.ACCEPTED if cleared else statuses.REJECTED)


async def send_local_list(ctx: Context[Reach], request: v21.SendLocalListRequest) -> v21.SendLocalListResponse:
    """D01: kept before it is answered."""
    refused = await ctx.state.authorizer.update_list(request)
    if refused is None:
        return v21.SendLocalListResponse(status=v21.SendLocalListStatusEnumType.ACCEPTED, status_info=UNSET)
    return v21.SendLocalListResponse(status=refused.status, status_info=info(refused.reason, refused.text))


async def get_local_list_version(
    ctx: Context[Reach], _request: v21.GetLocalListVersionRequest
) -> v21.GetLocalListVersionResponse:
    """D02."""
    return v21.GetLocalListVersionResponse(version_number=ctx.state.authorizer.list_version())
