"""Blocks L and N: firmware, logs, monitors and events of the device."""

from ladewerk.csms.session import StationSession
from ladewerk.ocpp import Context, v21


async def notify_event(ctx: Context[StationSession], request: v21.NotifyEventRequest) -> v21.NotifyEventResponse:
    """N07, N08: kept as it came."""
    await ctx.state.ledger.keep(ctx.state.station_id, "NotifyEvent", ctx.received_at, request)
    return v21.NotifyEventResponse()


async def notify_monitoring_report(
    ctx: Context[StationSession], request: v21.NotifyMonitoringReportRequest
) -> v21.NotifyMonitoringReportResponse:
    """N02: kept as it came."""
    await ctx.state.ledger.keep(ctx.state.station_id, "NotifyMonitoringReport", ctx.received_at, request)
    return v21.NotifyMonitoringReportResponse()


async def log_status_notification(
    ctx: Context[StationSession], request: v21.LogStatusNotificationRequest
) -> v21.LogStatusNotificationResponse:
    """N01: how the upload of a log goes."""
    await ctx.state.ledger.keep(ctx.state.station_id, "LogStatusNotification", ctx.received_at, request)
    return v21.LogStatusNotificationResponse()


async def firmware_status_notification(
    ctx: Context[StationSession], request: v21.FirmwareStatusNotificationRequest
) -> v21.FirmwareStatusNotificationResponse:
    """L01, L02: how an update goes."""
    await ctx.state.ledger.keep(ctx.state.station_id, "FirmwareStatusNotification", ctx.received_at, request)
    return v21.FirmwareStatusNotificationResponse()
