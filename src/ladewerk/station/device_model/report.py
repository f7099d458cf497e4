"""Reports of the device model: which variables one is of, and the messages it goes out in (OCPP 2.x part 2, B07 and B08)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.station.device_model.variable import Mutability, Variable, characteristics

Inventory = Sequence[tuple[Variable, str]]
Base = v21.ReportBaseEnumType
Criterion = v21.ComponentCriterionEnumType

_PER_MESSAGE: Final = 40
"""About 12 kB of JSON: many stacks refuse frames above 16 or 32 kB."""

_CONDITION: Final = frozenset({"AvailabilityState", "Problem", "Available", "Enabled", "Active"})
_PHYSICAL: Final = frozenset({"ChargingStation", "EVSE", "Connector"})
_ABSENT_COUNTS: Final = frozenset({Criterion.ACTIVE, Criterion.AVAILABLE, Criterion.ENABLED})
"""B08.FR.07 to FR.09: a component without such a variable counts as having it; one without Problem has none."""


def of_base(inventory: Inventory, base: Base) -> Inventory:
    """What a base report is of; a summary is of what can be used and what is wrong (B07.FR.09)."""
    if base is Base.CONFIGURATION_INVENTORY:
        return [one for one in inventory if one[0].writable]
    if base is Base.SUMMARY_INVENTORY:
        return [one for one in inventory if one[0].component in _PHYSICAL and one[0].name in _CONDITION]
    return inventory


def of_criteria(inventory: Inventory, request: v21.GetReportRequest) -> Inventory:
    """What a custom report is of; several criteria are an or, asked variables an and with them."""
    found = inventory
    asked = request.component_variable
    if asked is not UNSET:
        found = [one for one in found if any(_meant(one[0], item) for item in asked)]
    criteria = request.component_criteria
    if criteria is not UNSET:
        found = [one for one in found if any(_holds(one[0], item, inventory) for item in criteria)]
    return found


def _meant(variable: Variable, asked: v21.ComponentVariableType) -> bool:
    component = asked.component
    if component.name != variable.component or component.instance is not UNSET:
        return False
    if component.evse is not UNSET:
        connector_id = component.evse.connector_id
        if component.evse.id != variable.evse_id:
            return False
        if connector_id is not UNSET and connector_id != variable.connector_id:
            return False
    if asked.variable is UNSET:
        return True
    instance = asked.variable.instance
    return asked.variable.name == variable.name and (instance is UNSET or instance == variable.instance)


def _holds(variable: Variable, criterion: Criterion, inventory: Inventory) -> bool:
    place = (variable.component, variable.evse_id, variable.connector_id)
    for other, value in inventory:
        if (other.component, other.evse_id, other.connector_id) == place and other.name == criterion:
            return value == "true"
    return criterion in _ABSENT_COUNTS


def messages(found: Inventory, request_id: int, at: datetime) -> Iterator[v21.NotifyReportRequest]:
    """The parts of a report, numbered from 0; all but the last say that more is to come."""
    parts = [found[first : first + _PER_MESSAGE] for first in range(0, len(found), _PER_MESSAGE)]
    for number, part in enumerate(parts):
        yield v21.NotifyReportRequest(
            request_id=request_id,
            generated_at=at,
            seq_no=number,
            tbc=number + 1 < len(parts),
            report_data=tuple(_reported(variable, value) for variable, value in part),
        )


def _reported(variable: Variable, value: str) -> v21.ReportDataType:
    component, name = variable.on_wire()
    attributes = [
        v21.VariableAttributeType(
            type=v21.AttributeEnumType.ACTUAL,
            value=UNSET if variable.mutability is Mutability.WRITE_ONLY else value,
            mutability=variable.mutability,
            persistent=variable.writable,
            constant=False,
        )
    ]
    if variable.has_max_set and variable.most is not None:
        attributes.append(
            v21.VariableAttributeType(
                type=v21.AttributeEnumType.MAX_SET,
                value=f"{variable.most:.0f}",
                mutability=Mutability.READ_ONLY,
                persistent=False,
                constant=True,
            )
        )
    return v21.ReportDataType(
        component=component,
        variable=name,
        variable_attribute=tuple(attributes),
        variable_characteristics=characteristics(variable),
    )
