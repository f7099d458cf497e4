"""Which function answers which message."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ladewerk.csms.functional_blocks import FunctionalBlocks
from ladewerk.csms.handlers import (
    authorization,
    availability,
    certificates,
    diagnostics,
    displays,
    event_streams,
    firmware,
    metering,
    provisioning,
    reservations,
    security,
    services,
    smart_charging,
    transactions,
)
from ladewerk.csms.handlers.reported import kept
from ladewerk.csms.stations.session import StationSession
from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import Context, ErrorCode, Router, v21
from ladewerk.ocpp.messages import Payload

Q = TypeVar("Q", bound=Payload)
R = TypeVar("R", bound=Payload)

Handler = Callable[[Context[StationSession], Q], Awaitable[R]]


def station_router(blocks: FunctionalBlocks) -> Router[StationSession]:
    """The router of every station's connection."""
    router: Router[StationSession] = Router()
    router.on(v21.BootNotificationRequest)(provisioning.boot_notification)
    router.on(v21.NotifyReportRequest)(booted(provisioning.Reports(blocks.inventories).notify_report))
    router.on(v21.StatusNotificationRequest)(booted(availability.status_notification))
    router.on(v21.HeartbeatRequest)(booted(availability.heartbeat))
    router.on(v21.AuthorizeRequest)(booted(authorization.authorize))
    router.on(v21.TransactionEventRequest)(booted(transactions.transaction_event))
    router.on(v21.MeterValuesRequest)(booted(metering.meter_values))
    router.on(v21.NotifyEVChargingNeedsRequest)(booted(smart_charging.notify_ev_charging_needs))
    router.on(v21.NotifyEVChargingScheduleRequest)(booted(smart_charging.notify_ev_charging_schedule))
    router.on(v21.NotifyChargingLimitRequest)(booted(smart_charging.notify_charging_limit))
    router.on(v21.ClearedChargingLimitRequest)(booted(smart_charging.cleared_charging_limit))
    router.on(v21.ReportChargingProfilesRequest)(booted(smart_charging.report_charging_profiles))
    router.on(v21.SecurityEventNotificationRequest)(booted(security.security_event_notification))
    router.on(v21.NotifyEventRequest)(booted(diagnostics.notify_event))
    router.on(v21.NotifyMonitoringReportRequest)(
        booted(diagnostics.MonitoringReports(blocks.inventories).notify_monitoring_report)
    )
    router.on(v21.LogStatusNotificationRequest)(booted(diagnostics.log_status_notification))
    router.on(v21.NotifyCustomerInformationRequest)(booted(diagnostics.notify_customer_information))
    router.on(v21.FirmwareStatusNotificationRequest)(booted(firmware.firmware_status_notification))
    router.on(v21.PublishFirmwareStatusNotificationRequest)(booted(firmware.publish_firmware_status_notification))
    router.on(v21.NotifyDisplayMessagesRequest)(booted(displays.DisplayReports(blocks.inventories).notify_display_messages))
    router.on(v21.ReservationStatusUpdateRequest)(booted(reservations.reservation_status_update))
    router.on(v21.SignCertificateRequest)(booted(blocks.issuing.sign_certificate))
    router.on(v21.Get15118EVCertificateRequest)(booted(certificates.get_15118_ev_certificate))
    router.on(v21.GetCertificateStatusRequest)(booted(certificates.get_certificate_status))
    router.on(v21.GetCertificateChainStatusRequest)(booted(certificates.get_certificate_chain_status))
    router.on(v21.NotifyDERAlarmRequest)(booted(kept(v21.NotifyDERAlarmRequest, v21.NotifyDERAlarmResponse)))
    router.on(v21.NotifyDERStartStopRequest)(booted(kept(v21.NotifyDERStartStopRequest, v21.NotifyDERStartStopResponse)))
    router.on(v21.NotifyPriorityChargingRequest)(
        booted(kept(v21.NotifyPriorityChargingRequest, v21.NotifyPriorityChargingResponse))
    )
    router.on(v21.NotifySettlementRequest)(booted(kept(v21.NotifySettlementRequest, v21.NotifySettlementResponse)))
    router.on(v21.ReportDERControlRequest)(booted(kept(v21.ReportDERControlRequest, v21.ReportDERControlResponse)))
    router.on(v21.BatterySwapRequest)(booted(kept(v21.BatterySwapRequest, v21.BatterySwapResponse)))
    router.on(v21.OpenPeriodicEventStreamRequest)(booted(event_streams.open_periodic_event_stream))
    router.on(v21.ClosePeriodicEventStreamRequest)(
        booted(kept(v21.ClosePeriodicEventStreamRequest, v21.ClosePeriodicEventStreamResponse))
    )
    router.observe(v21.NotifyPeriodicEventStream)(event_streams.notify_periodic_event_stream)
    router.on(v21.PullDynamicScheduleUpdateRequest)(booted(services.pull_dynamic_schedule_update))
    router.on(v21.VatNumberValidationRequest)(booted(services.vat_number_validation))
    router.on(v21.DataTransferRequest)(booted(blocks.data_transfers.data_transfer))
    return router


def booted(handler: Handler[Q, R]) -> Handler[Q, R]:
    """``handler`` for stations that were accepted, and of others for what they were asked (B02.FR.09, B03.FR.07)."""

    async def answer(ctx: Context[StationSession], request: Q) -> R:
        action = type(request).__name__.removesuffix("Request")
        if ctx.state.station.booted_at is None and action not in ctx.state.invited:
            raise RemoteProtocolError(ErrorCode.SECURITY_ERROR, "send a BootNotification first, until it is accepted")
        return await handler(ctx, request)

    return answer
