"""Frames to and from text: every kind of array, the codes of each version, and whatever else a peer may send."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    ErrorCode,
    Frame,
    FrameLimits,
    MalformedFrame,
    Send,
    UnknownType,
    decode,
    encode,
    spelled_code,
    understood_code,
)
from ladewerk.ocpp.version import Version

VERSIONS = st.sampled_from(Version)

TEXTS: list[tuple[Frame, str]] = [
    (Call("19", "Heartbeat", b"{}"), '[2,"19","Heartbeat",{}]'),
    (CallResult("19", b'{"a":[1,2]}'), '[3,"19",{"a":[1,2]}]'),
    (CallError("19", "NotSupported"), '[4,"19","NotSupported","",{}]'),
    (CallResultError("19", "FormatViolation", "x", {"path": "$.a"}), '[5,"19","FormatViolation","x",{"path":"$.a"}]'),
    (Send("19", "NotifyPeriodicEventStream", b'{"id":1}'), '[6,"19","NotifyPeriodicEventStream",{"id":1}]'),
]


@pytest.mark.parametrize(("frame", "text"), TEXTS)
def test_each_kind_of_frame_is_written_and_read_back(frame: Frame, text: str) -> None:
    assert encode(frame, Version.V21) == text
    assert decode(text, Version.V21) == frame
    assert decode(text.encode(), Version.V21) == frame


@pytest.mark.parametrize("version", [Version.V16, Version.V201])
@pytest.mark.parametrize("frame", [TEXTS[3][0], TEXTS[4][0]])
def test_types_5_and_6_belong_to_2_1_alone(frame: Frame, version: Version) -> None:
    with pytest.raises(LocalProtocolError):
        encode(frame, version)
    read = decode(encode(frame, Version.V21), version)
    assert isinstance(read, UnknownType)
    assert read.message_id == "19"


SPELLINGS = [
    (ErrorCode.FORMAT_VIOLATION, "FormationViolation", "FormatViolation"),
    (ErrorCode.GENERIC_ERROR, "GenericError", "GenericError"),
    (ErrorCode.INTERNAL_ERROR, "InternalError", "InternalError"),
    (ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "GenericError", "MessageTypeNotSupported"),
    (ErrorCode.NOT_IMPLEMENTED, "NotImplemented", "NotImplemented"),
    (ErrorCode.NOT_SUPPORTED, "NotSupported", "NotSupported"),
    (ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    (ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, "PropertyConstraintViolation", "PropertyConstraintViolation"),
    (ErrorCode.PROTOCOL_ERROR, "ProtocolError", "ProtocolError"),
    (ErrorCode.RPC_FRAMEWORK_ERROR, "GenericError", "RpcFrameworkError"),
    (ErrorCode.SECURITY_ERROR, "SecurityError", "SecurityError"),
    (ErrorCode.TYPE_CONSTRAINT_VIOLATION, "TypeConstraintViolation", "TypeConstraintViolation"),
]


@pytest.mark.parametrize(("code", "in_16", "in_2x"), SPELLINGS)
def test_each_code_is_sent_in_the_spelling_of_the_version(code: ErrorCode, in_16: str, in_2x: str) -> None:
    assert spelled_code(code, Version.V16) == in_16
    assert spelled_code(code, Version.V201) == in_2x
    assert spelled_code(code, Version.V21) == in_2x


def test_every_code_has_its_spellings_tested() -> None:
    assert {code for code, _, _ in SPELLINGS} == set(ErrorCode)


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("FormationViolation", "FormatViolation"),
        ("FormatViolation", "FormatViolation"),
        ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("OccurrenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("RPCFrameworkError", "RpcFrameworkError"),
        ("VendorTrouble", "VendorTrouble"),
    ],
)
def test_every_spelling_is_understood_in_every_version(spelling: str, code: str, version: Version) -> None:
    assert understood_code(spelling) == code
    read = decode(json.dumps([4, "1", spelling, "", {}]), version)
    assert isinstance(read, CallError)
    assert read.code == code


def test_a_code_that_ocpp_does_not_know_is_not_sent() -> None:
    with pytest.raises(LocalProtocolError, match="Oops"):
        encode(CallError("1", "Oops"), Version.V21)


MALFORMED: list[tuple[str | bytes, str, str | None, int | None]] = [
    ("", "RpcFrameworkError", None, None),
    ("x", "RpcFrameworkError", None, None),
    ("{}", "RpcFrameworkError", None, None),
    ('{"2":"1"}', "RpcFrameworkError", None, None),
    ("null", "RpcFrameworkError", None, None),
    ("[]", "RpcFrameworkError", None, None),
    ("[2]", "RpcFrameworkError", None, 2),
    ("[3]", "RpcFrameworkError", None, 3),
    ("[6]", "RpcFrameworkError", None, 6),
    ("[{}]", "RpcFrameworkError", None, None),
    ('[2,"1","Heartbeat",{}', "RpcFrameworkError", None, None),
    ('[2,"1","Heartbeat",{}]]', "RpcFrameworkError", None, None),
    ('[2,"1","Heartbeat",{"a":NaN}]', "RpcFrameworkError", None, None),
    ('[2,"1","Heartbeat",{"a":01}]', "RpcFrameworkError", None, None),
    ('\ufeff[2,"1","Heartbeat",{}]', "RpcFrameworkError", None, None),
    (b'[2,"\xff","Heartbeat",{}]', "RpcFrameworkError", None, None),
    ('[2,"\ud800","Heartbeat",{}]', "RpcFrameworkError", None, None),
    ('[2,"\\ud800","Heartbeat",{}]', "RpcFrameworkError", None, None),
    ("[" * 50_000, "RpcFrameworkError", None, None),
    ('[2,"1","Heartbeat",' + '{"a":' * 40 + "1" + "}" * 40 + "]", "RpcFrameworkError", None, None),
    ('[2,"1","Heartbeat",{"a":"' + "x" * 70_000 + '"}]', "RpcFrameworkError", None, None),
    ('[2,"1","Heartbeat",{"a":"' + "€" * 30_000 + '"}]', "RpcFrameworkError", None, None),
    ('["2","1","Heartbeat",{}]', "RpcFrameworkError", "1", None),
    ('[2.0,"1","Heartbeat",{}]', "RpcFrameworkError", "1", None),
    ('[true,"1","Heartbeat",{}]', "RpcFrameworkError", "1", None),
    ("[" + "9" * 5000 + ',"1"]', "RpcFrameworkError", "1", None),
    ('[2,1,"Heartbeat",{}]', "RpcFrameworkError", None, 2),
    ('[2,null,"Heartbeat",{}]', "RpcFrameworkError", None, 2),
    ('[2,"' + "x" * 37 + '","Heartbeat",{}]', "RpcFrameworkError", None, 2),
    ('[2,"1"]', "RpcFrameworkError", "1", 2),
    ('[2,"1","Heartbeat"]', "RpcFrameworkError", "1", 2),
    ('[2,"1","Heartbeat",{},{}]', "RpcFrameworkError", "1", 2),
    ('[2,"1",{},{}]', "RpcFrameworkError", "1", 2),
    ('[2,"1","Heartbeat",[]]', "FormatViolation", "1", 2),
    ('[2,"1","Heartbeat","{}"]', "FormatViolation", "1", 2),
    ('[3,"1"]', "RpcFrameworkError", "1", 3),
    ('[3,"1",{},{}]', "RpcFrameworkError", "1", 3),
    ('[3,"1",7]', "FormatViolation", "1", 3),
    ('[4,"1"]', "RpcFrameworkError", "1", 4),
    ('[4,"1",null,"",{}]', "RpcFrameworkError", "1", 4),
    ('[5,"1"]', "RpcFrameworkError", "1", 5),
    ('[6,"1","NotifyPeriodicEventStream"]', "RpcFrameworkError", "1", 6),
]


@pytest.mark.parametrize(("data", "code", "message_id", "message_type"), MALFORMED, ids=[str(m[0])[:30] for m in MALFORMED])
def test_a_malformed_frame_says_how_to_answer_it(
    data: str | bytes, code: str, message_id: str | None, message_type: int | None
) -> None:
    with pytest.raises(MalformedFrame) as caught:
        decode(data, Version.V21)
    assert (caught.value.code, caught.value.message_id, caught.value.message_type) == (code, message_id, message_type)


@pytest.mark.parametrize("message_type", [-1, 0, 1, 7, 99, 10**12])
def test_an_unknown_type_is_told_apart_from_a_malformed_frame(message_type: int) -> None:
    assert decode(f'[{message_type},"1","x"]', Version.V21) == UnknownType(message_type, "1")
    assert decode(f"[{message_type},{{}}]", Version.V21) == UnknownType(message_type, None)


def test_null_stands_for_an_empty_payload() -> None:
    assert decode('[2,"1","Heartbeat",null]', Version.V201) == Call("1", "Heartbeat", b"{}")


def test_an_error_without_description_or_details_still_is_one() -> None:
    for tail in ("", ',""', ',"",{}', ",null,null", ',"",[]', ',7,"x"'):
        assert decode(f'[4,"1","GenericError"{tail}]', Version.V16) == CallError("1", "GenericError", "", {})


def test_a_description_has_at_most_255_characters_both_ways() -> None:
    written = json.loads(encode(CallError("1", "GenericError", "ä" * 300), Version.V21))
    assert written[3] == "ä" * 255
    read = decode(json.dumps([4, "1", "GenericError", "x" * 300, {}]), Version.V21)
    assert isinstance(read, CallError)
    assert read.description == "x" * 255


def test_an_error_is_read_so_that_it_can_be_shown() -> None:
    read = decode(json.dumps([4, "1", "Bad\n", "a\r\n\x1b[31mb\u202eä", {}]), Version.V21)
    assert read == CallError("1", "Bad\\n", "a\\r\\n\\x1b[31mb\\u202eä", {})


def test_a_description_that_quotes_broken_text_is_still_sent() -> None:
    assert json.loads(encode(CallError("1", "GenericError", "a\ud800\r\n"), Version.V21))[3] == "a?\r\n"


def test_a_message_id_of_36_characters_is_the_longest() -> None:
    assert decode(encode(Call("x" * 36, "Heartbeat", b"{}"), Version.V16), Version.V16) == Call("x" * 36, "Heartbeat", b"{}")
    with pytest.raises(LocalProtocolError, match="36"):
        encode(Call("x" * 37, "Heartbeat", b"{}"), Version.V16)


def test_what_has_no_json_form_is_not_sent() -> None:
    with pytest.raises(LocalProtocolError):
        encode(Call("\ud800", "Heartbeat", b"{}"), Version.V21)
    with pytest.raises(LocalProtocolError):
        encode(CallError("1", "GenericError", "", {"x": object()}), Version.V21)


def test_depth_counts_brackets_outside_of_strings_only() -> None:
    text = '[2,"1","DataTransfer",{"data":"' + '[{\\"' * 1000 + '"}]'
    assert isinstance(decode(text, Version.V21), Call)
    wide = '[2,"1","DataTransfer",{"data":[' + ",".join(["{}"] * 1000) + "]}]"
    assert isinstance(decode(wide, Version.V21), Call)


def test_limits_can_be_set() -> None:
    limits = FrameLimits(max_bytes=30, max_depth=3)
    assert decode('[2,"1","A",{"a":{}}]', Version.V21, limits) == Call("1", "A", b'{"a":{}}')
    for text in ('[2,"1","A",{"a":{"b":{}}}]', '[2,"1","A",{"a":"bbbbbbbbbbbb"}]'):
        with pytest.raises(MalformedFrame):
            decode(text, Version.V21, limits)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
ALMOST_FRAMES = st.lists(JSON, min_size=1, max_size=5).map(lambda tail: [2, *tail]) | st.tuples(
    st.integers(-1, 8), st.text(max_size=40) | JSON, JSON, JSON, JSON
).flatmap(lambda whole: st.integers(0, 5).map(lambda size: list(whole[:size])))


def nothing_but_a_frame_or_a_refusal(data: str | bytes, version: Version) -> None:
    frame = decoded(data, version)
    if isinstance(frame, MalformedFrame):
        assert frame.code in (ErrorCode.RPC_FRAMEWORK_ERROR, ErrorCode.FORMAT_VIOLATION)
        answer = CallError(frame.message_id or "-1", frame.code, frame.description)
        assert json.loads(encode(answer, version))[1] == answer.message_id
    elif isinstance(frame, CallError | CallResultError) and frame.code not in set(ErrorCode):
        return  # a code of the vendor's own is kept as it came; we never send one
    elif not isinstance(frame, UnknownType):
        assert decode(encode(frame, version), version) == frame


def decoded(data: str | bytes, version: Version) -> Frame | UnknownType | MalformedFrame:
    try:
        return decode(data, version)
    except MalformedFrame as error:
        return error


@given(st.text(st.characters()), VERSIONS)
@example("[" * 60_000, Version.V21)
@example('"' + '\\"' * 30_000, Version.V21)
def test_any_text_is_a_frame_or_malformed(data: str, version: Version) -> None:
    nothing_but_a_frame_or_a_refusal(data, version)


@given(st.binary(), VERSIONS)
def test_any_bytes_are_a_frame_or_malformed(data: bytes, version: Version) -> None:
    nothing_but_a_frame_or_a_refusal(data, version)


@given(ALMOST_FRAMES | JSON, VERSIONS)
def test_any_json_is_a_frame_or_malformed(value: Any, version: Version) -> None:
    nothing_but_a_frame_or_a_refusal(json.dumps(value), version)


@given(st.sampled_from([text for _, text in TEXTS]), st.data(), VERSIONS)
def test_a_frame_with_damaged_bytes_is_a_frame_or_malformed(text: str, data: st.DataObject, version: Version) -> None:
    damaged = bytearray(text.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        damaged[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        if not damaged:
            break
    nothing_but_a_frame_or_a_refusal(bytes(damaged), version)


def test_more_keys_than_allowed_are_refused_before_they_are_read() -> None:
    limits = FrameLimits(max_keys=3)
    assert isinstance(decode('[2,"a","X",{"a":{"b":1},"c":"2026-01-05T17:00:00.000Z"}]', Version.V21, limits), Call)
    with pytest.raises(MalformedFrame, match="more than 3 keys"):
        decode('[2,"a","X",{"a":{"b":1},"c":1,"c":1}]', Version.V21, limits)
