"""Variables of a station as it reported them, by component and variable. Pure.

OCPP 2.1 part 2, B05 to B08. Names know no case; an EVSE or a connector is part of the component's name.
"""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.secret_words import is_secret_name


class Attribute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``type`` is Actual, Target, MinSet or MaxSet; ``value`` None was not said, or nobody may read it."""

    type: str = "Actual"
    value: str | None = None
    mutability: str | None = None
    persistent: bool = False
    constant: bool = False


class Characteristics(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What values a variable can have."""

    data_type: str
    supports_monitoring: bool
    unit: str | None = None
    min_limit: float | None = None
    max_limit: float | None = None
    max_elements: int | None = None
    values_list: str | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a variable is."""

    component: str
    component_instance: str | None = None
    evse_id: int | None = None
    connector_id: int | None = None
    variable: str
    variable_instance: str | None = None

    @property
    def name(self) -> str:
        """The same for the same variable, however it is spelled."""
        parts = (
            self.component,
            self.component_instance,
            self.evse_id,
            self.connector_id,
            self.variable,
            self.variable_instance,
        )
        return msgspec.json.encode(parts).decode().casefold()

    @property
    def is_secret(self) -> bool:
        """Whether its value is a secret by its name."""
        return is_secret_name(self.variable)


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """A variable as last heard of."""

    place: Place
    attributes: tuple[Attribute, ...] = ()
    characteristics: Characteristics | None = None


def place_of(component: v21.ComponentType, variable: v21.VariableType) -> Place:
    """Where OCPP says it is."""
    evse = component.evse
    return Place(
        component=component.name,
        component_instance=None if component.instance is UNSET else component.instance,
        evse_id=None if evse is UNSET else evse.id,
        connector_id=None if evse is UNSET or evse.connector_id is UNSET else evse.connector_id,
        variable=variable.name,
        variable_instance=None if variable.instance is UNSET else variable.instance,
    )


def reported(said: Iterable[v21.ReportDataType]) -> dict[str, Variable]:
    """Variables of a NotifyReport by their names."""
    variables = (_variable(one) for one in said)
    return {variable.place.name: variable for variable in variables}


def _variable(said: v21.ReportDataType) -> Variable:
    place = place_of(said.component, said.variable)
    about = said.variable_characteristics
    return Variable(
        place=place,
        attributes=tuple(
            Attribute(
                type="Actual" if one.type is UNSET else str(one.type),
                value=None if one.value is UNSET or place.is_secret else one.value,
                mutability="ReadWrite" if one.mutability is UNSET else str(one.mutability),
                persistent=one.persistent is True,
                constant=one.constant is True,
            )
            for one in said.variable_attribute
        ),
        characteristics=None if about is UNSET else _characteristics(about),
    )


def _characteristics(about: v21.VariableCharacteristicsType) -> Characteristics:
    return Characteristics(
        data_type=str(about.data_type),
        supports_monitoring=about.supports_monitoring,
        unit=None if about.unit is UNSET else about.unit,
        min_limit=None if about.min_limit is UNSET else about.min_limit,
        max_limit=None if about.max_limit is UNSET else about.max_limit,
        max_elements=None if about.max_elements is UNSET else about.max_elements,
        values_list=None if about.values_list is UNSET else about.values_list,
    )


def with_value(known: Variable | None, place: Place, attribute: str, value: str) -> Variable:
    """A variable of which one attribute was read or set."""
    before = known or Variable(place=place)
    kept = None if place.is_secret else value
    old = next((one for one in before.attributes if one.type == attribute), Attribute(type=attribute))
    others = tuple(one for one in before.attributes if one.type != attribute)
    return msgspec.structs.replace(before, attributes=(*others, msgspec.structs.replace(old, value=kept)))
