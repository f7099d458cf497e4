"""OCPP-J frames: five kinds of JSON array, read strictly and written in the spelling of the version.

A payload stays the bytes it is on the wire; what it means is the codec's business. Whatever cannot be read becomes one
exception, :class:`MalformedFrame`, that says enough to answer it. Source: OCPP-J 1.6 chapter 4, OCPP 2.x part 4 chapter 4.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, TypeVar

import msgspec

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.version import Version

UNREADABLE_ID = "-1"
"""Stands for the message id in a CALLERROR that answers a frame without a readable one."""

_MAX_ID_LENGTH = 36
_MAX_DESCRIPTION_LENGTH = 255


class MessageType(IntEnum):
    CALL = 2
    CALLRESULT = 3
    CALLERROR = 4
    CALLRESULTERROR = 5  # 2.1
    SEND = 6  # 2.1


class ErrorCode(StrEnum):
    """CALLERROR codes in the spelling of OCPP 2.x, which is the one used inside."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


# OCPP-J 1.6 errata 5.1 and 5.2 keep both misspellings; what 1.6 has no word for is a GenericError.
_SPELLED_IN_16: Mapping[ErrorCode, str] = {
    ErrorCode.FORMAT_VIOLATION: "FormationViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
    ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
    ErrorCode.RPC_FRAMEWORK_ERROR: "GenericError",
}
_UNDERSTOOD: Mapping[str, ErrorCode] = {
    **{code.lower(): code for code in ErrorCode},
    "formationviolation": ErrorCode.FORMAT_VIOLATION,
    "occurenceconstraintviolation": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
}


def spelled_code(code: str, version: Version) -> str:
    """The wire form of a neutral ``code``; LocalProtocolError if there is no such code."""
    try:
        known = ErrorCode(code)
    except ValueError as err:
        raise LocalProtocolError(f"{code!r} is no CALLERROR code of OCPP") from err
    return _SPELLED_IN_16.get(known, known.value) if version is Version.V16 else known.value


def understood_code(spelling: str) -> str:
    """The neutral form of a code as any version or implementation spells it; one nobody knows stays as it is."""
    return _UNDERSTOOD.get(spelling.lower(), spelling)


class Call(msgspec.Struct, frozen=True):
    message_id: str
    action: str
    payload: bytes


class CallResult(msgspec.Struct, frozen=True):
    message_id: str
    payload: bytes


class CallError(msgspec.Struct, frozen=True):
    """``code`` is neutral (2.x); a description is cut at 255 characters when it is written."""

    message_id: str
    code: str
    description: str = ""
    details: Mapping[str, Any] = msgspec.field(default_factory=dict)


class CallResultError(msgspec.Struct, frozen=True):
    """OCPP 2.1: the CALLRESULT of that id could not be used."""

    message_id: str
    code: str
    description: str = ""
    details: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Send(msgspec.Struct, frozen=True):
    """OCPP 2.1: a message that nothing answers."""

    message_id: str
    action: str
    payload: bytes


class UnknownType(msgspec.Struct, frozen=True):
    """A frame whose message type the version does not know; what becomes of it is the session's rule."""

    message_type: int
    message_id: str | None


Frame = Call | CallResult | CallError | CallResultError | Send
_F = TypeVar("_F", Call, Send)
_E = TypeVar("_E", CallError, CallResultError)


class MalformedFrame(RemoteProtocolError):
    """A frame that cannot be read. ``message_type`` is None where not even that could be told."""

    def __init__(self, code: ErrorCode, description: str, *, message_id: str | None, message_type: int | None) -> None:
        super().__init__(code, description, message_id=message_id)
        self.message_type = message_type


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLimits:
    """What is not even looked at: frames above a size, JSON above a depth or with more keys."""

    max_bytes: int = 64 * 1024
    max_depth: int = 32
    max_keys: int = 8192


DEFAULT_LIMITS = FrameLimits()


