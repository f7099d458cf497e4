"""What every OCPP message is made of: the bases of the generated classes, and the checked way to and from JSON.

The generated constructors check nothing: a payload is checked when it is read (:func:`decode`) and, the same way, when it
is written (:func:`encode` reads back what it wrote), so nothing invalid enters or leaves. Times go out in UTC with
milliseconds; OCPP 2.1 part 2 allows no more than three decimal places. What comes in can be said in UTC, too: who reads a
time may move it to any clock.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, inspect
from msgspec.structs import replace

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.secret_words import is_secret_name

R = TypeVar("R", bound="Payload")
P = TypeVar("P", bound="Payload")

# A CALLERROR's description has at most 255 characters (Part 4, 4.2.3).
_DESCRIPTION_LIMIT = 255
_VENDOR_ID_LIMIT = 255


class Payload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Base of every generated class: frozen, keywords only, camelCase on the wire; unknown fields are refused.

    Its repr shows no password: messages end up in logs.
    """

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({fields})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        fields = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return [(name, _HIDDEN if value is not UNSET and _is_secret(self, name) else value) for name, value in fields]


class _Hidden:
    """Stands in a repr for what nobody is to read."""

    def __repr__(self) -> str:
        return "***"


_HIDDEN = _Hidden()


def _is_secret(payload: Payload, name: str) -> bool:
    if name == "attribute_value":
        named = getattr(getattr(payload, "variable", None), "name", "")
    elif name == "value":
        named = getattr(payload, "key", "")
    else:
        # A VPN has its key beside its password.
        return is_secret_name(name) or (name == "key" and hasattr(payload, "password"))
    return isinstance(named, str) and is_secret_name(named)


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
    try:
        read: P = _reader(kind)(payload)
        return read
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Part 4, 4.1.2: an empty payload may come as null.
        again: P = _read(_reader(kind), "{}" if payload in (b"null", "null") else payload)
        return again


def read_tree(payload: bytes | str) -> Any:
    """Read ``payload`` as plain JSON, with the same refusals as :func:`decode`."""
    return _read(_tree, payload)


def encode(payload: Payload) -> bytes:
    """Write ``payload`` as JSON and check it by reading it back; LocalProtocolError if its class forbids it."""
    return _writer(type(payload))(payload)


def _encode_with_care(payload: Payload) -> bytes:
    """As :func:`encode`, for what is unusual: free JSON, times of other zones, and what is refused, with its reason."""
    wire = write(payload)
    kind = type(payload)
    try:
        # What a class gave cannot be null, so this need not ask as decode does.
        _read(_reader(kind), wire)
    except RemoteProtocolError as err:
        hint = " (NaN and infinity have no form in JSON)" if "got `null`" in err.description else ""
        raise LocalProtocolError(f"{kind.__name__} {err.description}{hint}") from err
    return wire


def write(payload: Payload) -> bytes:
    """Write ``payload`` as JSON without checking it against its class; :class:`LocalProtocolError` if JSON cannot say it."""
    times, free = _marks(type(payload))
    try:
        wire = _encode(payload)
        if any(mark in wire for mark in free):
            # NaN is written as null, and in free JSON no class would object to that.
            _check_free(msgspec.to_builtins(payload, builtin_types=(datetime,), str_keys=True), "$")
            return _encode(_with_wire_times(payload))
        try:
            return _with_milliseconds(wire, times)
        except (_Unusual, IndexError):
            return _encode(_with_wire_times(payload))
    except (TypeError, ValueError, OverflowError, RecursionError) as err:
        raise LocalProtocolError(f"{type(payload).__name__}: {err}") from err


def check_multiple(name: str, value: float | msgspec.UnsetType, step: float) -> None:
    """Raise ValueError unless ``value`` is a whole multiple of ``step``, as far as binary fractions can tell."""
    if value is UNSET:
        return
    try:
        whole = abs(round(value / step) * step - value) <= abs(value) * 1e-12
    except (TypeError, ValueError, OverflowError):
        return  # no number, or one that JSON cannot say: reading it back tells
    if not whole:
        raise ValueError(f"{name} {value} is not a multiple of {step}")


