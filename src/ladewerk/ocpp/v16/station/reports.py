"""What a station says of itself, in OCPP 1.6: boot, signs of life, status and errors, tags, security, vendors' messages."""

from contextlib import suppress
from datetime import datetime

from msgspec import UNSET

from ladewerk.errors import CallRefused
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Calls, Down, call, raised, refused
from ladewerk.ocpp.v16.station.memory import Memory, Problem
from ladewerk.ocpp.v16.station.metering import old_meter_values
from ladewerk.ocpp.v16.station.tokens import id_tag, token_info
from ladewerk.ocpp.v16.station.words import OCCUPIED
from ladewerk.ocpp.v16.vendor_data import as_text
from ladewerk.ocpp.v21 import types as v21

VENDOR = "Ladewerk"
"""Of the customData in which an event may name the errorCode of 1.6."""

_LONGEST_VENDOR = 20
_LONGEST_INFO = 50
_ERRORS = frozenset(str(code) for code in v16.ChargePointErrorCode)


def boot_notification(request: v21.BootNotificationRequest, _memory: Memory) -> Down:
    """1.6 does not say why a station booted; a name that is too long for it is cut."""
    about = request.charging_station
    modem = about.modem
    answer = yield from call(
        v16.BootNotificationRequest(
            charge_point_vendor=about.vendor_name[:_LONGEST_VENDOR],
            charge_point_model=about.model,
            charge_point_serial_number=about.serial_number,
            firmware_version=about.firmware_version,
            iccid=UNSET if modem is UNSET else modem.iccid,
            imsi=UNSET if modem is UNSET else modem.imsi,
        )
    )
    return raised(
        v21.BootNotificationResponse(
            current_time=answer.current_time,
            interval=answer.interval,
            status=v21.RegistrationStatusEnumType(answer.status),
        )
    )


def heartbeat(_request: v21.HeartbeatRequest, _memory: Memory) -> Down:
    answer = yield from call(v16.HeartbeatRequest())
    return v21.HeartbeatResponse(current_time=answer.current_time)


def authorize(request: v21.AuthorizeRequest, _memory: Memory) -> Down:
    """A tag alone: whoever has to have a certificate checked must know that nobody does."""
    if request.certificate is not UNSET or request.iso15118_certificate_hash_data is not UNSET:
        raise refused("check a certificate: it authorizes tags")
    answer = yield from call(v16.AuthorizeRequest(id_tag=id_tag(request.id_token)))
    return v21.AuthorizeResponse(id_token_info=token_info(answer.id_tag_info))


def meter_values(request: v21.MeterValuesRequest, _memory: Memory) -> Down:
    """Values outside a transaction; nothing if 1.6 has a word for none of them."""
    values = old_meter_values(request.meter_value)
    if values:
        yield from call(v16.MeterValuesRequest(connector_id=request.evse_id, meter_value=values))
    return v21.MeterValuesResponse()


def status_notification(request: v21.StatusNotificationRequest, memory: Memory) -> Down:
    """The status of an EVSE's only connector; its error is the problem that was told of it, until it works again."""
    if request.connector_id > 1:
        raise refused(f"speak of connector {request.connector_id} of an EVSE: connector n is EVSE n")
    connector = request.evse_id
    memory.statuses[connector] = str(request.connector_status)
    if request.connector_status != "Faulted":
        memory.problems.pop(connector, None)
    yield from _station_first(request.timestamp, memory)
    yield from _tell(connector, request.timestamp, memory)
    return v21.StatusNotificationResponse()


