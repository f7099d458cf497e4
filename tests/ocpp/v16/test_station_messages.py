"""What a 1.6 station says beside transactions."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
START = {"connectorId": 1, "idTag": "04A1B2", "meterStart": 1000, "timestamp": "2026-01-05T17:40:00Z"}


def accepts(request: Any) -> Payload:
    """Empty answers, as far as they may be."""
    match request:
        case v21.BootNotificationRequest():
            return v21.BootNotificationResponse(
                current_time=NOW, interval=300, status=v21.RegistrationStatusEnumType.PENDING
            )
        case v21.SignCertificateRequest():
            return v21.SignCertificateResponse(status=v21.GenericStatusEnumType.ACCEPTED)
    response = v21.ACTIONS[type(request).__name__.removesuffix("Request")].response
    assert response is not None
    return response()


def status(connector: int, status: str, error: str = "NoError", **more: str) -> dict[str, Any]:
    return {"connectorId": connector, "status": status, "errorCode": error, **more}


def test_a_boot_has_a_reason_nobody_knows(wire: "Wire") -> None:
    payload = {"chargePointVendor": "V", "chargePointModel": "M", "chargeBoxSerialNumber": "B", "imsi": "1"}
    (request,), answer = wire.hears("BootNotification", payload, accepts)
    about = request.charging_station
    assert (request.reason, about.vendor_name, about.model, about.serial_number) == ("Unknown", "V", "M", "B")
    assert about.modem.imsi == "1"
    assert answer == {"status": "Pending", "currentTime": "2026-01-05T17:40:00.000Z", "interval": 300}
    (request,), _ = wire.hears("BootNotification", {**payload, "chargePointSerialNumber": "P"}, accepts)
    assert request.charging_station.serial_number == "P"


def test_a_connector_is_an_evse_and_now_is_when_no_time_is_said(wire: "Wire") -> None:
    (request,), answer = wire.hears("StatusNotification", status(2, "SuspendedEV"), accepts)
    assert answer == {}
    assert (request.evse_id, request.connector_id, request.connector_status) == (2, 1, "Occupied")
    assert request.timestamp == NOW
    (request,), _ = wire.hears("StatusNotification", status(2, "Reserved", timestamp="2026-01-05T10:00:00Z"), accepts)
    assert request.timestamp.hour == 10


def test_connector_0_is_the_station(wire: "Wire") -> None:
    (request,), _ = wire.hears("StatusNotification", status(0, "Unavailable"), accepts)
    (event,) = request.event_data
    assert (event.component.name, event.variable.name, event.actual_value) == (
        "ChargingStation",
        "AvailabilityState",
        "Unavailable",
    )


def test_a_status_changes_the_charging_state_of_the_transaction(wire: "Wire") -> None:
    wire.hears("StatusNotification", status(1, "Preparing"), accepts)
    (started,), _ = wire.hears("StartTransaction", START, accepts)
    assert started.transaction_info.charging_state == "EVConnected"
    heard, _ = wire.hears("StatusNotification", status(1, "Charging"), accepts)
    assert [type(request).__name__ for request in heard] == ["StatusNotificationRequest", "TransactionEventRequest"]
    assert (heard[1].trigger_reason, heard[1].transaction_info.charging_state) == ("ChargingStateChanged", "Charging")
    assert heard[1].transaction_info.transaction_id == started.transaction_info.transaction_id
    for again in (status(1, "Charging"), status(2, "Charging"), status(1, "Faulted")):
        heard, _ = wire.hears("StatusNotification", again, accepts)
        assert len(heard) == 1


def test_an_error_is_an_event_when_it_comes_and_when_it_goes(wire: "Wire") -> None:
    fault = status(1, "Faulted", "GroundFailure", info="RCD", vendorErrorCode="E7")
    heard, _ = wire.hears("StatusNotification", fault, accepts)
    (event,) = heard[1].event_data
    assert (event.component.name, event.component.evse.id, event.variable.name) == ("Connector", 1, "Problem")
    assert (event.actual_value, event.tech_code, event.tech_info) == ("true", "GroundFailure", "RCD; E7")
    assert len(wire.hears("StatusNotification", fault, accepts)[0]) == 1
    heard, _ = wire.hears("StatusNotification", status(1, "Available"), accepts)
    (gone,) = heard[1].event_data
    assert (gone.actual_value, gone.cleared, gone.tech_code) == ("false", True, "GroundFailure")
    assert gone.event_id > event.event_id


def test_who_takes_no_events_gets_the_status_all_the_same(wire: "Wire") -> None:
    def no_events(request: Any) -> Payload:
        return accepts(request)

    exchange = wire.codec.hear("StatusNotification", b'{"connectorId":1,"status":"Faulted","errorCode":"OtherError"}', NOW)
    exchange.send(no_events(next(exchange)))
    with pytest.raises(StopIteration) as done:
        exchange.throw(RemoteProtocolError("NotSupported", "NotifyEvent is known but not served here"))
    assert done.value.value == b"{}"


def test_what_went_wrong_inside_is_not_hidden(wire: "Wire") -> None:
    exchange = wire.codec.hear("StatusNotification", b'{"connectorId":1,"status":"Faulted","errorCode":"OtherError"}', NOW)
    exchange.send(accepts(next(exchange)))
    with pytest.raises(RemoteProtocolError, match="InternalError"):
        exchange.throw(RemoteProtocolError("InternalError", "the disk is full"))


def log_request(kind: str, number: int) -> v21.GetLogRequest:
    return v21.GetLogRequest(
        log=v21.LogParametersType(remote_location="ftp://example.org/logs"),
        log_type=v21.LogEnumType(kind),
        request_id=number,
    )


def test_an_upload_is_told_with_the_number_it_was_asked_for_by(wire: "Wire") -> None:
    (request,), _ = wire.hears("DiagnosticsStatusNotification", {"status": "Uploading"}, accepts)
    assert (request.status, bool(request.request_id)) == ("Uploading", False)
    (said,), answer = wire.says(log_request("DiagnosticsLog", 7), {"fileName": "log.zip"})
    assert said == ("GetDiagnostics", {"location": "ftp://example.org/logs"})
    assert (answer.status, answer.filename) == ("Accepted", "log.zip")
    (request,), _ = wire.hears("DiagnosticsStatusNotification", {"status": "UploadFailed"}, accepts)
    assert (request.status, request.request_id) == ("UploadFailure", 7)
    (request,), _ = wire.hears("DiagnosticsStatusNotification", {"status": "Idle"}, accepts)
    assert not request.request_id


def test_no_file_name_means_nothing_to_upload(wire: "Wire") -> None:
    _, answer = wire.says(log_request("DiagnosticsLog", 7), {})
    assert answer.status == "Rejected"


def test_an_update_is_told_with_the_number_it_was_asked_for_by(wire: "Wire") -> None:
    firmware = v21.FirmwareType(location="ftp://example.org/fw", retrieve_date_time=NOW)
    (said,), answer = wire.says(v21.UpdateFirmwareRequest(request_id=9, firmware=firmware), {})
    assert said == ("UpdateFirmware", {"location": "ftp://example.org/fw", "retrieveDate": "2026-01-05T17:40:00.000Z"})
    assert answer.status == "Accepted"
    (request,), _ = wire.hears("FirmwareStatusNotification", {"status": "Downloaded"}, accepts)
    assert (request.status, request.request_id) == ("Downloaded", 9)
    (request,), _ = wire.hears("SignedFirmwareStatusNotification", {"status": "Installing", "requestId": 3}, accepts)
    assert (request.status, request.request_id) == ("Installing", 3)


def test_vendors_data_go_through_as_text(wire: "Wire") -> None:
    def answers(_request: Any) -> Payload:
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED, data={"a": 1})

    (request,), answer = wire.hears("DataTransfer", {"vendorId": "org.example", "data": "hello"}, answers)
    assert (request.vendor_id, request.data) == ("org.example", "hello")
    assert answer == {"status": "Accepted", "data": '{"a":1}'}


def test_a_certificate_to_sign_is_the_stations(wire: "Wire") -> None:
    (request,), answer = wire.hears("SignCertificate", {"csr": "PEM"}, accepts)
    assert (request.csr, request.certificate_type) == ("PEM", "ChargingStationCertificate")
    assert answer == {"status": "Accepted"}


def test_a_connector_below_0_is_refused(wire: "Wire") -> None:
    with pytest.raises(RemoteProtocolError) as refused:
        wire.hears("StatusNotification", status(-1, "Available"), accepts)
    assert (refused.value.code, refused.value.path) == ("PropertyConstraintViolation", "$.evseId")
