"""Triggers, logs and firmware that a 1.6 CSMS asks a station for, and how the station tells of them."""

from typing import TYPE_CHECKING

import pytest

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from tests.ocpp.v16.station.scene import NOW, answering, run_transaction

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire


def triggered(word: str = "Accepted") -> v21.TriggerMessageResponse:
    return v21.TriggerMessageResponse(status=v21.TriggerMessageStatusEnumType(word))


def test_meter_values_are_those_of_the_transaction_that_runs(wire: "Wire") -> None:
    payload = {"requestedMessage": "MeterValues", "connectorId": 1}
    (heard,), _ = wire.hears("TriggerMessage", payload, answering(triggered()))
    assert (heard.requested_message, heard.evse) == ("MeterValues", v21.EVSEType(id=1))
    run_transaction(wire)
    (heard,), _ = wire.hears("TriggerMessage", payload, answering(triggered()))
    assert heard.requested_message == "TransactionEvent"


def test_f06_fr12_a_triggered_status_is_of_a_connector_and_said_again(wire: "Wire") -> None:
    available = v21.StatusNotificationRequest(
        timestamp=NOW, connector_status=v21.ConnectorStatusEnumType.AVAILABLE, evse_id=1, connector_id=1
    )
    wire.says(available, {}, {})
    payload = {"requestedMessage": "StatusNotification", "connectorId": 1}
    (heard,), _ = wire.hears("TriggerMessage", payload, answering(triggered()))
    assert heard.evse == v21.EVSEType(id=1, connector_id=1)
    assert [name for name, _ in wire.says(available, {})[0]] == ["StatusNotification"]
    wire.hears("TriggerMessage", {"requestedMessage": "StatusNotification"}, answering(triggered()))
    # That of the station too.
    assert [payload["connectorId"] for _, payload in wire.says(available, {}, {})[0]] == [0, 1]


LOG = {"logType": "SecurityLog", "requestId": 5, "log": {"remoteLocation": "https://csms.example/logs"}}


def uploading(request_id: int) -> v21.LogStatusNotificationRequest:
    return v21.LogStatusNotificationRequest(status=v21.UploadLogStatusEnumType.PERMISSION_DENIED, request_id=request_id)


def logged(word: str = "Accepted") -> v21.GetLogResponse:
    return v21.GetLogResponse(status=v21.LogStatusEnumType(word), filename="log.txt")


def test_a_log_goes_by_the_words_in_which_it_was_asked_for(wire: "Wire") -> None:
    (heard,), answer = wire.hears("GetDiagnostics", {"location": "https://csms.example/logs"}, answering(logged()))
    assert (heard.log_type, answer) == ("DiagnosticsLog", {"fileName": "log.txt"})
    said, _ = wire.says(uploading(heard.request_id), {})
    assert said == [("DiagnosticsStatusNotification", {"status": "UploadFailed"})]
    (heard,), answer = wire.hears("GetLog", LOG, answering(logged()))
    assert (heard.log_type, answer) == ("SecurityLog", {"status": "Accepted", "filename": "log.txt"})
    said, _ = wire.says(uploading(5), {})
    assert said == [("LogStatusNotification", {"status": "PermissionDenied", "requestId": 5})]


def test_no_diagnostics_have_no_name(wire: "Wire") -> None:
    payload = {"location": "https://csms.example/logs"}
    assert wire.hears("GetDiagnostics", payload, answering(logged("Rejected")))[1] == {}


def updating(word: str) -> v21.UpdateFirmwareResponse:
    return v21.UpdateFirmwareResponse(status=v21.UpdateFirmwareStatusEnumType(word))


def test_firmware_goes_by_the_words_in_which_it_was_asked_for(wire: "Wire") -> None:
    image = {"location": "https://csms.example/fw", "retrieveDate": "2026-01-05T17:40:00Z"}
    (heard,), answer = wire.hears("UpdateFirmware", image, answering(updating("Accepted")))
    assert answer == {}
    scheduled = v21.FirmwareStatusNotificationRequest(
        status=v21.FirmwareStatusEnumType.INSTALL_SCHEDULED, request_id=heard.request_id
    )
    assert wire.says(scheduled, {})[0] == [("FirmwareStatusNotification", {"status": "Downloaded"})]
    signed = {
        "requestId": 9,
        "firmware": {
            "location": "https://csms.example/fw",
            "retrieveDateTime": "2026-01-05T17:40:00Z",
            "signingCertificate": "PEM",
            "signature": "abc",
        },
    }
    (heard,), answer = wire.hears("SignedUpdateFirmware", signed, answering(updating("Accepted")))
    assert (heard.request_id, heard.firmware.signature, answer) == (9, "abc", {"status": "Accepted"})
    scheduled = v21.FirmwareStatusNotificationRequest(status=v21.FirmwareStatusEnumType.INSTALL_SCHEDULED, request_id=9)
    said = [("SignedFirmwareStatusNotification", {"status": "InstallScheduled", "requestId": 9})]
    assert wire.says(scheduled, {})[0] == said


def test_firmware_that_is_not_wanted_is_an_error(wire: "Wire") -> None:
    image = {"location": "https://csms.example/fw", "retrieveDate": "2026-01-05T17:40:00Z"}
    with pytest.raises(RemoteProtocolError, match="the station answers Rejected"):
        wire.hears("UpdateFirmware", image, answering(updating("Rejected")))
