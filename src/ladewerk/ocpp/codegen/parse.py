"""From JSON schemas to the model: every keyword is understood or refused, none is skipped in silence."""

from collections.abc import Mapping
from typing import Any

from ladewerk.ocpp.codegen import names
from ladewerk.ocpp.codegen.model import (
    Choice,
    Exchange,
    Field,
    FieldType,
    Items,
    Kind,
    Named,
    SchemaError,
    Simple,
    Struct,
    Vocabulary,
)
from ladewerk.ocpp.codegen.schemas import Schema

_CUSTOM_DATA = "CustomDataType"
# Said about a schema, not about the payload. `default` binds the reader's program, not the wire.
_REMARKS = {"$schema", "$id", "id", "title", "comment", "description", "javaType", "definitions", "default"}
_KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems", "additionalItems"},
    "string": {"maxLength", "format", "enum", "additionalProperties"},
    "integer": {"minimum", "maximum"},
    "number": {"minimum", "maximum", "multipleOf"},
    "boolean": set(),
    None: set(),
}
_FORMATS = {None: Kind.TEXT, "date-time": Kind.TIME, "uri": Kind.URI}


def vocabulary(schemas: Mapping[str, Schema]) -> Vocabulary:
    """The model of one version from its schemas by file name (``AuthorizeRequest`` or 1.6's ``Authorize``)."""
    parser = _Parser()
    exchanges = [parser.exchange(stem, schemas) for stem in sorted(schemas) if not stem.endswith("Response")]
    answered = {f"{exchange.action}Response" for exchange in exchanges if exchange.response}
    orphans = sorted(stem for stem in schemas if stem.endswith("Response") and stem not in answered)
    if orphans:
        raise SchemaError(f"{orphans[0]}.json answers a request that has no schema")
    return Vocabulary(parser.choices, parser.structs, tuple(exchanges))


class _Parser:
    """Collects the types of one version while it walks its messages; a type is finished before one that uses it."""

    def __init__(self) -> None:
        self.choices: dict[str, Choice] = {}
        self.structs: dict[str, Struct] = {}
        self._action = ""
        self._definitions: Mapping[str, Schema] = {}
        self._open: list[str] = []

    def exchange(self, stem: str, schemas: Mapping[str, Schema]) -> Exchange:
        """The request in file ``stem`` and its response; a file with neither ending nor response is a SEND."""
        action = stem.removesuffix("Request")
        self._action = action
        answer = schemas.get(f"{action}Response")
        one_way = answer is None and stem == action
        if answer is None and not one_way:
            raise SchemaError(f"{stem}.json has no {action}Response.json")
        response = None if answer is None else self._message(f"{action}Response", answer)
        return Exchange(action, self._message(action if one_way else f"{action}Request", schemas[stem]), response)

    def _message(self, name: str, schema: Schema) -> Struct:
        self._definitions = schema.get("definitions", {})
        return Struct(name, self._fields(name, schema))

    def _fields(self, owner: str, schema: Schema) -> tuple[Field, ...]:
        _check_keywords(owner, schema)
        if schema.get("type") != "object" or schema.get("additionalProperties") is not False:
            raise SchemaError(f"{owner}: expected an object without additional properties")
        required = set(schema.get("required", ()))
        fields = [
            Field(wire, names.attribute(wire), self._type(owner, wire, inner), wire in required)
            for wire, inner in schema.get("properties", {}).items()
        ]
        unknown = required - {field.wire for field in fields}
        if unknown:
            raise SchemaError(f"{owner}: requires {sorted(unknown)} but does not describe it")
        if len({field.name for field in fields}) != len(fields):
            raise SchemaError(f"{owner}: two fields get the same Python name")
        return tuple(sorted(fields, key=lambda field: (field.wire == "customData", not field.required)))

    def _type(self, owner: str, wire: str, schema: Schema) -> FieldType:
        place = f"{owner}.{wire}"
        if "$ref" in schema:
            return self._definition(schema["$ref"].rpartition("/")[2], place)
        _check_keywords(place, schema)
        match schema.get("type"):
            case "object":
                return self._named(names.nested(owner, wire), schema)
            case "array":
                of = self._type(owner, wire, schema["items"])
                if isinstance(of, Items):
                    raise SchemaError(f"{place}: an array of arrays")
                return Items(of, schema.get("minItems"), schema.get("maxItems"))
            case "string" if "enum" in schema:
                return self._named(names.nested(owner, wire), schema)
            case "string":
                return Simple(_known_format(place, schema), high=schema.get("maxLength"))
            case "integer":
                return Simple(Kind.WHOLE, schema.get("minimum"), schema.get("maximum"))
            case "number":
                return Simple(Kind.NUMBER, schema.get("minimum"), schema.get("maximum"), schema.get("multipleOf"))
            case "boolean":
                return Simple(Kind.FLAG)
            case None:
                return Simple(Kind.FREE)
        raise SchemaError(f"{place}: no rule for type {schema['type']!r}")

    def _definition(self, name: str, place: str) -> FieldType:
        if name == _CUSTOM_DATA:
            return Simple(Kind.CUSTOM)
        if name not in self._definitions:
            raise SchemaError(f"{place}: refers to {name}, which is not defined")
        return self._named(name, self._definitions[name])

    def _named(self, name: str, schema: Schema) -> Named:
        """The struct or enum ``name``; where two messages differ in it, the later one's has the action before its name."""
        if name in self._open:
            raise SchemaError(f"{name} contains itself")
        self._open.append(name)
        if "enum" in schema:
            _check_keywords(name, schema)
            named = self._add(self.choices, Choice(name, _members(name, schema["enum"])))
        else:
            named = self._add(self.structs, Struct(name, self._fields(name, schema)))
        self._open.pop()
        return named

    def _add(self, known: dict[str, Any], found: Any) -> Named:
        for name in (found.name, self._action + found.name):
            candidate = type(found)(name, *_content(found))
            if known.setdefault(name, candidate) == candidate:
                return Named(name)
        raise SchemaError(f"{self._action}: two different types are called {found.name}")


def _content(found: Struct | Choice) -> tuple[object, ...]:
    return (found.fields,) if isinstance(found, Struct) else (found.members,)


def _members(name: str, values: list[str]) -> tuple[tuple[str, str], ...]:
    members = tuple((names.member(value), value) for value in values)
    if len({member for member, _ in members}) != len(values):
        raise SchemaError(f"{name}: two values get the same Python name")
    return members


def _known_format(place: str, schema: Schema) -> Kind:
    kind = _FORMATS.get(schema.get("format"))
    if kind is None:
        raise SchemaError(f"{place}: no rule for format {schema['format']!r}")
    return kind


def _check_keywords(place: str, schema: Schema) -> None:
    kind = schema.get("type")
    if kind not in _KEYWORDS:
        raise SchemaError(f"{place}: no rule for type {kind!r}")
    unknown = set(schema) - _KEYWORDS[kind] - _REMARKS - {"type"}
    if unknown:
        raise SchemaError(f"{place}: no rule for {', '.join(sorted(unknown))}")
