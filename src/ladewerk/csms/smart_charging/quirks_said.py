"""What a station is asked about itself, and what its answers say of its quirks."""

from collections.abc import Mapping
from typing import Final

from msgspec import UNSET

from ladewerk.csms.smart_charging.quirks import MOST_PERIODS, QuirksSaid, RateUnit
from ladewerk.ocpp import Version, v21

_SMART: Final = "SmartChargingCtrlr"

_UNIT: Final = (_SMART, "RateUnit", "")
_UNIT_16: Final = ("OCPP16", "ChargingScheduleAllowedChargingRateUnit", "")
_PERIODS: Final = (_SMART, "PeriodsPerSchedule", "")
_LEVEL: Final = (_SMART, "ProfileStackLevel", "")
_KEEPS: Final = (_SMART, "ChargingProfilePersistence", "TxDefaultProfile")

_ENABLED: Final = (_SMART, "Enabled", "")

Place = tuple[str, str, str]
"""Component, variable, instance of the variable."""


def questions(version: Version) -> tuple[Place, ...]:
    """The variables that tell quirks, few enough for one message of any station; of 1.6 they become configuration keys."""
    match version:
        case Version.V16:
            return (_UNIT_16, _PERIODS, _LEVEL)
        case Version.V201:
            return (_UNIT, _PERIODS, _LEVEL, _ENABLED)
        case Version.V21:
            return (_UNIT, _PERIODS, _LEVEL, _ENABLED, _KEEPS)


def request_of(places: tuple[Place, ...]) -> v21.GetVariablesRequest:
    """Ask for the values of ``places``."""
    return v21.GetVariablesRequest(
        get_variable_data=tuple(
            v21.GetVariableDataType(
                component=v21.ComponentType(name=component),
                variable=v21.VariableType(name=variable, instance=instance or UNSET),
            )
            for component, variable, instance in places
        )
    )


def values_of(answer: v21.GetVariablesResponse) -> dict[Place, str]:
    """What the station has of what it was asked for."""
    values = {}
    for result in answer.get_variable_result:
        if result.attribute_status == "Accepted" and result.attribute_value is not UNSET:
            instance = result.variable.instance
            values[result.component.name, result.variable.name, "" if instance is UNSET else instance] = (
                result.attribute_value
            )
    return values


def found_quirks(values: Mapping[Place, str]) -> QuirksSaid:
    """What ``values`` say; what cannot be read says nothing."""
    periods, level = _number(values.get(_PERIODS)), _number(values.get(_LEVEL))
    return QuirksSaid(
        rate_unit=_rate_unit(values.get(_UNIT, values.get(_UNIT_16, ""))),
        max_periods=None if periods is None or periods < 1 else min(periods, MOST_PERIODS),
        max_stack_level=level,
        keeps_profiles=_flag(values.get(_KEEPS)),
        follows_profiles=_flag(values.get(_ENABLED)),
    )


def switched(request: v21.SetVariablesRequest) -> QuirksSaid:
    """What ``request`` makes of the quirks that a variable may switch."""
    values: dict[Place, str] = {}
    for one in request.set_variable_data:
        if one.attribute_type in {UNSET, v21.AttributeEnumType.ACTUAL}:
            instance = "" if one.variable.instance is UNSET else one.variable.instance
            named = (one.component.name, one.variable.name, instance)
            values |= {known: one.attribute_value for known in (_ENABLED, _KEEPS) if _alike(known, named)}
    return found_quirks(values)


def _alike(one: Place, other: Place) -> bool:
    """Names know no case (part 2, device model)."""
    return [name.casefold() for name in one] == [name.casefold() for name in other]


def _flag(text: str | None) -> bool | None:
    return None if text is None else text.strip().lower() not in {"false", "0"}


def _rate_unit(text: str) -> RateUnit | None:
    """``A,W`` in 2.x, ``Current,Power`` in 1.6, and each of them in the other; amps where both will do."""
    words = {word.strip().lower() for word in text.split(",")}
    if words & {"a", "current", "amps", "amp", "ampere"}:
        return "A"
    return "W" if words & {"w", "power", "watts", "watt"} else None


def _number(text: str | None) -> int | None:
    text = "" if text is None else text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
