"""Block A: what a station noticed about its own security."""

from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def security_event_notification(
    ctx: Context[StationSession], request: v21.SecurityEventNotificationRequest
) -> v21.SecurityEventNotificationResponse:
    """A04: kept as it came."""
    await ctx.state.ledger.keep(ctx.state.station_id, "SecurityEventNotification", ctx.received_at, request)
    return v21.SecurityEventNotificationResponse()