def wire_time(moment: datetime) -> str:
    """``moment`` as OCPP wants it: UTC, milliseconds (cut, not rounded), ``Z``. A moment without an offset keeps none."""
    if moment.tzinfo is UTC:
        # Six digits of a second or none, and "Z": a tenth of what isoformat costs.
        text: str = msgspec.to_builtins(moment)
        return f"{text[:-1]}.000Z" if moment.microsecond == 0 else f"{text[:-4]}Z"
    if moment.utcoffset() is None:
        return moment.isoformat(timespec="milliseconds")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class _Places:
    """Attributes of a class where a time may stand, and those where one may stand further in."""

    times: tuple[str, ...]
    inner: tuple[str, ...]


_encode = msgspec.json.Encoder().encode
_tree = msgspec.json.Decoder().decode


def _read(read: Callable[[bytes | str], Any], payload: bytes | str) -> Any:
    try:
        return read(payload)
    except msgspec.ValidationError as err:
        raise _violation(str(err)) from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise _refusal("FormatViolation", "$", str(err)) from err
    except RecursionError as err:
        raise _refusal("FormatViolation", "$", "nested too deeply") from err


@cache
def _reader(kind: type[Payload]) -> Callable[[bytes | str], Any]:
    read = msgspec.json.Decoder(kind, dec_hook=_read_custom_data).decode
    if _places(kind) is None:
        return read

    def read_times(payload: bytes | str) -> Any:
        value = read(payload)
        wire = payload.encode() if isinstance(payload, str) else payload
        # Only beside the first or the last year can an offset lead out of all years, and it may be written with escapes.
        if any(map(wire.__contains__, _ENDS_OF_TIME)):
            _check_times(value, "$")
        return value

    return read_times


_ENDS_OF_TIME = (b'"0001-', b'"9999-', b"\\u")


