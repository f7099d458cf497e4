"""Names: how wire names become Python names, and what OCPP 1.6 calls the types its schemas leave without a name."""

import keyword
import re

from ladewerk.ocpp.codegen.model import SchemaError

# First what the rule of capitals would tear apart, then capitals, capitalised or small letters with the digits behind them.
_WORD = re.compile(
    r"EMAIDs|eMAID|RoCoF|[Ss]o[CH]|[Vv]2[XxGg]\d*|IKEv2|IPSec|L2TP|TIme|kWh|kW|kVA"
    r"|[A-Z]+\d*(?![a-z])|[A-Z]?[a-z]+\d*|\d+[A-Z](?![a-z])|\d+"
)


def words(wire: str) -> list[str]:
    """Split a wire name at its capitals, digits staying with the letters before them."""
    return _WORD.findall(wire)


def attribute(wire: str) -> str:
    """``evMinV2XEnergyRequest`` -> ``ev_min_v2x_energy_request``."""
    name = "_".join(words(wire)).lower()
    if not name.isidentifier() or name == "field":
        raise SchemaError(f"field {wire!r} makes no Python name")
    return f"{name}_" if keyword.iskeyword(name) else name


def member(value: str) -> str:
    """``Energy.Active.Import.Register`` -> ``ENERGY_ACTIVE_IMPORT_REGISTER``; a leading digit gets an underscore."""
    name = "_".join(words(value)).upper()
    return f"_{name}" if name[:1].isdigit() else name


def camel(name: str) -> str:
    """What msgspec's ``rename="camel"`` makes of an attribute; where it is not the wire name, the name is written out."""
    first, *others = name.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in others)


def nested(owner: str, wire: str) -> str:
    """A class name for a type that the schema writes in place: OCPP 1.6's own where it has one."""
    of_owner = _V16_TYPES.get(f"{owner}.{wire}")
    return of_owner or _V16_TYPES.get(wire) or owner + wire[:1].upper() + wire[1:]


# OCPP 1.6 part 2, chapter 7 (types); by wire name, or by message and wire name.
_V16_TYPES = {
    "idTagInfo": "IdTagInfo",
    "IdTagInfo.status": "AuthorizationStatus",
    "csChargingProfiles": "ChargingProfile",
    "chargingProfile": "ChargingProfile",
    "chargingSchedule": "ChargingSchedule",
    "chargingSchedulePeriod": "ChargingSchedulePeriod",
    "chargingRateUnit": "ChargingRateUnitType",
    "chargingProfilePurpose": "ChargingProfilePurposeType",
    "chargingProfileKind": "ChargingProfileKindType",
    "recurrencyKind": "RecurrencyKindType",
    "configurationKey": "KeyValue",
    "meterValue": "MeterValue",
    "transactionData": "MeterValue",
    "sampledValue": "SampledValue",
    "localAuthorizationList": "AuthorizationData",
    "SampledValue.context": "ReadingContext",
    "SampledValue.format": "ValueFormat",
    "SampledValue.measurand": "Measurand",
    "SampledValue.phase": "Phase",
    "SampledValue.location": "Location",
    "SampledValue.unit": "UnitOfMeasure",
    "BootNotificationResponse.status": "RegistrationStatus",
    "CancelReservationResponse.status": "CancelReservationStatus",
    "ChangeAvailabilityRequest.type": "AvailabilityType",
    "ChangeAvailabilityResponse.status": "AvailabilityStatus",
    "ChangeConfigurationResponse.status": "ConfigurationStatus",
    "ClearCacheResponse.status": "ClearCacheStatus",
    "ClearChargingProfileResponse.status": "ClearChargingProfileStatus",
    "DataTransferResponse.status": "DataTransferStatus",
    "DiagnosticsStatusNotificationRequest.status": "DiagnosticsStatus",
    "FirmwareStatusNotificationRequest.status": "FirmwareStatus",
    "GetCompositeScheduleResponse.status": "GetCompositeScheduleStatus",
    "RemoteStartTransactionResponse.status": "RemoteStartStopStatus",
    "RemoteStopTransactionResponse.status": "RemoteStartStopStatus",
    "ReserveNowResponse.status": "ReservationStatus",
    "ResetRequest.type": "ResetType",
    "ResetResponse.status": "ResetStatus",
    "SendLocalListRequest.updateType": "UpdateType",
    "SendLocalListResponse.status": "UpdateStatus",
    "SetChargingProfileResponse.status": "ChargingProfileStatus",
    "StatusNotificationRequest.errorCode": "ChargePointErrorCode",
    "StatusNotificationRequest.status": "ChargePointStatus",
    "StopTransactionRequest.reason": "Reason",
    "TriggerMessageRequest.requestedMessage": "MessageTrigger",
    "TriggerMessageResponse.status": "TriggerMessageStatus",
    "UnlockConnectorResponse.status": "UnlockStatus",
}
