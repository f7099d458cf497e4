"""Block N: logs, monitors, events of the device, and what a station knows of a customer."""

from msgspec import UNSET

from ladewerk.csms.dossiers import monitoring
from ladewerk.csms.dossiers.customers import CustomerReport, with_part
from ladewerk.csms.dossiers.errand_keeping import log_uploads_of
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.shelves import Topic
from ladewerk.csms.follow_ups.errands import reason
from ladewerk.csms.handlers.connector_events import connector_statuses
from ladewerk.csms.handlers.writing import written
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def notify_event(ctx: Context[StationSession], request: v21.NotifyEventRequest) -> v21.NotifyEventResponse:
    """N07, N08: kept as it came; G01: a connector may say by it how it is."""
    session = ctx.state
    await session.ledger.keep(session.station_id, "NotifyEvent", ctx.received_at, request)
    for status in connector_statuses(session.station_id, request.event_data):
        await session.ledger.put_connector(status)
    return v21.NotifyEventResponse()


class MonitoringReports:
    """What stations tell of their monitors."""

    def __init__(self, inventories: Inventories) -> None:
        self._inventories = inventories

    async def notify_monitoring_report(
        self, ctx: Context[StationSession], request: v21.NotifyMonitoringReportRequest
    ) -> v21.NotifyMonitoringReportResponse:
        """N02: part of what was asked for."""
        session = ctx.state
        shelf = session.store.dossiers.monitors
        if request.monitor is not UNSET:
            monitors = monitoring.reported(request.monitor)
            await written("the monitors", shelf.put(session.station_id, monitors, session.clock.now()))
        complete_since = self._inventories.part(
            Topic.MONITOR, session.key, request.request_id, request.seq_no, is_last=request.tbc is not True
        )
        if complete_since is not None:
            await written("the monitors", shelf.drop_before(session.station_id, complete_since))
        return v21.NotifyMonitoringReportResponse()


async def log_status_notification(
    ctx: Context[StationSession], request: v21.LogStatusNotificationRequest
) -> v21.LogStatusNotificationResponse:
    """N01: how the upload of a log goes; kept as it came, and the upload it speaks of moves on."""
    session = ctx.state
    await session.ledger.keep(session.station_id, "LogStatusNotification", ctx.received_at, request)
    if request.status != "Idle":  # an answer to a trigger: nothing goes on
        number = None if request.request_id is UNSET else request.request_id
        uploads = log_uploads_of(session.store.dossiers)
        said = uploads.reported(
            session.station_id, number, str(request.status), reason(request.status_info), session.clock.now()
        )
        await written("the status", said)
    return v21.LogStatusNotificationResponse()


async def notify_customer_information(
    ctx: Context[StationSession], request: v21.NotifyCustomerInformationRequest
) -> v21.NotifyCustomerInformationResponse:
    """N09, N10: part of what was asked for; what nobody asked for is not kept."""
    now = ctx.state.clock.now()

    def told(known: CustomerReport | None) -> CustomerReport | None:
        return with_part(known, request, now)

    shelf = ctx.state.store.dossiers.customers
    await written("the report", shelf.change(ctx.state.station_id, numbered(request.request_id), now, told))
    return v21.NotifyCustomerInformationResponse()
