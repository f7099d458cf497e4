"""Firmware and logs: by the core of OCPP 1.6, whose requests have no numbers, or by its security extension."""

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Down, Up, ask, call
from ladewerk.ocpp.v16.station.memory import Memory
from ladewerk.ocpp.v16.station.words import DIAGNOSTICS_STATUS, FIRMWARE_STATUS
from ladewerk.ocpp.v21 import types as v21


def firmware_status(request: v21.FirmwareStatusNotificationRequest, memory: Memory) -> Down:
    """As the update was asked for."""
    if memory.signed_firmware:
        status = v16.FirmwareStatusEnumType(request.status)
        yield from call(v16.SignedFirmwareStatusNotificationRequest(status=status, request_id=request.request_id))
    else:
        old = v16.FirmwareStatus(FIRMWARE_STATUS[request.status])
        yield from call(v16.FirmwareStatusNotificationRequest(status=old))
    return v21.FirmwareStatusNotificationResponse()


def log_status(request: v21.LogStatusNotificationRequest, memory: Memory) -> Down:
    """As the log was asked for."""
    if memory.by_diagnostics:
        old = v16.DiagnosticsStatus(DIAGNOSTICS_STATUS[request.status])
        yield from call(v16.DiagnosticsStatusNotificationRequest(status=old))
    else:
        words = frozenset(str(word) for word in v16.UploadLogStatusEnumType)
        status = str(request.status) if str(request.status) in words else "UploadFailure"
        new = v16.UploadLogStatusEnumType(status)
        yield from call(v16.LogStatusNotificationRequest(status=new, request_id=request.request_id))
    return v21.LogStatusNotificationResponse()


def update_firmware(request: v16.UpdateFirmwareRequest, memory: Memory) -> Up:
    """1.6 has no word for not wanting to: that is an error."""
    answer = yield from ask(
        v21.UpdateFirmwareRequest(
            request_id=next(memory.numbers),
            firmware=v21.FirmwareType(location=request.location, retrieve_date_time=request.retrieve_date),
            retries=request.retries,
            retry_interval=request.retry_interval,
        )
    )
    if answer.status not in ("Accepted", "AcceptedCanceled"):
        raise RemoteProtocolError("GenericError", f"the station answers {answer.status}")
    memory.signed_firmware = False
    return v16.UpdateFirmwareResponse()


def signed_update_firmware(request: v16.SignedUpdateFirmwareRequest, memory: Memory) -> Up:
    firmware = request.firmware
    answer = yield from ask(
        v21.UpdateFirmwareRequest(
            request_id=request.request_id,
            firmware=v21.FirmwareType(
                location=firmware.location,
                retrieve_date_time=firmware.retrieve_date_time,
                install_date_time=firmware.install_date_time,
                signing_certificate=firmware.signing_certificate,
                signature=firmware.signature,
            ),
            retries=request.retries,
            retry_interval=request.retry_interval,
        )
    )
    memory.signed_firmware = answer.status in ("Accepted", "AcceptedCanceled") or memory.signed_firmware
    return v16.SignedUpdateFirmwareResponse(status=v16.UpdateFirmwareStatusEnumType(answer.status))


def get_log(request: v16.GetLogRequest, memory: Memory) -> Up:
    answer = yield from ask(
        v21.GetLogRequest(
            log=v21.LogParametersType(
                remote_location=request.log.remote_location,
                oldest_timestamp=request.log.oldest_timestamp,
                latest_timestamp=request.log.latest_timestamp,
            ),
            log_type=v21.LogEnumType(request.log_type),
            request_id=request.request_id,
            retries=request.retries,
            retry_interval=request.retry_interval,
        )
    )
    memory.by_diagnostics = memory.by_diagnostics and answer.status == "Rejected"
    return v16.GetLogResponse(status=v16.LogStatusEnumType(answer.status), filename=answer.filename)


def get_diagnostics(request: v16.GetDiagnosticsRequest, memory: Memory) -> Up:
    """No name means that there is nothing to upload (part 2, 6.24)."""
    answer = yield from ask(
        v21.GetLogRequest(
            log=v21.LogParametersType(
                remote_location=request.location,
                oldest_timestamp=request.start_time,
                latest_timestamp=request.stop_time,
            ),
            log_type=v21.LogEnumType.DIAGNOSTICS_LOG,
            request_id=next(memory.numbers),
            retries=request.retries,
            retry_interval=request.retry_interval,
        )
    )
    if answer.status == "Rejected":
        return v16.GetDiagnosticsResponse()
    memory.by_diagnostics = True
    return v16.GetDiagnosticsResponse(file_name=answer.filename)
