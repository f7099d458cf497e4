"""Payloads made from the official schemas: what is valid by them, and what is just not."""

import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from ladewerk.ocpp.codegen import schemas

Path = tuple[str | int, ...]
TIME = "2024-01-17T18:00:00.123Z"


@dataclass(frozen=True)
class Mutant:
    """A payload with one thing changed; ``change`` says what, ``path`` where."""

    change: str
    path: Path
    payload: dict[str, Any]


@dataclass(frozen=True)
class MessageSchema:
    """One official schema, and the payloads that can be made from it."""

    version: str
    stem: str
    schema: dict[str, Any]

    def minimal(self) -> dict[str, Any]:
        """Only what is required."""
        made: dict[str, Any] = self._value(self.schema, full=False)
        return made

    def full(self) -> dict[str, Any]:
        """Every field, one item in every array."""
        made: dict[str, Any] = self._value(self.schema, full=True)
        return made

    def mutants(self, per_change: int) -> list[Mutant]:
        """At most ``per_change`` places for each sort of change to the full payload, the same ones every time."""
        by_change: dict[str, list[tuple[Path, Any]]] = {}
        for change, path, value in self._changes((), self.schema):
            by_change.setdefault(change, []).append((path, value))
        chance = random.Random(self.stem)
        full = self.full()
        return [
            Mutant(change, path, _changed(full, path, value))
            for change, places in sorted(by_change.items())
            for path, value in chance.sample(places, min(per_change, len(places)))
        ]

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self.schema["definitions"][schema["$ref"].rpartition("/")[2]]
        return schema

    def _value(self, schema: dict[str, Any], *, full: bool) -> Any:
        schema = self._resolved(schema)
        if "enum" in schema:
            return schema["enum"][-1]
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                fields = schema.get("properties", {})
                return {name: self._value(inner, full=full) for name, inner in fields.items() if full or name in required}
            case "array":
                return [self._value(schema["items"], full=full)] * max(1, schema.get("minItems", 1))
            case "integer":
                return int(schema.get("maximum", 3))
            case "number":
                return schema.get("minimum", min(schema.get("maximum", 1.5), 1.5))
            case "boolean":
                return True
            case "string":
                formats = {"date-time": TIME, "uri": "ftp://example.org/logs"}
                return formats.get(schema.get("format", ""), "ü" * min(schema.get("maxLength", 7), 7))
        return {"free": [1, None, "x"]}

    def _changes(self, path: Path, schema: dict[str, Any]) -> Iterator[tuple[str, Path, Any]]:
        """(what, where, the value to put there; ABSENT takes it away) for everything in the full payload."""
        schema = self._resolved(schema)
        if path and schema.get("type"):
            yield "null", path, None
            yield "wrong type", path, 7 if schema["type"] in ("string", "object", "array", "boolean") else "7"
        if "enum" in schema:
            yield "wrong enum", path, schema["enum"][0] + "x"
            yield "other enum", path, schema["enum"][0]
            return
        match schema.get("type"):
            case "object":
                yield from self._object_changes(path, schema)
            case "array":
                item = self._value(schema["items"], full=False)
                yield "no items", path, []
                yield "many items", path, [item] * int(schema.get("maxItems", 5))
                if "maxItems" in schema:
                    yield "too many items", path, [item] * (schema["maxItems"] + 1)
                yield from self._changes((*path, 0), schema["items"])
            case "integer" | "number":
                yield from _number_changes(path, schema)
            case "string":
                yield from _text_changes(path, schema)

    def _object_changes(self, path: Path, schema: dict[str, Any]) -> Iterator[tuple[str, Path, Any]]:
        yield "unknown field", (*path, "unknownField"), 1
        for name, inner in schema.get("properties", {}).items():
            yield ("drop required" if name in schema.get("required", ()) else "drop optional"), (*path, name), ABSENT
            yield from self._changes((*path, name), inner)


ABSENT = object()


def _number_changes(path: Path, schema: dict[str, Any]) -> Iterator[tuple[str, Path, Any]]:
    yield "boolean number", path, True
    yield "big number", path, 10**12
    yield "negative number", path, -1
    for bound, beyond in (("minimum", -1), ("maximum", 1)):
        if bound in schema:
            yield "at the bound", path, int(schema[bound])
            yield "out of range", path, int(schema[bound]) + beyond
    if schema["type"] == "integer":
        yield "fraction", path, 1.5
        yield "whole float", path, 1.0
    else:
        yield "whole number", path, int(schema.get("minimum", 0))
    if "multipleOf" in schema:
        yield "one decimal", path, 21.4
        yield "two decimals", path, 21.45


def _text_changes(path: Path, schema: dict[str, Any]) -> Iterator[tuple[str, Path, Any]]:
    yield "empty text", path, ""
    if "maxLength" in schema:
        yield "longest text", path, "€" * schema["maxLength"]
        yield "too long", path, "𝄞" * (schema["maxLength"] + 1)
    if schema.get("format") == "date-time":
        yield from (("time " + text, path, text) for text in TIMES)
    if schema.get("format") == "uri":
        yield from (("uri " + text, path, text) for text in ("example.org", "http://a b", "https://a/b?c=%20", "1http://a"))


TIMES = (
    "foo",
    "2024-01-17",
    "2024-01-17T18:00:00",
    "2024-01-17T18:00Z",
    "2024-02-30T18:00:00Z",
    "2024-01-17T24:00:00Z",
    "2024-01-17T18:00:60Z",
    "2024-01-17T18:00:00+25:00",
    "2024-01-17T18:00:00+0200",
    "2024-01-17 18:00:00Z",
    "2024-01-17T18:00:00,5Z",
    "2024-01-17T18:00:00.123456789+05:30",
    "2024-01-17t18:00:00z",
)


def _changed(payload: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    changed = deepcopy(payload)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    if value is ABSENT:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return changed


@pytest.fixture(scope="session")
def message_schemas() -> dict[str, list[MessageSchema]]:
    """Every official schema, by version folder."""
    folder = schemas.packaged()
    return {
        version: [MessageSchema(version, stem, schema) for stem, schema in schemas.read(folder, version).items()]
        for version in ("v16", "v201", "v21")
    }
