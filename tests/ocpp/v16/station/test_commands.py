"""What a 1.6 CSMS tells a station, as its handlers of 2.1 see it, and their answers in 1.6."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import CustomData, Payload
from ladewerk.ocpp.v16.codec import V16Codec

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
ACCEPTED: dict[str, Any] = {
    "Authorize": {"idTagInfo": {"status": "Accepted"}},
    "StartTransaction": {"idTagInfo": {"status": "Accepted"}, "transactionId": 7},
}

PROFILE: dict[str, Any] = {
    "chargingProfileId": 1,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}],
    },
}


def run_transaction(wire: "Wire", transaction_id: str = "t-1", evse_id: int = 1) -> None:
    """Transaction 7 of the CSMS."""
    event = v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.STARTED,
        timestamp=NOW,
        trigger_reason=v21.TriggerReasonEnumType.AUTHORIZED,
        seq_no=0,
        transaction_info=v21.TransactionType(transaction_id=transaction_id),
        evse=v21.EVSEType(id=evse_id),
        id_token=v21.IdTokenType(id_token="A", type="ISO14443"),
        meter_value=(v21.MeterValueType(timestamp=NOW, sampled_value=(v21.SampledValueType(value=0.0),)),),
    )
    wire.converses(event, lambda action, _: ACCEPTED.get(action, {}))


def answering(*answers: Any) -> Callable[[Any], Payload]:
    """Each request with the next; what is an error is raised into the translation."""
    left = list(answers)
    return lambda _request: left.pop(0)


def unsupported(codec: V16Codec, action: str, payload: bytes) -> bytes:
    """The answer of a station that serves nothing."""
    exchange = codec.hear(action, payload, NOW)
    try:
        next(exchange)
        while True:
            exchange.throw(RemoteProtocolError("NotSupported", "known but not served here"))
    except StopIteration as done:
        answer: bytes = done.value
        return answer


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("UnlockConnector", b'{"connectorId": 1}', b'{"status":"NotSupported"}'),
        ("ChangeConfiguration", b'{"key": "a", "value": "b"}', b'{"status":"NotSupported"}'),
        ("GetLocalListVersion", b"{}", b'{"listVersion":-1}'),
        ("SendLocalList", b'{"listVersion": 1, "updateType": "Full"}', b'{"status":"NotSupported"}'),
        ("TriggerMessage", b'{"requestedMessage": "Heartbeat"}', b'{"status":"NotImplemented"}'),
        ("ExtendedTriggerMessage", b'{"requestedMessage": "Heartbeat"}', b'{"status":"NotImplemented"}'),
        (
            "SetChargingProfile",
            b'{"connectorId": 0, "csChargingProfiles": %s}' % json.dumps(PROFILE).encode(),
            b'{"status":"NotSupported"}',
        ),
    ],
)
def test_what_is_not_served_is_said_in_the_words_16_has_for_it(
    wire: "Wire", action: str, payload: bytes, answer: bytes
) -> None:
    assert unsupported(wire.codec, action, payload) == answer


def test_what_16_has_no_word_for_is_refused(wire: "Wire") -> None:
    with pytest.raises(RemoteProtocolError, match="NotSupported"):
        unsupported(wire.codec, "ClearCache", b"{}")


# Starts and stops


def test_a_remote_start_with_its_profile(wire: "Wire") -> None:
    accepted = v21.RequestStartTransactionResponse(status=v21.RequestStartStopStatusEnumType.ACCEPTED)
    payload = {"idTag": "04A1", "connectorId": 2, "chargingProfile": profile()}
    (heard,), answer = wire.hears("RemoteStartTransaction", payload, answering(accepted))
    assert answer == {"status": "Accepted"}
    assert (heard.evse_id, heard.id_token) == (2, v21.IdTokenType(id_token="04A1", type="ISO14443"))
    assert heard.charging_profile.transaction_id is UNSET
    (again,), _ = wire.hears("RemoteStartTransaction", payload, answering(accepted))
    assert heard.remote_start_id != again.remote_start_id


def test_a_remote_stop_names_the_transaction_as_the_station_does(wire: "Wire") -> None:
    run_transaction(wire)
    accepted = v21.RequestStopTransactionResponse(status=v21.RequestStartStopStatusEnumType.ACCEPTED)
    (heard,), answer = wire.hears("RemoteStopTransaction", {"transactionId": 7}, answering(accepted))
    assert (heard.transaction_id, answer) == ("t-1", {"status": "Accepted"})
    assert wire.hears("RemoteStopTransaction", {"transactionId": 8}, answering()) == ([], {"status": "Rejected"})


@pytest.mark.parametrize("kind", ["Hard", "Soft"])
def test_a_reset_ends_transactions(wire: "Wire", kind: str) -> None:
    scheduled = v21.ResetResponse(status=v21.ResetStatusEnumType.SCHEDULED)
    (heard,), answer = wire.hears("Reset", {"type": kind}, answering(scheduled))
    assert (heard.type, heard.evse_id, answer) == ("Immediate", UNSET, {"status": "Accepted"})


def unlocked(word: str) -> v21.UnlockConnectorResponse:
    return v21.UnlockConnectorResponse(status=v21.UnlockStatusEnumType(word))


def test_an_unlock_ends_the_transaction_first(wire: "Wire") -> None:
    run_transaction(wire)
    stopped = v21.RequestStopTransactionResponse(status=v21.RequestStartStopStatusEnumType.ACCEPTED)
    answers = answering(unlocked("OngoingAuthorizedTransaction"), stopped, unlocked("Unlocked"))
    heard, answer = wire.hears("UnlockConnector", {"connectorId": 1}, answers)
    assert [type(request).__name__ for request in heard] == [
        "UnlockConnectorRequest",
        "RequestStopTransactionRequest",
        "UnlockConnectorRequest",
    ]
    assert (heard[1].transaction_id, answer) == ("t-1", {"status": "Unlocked"})


@pytest.mark.parametrize(
    ("word", "old"), [("OngoingAuthorizedTransaction", "UnlockFailed"), ("UnknownConnector", "NotSupported")]
)
def test_an_unlock_that_did_not_work(wire: "Wire", word: str, old: str) -> None:
    assert wire.hears("UnlockConnector", {"connectorId": 1}, answering(unlocked(word)))[1] == {"status": old}


def test_connector_0_is_the_station(wire: "Wire") -> None:
    done = v21.ChangeAvailabilityResponse(status=v21.ChangeAvailabilityStatusEnumType.SCHEDULED)
    for connector, place in ((0, UNSET), (2, v21.EVSEType(id=2))):
        payload = {"connectorId": connector, "type": "Inoperative"}
        (heard,), answer = wire.hears("ChangeAvailability", payload, answering(done))
        assert (heard.evse, answer) == (place, {"status": "Scheduled"})


# Profiles


def profile(**more: Any) -> dict[str, Any]:
    return {**PROFILE, **more}


def taken(word: str, reason: str | None = None) -> v21.SetChargingProfileResponse:
    info = UNSET if reason is None else v21.StatusInfoType(reason_code=reason)
    return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType(word), status_info=info)


@pytest.mark.parametrize(("said", "meant"), [({"transactionId": 7}, "t-1"), ({}, "t-1"), ({"transactionId": 99}, "99")])
def test_a_txprofile_is_of_the_transaction_it_names_or_that_runs_there(
    wire: "Wire", said: dict[str, Any], meant: str
) -> None:
    run_transaction(wire)
    payload = {"connectorId": 1, "csChargingProfiles": profile(**said)}
    (heard,), answer = wire.hears("SetChargingProfile", payload, answering(taken("Accepted")))
    assert (heard.evse_id, heard.charging_profile.transaction_id, answer) == (1, meant, {"status": "Accepted"})


def test_a_profile_for_all_has_no_transaction(wire: "Wire") -> None:
    run_transaction(wire)
    payload = {"connectorId": 0, "csChargingProfiles": profile(chargingProfilePurpose="ChargePointMaxProfile")}
    (heard,), _ = wire.hears("SetChargingProfile", payload, answering(taken("Accepted")))
    assert heard.charging_profile.transaction_id is UNSET
    assert heard.charging_profile.charging_profile_purpose == "ChargingStationMaxProfile"


@pytest.mark.parametrize("reason", ["DuplicateProfile", "InvalidStackLevel"])
def test_a_profile_of_the_same_place_replaces_the_one_there(wire: "Wire", reason: str) -> None:
    cleared = v21.ClearChargingProfileResponse(status=v21.ClearChargingProfileStatusEnumType.ACCEPTED)
    answers = answering(taken("Rejected", reason), cleared, taken("Accepted"))
    payload = {"connectorId": 1, "csChargingProfiles": profile(chargingProfilePurpose="TxDefaultProfile")}
    heard, answer = wire.hears("SetChargingProfile", payload, answers)
    assert answer == {"status": "Accepted"}
    assert heard[0] == heard[2]
    default = v21.ChargingProfilePurposeEnumType.TX_DEFAULT_PROFILE
    assert heard[1].charging_profile_criteria == v21.ClearChargingProfileType(
        evse_id=1, charging_profile_purpose=default, stack_level=2
    )


def test_a_profile_rejected_for_itself_replaces_nothing(wire: "Wire") -> None:
    payload = {"connectorId": 1, "csChargingProfiles": profile()}
    heard, answer = wire.hears("SetChargingProfile", payload, answering(taken("Rejected", "InvalidSchedule")))
    assert (len(heard), answer) == (1, {"status": "Rejected"})


@pytest.mark.parametrize(
    ("payload", "meant"),
    [
        ({}, v21.ClearChargingProfileRequest()),
        ({"id": 3, "stackLevel": 1}, v21.ClearChargingProfileRequest(charging_profile_id=3)),
        (
            {"connectorId": 0, "stackLevel": 1},
            v21.ClearChargingProfileRequest(
                charging_profile_criteria=v21.ClearChargingProfileType(evse_id=0, stack_level=1)
            ),
        ),
    ],
)
def test_profiles_are_cleared_by_id_or_by_what_they_are(wire: "Wire", payload: dict[str, Any], meant: Any) -> None:
    unknown = v21.ClearChargingProfileResponse(status=v21.ClearChargingProfileStatusEnumType.UNKNOWN)
    assert wire.hears("ClearChargingProfile", payload, answering(unknown)) == ([meant], {"status": "Unknown"})


def test_a_composite_schedule_is_never_more_than_was_meant(wire: "Wire") -> None:
    schedule = v21.CompositeScheduleType(
        evse_id=1,
        duration=600,
        schedule_start=NOW,
        charging_rate_unit=v21.ChargingRateUnitEnumType.A,
        charging_schedule_period=(v21.ChargingSchedulePeriodType(start_period=0, limit=13.37, number_phases=3),),
    )
    accepted = v21.GetCompositeScheduleResponse(status=v21.GenericStatusEnumType.ACCEPTED, schedule=schedule)
    _, answer = wire.hears("GetCompositeSchedule", {"connectorId": 1, "duration": 600}, answering(accepted))
    assert answer["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 13.3, "numberPhases": 3}]
    assert (answer["status"], answer["connectorId"]) == ("Accepted", 1)


# Configuration


def variables(values: dict[tuple[str, str], str]) -> Callable[[Any], Payload]:
    def read(request: v21.GetVariablesRequest) -> Payload:
        return v21.GetVariablesResponse(
            get_variable_result=tuple(
                v21.GetVariableResultType(
                    attribute_status=v21.GetVariableStatusEnumType("Accepted" if known else "UnknownVariable"),
                    component=asked.component,
                    variable=asked.variable,
                    attribute_value=known or UNSET,
                )
                for asked in request.get_variable_data
                for known in [values.get((asked.component.name, asked.variable.name))]
            )
        )

    return read


KNOWN = variables(
    {
        ("SampledDataCtrlr", "TxUpdatedInterval"): "60",
        ("SmartChargingCtrlr", "PeriodsPerSchedule"): "1024",
        ("SmartChargingCtrlr", "Enabled"): "true",
        ("OCPP16", "Colour"): "blue",
    }
)


def test_the_keys_that_are_asked_for(wire: "Wire") -> None:
    asked = ["metervaluesampleinterval", "Colour", "NoSuchKey", "SupportedFeatureProfiles"]
    heard, answer = wire.hears("GetConfiguration", {"key": asked}, KNOWN)
    assert len(heard) == 1
    assert answer == {
        "configurationKey": [
            {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
            {"key": "Colour", "readonly": False, "value": "blue"},
            {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,RemoteTrigger,SmartCharging"},
        ],
        "unknownKey": ["NoSuchKey"],
    }


def test_all_keys_that_the_station_has(wire: "Wire") -> None:
    available = v21.StatusNotificationRequest(
        timestamp=NOW, connector_status=v21.ConnectorStatusEnumType.AVAILABLE, evse_id=2, connector_id=1
    )
    wire.says(available, {}, {})
    _, answer = wire.hears("GetConfiguration", {}, KNOWN)
    assert {item["key"]: (item["value"], item["readonly"]) for item in answer["configurationKey"]} == {
        "NumberOfConnectors": ("2", True),
        "SupportedFeatureProfiles": ("Core,RemoteTrigger,SmartCharging", True),
        "ChargingScheduleMaxPeriods": ("1024", True),
        "MeterValueSampleInterval": ("60", False),
    }
    assert "unknownKey" not in answer


@pytest.mark.parametrize(
    ("new", "old"), [("Accepted", "Accepted"), ("RebootRequired", "RebootRequired"), ("UnknownVariable", "NotSupported")]
)
def test_a_key_is_set_as_its_variable(wire: "Wire", new: str, old: str) -> None:
    def answer(request: v21.SetVariablesRequest) -> Payload:
        (wanted,) = request.set_variable_data
        assert (wanted.component.name, wanted.variable.name, wanted.variable.instance, wanted.attribute_value) == (
            "OCPPCommCtrlr",
            "MessageAttempts",
            "TransactionEvent",
            "3",
        )
        result = v21.SetVariableResultType(
            attribute_status=v21.SetVariableStatusEnumType(new), component=wanted.component, variable=wanted.variable
        )
        return v21.SetVariablesResponse(set_variable_result=(result,))

    _, said = wire.hears("ChangeConfiguration", {"key": "TransactionMessageAttempts", "value": "3"}, answer)
    assert said == {"status": old}


def test_what_the_station_is_cannot_be_set(wire: "Wire") -> None:
    heard, answer = wire.hears("ChangeConfiguration", {"key": "numberofconnectors", "value": "3"}, answering())
    assert (heard, answer) == ([], {"status": "Rejected"})


# Triggers, logs, firmware


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


# Errors


def faulted(**more: Any) -> v21.StatusNotificationRequest:
    word = v21.ConnectorStatusEnumType.FAULTED
    return v21.StatusNotificationRequest(timestamp=NOW, connector_status=word, evse_id=1, connector_id=1, **more)


def told(wire: "Wire", request: Payload) -> list[dict[str, Any]]:
    said, _, _ = wire.converses(request, lambda _action, _payload: {})
    return [{key: value for key, value in payload.items() if key != "timestamp"} for _, payload in said]


def notice(component: str, variable: str, value: str, *, evse: int | None = None, **more: Any) -> v21.NotifyEventRequest:
    event = v21.EventDataType(
        event_id=1,
        timestamp=NOW,
        trigger=v21.EventTriggerEnumType.ALERTING,
        actual_value=value,
        component=v21.ComponentType(name=component, evse=UNSET if evse is None else v21.EVSEType(id=evse)),
        variable=v21.VariableType(name=variable),
        event_notification_type=v21.EventNotificationEnumType.HARD_WIRED_NOTIFICATION,
        **more,
    )
    return v21.NotifyEventRequest(generated_at=NOW, seq_no=0, event_data=(event,))


def test_a_problem_is_a_status_with_an_error(wire: "Wire") -> None:
    assert told(wire, notice("ChargingStation", "Problem", "true", tech_code="HighTemperature", tech_info="70 C")) == [
        {"connectorId": 0, "status": "Available", "errorCode": "HighTemperature", "info": "70 C"}
    ]
    assert told(wire, notice("ChargingStation", "Problem", "false")) == [
        {"connectorId": 0, "status": "Available", "errorCode": "NoError"}
    ]
    # Of a connector whose status nobody has told yet nothing can be said.
    assert told(wire, notice("Connector", "Problem", "true", evse=1, tech_code="GroundFailure")) == []
    assert told(wire, faulted())[-1]["errorCode"] == "GroundFailure"


def test_a_fault_is_another_error_unless_it_was_told_what_it_is(wire: "Wire") -> None:
    plain = {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError"}
    assert told(wire, faulted())[-1] == plain
    own = {"tech_code": "meter_silent", "tech_info": "x" * 60}
    assert told(wire, notice("EVSE", "Problem", "true", evse=1, **own)) == [
        {**plain, "vendorErrorCode": "meter_silent", "info": "x" * 50}
    ]
    named = CustomData(vendorId="Ladewerk", errorCode="PowerMeterFailure")
    assert told(wire, notice("EVSE", "Problem", "true", evse=1, custom_data=named, **own)) == [
        {**plain, "errorCode": "PowerMeterFailure", "vendorErrorCode": "meter_silent", "info": "x" * 50}
    ]


def test_availability_is_a_status_and_other_events_are_dropped(wire: "Wire") -> None:
    assert told(wire, notice("ChargingStation", "AvailabilityState", "Unavailable")) == [
        {"connectorId": 0, "status": "Unavailable", "errorCode": "NoError"}
    ]
    assert told(wire, notice("Connector", "AvailabilityState", "Reserved", evse=1)) == [
        {"connectorId": 1, "status": "Reserved", "errorCode": "NoError"}
    ]
    assert told(wire, notice("TiltSensor", "Problem", "true")) == []
    assert told(wire, notice("Connector", "Temperature", "70", evse=1)) == []