def printable(text: str) -> str:
    """``text`` from a peer, fit for one line of a log: what no terminal should be told is written as an escape."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def decode(data: str | bytes, version: Version, limits: FrameLimits = DEFAULT_LIMITS) -> Frame | UnknownType:
    """Read one frame of ``version``. Raises MalformedFrame and nothing else, whatever ``data`` is."""
    text = _bounded(data, limits)
    plain = _read_plain(text)
    if plain is not None:
        return plain
    elements = _elements(text)
    if not elements:
        raise _unreadable("a frame has 3 to 5 elements, this one 0")
    message_id = _read_id(elements[1]) if len(elements) > 1 else None
    message_type = _read_type(elements[0], message_id)
    if message_type not in _types_of(version):
        return UnknownType(message_type, message_id)
    if len(elements) == 1:
        raise _bad("a frame has 3 to 5 elements, this one 1", None, message_type)
    if message_id is None:
        raise _bad("the message id is not a string of at most 36 characters", None, message_type)
    match MessageType(message_type):
        case MessageType.CALL:
            return _read_call(Call, message_type, message_id, elements)
        case MessageType.SEND:
            return _read_call(Send, message_type, message_id, elements)
        case MessageType.CALLRESULT:
            if len(elements) != 3:
                raise _bad(f"a CALLRESULT has 3 elements, this one {len(elements)}", message_id, message_type)
            return CallResult(message_id, _read_payload(elements[2], message_id, message_type))
        case MessageType.CALLERROR:
            return _read_error(CallError, message_type, message_id, elements)
        case MessageType.CALLRESULTERROR:
            return _read_error(CallResultError, message_type, message_id, elements)


def encode(frame: Frame, version: Version) -> str:
    """Write one frame. LocalProtocolError for what ``version`` cannot say or an id that no peer could return."""
    if len(frame.message_id) > _MAX_ID_LENGTH:
        raise LocalProtocolError(f"a message id has at most 36 characters: {frame.message_id!r}")
    elements: list[object]
    match frame:
        case Call(message_id, action, payload):
            elements = [MessageType.CALL, message_id, action, msgspec.Raw(payload)]
        case Send(message_id, action, payload):
            elements = [MessageType.SEND, message_id, action, msgspec.Raw(payload)]
        case CallResult(message_id, payload):
            elements = [MessageType.CALLRESULT, message_id, msgspec.Raw(payload)]
        case CallError():
            elements = [MessageType.CALLERROR, *_error_elements(frame, version)]
        case CallResultError():
            elements = [MessageType.CALLRESULTERROR, *_error_elements(frame, version)]
    if elements[0] not in _types_of(version):
        raise LocalProtocolError(f"{type(frame).__name__} is not part of {version}")
    try:
        return _encode(elements).decode()
    except (TypeError, ValueError, RecursionError) as err:
        raise LocalProtocolError(f"{type(frame).__name__} {frame.message_id!r} has no JSON form: {err}") from err


def _error_elements(frame: CallError | CallResultError, version: Version) -> list[object]:
    # A description often quotes what was refused; a lone surrogate in it must not stop the answer.
    description = frame.description[:_MAX_DESCRIPTION_LENGTH].encode("utf-8", "replace").decode()
    return [frame.message_id, spelled_code(frame.code, version), description, dict(frame.details)]


def _types_of(version: Version) -> frozenset[int]:
    return _TYPES_IN_21 if version is Version.V21 else _TYPES_BEFORE_21


_TYPES_IN_21: frozenset[int] = frozenset(MessageType)
_TYPES_BEFORE_21: frozenset[int] = _TYPES_IN_21 - {MessageType.CALLRESULTERROR, MessageType.SEND}

_encode = msgspec.json.Encoder().encode
_array = msgspec.json.Decoder(list[msgspec.Raw])
_integer = msgspec.json.Decoder(int)
_string = msgspec.json.Decoder(str)
_object = msgspec.json.Decoder(dict[str, Any])
_UNPARSABLE = (msgspec.DecodeError, ValueError, RecursionError)

_plain_call = msgspec.json.Decoder(tuple[int, str, str, msgspec.Raw])
_plain_result = msgspec.json.Decoder(tuple[int, str, msgspec.Raw])

_STRING = re.compile(r'"(?:[^"\\]+|\\.)*+"?', re.DOTALL)
_OPENING = b"[{"
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def _bounded(data: str | bytes, limits: FrameLimits) -> str:
    if len(data) > limits.max_bytes:
        raise _unreadable(f"a frame has at most {limits.max_bytes} bytes")
    try:
        text = data if isinstance(data, str) else data.decode()
        if not text.isascii() and len(text.encode()) > limits.max_bytes:
            raise _unreadable(f"a frame has at most {limits.max_bytes} bytes")
    except UnicodeError as err:
        raise _unreadable("not UTF-8") from err
    if _deeper_than(text, limits.max_depth):
        raise _unreadable(f"nested deeper than {limits.max_depth} levels")
    if _has_more_keys(text, limits.max_keys):
        raise _unreadable(f"more than {limits.max_keys} keys")
    return text


def _read_plain(text: str) -> Call | CallResult | None:
    """A CALL or CALLRESULT as nearly all are, read in one go; None for what has to be looked at element by element."""
    try:
        if text.startswith("[2,"):
            _, message_id, action, raw = _plain_call.decode(text)
            payload = bytes(raw)
            if len(message_id) <= _MAX_ID_LENGTH and payload.startswith(b"{"):
                return Call(message_id, action, payload)
        elif text.startswith("[3,"):
            _, message_id, raw = _plain_result.decode(text)
            payload = bytes(raw)
            if len(message_id) <= _MAX_ID_LENGTH and payload.startswith(b"{"):
                return CallResult(message_id, payload)
    except _UNPARSABLE:
        return None
    return None


def _elements(text: str) -> list[msgspec.Raw]:
    try:
        return _array.decode(text)
    except msgspec.ValidationError as err:
        raise _unreadable("a frame is a JSON array") from err
    except _UNPARSABLE as err:
        raise _unreadable("not JSON") from err


def _deeper_than(text: str, max_depth: int) -> bool:
    """Looked at before anything recursive reads the text."""
    if text.count("[") + text.count("{") <= max_depth:
        return False
    depth = 0
    for bracket in _without_strings(text).encode().translate(None, _NO_BRACKETS):
        depth += 1 if bracket in _OPENING else -1
        if depth > max_depth:
            return True
    return False


def _has_more_keys(text: str, max_keys: int) -> bool:
    """Each key brings a dictionary entry that is many times its size; outside strings every colon belongs to one."""
    # A key takes at least five characters: ``"":0,``.
    return len(text) > 5 * max_keys and text.count(":") > max_keys and _without_strings(text).count(":") > max_keys


def _without_strings(text: str) -> str:
    if "\\" in text:
        return _STRING.sub("", text)
    return "".join(text.split('"')[::2])


def _read_id(raw: msgspec.Raw) -> str | None:
    message_id = _read_string(raw)
    return message_id if message_id is not None and len(message_id) <= _MAX_ID_LENGTH else None


def _read_string(raw: msgspec.Raw) -> str | None:
    try:
        return _string.decode(raw)
    except _UNPARSABLE:
        return None


def _read_type(raw: msgspec.Raw, message_id: str | None) -> int:
    try:
        return _integer.decode(raw)
    except _UNPARSABLE as err:
        raise _bad("the message type is not an integer", message_id, None) from err


def _read_call(kind: type[_F], message_type: int, message_id: str, elements: list[msgspec.Raw]) -> _F:
    if len(elements) != 4:
        raise _bad(f"a {kind.__name__.upper()} has 4 elements, this one {len(elements)}", message_id, message_type)
    action = _read_string(elements[2])
    if action is None:
        raise _bad("the action is not a string", message_id, message_type)
    return kind(message_id, action, _read_payload(elements[3], message_id, message_type))


def _read_error(kind: type[_E], message_type: int, message_id: str, elements: list[msgspec.Raw]) -> _E:
    """Only the code must be there: an error that lacks its details still ends the CALL it is about."""
    code = _read_string(elements[2]) if len(elements) > 2 else None
    if code is None:
        raise _bad("an error has a code", message_id, message_type)
    description = (_read_string(elements[3]) if len(elements) > 3 else None) or ""
    details: dict[str, Any] = {}
    if len(elements) > 4:
        try:
            details = _object.decode(elements[4])
        except _UNPARSABLE:
            details = {}
    return kind(message_id, understood_code(printable(code)), printable(description)[:_MAX_DESCRIPTION_LENGTH], details)


def _read_payload(raw: msgspec.Raw, message_id: str, message_type: int) -> bytes:
    payload = bytes(raw)
    if payload == b"null":  # OCPP 2.x part 4, 4.1.2: an empty payload may be written as null
        return b"{}"
    if not payload.startswith(b"{"):
        raise MalformedFrame(
            ErrorCode.FORMAT_VIOLATION, "the payload is not an object", message_id=message_id, message_type=message_type
        )
    return payload


def _bad(description: str, message_id: str | None, message_type: int | None) -> MalformedFrame:
    return MalformedFrame(ErrorCode.RPC_FRAMEWORK_ERROR, description, message_id=message_id, message_type=message_type)


def _unreadable(description: str) -> MalformedFrame:
    return _bad(description, None, None)