def _check_times(value: object, path: str) -> None:
    """Refuse what is no time of the years 1 to 9999 in UTC: nobody could write it down or compute with it."""
    if isinstance(value, Payload):
        for name, wire_name in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            _check_times(getattr(value, name), f"{path}.{wire_name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            _check_times(item, f"{path}[{index}]")
    elif isinstance(value, datetime):
        try:
            value.astimezone(UTC)
        except OverflowError:
            raise _refusal("PropertyConstraintViolation", path, "Time is not within the years 1 to 9999 of UTC") from None


class _Unusual(Exception):
    """A payload needs more care than most: it has free JSON in it, or a time of another zone."""


@cache
def _writer(kind: type[Payload]) -> Callable[[Payload], bytes]:
    """:func:`encode` for one class: what most payloads need and no more, the rest by :func:`_encode_with_care`."""
    times, free = _marks(kind)
    if any(mark != _CUSTOM_DATA for mark in free):
        return _encode_with_care
    check = msgspec.json.Decoder(kind, dec_hook=_meet_free_json).decode

    def write_checked(payload: Payload) -> bytes:
        try:
            wire = _encode(payload)
            check(wire)
            return _with_milliseconds(wire, times) if times else wire
        except (_Unusual, msgspec.MsgspecError, TypeError, ValueError, RecursionError):
            return _encode_with_care(payload)

    return write_checked


def _meet_free_json(kind: type, value: object) -> object:
    raise _Unusual


_CUSTOM_DATA = b'"customData":'
_Z, _POINT = b"Z."
_MILLI, _MICRO = len(".123"), len(".123456")


def _with_milliseconds(wire: bytes, times: "_TimeMarks") -> bytes:
    """``wire`` with milliseconds in every time; _Unusual where one is not in UTC.

    From the end on: what is behind a time that is cut has been looked at, and ``rfind`` takes half as long as ``find``.
    """
    for mark, length in times:
        at = wire.rfind(mark)
        while at >= 0:
            end = at + length
            if wire[end] == _Z:
                wire = wire[:end] + b".000" + wire[end:]
            elif wire[end] == _POINT and wire[end + _MICRO] == _Z:
                wire = wire[: end + _MILLI] + wire[end + _MICRO :]
            else:
                raise _Unusual
            at = wire.rfind(mark, 0, at)
    return wire


@cache
def _places(kind: type[Payload]) -> _Places | None:
    """Where in ``kind`` a time may stand: the rest of a payload needs no walk. None for nowhere."""
    times = []
    inner = []
    for field in _struct(kind).fields:
        leaf = _leaf(field.type)
        if isinstance(leaf, inspect.DateTimeType):
            times.append(field.name)
        elif isinstance(leaf, inspect.StructType) and _places(leaf.cls) is not None:
            inner.append(field.name)
    return _Places(tuple(times), tuple(inner)) if times or inner else None


_TimeMarks = tuple[tuple[bytes, int], ...]


@cache
def _marks(kind: type[Payload]) -> tuple[_TimeMarks, tuple[bytes, ...]]:
    """Bytes that stand in a payload of ``kind`` before a time, and those before free JSON.

    With each time how far it is from there to the end of its second. Inside a JSON string every quote has a backslash before
    it, so ``"name":"`` is found nowhere but before a value.
    """
    times: set[tuple[bytes, int]] = set()
    free: set[bytes] = set()
    for field in _struct(kind).fields:
        leaf = _leaf(field.type)
        if isinstance(leaf, inspect.DateTimeType):
            mark = f'"{field.encode_name}":"'.encode()
            times.add((mark, len(mark) + len("2026-01-12T17:40:00")))
        elif isinstance(leaf, inspect.AnyType | inspect.CustomType):
            free.add(f'"{field.encode_name}":'.encode())
        elif isinstance(leaf, inspect.StructType):
            inner_times, inner_free = _marks(leaf.cls)
            times.update(inner_times)
            free.update(inner_free)
    return tuple(times), tuple(free)


def _struct(kind: type[Payload]) -> inspect.StructType:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return described


def _leaf(described: inspect.Type) -> inspect.Type:
    return described.item_type if isinstance(described, inspect.VarTupleType) else described


def _with_wire_times(payload: Payload) -> Payload:
    """``payload`` itself, or a copy in which every time is the text it is on the wire."""
    places = _places(type(payload))
    if places is None:
        return payload
    changes: dict[str, Any] = {}
    for name in places.times:
        moment = getattr(payload, name)
        if moment is not msgspec.UNSET and isinstance(moment, datetime):
            changes[name] = wire_time(moment)
    for name in places.inner:
        value = getattr(payload, name)
        if value is msgspec.UNSET:
            continue
        if isinstance(value, Payload):
            changes[name] = _with_wire_times(value)
        elif isinstance(value, list | tuple):
            changes[name] = [_with_wire_times(item) if isinstance(item, Payload) else item for item in value]
    return replace(payload, **changes)


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
    if text.startswith("Object missing required field `"):
        return _refusal("OccurrenceConstraintViolation", f"{path}.{text.split('`')[1]}", text)
    if text.startswith("Object contains unknown field `"):
        # Part 4, 4.3: what does not conform to the structure of the payload. It occurs neither too often nor too rarely.
        return _refusal("FormatViolation", f"{path}.{text.split('`')[1]}", text)
    if text.startswith("Expected `array` of length"):
        return _refusal("OccurrenceConstraintViolation", path, text)
    if text.startswith("Expected `") and ", got `" in text:
        # What is no object at all has no fields that could be of a wrong type.
        return _refusal("FormatViolation" if path == "$" else "TypeConstraintViolation", path, text)
    return _refusal("PropertyConstraintViolation", path, text)


def _refusal(code: str, path: str, text: str) -> RemoteProtocolError:
    return RemoteProtocolError(code, f"{path}: {text}"[:_DESCRIPTION_LIMIT], path=path)