def notify_event(request: v21.NotifyEventRequest, memory: Memory) -> Down:
    """A Problem and an AvailabilityState are a status; everything else that happens is dropped."""
    for event in request.event_data:
        place = event.component.evse
        connector = 0 if place is UNSET else place.id
        value = event.actual_value
        if event.component.name not in ("ChargingStation", "EVSE", "Connector"):
            continue
        if event.variable.name == "AvailabilityState" and value in set(v21.ConnectorStatusEnumType):
            memory.statuses[connector] = value
        elif event.variable.name == "Problem" and value.lower() == "true":
            memory.problems[connector] = _problem(event)
        elif event.variable.name == "Problem":
            memory.problems.pop(connector, None)
        else:
            continue
        if connector == 0 or connector in memory.statuses:
            yield from _tell(connector, event.timestamp, memory)
    return v21.NotifyEventResponse()


def tell_if_changed(connector: int, at: datetime, memory: Memory) -> Calls[None]:
    """The connector's status, if it means another one now; a CSMS that refuses it shall not hold up what it came with."""
    told = memory.told.get(connector)
    if told is not None and told != _status(connector, memory):
        with suppress(CallRefused):
            yield from _tell(connector, at, memory)


def _station_first(at: datetime, memory: Memory) -> Calls[None]:
    """1.6 wants to know how connector 0 is; in 2.1 no message says so while nothing is wrong."""
    if 0 not in memory.told:
        yield from _tell(0, at, memory)


def _tell(connector: int, at: datetime, memory: Memory) -> Calls[None]:
    status, problem = telling = _status(connector, memory)
    # What is said of the past of an offline time must not look older than what was said since.
    at = max(at, memory.told_at.get(connector, at))
    told = memory.told.get(connector)
    # At once: what comes while this is on its way is news compared with it, and goes out behind it.
    memory.told[connector], memory.told_at[connector] = telling, at
    code = problem.error_code if problem else "OtherError" if status == "Faulted" else "NoError"
    try:
        yield from call(
            v16.StatusNotificationRequest(
                connector_id=connector,
                error_code=v16.ChargePointErrorCode(code),
                status=v16.ChargePointStatus(status),
                timestamp=at,
                info=(problem.info or UNSET) if problem else UNSET,
                vendor_error_code=(problem.vendor_error_code or UNSET) if problem else UNSET,
            )
        )
    except CallRefused:
        if told is not None and memory.told.get(connector) == telling:
            memory.told[connector] = told
        raise


def _status(connector: int, memory: Memory) -> tuple[str, Problem | None]:
    status = memory.statuses.get(connector, "Available")
    if status == "Occupied":
        status = _occupied(connector, memory)
    return status, memory.problems.get(connector)


def _occupied(connector: int, memory: Memory) -> str:
    begun = memory.begun.newest_on(connector)
    if begun is None:
        return "Preparing"
    if not begun.ended and begun.state in OCCUPIED:
        return OCCUPIED[begun.state]
    return "Finishing" if begun.energised else "Preparing"


def _problem(event: v21.EventDataType) -> Problem:
    """By the techCode if that is a word of 1.6, or by customData, which may say which word fits."""
    code = "" if event.tech_code is UNSET else event.tech_code
    data = event.custom_data
    said = data.get("errorCode") if data is not UNSET and data.get("vendorId") == VENDOR else None
    return Problem(
        error_code=next((word for word in (said, code) if word in _ERRORS), "OtherError"),
        info="" if event.tech_info is UNSET else event.tech_info[:_LONGEST_INFO],
        vendor_error_code="" if code in _ERRORS else code,
    )


def security_event(request: v21.SecurityEventNotificationRequest, _memory: Memory) -> Down:
    yield from call(
        v16.SecurityEventNotificationRequest(type=request.type, timestamp=request.timestamp, tech_info=request.tech_info)
    )
    return v21.SecurityEventNotificationResponse()


def data_transfer(request: v21.DataTransferRequest, _memory: Memory) -> Down:
    answer = yield from call(
        v16.DataTransferRequest(vendor_id=request.vendor_id, message_id=request.message_id, data=as_text(request.data))
    )
    return raised(v21.DataTransferResponse(status=v21.DataTransferStatusEnumType(answer.status), data=answer.data))
