"""Block K: what cars need and what limits them."""

from ladewerk.csms.handlers.places import check_place
from ladewerk.csms.planning.ev_schedule import exceeded_at
from ladewerk.csms.planning.needs import NeedRefused, read_need
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def notify_ev_charging_needs(
    ctx: Context[StationSession], request: v21.NotifyEVChargingNeedsRequest
) -> v21.NotifyEVChargingNeedsResponse:
    """K15, K17: the need is taken down and planned; the profile follows by itself (K15.FR.07)."""
    check_place("$.evseId", request.evse_id)
    ledger = ctx.state.ledger
    transaction = ledger.open_transaction((ctx.state.key, request.evse_id))
    need = read_need(request, station_id=ctx.state.station_id, transaction=transaction, now=ctx.state.clock.now())
    if isinstance(need, NeedRefused):
        return v21.NotifyEVChargingNeedsResponse(
            status=v21.NotifyEVChargingNeedsStatusEnumType.REJECTED,
            status_info=v21.StatusInfoType(reason_code=need.reason_code, additional_info=need.text),
        )
    ledger.car_waits.emit((ctx.state.key, request.evse_id))
    await ledger.take_need(need)
    if need.transaction_id is None:
        # K15.FR.05: a profile needs a transaction, which the station has not begun yet.
        return v21.NotifyEVChargingNeedsResponse(status=v21.NotifyEVChargingNeedsStatusEnumType.PROCESSING)
    return v21.NotifyEVChargingNeedsResponse(status=v21.NotifyEVChargingNeedsStatusEnumType.ACCEPTED)


async def notify_ev_charging_schedule(
    ctx: Context[StationSession], request: v21.NotifyEVChargingScheduleRequest
) -> v21.NotifyEVChargingScheduleResponse:
    """K15, K16: the schedule the car chose, kept as it came; one above its plan is refused, and a plan made anew."""
    ledger = ctx.state.ledger
    await ledger.keep(ctx.state.station_id, "NotifyEVChargingSchedule", ctx.received_at, request)
    key = (ctx.state.key, request.evse_id)
    plan, running = ledger.plans.get(key), ledger.open_transaction(key)
    if plan is not None and running is not None and plan.transaction_id == running.transaction_id:
        since = exceeded_at(request, plan)
        if since is not None:
            ledger.car_waits.emit(key)
            ledger.need_said.emit(key)  # K16.FR.07: a new schedule follows
            return v21.NotifyEVChargingScheduleResponse(
                status=v21.GenericStatusEnumType.REJECTED,
                status_info=v21.StatusInfoType(
                    reason_code="InvalidSchedule", additional_info=f"above its plan from {since.isoformat()} on"
                ),
            )
    return v21.NotifyEVChargingScheduleResponse(status=v21.GenericStatusEnumType.ACCEPTED)


async def notify_charging_limit(
    ctx: Context[StationSession], request: v21.NotifyChargingLimitRequest
) -> v21.NotifyChargingLimitResponse:
    """K11, K12: somebody else limits the station; kept as it came."""
    await ctx.state.ledger.keep(ctx.state.station_id, "NotifyChargingLimit", ctx.received_at, request)
    return v21.NotifyChargingLimitResponse()


async def cleared_charging_limit(
    ctx: Context[StationSession], request: v21.ClearedChargingLimitRequest
) -> v21.ClearedChargingLimitResponse:
    """K13: that limit is gone; kept as it came."""
    await ctx.state.ledger.keep(ctx.state.station_id, "ClearedChargingLimit", ctx.received_at, request)
    return v21.ClearedChargingLimitResponse()


async def report_charging_profiles(
    ctx: Context[StationSession], request: v21.ReportChargingProfilesRequest
) -> v21.ReportChargingProfilesResponse:
    """K09: installed profiles, kept as they came."""
    await ctx.state.ledger.keep(ctx.state.station_id, "ReportChargingProfiles", ctx.received_at, request)
    return v21.ReportChargingProfilesResponse()
