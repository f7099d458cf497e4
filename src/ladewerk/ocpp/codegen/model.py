"""What the generator knows of one OCPP version: structs, enums and actions, free of JSON schema and of Python text."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class SchemaError(Exception):
    """A schema says something the generator has no rule for; the text names the file and the place."""


class Kind(Enum):
    """The simple types of a field."""

    TEXT = "string"
    URI = "URI"
    WHOLE = "integer"
    NUMBER = "number"
    FLAG = "boolean"
    TIME = "date-time"
    FREE = "any JSON value"
    CUSTOM = "CustomData"


@dataclass(frozen=True, slots=True)
class Simple:
    """A value without fields. ``low`` and ``high`` bound a number, ``high`` alone the length of a text."""

    kind: Kind
    low: float | None = None
    high: float | None = None
    step: float | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """A struct or an enum of the same version, by its class name."""

    name: str


@dataclass(frozen=True, slots=True)
class Items:
    """An array of ``of``, with bounds on the number of items."""

    of: "Simple | Named"
    low: int | None = None
    high: int | None = None


FieldType = Simple | Named | Items


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name on the wire and in Python, its type, and whether it must be there."""

    wire: str
    name: str
    type: FieldType
    required: bool

    def uses(self) -> str | None:
        """The class this field's type needs to be defined before it."""
        kind = self.type.of if isinstance(self.type, Items) else self.type
        return kind.name if isinstance(kind, Named) else None


@dataclass(frozen=True, slots=True)
class Struct:
    """An object with its fields, the required ones first."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """An enum: (member name, value on the wire) in the schema's order."""

    name: str
    members: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One action; ``response`` is None where nothing answers it."""

    action: str
    request: Struct
    response: Struct | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Everything one version can say."""

    choices: Mapping[str, Choice]
    structs: Mapping[str, Struct]
    exchanges: tuple[Exchange, ...]
