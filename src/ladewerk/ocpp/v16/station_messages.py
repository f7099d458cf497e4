"""What else an OCPP 1.6 station says: boot, status, tags, firmware, logs, security, vendors' messages."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Up, ask, mention
from ladewerk.ocpp.v16.memory import Memory
from ladewerk.ocpp.v16.tokens import tag_info, token
from ladewerk.ocpp.v16.transactions import evse, state_changed
from ladewerk.ocpp.v16.vendor_data import as_text
from ladewerk.ocpp.v16.words import CONNECTOR_STATUS, UPLOAD_STATUS
from ladewerk.ocpp.v21 import types as v21


def boot_notification(request: v16.BootNotificationRequest, _memory: Memory, _now: datetime) -> Up:
    """1.6 does not say why a station booted."""
    serial = request.charge_point_serial_number
    modem = v21.ModemType(iccid=request.iccid, imsi=request.imsi)
    station = v21.ChargingStationType(
        model=request.charge_point_model,
        vendor_name=request.charge_point_vendor,
        serial_number=request.charge_box_serial_number if serial is UNSET else serial,
        firmware_version=request.firmware_version,
        modem=UNSET if request.iccid is UNSET and request.imsi is UNSET else modem,
    )
    answer = yield from ask(v21.BootNotificationRequest(charging_station=station, reason=v21.BootReasonEnumType.UNKNOWN))
    return v16.BootNotificationResponse(
        status=v16.RegistrationStatus(answer.status), current_time=answer.current_time, interval=answer.interval
    )


def heartbeat(_request: v16.HeartbeatRequest, _memory: Memory, _now: datetime) -> Up:
    answer = yield from ask(v21.HeartbeatRequest())
    return v16.HeartbeatResponse(current_time=answer.current_time)


def authorize(request: v16.AuthorizeRequest, _memory: Memory, _now: datetime) -> Up:
    answer = yield from ask(v21.AuthorizeRequest(id_token=token(request.id_tag)))
    return v16.AuthorizeResponse(id_tag_info=tag_info(answer.id_token_info))


def status_notification(request: v16.StatusNotificationRequest, memory: Memory, now: datetime) -> Up:
    """A connector's status, what it means for its transaction, and its error if that is news; of the station, an event."""
    connector = request.connector_id
    at = now if request.timestamp is UNSET else request.timestamp
    if connector == 0:
        yield from mention(_notify(at, memory, "ChargingStation", "AvailabilityState", str(request.status), UNSET))
    else:
        status = v21.ConnectorStatusEnumType(CONNECTOR_STATUS[request.status])
        yield from ask(
            v21.StatusNotificationRequest(timestamp=at, connector_status=status, evse_id=connector, connector_id=1)
        )
        changed = memory.statuses.get(connector) != request.status
        memory.statuses[connector] = str(request.status)
        running = memory.transactions.get(connector)
        event = None if running is None or not changed else state_changed(connector, running, at, memory)
        if event is not None:
            yield from mention(event)
    problem = _problem(request, at, memory)
    if problem is not None:
        yield from mention(problem)
    return v16.StatusNotificationResponse()


def _problem(request: v16.StatusNotificationRequest, at: datetime, memory: Memory) -> v21.NotifyEventRequest | None:
    """An error that has come or gone since the last status of that connector."""
    connector, error = request.connector_id, str(request.error_code)
    known = memory.errors.get(connector, "NoError")
    if error == known:
        return None
    place = UNSET if connector == 0 else evse(connector)
    component = "ChargingStation" if connector == 0 else "Connector"
    if error == "NoError":
        del memory.errors[connector]
        return _notify(at, memory, component, "Problem", "false", place, tech_code=known, cleared=True)
    memory.errors[connector] = error
    told = [text for text in (request.info, request.vendor_id, request.vendor_error_code) if text]
    return _notify(at, memory, component, "Problem", "true", place, tech_code=error, tech_info="; ".join(told))


def _notify(
    at: datetime,
    memory: Memory,
    component: str,
    variable: str,
    value: str,
    place: v21.EVSEType | UnsetType,
    *,
    tech_code: str = "",
    tech_info: str = "",
    cleared: bool = False,
) -> v21.NotifyEventRequest:
    event = v21.EventDataType(
        event_id=next(memory.event_ids),
        timestamp=at,
        trigger=v21.EventTriggerEnumType("Alerting" if tech_code else "Delta"),
        actual_value=value,
        event_notification_type=v21.EventNotificationEnumType("HardWiredNotification"),
        component=v21.ComponentType(name=component, evse=place),
        variable=v21.VariableType(name=variable),
        tech_code=tech_code or UNSET,
        tech_info=tech_info or UNSET,
        cleared=cleared or UNSET,
    )
    return v21.NotifyEventRequest(generated_at=at, seq_no=0, event_data=(event,))


def firmware_status(request: v16.FirmwareStatusNotificationRequest, memory: Memory, _now: datetime) -> Up:
    """Of the update that was asked for last, as far as one was."""
    number = memory.firmware_request_id
    # 2.1 part 2, L01.FR.20: Idle is about no update.
    request_id = UNSET if number is None or request.status == "Idle" else number
    status = v21.FirmwareStatusEnumType(request.status)
    yield from ask(v21.FirmwareStatusNotificationRequest(status=status, request_id=request_id))
    return v16.FirmwareStatusNotificationResponse()


def signed_firmware_status(request: v16.SignedFirmwareStatusNotificationRequest, _memory: Memory, _now: datetime) -> Up:
    status = v21.FirmwareStatusEnumType(request.status)
    yield from ask(v21.FirmwareStatusNotificationRequest(status=status, request_id=request.request_id))
    return v16.SignedFirmwareStatusNotificationResponse()


def diagnostics_status(request: v16.DiagnosticsStatusNotificationRequest, memory: Memory, _now: datetime) -> Up:
    """Of the log that was asked for last, as far as one was."""
    number = memory.log_request_id
    request_id = UNSET if number is None or request.status == "Idle" else number
    status = v21.UploadLogStatusEnumType(UPLOAD_STATUS[request.status])
    yield from ask(v21.LogStatusNotificationRequest(status=status, request_id=request_id))
    return v16.DiagnosticsStatusNotificationResponse()


def log_status(request: v16.LogStatusNotificationRequest, _memory: Memory, _now: datetime) -> Up:
    status = v21.UploadLogStatusEnumType(request.status)
    yield from ask(v21.LogStatusNotificationRequest(status=status, request_id=request.request_id))
    return v16.LogStatusNotificationResponse()


def security_event(request: v16.SecurityEventNotificationRequest, _memory: Memory, _now: datetime) -> Up:
    yield from ask(
        v21.SecurityEventNotificationRequest(type=request.type, timestamp=request.timestamp, tech_info=request.tech_info)
    )
    return v16.SecurityEventNotificationResponse()


def sign_certificate(request: v16.SignCertificateRequest, _memory: Memory, _now: datetime) -> Up:
    """1.6 has certificates of stations alone."""
    use = v21.CertificateSigningUseEnumType.CHARGING_STATION_CERTIFICATE
    answer = yield from ask(v21.SignCertificateRequest(csr=request.csr, certificate_type=use))
    return v16.SignCertificateResponse(status=v16.GenericStatusEnumType(answer.status))


def data_transfer(request: v16.DataTransferRequest, _memory: Memory, _now: datetime) -> Up:
    answer = yield from ask(
        v21.DataTransferRequest(vendor_id=request.vendor_id, message_id=request.message_id, data=request.data)
    )
    return v16.DataTransferResponse(status=v16.DataTransferStatus(answer.status), data=as_text(answer.data))
