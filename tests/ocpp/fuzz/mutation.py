"""Changes inputs as JSON, where bytes alone would never come through the reader: fields, items, values, whole frames."""

import json
import random
from contextlib import suppress
from functools import cache
from typing import Any

from tests.ocpp.fuzz.target import CASES
from tests.ocpp.payloads import VERSIONS, message_schemas

FIRST_CASE = ord("a")
NUMBERS: list[Any] = [0, -1, 1.0, 1.5, 10**30, 2**63 - 1, -(2**63), 1e308]
TIMES: list[Any] = ["2026-01-05T17:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z"]
TEXTS: list[Any] = ["", "a", "é" * 300, "\ud800", "\x00\x1b", "Accepted", "0000-00-00T00:00:00Z", "-1"]
AWKWARD: list[Any] = [None, True, *NUMBERS, *TIMES, *TEXTS, [], {}, [[]], {"": {}}, {"vendorId": "x"}]
BITS = [b"[", b"{", b'"', b"\\", b"\\u", b",", b":", b"1e999", b"\xff", b"\x00", b"]", b"}", b"\n", b"@", b"\n+\n", b"\n-\n"]


@cache
def seeds() -> tuple[bytes, ...]:
    """Valid messages of every version, asked and as answers to what we ask, with and without what is optional."""
    made = []
    for version in VERSIONS:
        cases = [number for number, case in enumerate(CASES) if case.version.name == version.upper() and not case.binary]
        for index, message in enumerate(message_schemas()[version]):
            action = message.stem.removesuffix("Request")
            for payload in (message.minimal(), message.full()):
                answer = message.stem.endswith("Response")
                frame = (
                    [3, "@", payload]
                    if answer
                    else [6 if action == message.stem and version == "v21" else 2, "a", action, payload]
                )
                case = bytes([FIRST_CASE + cases[index % len(cases)]])
                made.append(case + json.dumps(frame, ensure_ascii=False).encode())
    return tuple(made)


def mutated(data: bytes, chance: random.Random) -> bytes:
    """``data`` with one change, or a few."""
    lines = data[1:].split(b"\n")
    case = data[:1] if data and chance.random() < 0.9 else bytes([FIRST_CASE + chance.randrange(len(CASES))])
    at = chance.randrange(len(lines))
    match chance.randrange(8):
        case 0:
            lines.insert(at, chance.choice(seeds())[1:])
        case 1:
            lines.insert(at, chance.choice([b"+", b"-", b"!", b".", lines[at]]))
        case 2 if len(lines) > 1:
            del lines[at]
        case 3:
            changed = bytearray(lines[at])
            for _ in range(chance.randrange(1, 4)):
                _chew(changed, chance)
            lines[at] = bytes(changed)
        case _:
            lines[at] = _retold(lines[at], chance)
    return case + b"\n".join(lines)


def _retold(line: bytes, chance: random.Random) -> bytes:
    with suppress(ValueError, RecursionError):
        tree = json.loads(line)
        for _ in range(chance.randrange(1, 4)):
            tree = _restructured(tree, chance)
        return json.dumps(tree, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    return line


def _restructured(tree: Any, chance: random.Random) -> Any:
    """``tree`` with one place changed, somewhere in it."""
    if not isinstance(tree, list | dict) or not tree or chance.random() < 0.1:
        return chance.choice(AWKWARD)
    key: Any = chance.choice(list(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
    match chance.randrange(8):
        case 0:
            del tree[key]
        case 1 if isinstance(tree, list):
            tree.insert(key, tree[key])
        case 1 if isinstance(tree, dict):
            tree[f"{key}{key}"] = tree[key]
        case 2:
            tree[key] = chance.choice(AWKWARD)
        case 3:
            for _ in range(chance.randrange(60)):
                tree[key] = [tree[key]] if chance.random() < 0.5 else {"a": tree[key]}
        case 4:
            tree[key] = _from_a_seed(chance)
        case 5:
            tree[key] = chance.choice(_alike(tree[key]))
        case _:
            tree[key] = _restructured(tree[key], chance)
    return tree


def _alike(value: Any) -> list[Any]:
    """Awkward values that pass for one like ``value``: they come through the reader, to whoever computes with them."""
    match value:
        case bool():
            return [not value]
        case int() | float():
            return NUMBERS
        case str() if value[:2] == "20":
            return TIMES
        case str():
            return TEXTS
    return AWKWARD


def _from_a_seed(chance: random.Random) -> Any:
    """Some part of a valid message."""
    part = json.loads(chance.choice(seeds())[1:])
    while isinstance(part, list | dict) and part and chance.random() < 0.8:
        part = chance.choice(list(part.values()) if isinstance(part, dict) else part)
    return part


def _chew(data: bytearray, chance: random.Random) -> None:
    """Change some bytes."""
    at = chance.randrange(len(data) + 1)
    match chance.randrange(4):
        case 0:
            del data[at : at + chance.randrange(1, 8)]
        case 1:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 4)))
        case 2:
            data[at:at] = chance.choice(BITS)
        case _:
            data[at:at] = data[max(0, at - 20) : at] * chance.randrange(1, 50)
