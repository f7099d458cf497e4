"""OCPP 2.0.1 payloads as OCPP 2.1 payloads and back: five small tables over what the schemas differ in.

Every field and value of 2.0.1 exists in 2.1, so the way up changes almost nothing. The way down leaves out or rounds what
the tables allow; anything else that 2.0.1 has no word for stays in the payload, and the check against 2.0.1 refuses it by
its path. Both ways work on the JSON of a whole payload and on nothing else.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.messages import Payload, decode, encode, read_tree

Place = tuple[str, str]  # (class, field on the wire)

# Required in 2.1 alone. 2.0.1 does not tell who set a monitor; the CSMS set those it may change.
FILLED_UP: Mapping[Place, object] = {("VariableMonitoringType", "eventNotificationType"): "CustomMonitor"}

# Required in 2.0.1 alone; empty is its way to leave a key unsaid (2.0.1 part 2, PublicKeyWithSignedMeterValue). In 2.1 the
# sub-protocol says the version of a connection.
FILLED_DOWN: Mapping[Place, object] = {
    ("NetworkConnectionProfileType", "ocppVersion"): "OCPP20",
    ("SignedMeterValueType", "publicKey"): "",
}

# Unknown to 2.0.1 and safe to leave out: they inform, nothing is decided by them.
DROPPED: frozenset[Place] = frozenset(
    {
        ("CertificateSignedRequest", "requestId"),
        ("ChargingNeedsType", "availableEnergyTransfer"),
        ("EventDataType", "severity"),
        ("FirmwareStatusNotificationRequest", "statusInfo"),
        ("LogStatusNotificationRequest", "statusInfo"),
        ("MessageInfoType", "messageExtra"),
        ("NotifyEVChargingNeedsRequest", "timestamp"),
        ("NotifyEVChargingScheduleRequest", "selectedChargingScheduleId"),
        ("PublishFirmwareStatusNotificationRequest", "statusInfo"),
        ("SignCertificateRequest", "requestId"),
        ("TransactionEventRequest", "evseSleep"),
        ("TransactionEventRequest", "preconditioningStatus"),
        ("TransactionEventResponse", "updatedPersonalMessageExtra"),
        ("TransactionType", "operationMode"),
        ("VariableCharacteristicsType", "maxElements"),
        ("VariableMonitoringType", "eventNotificationType"),
    }
)

# Unknown to 2.0.1 and safe to leave out while they say what 2.0.1 means anyway.
DROPPED_AT: Mapping[Place, object] = {
    ("ChargingLimitType", "isLocalGeneration"): False,
    ("ChargingNeedsType", "controlMode"): "ScheduledControl",
    ("ChargingNeedsType", "mobilityNeedsMode"): "EVCC",
    ("ChargingProfileType", "invalidAfterOfflineDuration"): False,
    ("ChargingSchedulePeriodType", "evseSleep"): False,
    ("ChargingSchedulePeriodType", "operationMode"): "ChargingOnly",
    ("ChargingSchedulePeriodType", "preconditioningRequest"): False,
    ("ChargingScheduleType", "randomizedDelay"): 0,
    ("ChargingScheduleType", "useLocalTime"): False,
    ("Get15118EVCertificateResponse", "remainingContracts"): 0,
    ("NotifyEVChargingScheduleRequest", "powerToleranceAcceptance"): True,
}

# Numbers in 2.1, whole in 2.0.1: never more current, voltage or power than the EV takes, never less energy than it needs.
ROUNDED: Mapping[Place, str] = {
    ("ACChargingParametersType", "energyAmount"): "up",
    ("ACChargingParametersType", "evMaxCurrent"): "down",
    ("ACChargingParametersType", "evMaxVoltage"): "down",
    ("ACChargingParametersType", "evMinCurrent"): "up",
    ("DCChargingParametersType", "energyAmount"): "up",
    ("DCChargingParametersType", "evEnergyCapacity"): "down",
    ("DCChargingParametersType", "evMaxCurrent"): "down",
    ("DCChargingParametersType", "evMaxPower"): "down",
    ("DCChargingParametersType", "evMaxVoltage"): "down",
}

# Less than this beside a whole number comes from binary fractions, not from the sender.
_NOISE = 1e-6

_Change = Callable[[dict[str, Any]], None]
_Plan = tuple[tuple[str, "_Change | _Plan"], ...]


def up(payload: bytes, old: type[Payload], new: type[Payload]) -> Payload:
    """Read a 2.0.1 payload of class ``old`` as the 2.1 class ``new``.

    RemoteProtocolError where it is no valid 2.0.1, and where it has a negative or too large whole number that 2.1 forbids
    (2.0.1 forbids most of them too, but in its text and not in its schemas).
    """
    decode(old, payload)
    plan = _plan_up(new)
    if plan:
        tree = read_tree(payload)
        _apply(tree, plan)
        payload = msgspec.json.encode(tree)
    return decode(new, payload)


def down(message: Payload, old: type[Payload]) -> bytes:
    """Write a 2.1 message as a payload of the 2.0.1 class ``old``; LocalProtocolError names what 2.0.1 cannot say."""
    payload = encode(message)
    plan = _plan_down(type(message))
    if plan:
        tree = read_tree(payload)
        _apply(tree, plan)
        payload = msgspec.json.encode(tree)
    try:
        decode(old, payload)
    except RemoteProtocolError as err:
        raise LocalProtocolError(f"OCPP 2.0.1 cannot say this {type(message).__name__}: {err.description}") from err
    return payload


@cache
def _plan_up(new: type[Payload]) -> _Plan:
    return _plan(_described(new), {place: _fill(place[1], value) for place, value in FILLED_UP.items()})


@cache
def _plan_down(new: type[Payload]) -> _Plan:
    changes: dict[Place, _Change] = {place: _fill(place[1], value) for place, value in FILLED_DOWN.items()}
    changes |= {place: _drop(place[1]) for place in DROPPED}
    changes |= {place: _drop_at(place[1], value) for place, value in DROPPED_AT.items()}
    changes |= {place: _round(place[1], direction) for place, direction in ROUNDED.items()}
    return _plan(_described(new), changes)


def _described(kind: type[Payload]) -> inspect.StructType:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return described


def _plan(struct: inspect.StructType, changes: Mapping[Place, _Change]) -> _Plan:
    """The changes that concern ``struct`` and everything in it, by wire name; empty where there are none."""
    found: list[tuple[str, _Change | _Plan]] = []
    for field in struct.fields:
        change = changes.get((struct.cls.__name__, field.encode_name))
        kind = field.type.item_type if isinstance(field.type, inspect.VarTupleType) else field.type
        inner = _plan(kind, changes) if isinstance(kind, inspect.StructType) else ()
        if change is not None:
            found.append((field.encode_name, change))
        elif inner:
            found.append((field.encode_name, inner))
    return tuple(found)


def _apply(tree: dict[str, Any], plan: _Plan) -> None:
    for name, step in plan:
        if callable(step):
            step(tree)
        elif name in tree:
            value = tree[name]
            for item in value if isinstance(value, list) else (value,):
                _apply(item, step)


def _fill(name: str, value: object) -> _Change:
    return lambda tree: tree.setdefault(name, value)


def _drop(name: str) -> _Change:
    return lambda tree: tree.pop(name, None)


def _drop_at(name: str, value: object) -> _Change:
    def change(tree: dict[str, Any]) -> None:
        if name in tree and tree[name] == value:
            del tree[name]

    return change


def _round(name: str, direction: str) -> _Change:
    def change(tree: dict[str, Any]) -> None:
        if name in tree:
            value = tree[name]
            tree[name] = math.ceil(value - _NOISE) if direction == "up" else math.floor(value + _NOISE)

    return change
