"""Block F: a message that the CSMS wants to have now (F06). It is answered first, and sent behind the answer."""

from collections.abc import Iterator

from msgspec import UNSET

from ladewerk.ocpp import Context, Version, v21
from ladewerk.station.control import UnitControl
from ladewerk.station.handlers.reach import Reach, info
from ladewerk.station.transactions.aligned_values import request as aligned_request
from ladewerk.station.transactions.sampling import Context as Reading

_Trigger = v21.MessageTriggerEnumType
_Status = v21.TriggerMessageStatusEnumType
_KNOWN = frozenset(
    {
        _Trigger.BOOT_NOTIFICATION,
        _Trigger.HEARTBEAT,
        _Trigger.STATUS_NOTIFICATION,
        _Trigger.TRANSACTION_EVENT,
        _Trigger.METER_VALUES,
        _Trigger.LOG_STATUS_NOTIFICATION,
        _Trigger.FIRMWARE_STATUS_NOTIFICATION,
    }
)

_OF_AN_EVSE = frozenset({_Trigger.STATUS_NOTIFICATION, _Trigger.TRANSACTION_EVENT, _Trigger.METER_VALUES})


async def trigger_message(ctx: Context[Reach], request: v21.TriggerMessageRequest) -> v21.TriggerMessageResponse:
    """Which will be sent; the others are NotImplemented (F06.FR.08)."""
    if request.requested_message not in _KNOWN:
        return v21.TriggerMessageResponse(status=_Status.NOT_IMPLEMENTED)
    why = _why_not(ctx, request)
    if why is None:
        return v21.TriggerMessageResponse(status=_Status.ACCEPTED)
    return v21.TriggerMessageResponse(status=_Status.REJECTED, status_info=why)


def _why_not(ctx: Context[Reach], request: v21.TriggerMessageRequest) -> v21.StatusInfoType | None:
    reach, asked = ctx.state, request.requested_message
    evse_id = _evse_id(request)
    if asked in _OF_AN_EVSE and evse_id and reach.units.of_evse(evse_id) is None:
        return info("UnknownEvse", f"there is no EVSE {evse_id}")
    match asked:
        case _Trigger.BOOT_NOTIFICATION if reach.link.is_up and ctx.peer.version is not Version.V16:
            return info("NotReady", "the last BootNotification was accepted (F06.FR.17)")
        case _Trigger.TRANSACTION_EVENT if not reach.link.is_up:
            return info("NotReady", "events wait until the boot is accepted (B02.FR.02)")
        case _Trigger.TRANSACTION_EVENT if not any(unit.transaction for unit in _meant(reach, request)):
            return info("TxNotFound", "no transaction is open")
        case _Trigger.METER_VALUES if not list(_values(reach, request)):
            return info("NotReady", "no meter has said anything yet")
        case _:
            return None


async def send_triggered(ctx: Context[Reach], request: v21.TriggerMessageRequest) -> None:
    """The message itself, where it was promised; before the boot is accepted too (B02.FR.02)."""
    if request.requested_message not in _KNOWN or _why_not(ctx, request) is not None:
        return
    reach, peer = ctx.state, ctx.peer
    match request.requested_message:
        case _Trigger.BOOT_NOTIFICATION if not reach.link.is_up:
            reach.link.boot_now()
        case _Trigger.BOOT_NOTIFICATION:
            await peer.call(reach.link.boot_request(v21.BootReasonEnumType.TRIGGERED))
        case _Trigger.HEARTBEAT:
            await reach.link.beat(peer)
        case _Trigger.STATUS_NOTIFICATION:
            for unit in _meant(reach, request):
                await peer.call(reach.status.request(unit))
        case _Trigger.TRANSACTION_EVENT:
            for unit in _meant(reach, request):
                unit.report_now()
        case _Trigger.METER_VALUES:
            for values in list(_values(reach, request)):
                await peer.call(values)
        case _Trigger.LOG_STATUS_NOTIFICATION:
            await peer.call(v21.LogStatusNotificationRequest(status=v21.UploadLogStatusEnumType.IDLE))
        case _:
            await peer.call(v21.FirmwareStatusNotificationRequest(status=v21.FirmwareStatusEnumType.IDLE))


def _evse_id(request: v21.TriggerMessageRequest) -> int:
    """The EVSE that is asked about, 0 for all of them (F06.FR.11)."""
    return 0 if request.evse is UNSET else request.evse.id


def _meant(reach: Reach, request: v21.TriggerMessageRequest) -> list[UnitControl]:
    return [unit for unit in reach.units if _evse_id(request) in (0, unit.evse_id)]


def _values(reach: Reach, request: v21.TriggerMessageRequest) -> Iterator[v21.MeterValuesRequest]:
    """F06.FR.06: the measurands of the clock-aligned ones."""
    for unit in _meant(reach, request):
        values = aligned_request(unit, reach.model, reach.clock.now(), Reading.TRIGGER)
        if values is not None:
            yield values
