"""The configuration keys of OCPP 1.6 as the variables of a station of OCPP 2.1."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import UNSET

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Asks, Up, ask
from ladewerk.ocpp.v16.station.memory import Memory
from ladewerk.ocpp.v16.station.words import FEATURE, READ_ONLY, SET_ANSWER
from ladewerk.ocpp.v16.words import KEYS, KEYS_COMPONENT, VARIABLE
from ladewerk.ocpp.v21 import types as v21

CONNECTORS: Final = "NumberOfConnectors"
PROFILES: Final = "SupportedFeatureProfiles"
"""Keys that no variable of 2.1 has the value of: they are made of what is known."""

_Place = tuple[str, str, str]
_OWN: Final = {CONNECTORS.lower(): CONNECTORS, PROFILES.lower(): PROFILES}
_LONGEST_VALUE: Final = 500
_MOST: Final = frozenset({VARIABLE["MaxChargingProfilesInstalled"]})
"""Of these the key is how many there can be; the actual value is how many there are."""


def get_configuration(request: v16.GetConfigurationRequest, memory: Memory) -> Up:
    """The keys that are asked for, or all that the tables have and the station knows, by one GetVariables."""
    asked = () if request.key is UNSET else request.key
    wanted = [_spelled(key) for key in asked] or [*_OWN.values(), *VARIABLE]
    places = [_place(key) for key in wanted if key not in _OWN.values()]
    if PROFILES in wanted:
        places += [_variable(*place) for place in FEATURE.values()]
    values: dict[_Place, str] = {}
    if places:
        values = yield from _values(dict.fromkeys(places))
    known: dict[str, str] = {}
    for key in wanted:
        value = _own(key, values, memory) if key in _OWN.values() else values.get(_place(key))
        if value is not None and len(value) <= _LONGEST_VALUE:
            known[key] = value
    found = tuple(v16.KeyValue(key=key, readonly=key in READ_ONLY, value=value) for key, value in known.items())
    unknown = tuple(key for key in asked if _spelled(key) not in known)
    return v16.GetConfigurationResponse(configuration_key=found or UNSET, unknown_key=unknown or UNSET)


def change_configuration(request: v16.ChangeConfigurationRequest, _memory: Memory) -> Up:
    key = _spelled(request.key)
    if key in _OWN.values():
        return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.REJECTED)
    component, variable, instance = _place(key)
    wanted = v21.SetVariableDataType(
        attribute_value=request.value,
        component=v21.ComponentType(name=component),
        variable=v21.VariableType(name=variable, instance=instance or UNSET),
    )
    try:
        answer = yield from ask(v21.SetVariablesRequest(set_variable_data=(wanted,)))
    except RemoteProtocolError as err:
        if err.code != "NotSupported":
            raise
        return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus.NOT_SUPPORTED)
    status = SET_ANSWER[answer.set_variable_result[0].attribute_status]
    return v16.ChangeConfigurationResponse(status=v16.ConfigurationStatus(status))


def _values(places: Iterable[_Place]) -> Asks[dict[_Place, str]]:
    """The values of what the station knows of ``places``."""
    wanted = tuple(
        v21.GetVariableDataType(
            component=v21.ComponentType(name=component),
            variable=v21.VariableType(name=variable, instance=instance or UNSET),
            attribute_type=v21.AttributeEnumType.MAX_SET if (component, variable, instance) in _MOST else UNSET,
        )
        for component, variable, instance in places
    )
    answer = yield from ask(v21.GetVariablesRequest(get_variable_data=wanted))
    return {
        _variable(result.component.name, result.variable.name, result.variable.instance): result.attribute_value
        for result in answer.get_variable_result
        if result.attribute_status == "Accepted" and result.attribute_value is not UNSET
    }


def _own(key: str, values: Mapping[_Place, str], memory: Memory) -> str | None:
    if key == PROFILES:
        has = [name for name, place in FEATURE.items() if values.get(_variable(*place), "").lower() == "true"]
        return ",".join(["Core", "RemoteTrigger", *has])
    connectors = [connector for connector in memory.statuses if connector > 0]
    return str(max(connectors)) if connectors else None


def _spelled(key: str) -> str:
    """The key as the tables spell it."""
    return KEYS.get(key.lower()) or _OWN.get(key.lower()) or key


def _place(key: str) -> _Place:
    return VARIABLE.get(key, (KEYS_COMPONENT, key, ""))


def _variable(component: str, variable: str, instance: object = "") -> _Place:
    return component, variable, instance if isinstance(instance, str) else ""
