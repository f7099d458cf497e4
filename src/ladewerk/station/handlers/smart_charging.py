"""Block K: charging profiles and what follows from them."""

import asyncio

from msgspec import UNSET, UnsetType

from ladewerk.charging.answer import composite_answer
from ladewerk.charging.installation import Installation
from ladewerk.charging.installed import reports
from ladewerk.charging.refusal import Refusal
from ladewerk.ocpp import Context, v21
from ladewerk.station.handlers.reach import Reach, info

_Status = v21.ChargingProfileStatusEnumType


async def set_charging_profile(
    ctx: Context[Reach], request: v21.SetChargingProfileRequest
) -> v21.SetChargingProfileResponse:
    """K01: install a profile; what it limits follows it from now on."""
    refusal = await ctx.state.profiles.install(Installation(request.evse_id, request.charging_profile))
    return v21.SetChargingProfileResponse(status=_status(refusal), status_info=_why(refusal))


async def update_dynamic_schedule(
    ctx: Context[Reach], request: v21.UpdateDynamicScheduleRequest
) -> v21.UpdateDynamicScheduleResponse:
    """K28: other limits in a Dynamic profile."""
    refusal = await ctx.state.profiles.update(request)
    return v21.UpdateDynamicScheduleResponse(status=_status(refusal), status_info=_why(refusal))


async def clear_charging_profile(
    ctx: Context[Reach], request: v21.ClearChargingProfileRequest
) -> v21.ClearChargingProfileResponse:
    """K10: take profiles back, by id or by all criteria given; nothing matched is Unknown."""
    cleared = await ctx.state.profiles.clear(request)
    status = v21.ClearChargingProfileStatusEnumType
    return v21.ClearChargingProfileResponse(status=status.ACCEPTED if cleared else status.UNKNOWN)


async def get_charging_profiles(
    ctx: Context[Reach], request: v21.GetChargingProfilesRequest
) -> v21.GetChargingProfilesResponse:
    """K09: whether there is anything to report; the reports follow."""
    found = ctx.state.profiles.installed.matching(request)
    status = v21.GetChargingProfileStatusEnumType
    return v21.GetChargingProfilesResponse(status=status.ACCEPTED if found else status.NO_PROFILES)


async def report_charging_profiles(ctx: Context[Reach], request: v21.GetChargingProfilesRequest) -> None:
    """The reports themselves, once the question is answered."""
    for report in reports(request.request_id, ctx.state.profiles.installed.matching(request)):
        await ctx.peer.call(report)


async def get_composite_schedule(
    ctx: Context[Reach], request: v21.GetCompositeScheduleRequest
) -> v21.GetCompositeScheduleResponse:
    """K08: what all profiles together allow. In a thread: a month of them may take seconds, and the boards are polled on."""
    profiles = ctx.state.profiles
    situation, now = profiles.situation(), ctx.state.clock.now()
    return await asyncio.to_thread(composite_answer, situation, request, profiles.abilities, now)


def _status(refusal: Refusal | None) -> v21.ChargingProfileStatusEnumType:
    return _Status.ACCEPTED if refusal is None else _Status.REJECTED


def _why(refusal: Refusal | None) -> v21.StatusInfoType | UnsetType:
    return UNSET if refusal is None else info(refusal.reason.value, refusal.text)
