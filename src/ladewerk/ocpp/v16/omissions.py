"""What of a request of OCPP 2.1 a translation says in OCPP 1.6, what it leaves out, and the refusal of everything else."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp.messages import CustomData, Payload

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
    for field in msgspec.structs.fields(value):
        inner = getattr(value, field.name)
        place = (type(value).__name__, field.encode_name)
        if inner is UNSET or isinstance(inner, CustomData) or place in LEFT_OUT:
            continue
        if place in LEFT_OUT_AT and inner == LEFT_OUT_AT[place]:
            continue
        if place not in SAID:
            raise LocalProtocolError(f"OCPP 1.6 cannot say this {message}: it has no {path}.{field.encode_name}")
        _check(inner, message, f"{path}.{field.encode_name}")
