"""Commands that a station takes only so much of at a time, by its variables ItemsPerMessage. Pure.

OCPP 2.1 part 2: B05 (set variables), B06 (get variables), N04 and N06 (monitors).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from ladewerk.csms.dossiers.reports import Place, Variable
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload

P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What of a command is parted, what of its answers put together, and where a station says how many it takes."""

    items: str
    results: str
    places: tuple[Place, ...]


def _place(component: str, instance: str) -> Place:
    return Place(component=component, variable="ItemsPerMessage", variable_instance=instance)


_BATCHES: Final[Mapping[type[Payload], _Batch]] = {
    v21.GetVariablesRequest: _Batch(
        "get_variable_data",
        "get_variable_result",
        (_place("DeviceDataCtrlr", "GetVariables"), Place(component="OCPP16", variable="GetConfigurationMaxKeys")),
    ),
    v21.SetVariablesRequest: _Batch(
        "set_variable_data", "set_variable_result", (_place("DeviceDataCtrlr", "SetVariables"),)
    ),
    v21.SetVariableMonitoringRequest: _Batch(
        "set_monitoring_data", "set_monitoring_result", (_place("MonitoringCtrlr", "SetVariableMonitoring"),)
    ),
    v21.ClearVariableMonitoringRequest: _Batch(
        "id", "clear_monitoring_result", (_place("MonitoringCtrlr", "ClearVariableMonitoring"),)
    ),
}


def bounds_of(request: Payload) -> Sequence[Place]:
    """The variables in which a station says how much of such a command it takes at a time; none: it takes it whole."""
    batch = _BATCHES.get(type(request))
    return () if batch is None or len(getattr(request, batch.items)) < 2 else batch.places


def most_of(variable: Variable | None) -> int | None:
    """The number that a variable has; None where it has none that can be one."""
    if variable is None:
        return None
    said = next((one.value for one in variable.attributes if one.type == "Actual"), None)
    return int(said) if said is not None and said.isascii() and said.isdigit() and int(said) > 0 else None


def parts(request: P, most: int) -> list[P]:
    """``request`` in as many as it takes of at most ``most`` items each."""
    name = _BATCHES[type(request)].items
    items: tuple[Any, ...] = getattr(request, name)
    return [replace(request, **{name: items[start : start + most]}) for start in range(0, len(items), most)]


def together(request: Payload, answers: Sequence[P]) -> P:
    """What the station answered to the parts of ``request``, as one answer."""
    name = _BATCHES[type(request)].results
    results = tuple(result for answer in answers for result in getattr(answer, name))
    return replace(answers[-1], **{name: results})
