"""What may be forgiven a station that bends the rules: strict reading comes first, and what was forgiven is told.

A payload that its class refuses is put right where a rule allows it and read again; if it is still not valid, it is refused
as if nothing had been tried. What is valid is never touched.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import inspect
from msgspec.structs import replace

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.messages import Payload, decode, read_tree

P = TypeVar("P", bound=Payload)

Step = str | int


class Rule(StrEnum):
    """What can be forgiven."""

    NAIVE_TIME = "a time without an offset is UTC"
    WHOLE_FLOAT = "1.0 is 1"
    UNKNOWN_KEY = "an unknown key is left out"
    NULL = "null is absent, where absent is allowed"
    CUT_LONG_TEXT = "a text that is too long is cut"
    KEEP_LONG_TEXT = "a text that is too long is kept"


EVERYTHING: frozenset[Rule] = frozenset(Rule) - {Rule.CUT_LONG_TEXT}
"""All of them; a text is kept, since a part of an identifier may be another identifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leniency:
    """What one station is forgiven: ``rules``, or those that ``actions`` has for an action by its name on the wire."""

    rules: frozenset[Rule] = EVERYTHING
    actions: Mapping[str, frozenset[Rule]] = field(default_factory=dict)

    def rules_for(self, action: str) -> frozenset[Rule]:
        return self.actions.get(action, self.rules)


@dataclass(frozen=True, slots=True)
class Forgiven:
    """One thing that was forgiven, at a JSON path; ``text`` is what was too long."""

    path: str
    rule: Rule
    steps: tuple[Step, ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgiveness:
    """What was forgiven in the payload of one message."""

    action: str
    items: tuple[Forgiven, ...]


def forgive(kind: type[Payload], payload: bytes, rules: frozenset[Rule]) -> tuple[bytes, tuple[Forgiven, ...]]:
    """``payload`` as it can be read as ``kind``, and what had to be forgiven; as it came where nothing helps."""
    try:
        decode(kind, payload)
    except RemoteProtocolError:
        pass
    else:
        return payload, ()
    try:
        tree = read_tree(payload)
        items = tuple(_mended(tree, _described(kind), rules, ()))
        mended = msgspec.json.encode(tree)
        decode(kind, mended)
    except RemoteProtocolError:
        return payload, ()
    return mended, items


def put_back(read: P, items: tuple[Forgiven, ...]) -> tuple[P, tuple[Forgiven, ...]]:
    """``read`` with the whole of each text that is to be kept; where it has no such place the text stays cut."""
    told = []
    for item in items:
        if item.rule is Rule.KEEP_LONG_TEXT:
            try:
                read = _with_text(read, item.steps, item.text)
            except LookupError:
                item = Forgiven(item.path, Rule.CUT_LONG_TEXT, item.steps, item.text)
        told.append(item)
    return read, tuple(told)


def _with_text(place: Any, steps: tuple[Step, ...], text: str) -> Any:
    """``place`` with ``text`` at ``steps``; LookupError where there is no beginning of it."""
    if not steps:
        if not isinstance(place, str) or not text.startswith(place):
            raise LookupError(text)
        return text
    step, further = steps[0], steps[1:]
    if isinstance(place, tuple) and isinstance(step, int):
        inner = _with_text(place[step], further, text)
        return (*place[:step], inner, *place[step + 1 :])
    if isinstance(place, msgspec.Struct) and step in place.__struct_encode_fields__:
        name = place.__struct_fields__[place.__struct_encode_fields__.index(str(step))]
        return replace(place, **{name: _with_text(getattr(place, name), further, text)})
    raise LookupError(step)


@cache
def _described(kind: type[Payload]) -> inspect.Type:
    return inspect.type_info(kind)


def _mended(place: Any, kind: inspect.Type, rules: frozenset[Rule], steps: tuple[Step, ...]) -> Iterator[Forgiven]:
    """Put right what stands inside ``place``, and tell of it."""
    if isinstance(kind, inspect.StructType) and isinstance(place, dict):
        fields = {known.encode_name: known for known in kind.fields}
        for key in list(place):
            known = fields.get(key)
            if known is None:
                if Rule.UNKNOWN_KEY in rules:
                    del place[key]
                    yield _forgiven(Rule.UNKNOWN_KEY, (*steps, key))
            elif place[key] is None and not known.required and not isinstance(known.type, inspect.AnyType):
                if Rule.NULL in rules:
                    del place[key]
                    yield _forgiven(Rule.NULL, (*steps, key))
            else:
                yield from _mended_value(place, key, known.type, rules, steps)
    elif isinstance(kind, inspect.VarTupleType) and isinstance(place, list):
        for index in range(len(place)):
            yield from _mended_value(place, index, kind.item_type, rules, steps)


def _mended_value(
    holder: Any, step: Step, kind: inspect.Type, rules: frozenset[Rule], steps: tuple[Step, ...]
) -> Iterator[Forgiven]:
    value, here = holder[step], (*steps, step)
    for accepted, mend in _MENDERS:
        if isinstance(kind, accepted):
            mended = mend(value, kind, rules)
            if mended is not None:
                holder[step], rule = mended
                yield _forgiven(rule, here, value if isinstance(value, str) else "")
            return
    yield from _mended(value, kind, rules, here)


def _mended_text(value: object, kind: Any, rules: frozenset[Rule]) -> tuple[object, Rule] | None:
    if isinstance(value, str) and kind.max_length is not None and len(value) > kind.max_length:
        for rule in (Rule.KEEP_LONG_TEXT, Rule.CUT_LONG_TEXT):
            if rule in rules:
                return value[: kind.max_length], rule
    return None


def _mended_integer(value: object, kind: Any, rules: frozenset[Rule]) -> tuple[object, Rule] | None:
    del kind
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 and Rule.WHOLE_FLOAT in rules:
        return int(value), Rule.WHOLE_FLOAT
    return None


_WITHOUT_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)


def _mended_time(value: object, kind: Any, rules: frozenset[Rule]) -> tuple[object, Rule] | None:
    del kind
    if isinstance(value, str) and _WITHOUT_OFFSET.fullmatch(value) and Rule.NAIVE_TIME in rules:
        return value + "Z", Rule.NAIVE_TIME
    return None


_Mender = Callable[[object, Any, frozenset[Rule]], tuple[object, Rule] | None]
_MENDERS: tuple[tuple[type[inspect.Type], _Mender], ...] = (
    (inspect.StrType, _mended_text),
    (inspect.IntType, _mended_integer),
    (inspect.DateTimeType, _mended_time),
)


def _forgiven(rule: Rule, steps: tuple[Step, ...], text: str = "") -> Forgiven:
    path = "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return Forgiven(path, rule, steps, text)
