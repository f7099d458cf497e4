"""What a CSMS tells a 1.6 station: in its words, or not at all."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import CustomData, Payload

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
START = b'{"connectorId": 1, "idTag": "x", "meterStart": 0, "timestamp": "2026-01-05T17:40:00Z"}'
CARD = v21.IdTokenType(id_token="04A1B2", type="ISO14443")


def period(limit: float = 16.0, **more: Any) -> v21.ChargingSchedulePeriodType:
    return v21.ChargingSchedulePeriodType(start_period=0, limit=limit, **more)


def schedule(*periods: v21.ChargingSchedulePeriodType, **more: Any) -> v21.ChargingScheduleType:
    return v21.ChargingScheduleType(
        id=1,
        charging_rate_unit=v21.ChargingRateUnitEnumType.A,
        charging_schedule_period=periods or (period(),),
        **more,
    )


def profile(*schedules: v21.ChargingScheduleType, purpose: str = "TxProfile", **more: Any) -> v21.SetChargingProfileRequest:
    return v21.SetChargingProfileRequest(
        evse_id=1,
        charging_profile=v21.ChargingProfileType(
            id=7,
            stack_level=0,
            charging_profile_purpose=v21.ChargingProfilePurposeEnumType(purpose),
            charging_profile_kind=more.pop("kind", v21.ChargingProfileKindEnumType.ABSOLUTE),
            charging_schedule=schedules or (schedule(),),
            **more,
        ),
    )


def test_a_profile_has_one_schedule_with_limits_of_one_decimal(wire: "Wire") -> None:
    request = profile(
        schedule(period(16.0), period(13.37, number_phases=1), period(0.0), start_schedule=NOW, min_charging_rate=6.01),
        transaction_id="42",
    )
    (said,), answer = wire.says(request, {"status": "Accepted"})
    assert answer.status == "Accepted"
    assert said == (
        "SetChargingProfile",
        {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 7,
                "stackLevel": 0,
                "chargingProfilePurpose": "TxProfile",
                "chargingProfileKind": "Absolute",
                "transactionId": 42,
                "chargingSchedule": {
                    "chargingRateUnit": "A",
                    "startSchedule": "2026-01-05T17:40:00.000Z",
                    "minChargingRate": 6.1,
                    "chargingSchedulePeriod": [
                        {"startPeriod": 0, "limit": 16.0},
                        {"startPeriod": 0, "limit": 13.3, "numberPhases": 1},
                        {"startPeriod": 0, "limit": 0.0},
                    ],
                },
            },
        },
    )


def test_a_tenth_that_is_no_binary_fraction_is_not_cut(wire: "Wire") -> None:
    for limit in (0.1 + 0.2, 21.4, 32.0, 13.3):
        (said,), _ = wire.says(profile(schedule(period(limit))), {"status": "Accepted"})
        said_limit = said[1]["csChargingProfiles"]["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
        assert said_limit == round(limit, 1)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (profile(schedule(), schedule()), "several charging schedules"),
        (profile(purpose="LocalGeneration"), "chargingProfilePurpose LocalGeneration"),
        (profile(kind=v21.ChargingProfileKindEnumType.DYNAMIC), "chargingProfileKind Dynamic"),
        (profile(transaction_id="foreign-1"), "its transactions have numbers"),
        (profile(transaction_id="²"), "its transactions have numbers"),
        (profile(schedule(period(phase_to_use=1))), r"\[0\]\.phaseToUse"),
        (profile(schedule(period(-5.0))), "a limit from 0 up"),
        (profile(schedule(period(UNSET))), "a limit from 0 up"),  # type: ignore[arg-type]
        (profile(schedule(use_local_time=True)), r"\[0\]\.useLocalTime"),
        (v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE, evse_id=1), r"\$\.evseId"),
        (v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE_AND_RESUME), "ImmediateAndResume"),
        (v21.UnlockConnectorRequest(evse_id=1, connector_id=2), r"\$\.connectorId"),
        (v21.RequestStopTransactionRequest(transaction_id="-7"), "its transactions have numbers"),
        (
            v21.RequestStartTransactionRequest(
                id_token=v21.IdTokenType(id_token="x" * 21, type="Central"), remote_start_id=1
            ),
            "20",
        ),
        (
            v21.InstallCertificateRequest(
                certificate_type=v21.InstallCertificateUseEnumType.V2G_ROOT_CERTIFICATE, certificate="PEM"
            ),
            "certificateType V2GRootCertificate",
        ),
        (
            v21.UpdateFirmwareRequest(
                request_id=1, firmware=v21.FirmwareType(location="ftp://x", retrieve_date_time=NOW, signature="s")
            ),
            "update firmware",
        ),
        (
            v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.CUSTOM_TRIGGER),
            "trigger for CustomTrigger",
        ),
    ],
)
def test_what_16_cannot_say_is_refused_before_anything_is_sent(wire: "Wire", request_: Payload, said: str) -> None:
    with pytest.raises(LocalProtocolError, match=said):
        wire.says(request_)


def test_vendors_extras_are_left_out(wire: "Wire") -> None:
    request = v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE, custom_data=CustomData(vendorId="x"))
    assert wire.says(request, {"status": "Accepted"})[0] == [("Reset", {"type": "Hard"})]


def test_a_reset_when_idle_is_refused_while_a_transaction_runs(wire: "Wire") -> None:
    request = v21.ResetRequest(type=v21.ResetEnumType.ON_IDLE)
    with pytest.raises(LocalProtocolError, match="trigger StatusNotification"):
        wire.says(request)

    def status(connector: int, status: str) -> None:
        payload = {"connectorId": connector, "status": status, "errorCode": "NoError"}
        wire.hears("StatusNotification", payload, lambda _request: v21.StatusNotificationResponse())

    status(1, "Preparing")
    status(2, "SuspendedEV")
    with pytest.raises(LocalProtocolError, match="runs on connector 2"):
        wire.says(request)
    status(2, "Available")
    assert wire.says(request, {"status": "Accepted"})[0] == [("Reset", {"type": "Soft"})]
    next(wire.codec.hear("StartTransaction", START, NOW))
    with pytest.raises(LocalProtocolError, match="runs on connector 1"):
        wire.says(request)


def test_a_connector_in_a_transaction_is_not_unlocked(wire: "Wire") -> None:
    next(wire.codec.hear("StartTransaction", START, NOW))
    said, answer = wire.says(v21.UnlockConnectorRequest(evse_id=1, connector_id=1))
    assert (said, answer.status) == ([], "OngoingAuthorizedTransaction")
    may_end = CustomData(vendorId="Ladewerk", endTransaction=True)
    forced = v21.UnlockConnectorRequest(evse_id=1, connector_id=1, custom_data=may_end)
    (call,), answer = wire.says(forced, {"status": "Unlocked"})
    assert (call, answer.status) == (("UnlockConnector", {"connectorId": 1}), "Unlocked")
    (call,), answer = wire.says(v21.UnlockConnectorRequest(evse_id=2, connector_id=1), {"status": "Unlocked"})
    assert (call, answer.status) == (("UnlockConnector", {"connectorId": 2}), "Unlocked")


@pytest.mark.parametrize(
    ("request_", "result", "status"),
    [
        (profile(), {"status": "NotSupported"}, "Rejected"),
        (v21.UnlockConnectorRequest(evse_id=1, connector_id=1), {"status": "NotSupported"}, "UnlockFailed"),
        (
            v21.SendLocalListRequest(version_number=1, update_type=v21.UpdateEnumType.FULL),
            {"status": "NotSupported"},
            "Failed",
        ),
    ],
)
def test_what_a_station_does_not_support_it_does_not_do(
    wire: "Wire", request_: Payload, result: dict[str, str], status: str
) -> None:
    _, answer = wire.says(request_, result)
    assert (answer.status, answer.status_info.reason_code) == (status, "UnsupportedRequest")


SAID: list[tuple[Payload, Any, dict[str, str]]] = [
    (
        v21.RequestStopTransactionRequest(transaction_id="42"),
        ("RemoteStopTransaction", {"transactionId": 42}),
        {"status": "Accepted"},
    ),
    (
        v21.RequestStartTransactionRequest(
            id_token=CARD, remote_start_id=1, evse_id=2, charging_profile=profile().charging_profile
        ),
        None,
        {"status": "Rejected"},
    ),
    (
        v21.ChangeAvailabilityRequest(operational_status=v21.OperationalStatusEnumType.INOPERATIVE),
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
        {"status": "Scheduled"},
    ),
    (
        v21.ChangeAvailabilityRequest(
            operational_status=v21.OperationalStatusEnumType.OPERATIVE, evse=v21.EVSEType(id=2, connector_id=1)
        ),
        ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
        {"status": "Accepted"},
    ),
    (
        v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.TRANSACTION_EVENT, evse=v21.EVSEType(id=2)),
        ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2}),
        {"status": "Accepted"},
    ),
    (
        v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.SIGN_CHARGING_STATION_CERTIFICATE),
        ("ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}),
        {"status": "NotImplemented"},
    ),
    (
        v21.ReserveNowRequest(id=3, expiry_date_time=NOW, id_token=CARD),
        (
            "ReserveNow",
            {"connectorId": 0, "expiryDate": "2026-01-05T17:40:00.000Z", "idTag": "04A1B2", "reservationId": 3},
        ),
        {"status": "Occupied"},
    ),
    (
        v21.ClearChargingProfileRequest(
            charging_profile_criteria=v21.ClearChargingProfileType(
                evse_id=0,
                charging_profile_purpose=v21.ChargingProfilePurposeEnumType.CHARGING_STATION_MAX_PROFILE,
                stack_level=1,
            )
        ),
        (
            "ClearChargingProfile",
            {"connectorId": 0, "chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 1},
        ),
        {"status": "Unknown"},
    ),
    (v21.ClearChargingProfileRequest(charging_profile_id=7), ("ClearChargingProfile", {"id": 7}), {"status": "Accepted"}),
]


@pytest.mark.parametrize(("request_", "said", "result"), SAID)
def test_commands_in_the_words_of_16(wire: "Wire", request_: Payload, said: Any, result: dict[str, str]) -> None:
    (call,), answer = wire.says(request_, result)
    assert said is None or call == said
    assert answer.status == result["status"]


def test_a_remote_start_carries_its_profile(wire: "Wire") -> None:
    (call,), _ = wire.says(SAID[1][0], {"status": "Accepted"})
    assert (call[0], call[1]["idTag"], call[1]["connectorId"]) == ("RemoteStartTransaction", "04A1B2", 2)
    assert call[1]["chargingProfile"]["chargingProfileId"] == 7


def test_a_local_list_has_tags(wire: "Wire") -> None:
    info = v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.EXPIRED)
    entries = (v21.AuthorizationData(id_token=CARD, id_token_info=info), v21.AuthorizationData(id_token=CARD))
    request = v21.SendLocalListRequest(
        version_number=4, update_type=v21.UpdateEnumType.DIFFERENTIAL, local_authorization_list=entries
    )
    (said,), _ = wire.says(request, {"status": "VersionMismatch"})
    tags = [{"idTag": "04A1B2", "idTagInfo": {"status": "Expired"}}, {"idTag": "04A1B2"}]
    assert said[1] == {"listVersion": 4, "updateType": "Differential", "localAuthorizationList": tags}


def test_no_local_list_at_all_is_version_0(wire: "Wire") -> None:
    assert wire.says(v21.GetLocalListVersionRequest(), {"listVersion": -1})[1].version_number == 0


def test_the_log_that_was_asked_for_last_is_triggered(wire: "Wire") -> None:
    trigger = v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.LOG_STATUS_NOTIFICATION)
    log = v21.LogParametersType(remote_location="ftp://example.org/logs")
    diagnostics = ("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"})
    assert wire.says(trigger, {"status": "Accepted"})[0] == [diagnostics]
    (said,), _ = wire.says(
        v21.GetLogRequest(log=log, log_type=v21.LogEnumType.SECURITY_LOG, request_id=2), {"status": "Accepted"}
    )
    assert said[0] == "GetLog"
    assert wire.says(trigger, {"status": "Accepted"})[0][0][0] == "ExtendedTriggerMessage"
    wire.says(v21.GetLogRequest(log=log, log_type=v21.LogEnumType.DIAGNOSTICS_LOG, request_id=1), {"fileName": "x"})
    assert wire.says(trigger, {"status": "Accepted"})[0] == [diagnostics]


def test_signed_firmware_goes_by_the_security_extension(wire: "Wire") -> None:
    firmware = v21.FirmwareType(location="x", retrieve_date_time=NOW, signing_certificate="PEM", signature="s")
    (said,), answer = wire.says(v21.UpdateFirmwareRequest(request_id=1, firmware=firmware), {"status": "RevokedCertificate"})
    assert (said[0], said[1]["firmware"]["signature"]) == ("SignedUpdateFirmware", "s")
    assert answer.status == "RevokedCertificate"


def test_a_composite_schedule_needs_a_start_and_periods(wire: "Wire") -> None:
    request = v21.GetCompositeScheduleRequest(duration=600, evse_id=1)
    periods = [{"startPeriod": 0, "limit": 16.0}]
    result: dict[str, Any] = {
        "status": "Accepted",
        "connectorId": 1,
        "scheduleStart": "2026-01-05T17:40:00Z",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": periods},
    }
    (said,), answer = wire.says(request, result)
    assert said == ("GetCompositeSchedule", {"connectorId": 1, "duration": 600})
    assert (answer.schedule.schedule_start, answer.schedule.duration) == (NOW, 600)
    assert answer.schedule.charging_schedule_period[0].limit == 16.0
    del result["scheduleStart"]
    assert not wire.says(request, result)[1].schedule
    assert not wire.says(request, {"status": "Rejected"})[1].schedule


def test_certificates_are_asked_for_type_by_type(wire: "Wire") -> None:
    found = {"hashAlgorithm": "SHA256", "issuerNameHash": "n", "issuerKeyHash": "k", "serialNumber": "1"}
    said, answer = wire.says(
        v21.GetInstalledCertificateIdsRequest(),
        {"status": "Accepted", "certificateHashData": [found]},
        {"status": "NotFound"},
    )
    assert [payload["certificateType"] for _, payload in said] == [
        "CentralSystemRootCertificate",
        "ManufacturerRootCertificate",
    ]
    (chain,) = answer.certificate_hash_data_chain
    assert (answer.status, chain.certificate_type, chain.certificate_hash_data.serial_number) == (
        "Accepted",
        "CSMSRootCertificate",
        "1",
    )
    deleted, _ = wire.says(
        v21.DeleteCertificateRequest(certificate_hash_data=chain.certificate_hash_data), {"status": "Accepted"}
    )
    assert deleted == [("DeleteCertificate", {"certificateHashData": found})]


def test_the_roots_that_16_knows_are_installed(wire: "Wire") -> None:
    use = v21.InstallCertificateUseEnumType.CSMS_ROOT_CERTIFICATE
    request = v21.InstallCertificateRequest(certificate_type=use, certificate="PEM")
    (said,), answer = wire.says(request, {"status": "Failed"})
    assert said == ("InstallCertificate", {"certificateType": "CentralSystemRootCertificate", "certificate": "PEM"})
    assert answer.status == "Failed"


def test_a_daily_profile_recurs(wire: "Wire") -> None:
    request = profile(
        kind=v21.ChargingProfileKindEnumType.RECURRING,
        recurrency_kind=v21.RecurrencyKindEnumType.DAILY,
        purpose="TxDefaultProfile",
    )
    (said,), _ = wire.says(request, {"status": "Accepted"})
    taken = said[1]["csChargingProfiles"]
    assert (taken["chargingProfileKind"], taken["recurrencyKind"]) == ("Recurring", "Daily")


def test_an_answer_that_cannot_be_read_is_the_stations_fault(wire: "Wire") -> None:
    with pytest.raises(RemoteProtocolError, match=r"\$\.status"):
        wire.says(v21.ClearCacheRequest(), {"status": "Perhaps"})
