"""What every OCPP message is made of: the bases of the generated classes, and the checked way to and from JSON.

The generated constructors check nothing: a payload is checked when it is read (:func:`decode`) and, the same way, when it
is written (:func:`encode` reads back what it wrote), so nothing invalid enters or leaves. Times go out in UTC with
milliseconds; OCPP 2.1 part 2 allows no more than three decimal places.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from ladewerk.errors import LocalProtocolError, RemoteProtocolError

R = TypeVar("R", bound="Payload")
P = TypeVar("P", bound="Payload")

# A CALLERROR's description has at most 255 characters (Part 4, 4.2.3).
_DESCRIPTION_LIMIT = 255
_VENDOR_ID_LIMIT = 255


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Base of every generated class: frozen, keywords only, camelCase on the wire; unknown fields are refused."""


class Request(Payload, Generic[R], frozen=True, kw_only=True):
    """A CALL's payload; ``R`` is the class of the answer, so that a call is typed by its request."""


class OneWay(Payload, frozen=True, kw_only=True):
    """A SEND's payload (OCPP 2.1): nothing answers it."""


class CustomData(dict[str, Any]):
    """A vendor's own data: ``vendorId`` (at most 255 characters) and whatever else the vendor likes, all kept."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a version; ``response`` is None for a SEND."""

    name: str
    request: type[Payload]
    response: type[Payload] | None


def decode(kind: type[P], payload: bytes | str) -> P:
    """Read ``payload`` as ``kind``, or raise RemoteProtocolError with the neutral code and the JSON path."""
    # Part 4, 4.1.2: an empty payload may come as null.
    read: P = _read(_decoder(kind), "{}" if payload in (b"null", "null") else payload)
    return read


def read_tree(payload: bytes | str) -> Any:
    """Read ``payload`` as plain JSON, with the same refusals as :func:`decode`."""
    return _read(_TREE, payload)


def encode(payload: Payload) -> bytes:
    """Write ``payload`` as JSON and check it by reading it back; LocalProtocolError if its class forbids it."""
    kind = type(payload)
    wire = write(payload)
    try:
        decode(kind, wire)
    except RemoteProtocolError as err:
        hint = " (NaN and infinity have no form in JSON)" if "got `null`" in err.description else ""
        raise LocalProtocolError(f"{kind.__name__} {err.description}{hint}") from err
    return wire


def write(payload: Payload) -> bytes:
    """Write ``payload`` as JSON without checking it against its class; :class:`LocalProtocolError` if JSON cannot say it."""
    try:
        tree = msgspec.to_builtins(payload, builtin_types=(datetime,), str_keys=True)
        _finish(tree, _places(type(payload)), "$")
        return msgspec.json.encode(tree)
    except (TypeError, ValueError, RecursionError) as err:
        raise LocalProtocolError(f"{type(payload).__name__}: {err}") from err


def check_multiple(name: str, value: float | msgspec.UnsetType, step: float) -> None:
    """Raise ValueError unless ``value`` is a whole multiple of ``step``, as far as binary fractions can tell."""
    if isinstance(value, int | float) and abs(value / step - round(value / step)) > 1e-6:
        raise ValueError(f"{name} {value} is not a multiple of {step}")


def wire_time(moment: datetime) -> str:
    """``moment`` as OCPP wants it: UTC, milliseconds (cut, not rounded), ``Z``. A moment without an offset keeps none."""
    if moment.utcoffset() is None:
        return moment.isoformat(timespec="milliseconds")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Leaf(Enum):
    """A place in a payload where writing needs a hand."""

    TIME = auto()
    FREE = auto()


_Places = tuple[tuple[str, "_Leaf | _Places"], ...]


_TREE = msgspec.json.Decoder()


def _read(decoder: msgspec.json.Decoder[Any], payload: bytes | str) -> Any:
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as err:
        raise _violation(str(err)) from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise _refusal("FormatViolation", "$", str(err)) from err
    except RecursionError as err:
        raise _refusal("FormatViolation", "$", "nested too deeply") from err


@cache
def _decoder(kind: type[Payload]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind, dec_hook=_read_custom_data)


@cache
def _places(kind: type[Payload]) -> _Places:
    """Where in ``kind`` a time or free JSON may stand, by wire name: the rest of a payload needs no walk."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return _places_in(described)


def _places_in(described: inspect.StructType) -> _Places:
    found: list[tuple[str, _Leaf | _Places]] = []
    for field in described.fields:
        kind = field.type
        if isinstance(kind, inspect.VarTupleType):
            kind = kind.item_type
        if isinstance(kind, inspect.DateTimeType):
            found.append((field.encode_name, _Leaf.TIME))
        elif isinstance(kind, inspect.AnyType | inspect.CustomType):
            found.append((field.encode_name, _Leaf.FREE))
        elif isinstance(kind, inspect.StructType):
            inner = _places_in(kind)
            if inner:
                found.append((field.encode_name, inner))
    return tuple(found)


def _finish(tree: dict[str, Any], places: _Places, path: str) -> None:
    """Put times into their wire form and refuse free values that JSON has no form for, in place."""
    for name, place in places:
        if name not in tree:
            continue
        value = tree[name]
        if place is _Leaf.FREE:
            _check_free(value, f"{path}.{name}")
        elif place is _Leaf.TIME:
            if isinstance(value, datetime):
                tree[name] = wire_time(value)
        else:
            assert isinstance(place, tuple)
            for item in value if isinstance(value, list | tuple) else (value,):
                if isinstance(item, dict):
                    _finish(item, place, f"{path}.{name}")


def _check_free(value: object, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{path}: {value} has no form in JSON")
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_free(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            _check_free(inner, f"{path}[{index}]")


def _read_custom_data(kind: type, value: object) -> object:
    """The only hook: msgspec reads every other type itself. The messages are worded like its own."""
    if kind is not CustomData:
        raise NotImplementedError(f"no rule to read {kind}")
    if not isinstance(value, dict):
        raise ValueError(f"Expected `object`, got `{type(value).__name__}`")
    if "vendorId" not in value:
        raise ValueError("Object missing required field `vendorId`")
    vendor_id = value["vendorId"]
    if not isinstance(vendor_id, str):
        raise ValueError(f"Expected `str`, got `{type(vendor_id).__name__}` (vendorId)")
    if len(vendor_id) > _VENDOR_ID_LIMIT:
        raise ValueError(f"Expected `str` of length <= {_VENDOR_ID_LIMIT} (vendorId)")
    return CustomData(value)


def _violation(message: str) -> RemoteProtocolError:
    """Tell by msgspec's wording which rule was broken: it has one exception class for all of them."""
    text, at, path = message.rpartition(" - at `")
    text, path = (text, path.rstrip("`")) if at else (message, "$")
    if text.startswith(("Object missing required field `", "Object contains unknown field `")):
        return _refusal("OccurrenceConstraintViolation", f"{path}.{text.split('`')[1]}", text)
    if text.startswith("Expected `array` of length"):
        return _refusal("OccurrenceConstraintViolation", path, text)
    if text.startswith("Expected `") and ", got `" in text:
        # What is no object at all has no fields that could be of a wrong type.
        return _refusal("FormatViolation" if path == "$" else "TypeConstraintViolation", path, text)
    return _refusal("PropertyConstraintViolation", path, text)


def _refusal(code: str, path: str, text: str) -> RemoteProtocolError:
    return RemoteProtocolError(code, f"{path}: {text}"[:_DESCRIPTION_LIMIT], path=path)
