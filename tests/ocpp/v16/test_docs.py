"""The page on OCPP 1.6 has every row of the tables that the code goes by, and no other."""

import json
import re
from enum import StrEnum
from pathlib import Path

import pytest

from ladewerk.ocpp import v16, v21
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.v16 import omissions, translate, words
from ladewerk.ocpp.v16.station import words as station_words
from ladewerk.ocpp.v16.station.translate import DROPPED, HEARD, REFUSED, SAID
from ladewerk.ocpp.v16.translate import DOWN, UP

PAGE = (Path(__file__).parents[3] / "docs" / "ocpp-16.md").read_text(encoding="utf-8")


def section(title: str) -> list[str]:
    """The rows of the table under a heading, without its head."""
    text = PAGE.split(f"\n### {title}\n")[1].split("\n#")[0]
    return [line for line in text.splitlines() if line.startswith("| `")]


def named(title: str) -> set[str]:
    """The names in the sentences under a heading."""
    text = PAGE.split(f"\n### {title}\n")[1].split("\n#")[0]
    return set(re.findall(r"`(\w+)`", text))


def pairs(table: words.Words) -> list[str]:
    return [f"| `{old}` | `{new}` |" for old, new in table.items()]


VALUES = {
    "Connector status": words.CONNECTOR_STATUS,
    "Charging state": words.CHARGING_STATE,
    "Stopped reason": words.STOPPED_REASON,
    "Trigger of the last event": words.STOP_TRIGGER,
    "Trigger of meter values": words.READING_TRIGGER,
    "Units": words.UNIT,
    "Diagnostics": words.UPLOAD_STATUS,
    "Status of a tag": words.TAG_STATUS,
    "Purpose of a profile": words.PROFILE_PURPOSE,
    "Reset": words.RESET,
    "Certificates": words.CERTIFICATE_USE,
    "Triggers": {**words.TRIGGER, **words.EXTENDED_TRIGGER},
    "Answers without a word in 2.1": {
        **{f"SetChargingProfile {key}": value for key, value in words.PROFILE_STATUS.items() if key != value},
        **{f"UnlockConnector {key}": value for key, value in words.UNLOCK_STATUS.items() if key != value},
        **{f"SendLocalList {key}": value for key, value in words.LOCAL_LIST_STATUS.items() if key != value},
        **{f"ChangeConfiguration {key}": value for key, value in words.SET_VARIABLE_STATUS.items() if key != value},
    },
    "Occupied": station_words.OCCUPIED,
    "Reason of a stop": station_words.STOP_REASON,
    "Firmware status": station_words.FIRMWARE_STATUS,
    "Diagnostics status": station_words.DIAGNOSTICS_STATUS,
    "Messages triggered": station_words.NEW_TRIGGER,
    "Answers of a station without a word in 1.6": {
        **{f"Reset {key}": value for key, value in station_words.RESET_ANSWER.items() if key != value},
        **{f"UnlockConnector {key}": value for key, value in station_words.UNLOCK_ANSWER.items() if key != value},
        **{f"SetVariables {key}": value for key, value in station_words.SET_ANSWER.items() if key != value},
    },
}


@pytest.mark.parametrize("title", VALUES)
def test_the_page_has_the_words(title: str) -> None:
    assert section(title) == pairs(VALUES[title])


def test_the_page_has_what_is_left_out() -> None:
    rows = [f"| `{name}.{wire}` | left out |" for name, wire in sorted(omissions.LEFT_OUT)]
    rows += [
        f"| `{name}.{wire}` | left out while it is `{json.dumps(value)}` |"
        for (name, wire), value in omissions.LEFT_OUT_AT.items()
    ]
    assert section("Left out") == rows


def test_the_page_has_the_configuration_keys() -> None:
    rows = [
        f"| `{key}` | `{component}.{variable}{f'[{instance}]' if instance else ''}` |"
        for key, (component, variable, instance) in words.VARIABLE.items()
    ]
    assert section("Configuration keys") == rows


def test_the_page_names_every_message() -> None:
    up = {row.split("`")[1] for row in section("What a station says")}
    assert up == set(UP)
    said = {row.split("`")[1] for row in section("What a CSMS says")}
    assert said == set(DOWN)


def test_the_page_names_every_message_of_a_station_of_ours() -> None:
    assert {row.split("`")[1] for row in section("What a station of ours says")} == set(SAID)
    assert {row.split("`")[1] for row in section("What its CSMS says")} == set(HEARD)
    assert named("What is dropped") == set(DROPPED)
    assert named("What is refused") == set(REFUSED)
    assert named("What a CSMS cannot say") == set(translate.REFUSED)
    assert named("Keys that nobody can change") - {"readonly"} == station_words.READ_ONLY


def test_every_action_of_16_is_heard_or_said() -> None:
    by_csms = {row.split(" | ")[1] for row in section("What a CSMS says")}
    named = {action for action in v16.ACTIONS if any(f"`{action}`" in cell for cell in by_csms)}
    assert named | set(UP) == set(v16.ACTIONS)


def test_the_tables_name_fields_that_exist() -> None:
    places = omissions.LEFT_OUT | set(omissions.LEFT_OUT_AT) | omissions.SAID
    for name, wire in places:
        kind = getattr(v21, name)
        assert issubclass(kind, Payload)
        assert wire in kind.__struct_encode_fields__, (name, wire)
    assert not omissions.SAID & (omissions.LEFT_OUT | set(omissions.LEFT_OUT_AT))
    assert not omissions.LEFT_OUT & set(omissions.LEFT_OUT_AT)


