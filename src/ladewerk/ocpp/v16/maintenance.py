"""Firmware and logs: with a signature and a request's number by the security extension of OCPP 1.6, without by its core."""

from msgspec import UNSET

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Down, call, refused
from ladewerk.ocpp.v16.memory import Memory
from ladewerk.ocpp.v21 import types as v21


def update_firmware(request: v21.UpdateFirmwareRequest, memory: Memory) -> Down:
    """Signed by SignedUpdateFirmware, unsigned by UpdateFirmware, which every station takes."""
    firmware = request.firmware
    certificate, signature = firmware.signing_certificate, firmware.signature
    if certificate is UNSET or signature is UNSET:
        if certificate is not UNSET or signature is not UNSET or firmware.install_date_time is not UNSET:
            raise refused("update firmware with a certificate, a signature or an installDateTime but not with all it signs")
        yield from call(
            v16.UpdateFirmwareRequest(
                location=firmware.location,
                retrieve_date=firmware.retrieve_date_time,
                retries=request.retries,
                retry_interval=request.retry_interval,
            )
        )
        memory.firmware_request_id = request.request_id
        return v21.UpdateFirmwareResponse(status=v21.UpdateFirmwareStatusEnumType.ACCEPTED)
    answer = yield from call(
        v16.SignedUpdateFirmwareRequest(
            request_id=request.request_id,
            retries=request.retries,
            retry_interval=request.retry_interval,
            firmware=v16.FirmwareType(
                location=firmware.location,
                retrieve_date_time=firmware.retrieve_date_time,
                install_date_time=firmware.install_date_time,
                signing_certificate=certificate,
                signature=signature,
            ),
        )
    )
    return v21.UpdateFirmwareResponse(status=v21.UpdateFirmwareStatusEnumType(answer.status))


def get_log(request: v21.GetLogRequest, memory: Memory) -> Down:
    """The log of diagnostics by GetDiagnostics, which every station takes; the security log by GetLog."""
    if request.log_type == "DiagnosticsLog":
        return (yield from _get_diagnostics(request, memory))
    if request.log_type != "SecurityLog":
        raise refused(f"get the log {request.log_type}")
    log = v16.LogParametersType(
        remote_location=request.log.remote_location,
        oldest_timestamp=request.log.oldest_timestamp,
        latest_timestamp=request.log.latest_timestamp,
    )
    answer = yield from call(
        v16.GetLogRequest(
            log=log,
            log_type=v16.LogEnumType.SECURITY_LOG,
            request_id=request.request_id,
            retries=request.retries,
            retry_interval=request.retry_interval,
        )
    )
    memory.by_get_log = True
    return v21.GetLogResponse(status=v21.LogStatusEnumType(answer.status), filename=answer.filename)


def _get_diagnostics(request: v21.GetLogRequest, memory: Memory) -> Down:
    answer = yield from call(
        v16.GetDiagnosticsRequest(
            location=request.log.remote_location,
            start_time=request.log.oldest_timestamp,
            stop_time=request.log.latest_timestamp,
            retries=request.retries,
            retry_interval=request.retry_interval,
        )
    )
    if not answer.file_name:
        # 1.6 part 2, 6.24: no name means that there is nothing to upload.
        return v21.GetLogResponse(status=v21.LogStatusEnumType.REJECTED)
    memory.log_request_id = request.request_id
    memory.by_get_log = False
    return v21.GetLogResponse(status=v21.LogStatusEnumType.ACCEPTED, filename=answer.file_name)
