"""Payloads made from the official schemas: what is valid by them, and what is just not, at every depth."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from ladewerk.ocpp.codegen import schemas
from tests.ocpp.awkward import NEGATIVE, TEXTS, TIMES, URIS, WHOLE

Path = tuple[str | int, ...]
VERSIONS = ("v16", "v201", "v21")
ABSENT = object()
"""Put somewhere, it takes away what is there."""

TIME = "2024-01-17T18:00:00.123Z"

EXTREMES: dict[str, tuple[Any, ...]] = {
    "date-time": (
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ),
    "integer": (0, -1, 400, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), 2**63, 10**30),
    "number": (0, -1, 5e-324, 1e308, -1e308, 10**300),
    "string": ("", "\x00", "1e308", "-1e400", "nan", "9" * 40),
}


class Wire(str):
    """Put somewhere, it is written as it stands: what no JSON library writes."""

    __slots__ = ()


@dataclass(frozen=True)
class Mutant:
    """A payload as JSON; ``change`` says what was done to it, ``path`` where. Two changes have a plus between them."""

    change: str
    path: Path
    text: str

    @property
    def payload(self) -> Any:
        """What a reader that takes everything makes of it."""
        return json.loads(self.text)


@dataclass(frozen=True)
class _Change:
    """One thing that can be changed in the full payload."""

    name: str
    path: Path
    value: Any

    @property
    def sort(self) -> str:
        """What stands before the example, if the name has one."""
        return self.name.partition(" '")[0]


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

    def valid(self, number: int) -> Iterator[Mutant]:
        """``number`` valid payloads, the same ones every time: optional fields there or not, other words, other lengths."""
        chance = random.Random(f"{self.version} {self.stem} valid")
        for which in (self.minimal(), self.full()):
            yield Mutant("valid", (), json.dumps(which))
        for _ in range(number - 2):
            yield Mutant("valid", (), json.dumps(self._drawn(self.schema, chance)))

    def extremes(self) -> Iterator[Mutant]:
        """The full payload with one value as far out as its type goes: valid, and hard to compute with."""
        full = self.full()
        for path, kind in self._leaves((), self.schema):
            yield from (Mutant("extreme", path, json.dumps(_put(full, path, value))) for value in EXTREMES[kind])

    def _leaves(self, path: Path, schema: dict[str, Any]) -> Iterator[tuple[Path, str]]:
        schema = self._resolved(schema)
        kind = schema.get("format", schema.get("type"))
        if kind == "object":
            for name, inner in schema.get("properties", {}).items():
                yield from self._leaves((*path, name), inner)
        elif kind == "array":
            yield from self._leaves((*path, 0), schema["items"])
        elif kind in EXTREMES and "enum" not in schema:
            yield path, kind

    def mutants(self, at_least: int) -> Iterator[Mutant]:
        """Payloads with a change, the same ones every time: each sort of change at each depth at which it can be made.

        Where they are fewer than ``at_least`` more places follow, and then payloads with two changes.
        """
        chance = random.Random(f"{self.version} {self.stem}")
        full = self.full()
        places: dict[tuple[str, int], list[_Change]] = {}
        for change in self._changes((), self.schema):
            places.setdefault((change.sort, len(change.path)), []).append(change)
        for changes in places.values():
            chance.shuffle(changes)
        made = 0
        while places and made < at_least:
            for sort in sorted(places):
                change = places[sort].pop()
                if not places[sort]:
                    del places[sort]
                yield Mutant(change.name, change.path, _written(_changed(full, change)))
                made += 1
        singles = list(self._changes((), self.schema))
        while made < at_least:
            first, second = chance.sample(singles, 2)
            if not _meet(first.path, second.path):
                yield Mutant(f"{first.name} + {second.name}", first.path, _written(_changed(_changed(full, first), second)))
                made += 1

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

    def _drawn(self, schema: dict[str, Any], chance: random.Random) -> Any:
        """Any valid value."""
        schema = self._resolved(schema)
        if "enum" in schema:
            return chance.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                required = schema.get("required", ())
                fields = schema.get("properties", {}).items()
                return {
                    name: self._drawn(inner, chance) for name, inner in fields if name in required or chance.random() < 0.4
                }
            case "array":
                low = schema.get("minItems", 0)
                number = chance.randint(low, min(schema.get("maxItems", low + 3), low + 3))
                return [self._drawn(schema["items"], chance) for _ in range(number)]
            case "integer":
                return chance.randint(int(schema.get("minimum", -5)), int(schema.get("maximum", 100_000)))
            case "number":
                tenths = chance.randint(int(schema.get("minimum", -50)), int(schema.get("maximum", 500)))
                return float(tenths)
            case "boolean":
                return chance.random() < 0.5
            case "string" if "format" not in schema:
                longest = min(schema.get("maxLength", 20), 20)
                return "".join(chance.choice('aZ0 ä€𝄞"\\/\n') for _ in range(chance.randint(0, longest)))
        return self._value(schema, full=True)

    def _changes(self, path: Path, schema: dict[str, Any]) -> Iterator[_Change]:
        """Everything that can be done to the full payload at ``path`` and further in."""
        schema = self._resolved(schema)
        if schema.get("type"):
            yield from _type_changes(path, schema)
        if "enum" in schema:
            yield from _enum_changes(path, schema["enum"])
            return
        match schema.get("type"):
            case "object":
                yield from self._object_changes(path, schema)
            case "array":
                yield from self._array_changes(path, schema)
            case "integer" | "number":
                yield from _number_changes(path, schema)
            case "string":
                yield from _text_changes(path, schema)
            case None:
                free: tuple[Any, ...] = (None, 1.0, [], {"a": {"b": [[]]}}, "\x00")
                yield from (_Change("free value", path, value) for value in free)
                yield _Change("NaN", path, [float("nan")])

    def _object_changes(self, path: Path, schema: dict[str, Any]) -> Iterator[_Change]:
        fields = schema.get("properties", {})
        # The datatype for a vendor's own data is the only one that takes any field.
        what = "unknown field" if schema.get("additionalProperties") is False else "vendor field"
        for name, value in (("unknownField", 1), ("", None), ("$", {}), ("__class__", []), ("type", "x")):
            if name not in fields:
                yield _Change(what, (*path, name), value)
        for name, inner in fields.items():
            for other in (name.upper(), name.lower(), f"{name} ", name[:1].upper() + name[1:], _snake(name)):
                if other not in fields:
                    yield _Change(f"{what} spelled alike", (*path, other), self._value(inner, full=False))
            yield _Change("drop required" if name in schema.get("required", ()) else "drop optional", (*path, name), ABSENT)
            yield from self._changes((*path, name), inner)
        if fields:
            yield _Change("no fields", path, {})
            first = next(iter(fields))
            twice = ", ".join(
                f'"{first}": {json.dumps(value)}'
                for value in (_other_type(fields[first]), self._value(fields[first], full=False))
            )
            yield _Change("field twice", path, Wire("{" + twice + "}"))

    def _array_changes(self, path: Path, schema: dict[str, Any]) -> Iterator[_Change]:
        item = self._value(schema["items"], full=False)
        low, high = schema.get("minItems", 0), schema.get("maxItems")
        yield _Change("no items", path, [])
        yield _Change("many items", path, [item] * int(high or 5))
        if low > 1:
            yield _Change("too few items", path, [item] * (low - 1))
        if high is not None:
            yield _Change("too many items", path, [item] * (high + 1))
        yield _Change("null among items", path, [item, None][-(high or 2) :])
        yield _Change("items in items", path, [[item]])
        yield _Change("item for items", path, item)
        yield from self._changes((*path, 0), schema["items"])


def _type_changes(path: Path, schema: dict[str, Any]) -> Iterator[_Change]:
    kinds: dict[str, Any] = {"object": {}, "array": [], "integer": 7, "number": 7.5, "boolean": False, "string": "7"}
    yield _Change("null" if path else "null for a payload", path, None)
    for kind, value in kinds.items():
        alike = {kind, schema["type"]} == {"integer", "number"}
        if kind != schema["type"] and not alike:
            yield _Change(f"{kind} for {schema['type']}", path, value)


def _enum_changes(path: Path, words: list[str]) -> Iterator[_Change]:
    first, last = words[0], words[-1]
    yield _Change("other word", path, first)
    for wrong in (first + "x", first[:-1], first.swapcase(), f" {first}", "", f"{first},{last}"):
        if wrong not in words:
            yield _Change("wrong word", path, wrong)


def _number_changes(path: Path, schema: dict[str, Any]) -> Iterator[_Change]:
    yield _Change("boolean number", path, True)
    for value in (*WHOLE, *NEGATIVE):
        fits = schema["type"] == "number" or -(2**63) <= value < 2**63
        yield _Change(("negative number" if value < 0 else "whole number") if fits else "beyond 64 bits", path, value)
    for bound, beyond in (("minimum", -1), ("maximum", 1)):
        if bound in schema:
            yield _Change("at the bound", path, int(schema[bound]))
            yield _Change("out of range", path, int(schema[bound]) + beyond)
            yield _Change("far out of range", path, int(schema[bound]) + beyond * 10**12)
    for name, text in (("NaN", "NaN"), ("Infinity", "Infinity"), ("Infinity", "-Infinity"), ("Infinity", "1e400")):
        yield _Change(name, path, Wire(text))
    if schema["type"] == "integer":
        yield _Change("fraction", path, 1.5)
        yield _Change("whole float", path, Wire("1.0"))
        yield _Change("whole float", path, Wire("1e0"))
        yield _Change("minus zero", path, Wire("-0"))
    else:
        yield from (_Change("fraction", path, value) for value in (0.1, -0.5, 1e-300, 1e300))
    if "multipleOf" in schema:
        yield from (_Change("one decimal", path, value) for value in (21.4, 0.3, 32.2, 16.1))
        yield from (_Change("two decimals", path, value) for value in (21.45, 0.05, 0.01))


def _text_changes(path: Path, schema: dict[str, Any]) -> Iterator[_Change]:
    if "maxLength" in schema:
        yield _Change("longest text", path, "€" * schema["maxLength"])
        yield _Change("too long", path, "𝄞" * (schema["maxLength"] + 1))
        yield _Change("far too long", path, "a" * (schema["maxLength"] + 1000))
    yield _Change("half a pair", path, "\ud800")
    match schema.get("format"):
        case "date-time":
            yield from (_Change(f"time {text!r}", path, text) for text in TIMES)
        case "uri":
            yield from (_Change(f"uri {text!r}", path, text) for text in URIS)
        case _:
            yield from (_Change("any text", path, text[: schema.get("maxLength")]) for text in TEXTS)


def _other_type(schema: dict[str, Any]) -> Any:
    return 7 if schema.get("type") in ("string", "object", "array", "boolean", None) else "7"


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _meet(one: Path, other: Path) -> bool:
    """One of the places is in the other."""
    return all(step == also for step, also in zip(one, other, strict=False))


def _changed(payload: Any, change: _Change) -> Any:
    """``payload`` with the change made, shared with the original where nothing was changed."""
    if not change.path:
        return change.value
    return _put(payload, change.path, change.value)


def _put(place: Any, path: Path, value: Any) -> Any:
    copied = place.copy()
    step = path[0]
    if len(path) > 1:
        copied[step] = _put(place[step], path[1:], value)
    elif value is ABSENT:
        del copied[step]
    else:
        copied[step] = value
    return copied


def _written(payload: Any) -> str:
    """``payload`` as JSON, with what is to be written as it stands."""
    raw: list[str] = []

    def marked(value: Any) -> Any:
        if isinstance(value, Wire):
            raw.append(value)
            return f"\x00wire {len(raw) - 1}\x00"
        if isinstance(value, dict):
            return {key: marked(inner) for key, inner in value.items()}
        return [marked(inner) for inner in value] if isinstance(value, list) else value

    text = json.dumps(marked(payload))
    for number, said in enumerate(raw):
        text = text.replace(json.dumps(f"\x00wire {number}\x00"), said)
    return text


@cache
def message_schemas() -> dict[str, list[MessageSchema]]:
    """Every official schema, by version folder."""
    folder = schemas.packaged()
    return {
        version: [MessageSchema(version, stem, schema) for stem, schema in schemas.read(folder, version).items()]
        for version in VERSIONS
    }
