"""Block L: how updates of firmware go."""

from msgspec import UNSET

from ladewerk.csms.dossiers.errand_keeping import firmware_updates
from ladewerk.csms.follow_ups.errands import reason
from ladewerk.csms.handlers.writing import written
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def firmware_status_notification(
    ctx: Context[StationSession], request: v21.FirmwareStatusNotificationRequest
) -> v21.FirmwareStatusNotificationResponse:
    """L01, L02: kept as it came, and the update it speaks of moves on."""
    session = ctx.state
    await session.ledger.keep(session.station_id, "FirmwareStatusNotification", ctx.received_at, request)
    if request.status != "Idle":  # an answer to a trigger: nothing goes on
        number = None if request.request_id is UNSET else request.request_id
        updates = firmware_updates(session.store.dossiers)
        said = updates.reported(
            session.station_id, number, str(request.status), reason(request.status_info), session.clock.now()
        )
        await written("the status", said)
    return v21.FirmwareStatusNotificationResponse()


async def publish_firmware_status_notification(
    ctx: Context[StationSession], request: v21.PublishFirmwareStatusNotificationRequest
) -> v21.PublishFirmwareStatusNotificationResponse:
    """L03, of a local controller: kept as it came."""
    await ctx.state.ledger.keep(ctx.state.station_id, "PublishFirmwareStatusNotification", ctx.received_at, request)
    return v21.PublishFirmwareStatusNotificationResponse()
