"""One variable of the device model as data: what it is called, which values it takes, who may change it (OCPP part 1, 4)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.ocpp import v21

Mutability = v21.MutabilityEnumType
Kind = v21.DataEnumType


class Effect(StrEnum):
    """When a new value works."""

    AT_ONCE = "at once"
    NEXT = "with the next transaction"
    RECONNECT = "with the next connection"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable of a component; ``evse_id`` and ``connector_id`` are 0 where it is the station's.

    ``least`` and ``most`` limit a number, or the length of a text; ``values`` are all that a list may hold. ``default`` is
    what it is until somebody sets it. ``says`` is one line for the documentation.
    """

    component: str
    name: str
    kind: Kind = Kind.STRING
    instance: str = ""
    evse_id: int = 0
    connector_id: int = 0
    unit: str = ""
    least: float | None = None
    most: float | None = None
    values: tuple[str, ...] = ()
    mutability: Mutability = Mutability.READ_ONLY
    default: str = ""
    effect: Effect = Effect.AT_ONCE
    has_max_set: bool = False
    """``most`` is its attribute MaxSet too: how many there can be, where the value is how many there are."""
    says: str = ""

    @property
    def key(self) -> str:
        """By what it is found again in a database."""
        return f"{self.component}/{self.evse_id}/{self.connector_id}/{self.name}/{self.instance}"

    @property
    def writable(self) -> bool:
        return self.mutability is not Mutability.READ_ONLY

    def on_wire(self) -> tuple[v21.ComponentType, v21.VariableType]:
        """How a message names it."""
        place: v21.EVSEType | UnsetType = UNSET
        if self.evse_id:
            place = v21.EVSEType(id=self.evse_id, connector_id=self.connector_id or UNSET)
        return (
            v21.ComponentType(name=self.component, evse=place),
            v21.VariableType(name=self.name, instance=self.instance or UNSET),
        )


def members(value: str) -> tuple[str, ...]:
    """The items of a list as it is written."""
    return tuple(item for item in (part.strip() for part in value.split(",")) if item)


def why_not(variable: Variable, value: str) -> str | None:
    """What is wrong with ``value`` for ``variable``, None where nothing is (B05.FR.07, B05.FR.08)."""
    check = _CHECKS.get(variable.kind)
    return None if check is None else check(variable, value)


def _boolean(_variable: Variable, value: str) -> str | None:
    return None if value in ("true", "false") else f"{value!r} is neither true nor false"


def _integer(variable: Variable, value: str) -> str | None:
    if not re.fullmatch(r"-?[0-9]{1,9}", value):
        return f"{value!r} is no whole number"
    return _outside(variable, int(value))


def _decimal(variable: Variable, value: str) -> str | None:
    if not re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", value):
        return f"{value!r} is no number"
    return _outside(variable, float(value))


def _outside(variable: Variable, number: float) -> str | None:
    if variable.least is not None and number < variable.least:
        return f"at least {variable.least:g} was expected"
    if variable.most is not None and number > variable.most:
        return f"at most {variable.most:g} was expected"
    return None


def _option(variable: Variable, value: str) -> str | None:
    return None if value in variable.values else f"{value!r} is none of {', '.join(variable.values)}"


def _list(variable: Variable, value: str) -> str | None:
    items = members(value)
    if len(set(items)) != len(items):
        return "each item stands once"
    unknown = [item for item in items if item not in variable.values]
    if unknown:
        return f"{unknown[0]!r} is none of {', '.join(variable.values)}"
    if variable.least is not None and len(items) < variable.least:
        return f"at least {variable.least:g} item was expected"
    return None


def _text(variable: Variable, value: str) -> str | None:
    if variable.least is not None and len(value) < variable.least:
        return f"at least {variable.least:g} characters were expected"
    if variable.most is not None and len(value) > variable.most:
        return f"at most {variable.most:g} characters were expected"
    return None


_CHECKS: Final[dict[Kind, Callable[[Variable, str], str | None]]] = {
    Kind.BOOLEAN: _boolean,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.OPTION_LIST: _option,
    Kind.MEMBER_LIST: _list,
    Kind.SEQUENCE_LIST: _list,
    Kind.STRING: _text,
}


def characteristics(variable: Variable) -> v21.VariableCharacteristicsType:
    """What a report says of a variable beside its value."""
    numeric = variable.kind in (Kind.INTEGER, Kind.DECIMAL)
    text = variable.kind is Kind.STRING
    return v21.VariableCharacteristicsType(
        data_type=variable.kind,
        supports_monitoring=False,
        unit=variable.unit or UNSET,
        min_limit=variable.least if numeric and variable.least is not None else UNSET,
        max_limit=variable.most if (numeric or text) and variable.most is not None else UNSET,
        values_list=",".join(variable.values) or UNSET,
    )
