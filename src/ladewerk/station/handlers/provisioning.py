"""Block B: connection profiles and the reset (B09 to B12); the device model is in ``variables``."""

from msgspec import UNSET

from ladewerk.ocpp import Context, v21
from ladewerk.station.device_model import variables as settings
from ladewerk.station.handlers.reach import Reach, info


async def set_network_profile(ctx: Context[Reach], request: v21.SetNetworkProfileRequest) -> v21.SetNetworkProfileResponse:
    """B09: keep a connection profile; NetworkConfigurationPriority says when it is used."""
    statuses = v21.SetNetworkProfileStatusEnumType
    refused = await ctx.state.ways.put(request.configuration_slot, request.connection_data)
    if refused is None:
        return v21.SetNetworkProfileResponse(status=statuses.ACCEPTED)
    status = statuses.FAILED if refused.reason == "InternalError" else statuses.REJECTED
    return v21.SetNetworkProfileResponse(status=status, status_info=info(refused.reason, refused.text))


async def reconnect_with_password(ctx: Context[Reach], request: v21.SetVariablesRequest) -> None:
    """A01: a new password counts at once, and shows at once whether it does; the answer is out already."""
    password = settings.BASIC_AUTH_PASSWORD
    for one in request.set_variable_data:
        named = (one.component.name, one.variable.name) == (password.component, password.name)
        if named and ctx.state.model.text(password) == one.attribute_value:
            await ctx.state.link.reconnect("the password has changed")


async def reset(ctx: Context[Reach], request: v21.ResetRequest) -> v21.ResetResponse:
    """B11, B12: the whole station ends in an orderly way and is started again by its supervisor; never a single EVSE."""
    statuses = v21.ResetStatusEnumType
    if request.evse_id not in (UNSET, 0):
        return v21.ResetResponse(
            status=statuses.REJECTED, status_info=info("UnsupportedParam", "the station resets as a whole (AllowReset)")
        )
    waits = request.type is not v21.ResetEnumType.IMMEDIATE and ctx.state.resets.in_use
    return v21.ResetResponse(status=statuses.SCHEDULED if waits else statuses.ACCEPTED)


async def reset_when_answered(ctx: Context[Reach], request: v21.ResetRequest) -> None:
    """The reset itself, once it is answered and unless it was refused."""
    if request.evse_id not in (UNSET, 0):
        return
    if request.type is v21.ResetEnumType.IMMEDIATE:
        ctx.state.resets.at_once()
    else:
        ctx.state.resets.when_idle()
