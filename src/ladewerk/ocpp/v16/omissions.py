"""What of a request of OCPP 2.1 a translation says in OCPP 1.6, what it leaves out, and the refusal of everything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from msgspec import UNSET, inspect

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp.messages import Payload

Place = tuple[str, str]  # (class, field on the wire)

# Nothing is decided by them, or 1.6 has it by other means.
LEFT_OUT: frozenset[Place] = frozenset(
    {
        ("CertificateSignedRequest", "requestId"),
        ("ChargingScheduleType", "id"),
        ("IdTokenInfoType", "chargingPriority"),
        ("IdTokenInfoType", "language1"),
        ("IdTokenInfoType", "language2"),
        ("IdTokenInfoType", "personalMessage"),
        ("IdTokenType", "type"),
        ("RequestStartTransactionRequest", "groupIdToken"),
    }
)

# Left out while they say what 1.6 means anyway.
LEFT_OUT_AT: Mapping[Place, object] = {
    ("CertificateSignedRequest", "certificateType"): "ChargingStationCertificate",
    ("ChargingProfileType", "invalidAfterOfflineDuration"): False,
    ("ChargingSchedulePeriodType", "evseSleep"): False,
    ("ChargingSchedulePeriodType", "operationMode"): "ChargingOnly",
    ("ChargingSchedulePeriodType", "preconditioningRequest"): False,
    ("ChargingScheduleType", "randomizedDelay"): 0,
    ("ChargingScheduleType", "useLocalTime"): False,
    ("EVSEType", "connectorId"): 1,
    ("GetVariableDataType", "attributeType"): "Actual",
    ("SetVariableDataType", "attributeType"): "Actual",
    ("UnlockConnectorRequest", "connectorId"): 1,
}

SAID: frozenset[Place] = frozenset(
    {
        ("AuthorizationData", "idToken"),
        ("AuthorizationData", "idTokenInfo"),
        ("CancelReservationRequest", "reservationId"),
        ("CertificateHashDataType", "hashAlgorithm"),
        ("CertificateHashDataType", "issuerKeyHash"),
        ("CertificateHashDataType", "issuerNameHash"),
        ("CertificateHashDataType", "serialNumber"),
        ("CertificateSignedRequest", "certificateChain"),
        ("ChangeAvailabilityRequest", "evse"),
        ("ChangeAvailabilityRequest", "operationalStatus"),
        ("ChargingProfileType", "chargingProfileKind"),
        ("ChargingProfileType", "chargingProfilePurpose"),
        ("ChargingProfileType", "chargingSchedule"),
        ("ChargingProfileType", "id"),
        ("ChargingProfileType", "recurrencyKind"),
        ("ChargingProfileType", "stackLevel"),
        ("ChargingProfileType", "transactionId"),
        ("ChargingProfileType", "validFrom"),
        ("ChargingProfileType", "validTo"),
        ("ChargingSchedulePeriodType", "limit"),
        ("ChargingSchedulePeriodType", "numberPhases"),
        ("ChargingSchedulePeriodType", "startPeriod"),
        ("ChargingScheduleType", "chargingRateUnit"),
        ("ChargingScheduleType", "chargingSchedulePeriod"),
        ("ChargingScheduleType", "duration"),
        ("ChargingScheduleType", "minChargingRate"),
        ("ChargingScheduleType", "startSchedule"),
        ("ClearChargingProfileRequest", "chargingProfileCriteria"),
        ("ClearChargingProfileRequest", "chargingProfileId"),
        ("ClearChargingProfileType", "chargingProfilePurpose"),
        ("ClearChargingProfileType", "evseId"),
        ("ClearChargingProfileType", "stackLevel"),
        ("ComponentType", "name"),
        ("DataTransferRequest", "data"),
        ("DataTransferRequest", "messageId"),
        ("DataTransferRequest", "vendorId"),
        ("DeleteCertificateRequest", "certificateHashData"),
        ("EVSEType", "id"),
        ("FirmwareType", "installDateTime"),
        ("FirmwareType", "location"),
        ("FirmwareType", "retrieveDateTime"),
        ("FirmwareType", "signature"),
        ("FirmwareType", "signingCertificate"),
        ("GetBaseReportRequest", "reportBase"),
        ("GetBaseReportRequest", "requestId"),
        ("GetCompositeScheduleRequest", "chargingRateUnit"),
        ("GetCompositeScheduleRequest", "duration"),
        ("GetCompositeScheduleRequest", "evseId"),
        ("GetInstalledCertificateIdsRequest", "certificateType"),
        ("GetLogRequest", "log"),
        ("GetLogRequest", "logType"),
        ("GetLogRequest", "requestId"),
        ("GetLogRequest", "retries"),
        ("GetLogRequest", "retryInterval"),
        ("GetVariableDataType", "component"),
        ("GetVariableDataType", "variable"),
        ("GetVariablesRequest", "getVariableData"),
        ("IdTokenInfoType", "cacheExpiryDateTime"),
        ("IdTokenInfoType", "groupIdToken"),
        ("IdTokenInfoType", "status"),
        ("IdTokenType", "idToken"),
        ("InstallCertificateRequest", "certificate"),
        ("InstallCertificateRequest", "certificateType"),
        ("LogParametersType", "latestTimestamp"),
        ("LogParametersType", "oldestTimestamp"),
        ("LogParametersType", "remoteLocation"),
        ("RequestStartTransactionRequest", "chargingProfile"),
        ("RequestStartTransactionRequest", "evseId"),
        ("RequestStartTransactionRequest", "idToken"),
        ("RequestStartTransactionRequest", "remoteStartId"),
        ("RequestStopTransactionRequest", "transactionId"),
        ("ReserveNowRequest", "evseId"),
        ("ReserveNowRequest", "expiryDateTime"),
        ("ReserveNowRequest", "groupIdToken"),
        ("ReserveNowRequest", "id"),
        ("ReserveNowRequest", "idToken"),
        ("ResetRequest", "type"),
        ("SendLocalListRequest", "localAuthorizationList"),
        ("SendLocalListRequest", "updateType"),
        ("SendLocalListRequest", "versionNumber"),
        ("SetChargingProfileRequest", "chargingProfile"),
        ("SetChargingProfileRequest", "evseId"),
        ("SetVariableDataType", "attributeValue"),
        ("SetVariableDataType", "component"),
        ("SetVariableDataType", "variable"),
        ("SetVariablesRequest", "setVariableData"),
        ("TriggerMessageRequest", "evse"),
        ("TriggerMessageRequest", "requestedMessage"),
        ("UnlockConnectorRequest", "evseId"),
        ("UpdateFirmwareRequest", "firmware"),
        ("UpdateFirmwareRequest", "requestId"),
        ("UpdateFirmwareRequest", "retries"),
        ("UpdateFirmwareRequest", "retryInterval"),
        ("VariableType", "instance"),
        ("VariableType", "name"),
    }
)


def check_sayable(request: Payload) -> None:
    """Raise LocalProtocolError with the place of the first thing in ``request`` that 1.6 has no word for.

    customData is left out everywhere: 1.6 has none.
    """
    _check(request, type(request).__name__, "$")


def _check(value: object, message: str, path: str) -> None:
    if isinstance(value, tuple):
        for index, item in enumerate(value):
            _check(item, message, f"{path}[{index}]")
    if not isinstance(value, Payload):
        return
    for name, wire, rule in _rules(type(value)):
        inner = getattr(value, name)
        if inner is UNSET or inner == rule.left_out_at:
            continue
        if not rule.said:
            raise LocalProtocolError(f"OCPP 1.6 cannot say this {message}: it has no {path}.{wire}")
        if rule.has_parts:
            _check(inner, message, f"{path}.{wire}")


@dataclass(frozen=True, slots=True)
class _Rule:
    said: bool
    left_out_at: object
    has_parts: bool


_NOTHING: Final = object()


@cache
def _rules(kind: type[Payload]) -> tuple[tuple[str, str, _Rule], ...]:
    """What holds for each field of ``kind`` that is not always left out: attribute, name on the wire, rule."""
    found = []
    for field in inspect.type_info(kind).fields:  # type: ignore[attr-defined]  # a struct's description has fields
        place = (kind.__name__, field.encode_name)
        if place in LEFT_OUT or field.name == "custom_data":
            continue
        item = field.type.item_type if isinstance(field.type, inspect.VarTupleType) else field.type
        rule = _Rule(place in SAID, LEFT_OUT_AT.get(place, _NOTHING), isinstance(item, inspect.StructType))
        found.append((field.name, field.encode_name, rule))
    return tuple(found)