def test_the_tables_of_words_are_whole() -> None:
    assert set(words.CONNECTOR_STATUS) == set(v16.ChargePointStatus)
    assert set(words.CHARGING_STATE) <= set(v16.ChargePointStatus)
    assert set(words.STOPPED_REASON) == set(words.STOP_TRIGGER) == set(v16.Reason)
    assert set(words.UPLOAD_STATUS) == set(v16.DiagnosticsStatus)
    assert set(words.TAG_STATUS) == set(v21.AuthorizationStatusEnumType)
    assert set(words.SET_VARIABLE_STATUS) == set(v16.ConfigurationStatus)
    assert set(words.PROFILE_STATUS) == set(v16.ChargingProfileStatus)
    assert set(words.UNLOCK_STATUS) == set(v16.UnlockStatus)
    assert set(words.LOCAL_LIST_STATUS) == set(v16.UpdateStatus)
    assert set(words.PROFILE_PURPOSE.values()) == set(v16.ChargingProfilePurposeType)
    assert set(words.CERTIFICATE_USE.values()) == set(v16.CertificateUseEnumType)
    assert set(v16.Measurand) - words.NO_MEASURAND <= set(v21.MeasurandEnumType)
    assert set(words.TRIGGER.values()) | {"DiagnosticsStatusNotification"} == set(v16.MessageTrigger)


def test_the_tables_of_words_of_a_station_are_whole() -> None:
    assert set(station_words.OCCUPIED) <= set(v21.ChargingStateEnumType)
    assert set(station_words.STOP_REASON) == set(v21.ReasonEnumType)
    assert set(station_words.STOP_REASON.values()) <= set(v16.Reason)
    assert set(station_words.FIRMWARE_STATUS) == set(v21.FirmwareStatusEnumType)
    assert set(station_words.FIRMWARE_STATUS.values()) == set(v16.FirmwareStatus)
    assert set(station_words.DIAGNOSTICS_STATUS) == set(v21.UploadLogStatusEnumType)
    assert set(station_words.DIAGNOSTICS_STATUS.values()) == set(v16.DiagnosticsStatus)
    assert set(station_words.NEW_TRIGGER) == set(v16.MessageTrigger) | set(v16.MessageTriggerEnumType)
    assert set(station_words.NEW_TRIGGER.values()) <= set(v21.MessageTriggerEnumType)
    assert set(station_words.NEW_RESET) == set(v16.ResetType)
    assert set(station_words.RESET_ANSWER) == set(v21.ResetStatusEnumType)
    assert set(station_words.UNLOCK_ANSWER) == set(v21.UnlockStatusEnumType)
    assert set(station_words.SET_ANSWER) == set(v21.SetVariableStatusEnumType)
    assert set(station_words.READ_ONLY) <= set(words.VARIABLE) | {"NumberOfConnectors", "SupportedFeatureProfiles"}


def spelled(kind: type[StrEnum]) -> set[str]:
    return {str(member) for member in kind}


ALIKE: list[tuple[type[StrEnum], type[StrEnum]]] = [
    (v16.AvailabilityStatus, v21.ChangeAvailabilityStatusEnumType),
    (v16.AvailabilityType, v21.OperationalStatusEnumType),
    (v16.CancelReservationStatus, v21.CancelReservationStatusEnumType),
    (v16.CertificateSignedStatusEnumType, v21.CertificateSignedStatusEnumType),
    (v16.ClearCacheStatus, v21.ClearCacheStatusEnumType),
    (v16.ClearChargingProfileStatus, v21.ClearChargingProfileStatusEnumType),
    (v16.DeleteCertificateStatusEnumType, v21.DeleteCertificateStatusEnumType),
    (v16.GetCompositeScheduleStatus, v21.GenericStatusEnumType),
    (v16.HashAlgorithmEnumType, v21.HashAlgorithmEnumType),
    (v16.InstallCertificateStatusEnumType, v21.InstallCertificateStatusEnumType),
    (v16.LogStatusEnumType, v21.LogStatusEnumType),
    (v16.ReadingContext, v21.ReadingContextEnumType),
    (v16.RecurrencyKindType, v21.RecurrencyKindEnumType),
    (v16.RemoteStartStopStatus, v21.RequestStartStopStatusEnumType),
    (v16.ReservationStatus, v21.ReserveNowStatusEnumType),
    (v16.TriggerMessageStatus, v21.TriggerMessageStatusEnumType),
    (v16.TriggerMessageStatusEnumType, v21.TriggerMessageStatusEnumType),
    (v16.UpdateFirmwareStatusEnumType, v21.UpdateFirmwareStatusEnumType),
    (v16.UpdateType, v21.UpdateEnumType),
]


def test_what_has_no_table_is_spelled_alike() -> None:
    assert set(v16.Phase) <= set(v21.PhaseEnumType)
    assert set(v16.Location) <= set(v21.LocationEnumType)
    assert set(v16.ReadingContext) <= set(v21.ReadingContextEnumType)
    assert set(v16.FirmwareStatusEnumType) | set(v16.FirmwareStatus) <= set(v21.FirmwareStatusEnumType)
    assert set(v16.UploadLogStatusEnumType) <= set(v21.UploadLogStatusEnumType)
    assert set(v16.AuthorizationStatus) <= set(v21.AuthorizationStatusEnumType)
    for old, new in ALIKE:
        assert spelled(old) == spelled(new)
    assert spelled(v21.RegistrationStatusEnumType) == spelled(v16.RegistrationStatus)
    assert spelled(v21.DataTransferStatusEnumType) == spelled(v16.DataTransferStatus)
    assert spelled(v21.ChargingRateUnitEnumType) == spelled(v16.ChargingRateUnitType)
