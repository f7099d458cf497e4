"""Block G: connectors and signs of life."""

from ladewerk.csms.handlers.places import check_place
from ladewerk.csms.records import ConnectorStatus
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def status_notification(
    ctx: Context[StationSession], request: v21.StatusNotificationRequest
) -> v21.StatusNotificationResponse:
    """G01: a connector says how it is."""
    check_place("$.evseId", request.evse_id, "$.connectorId", request.connector_id)
    if request.evse_id == 0:
        # The station as a whole, which is no EVSE and draws nothing by itself.
        await ctx.state.ledger.keep(ctx.state.station_id, "StatusNotification", ctx.received_at, request)
        return v21.StatusNotificationResponse()
    await ctx.state.ledger.put_connector(
        ConnectorStatus(
            station_id=ctx.state.station_id,
            evse_id=request.evse_id,
            connector_id=request.connector_id,
            status=str(request.connector_status),
            at=request.timestamp,
        )
    )
    return v21.StatusNotificationResponse()


async def heartbeat(ctx: Context[StationSession], _request: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    """G02: the station is there, and sets its clock by the answer."""
    now = ctx.state.clock.now()
    ctx.state.ledger.note_seen(ctx.state.key, now)
    return v21.HeartbeatResponse(current_time=now)
