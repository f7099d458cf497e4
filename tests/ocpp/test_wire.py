"""What goes over the wire, letter by letter: bare frames into our CSMS and our station, and each version's exact answers.

The answers are those of OCPP-J 1.6 chapter 4 and OCPP 2.x part 4 chapter 4 with their errata. An error that 1.6 has no word
for is a GenericError there. Where a standard lets a receiver be silent, it says so.
"""

from collections.abc import Mapping, Sequence

import pytest

from ladewerk.ocpp.version import Version
from tests.ocpp.wire_ends import CSMS, STATION, VERSIONS, Bare, End, bare, run

V16, V201, V21 = VERSIONS
SILENCE = None
Answer = str | None
Said = str | bytes | Sequence[str]

# Written as in 2.x; OCPP-J 1.6, errata 5.1 and 5.2, keeps two misspellings, and has no words for two more.
IN_16 = {
    '"FormatViolation"': '"FormationViolation"',
    '"OccurrenceConstraintViolation"': '"OccurenceConstraintViolation"',
    '"RpcFrameworkError"': '"GenericError"',
    '"MessageTypeNotSupported"': '"GenericError"',
}


def error(message_id: str, code: str, why: str, details: str = "{}") -> str:
    return f'[4,"{message_id}","{code}","{why}",{details}]'


def rpc(message_id: str, why: str) -> str:
    return error(message_id, "RpcFrameworkError", why)


def field(code: str, path: str, why: str) -> str:
    return error("a", code, f"{path}: {why}", f'{{"path":"{path}"}}')


def unknown_type(message_type: int, message_id: str = "a") -> Mapping[Version, Answer]:
    """1.6 and 2.1 say that it is ignored, 2.0.1 that it is answered."""
    answer = error(message_id, "MessageTypeNotSupported", f"message type {message_type}")
    return {V16: SILENCE, V201: answer, V21: SILENCE}


def only_21(answer: Answer) -> Mapping[Version, Answer]:
    return {V16: SILENCE, V201: SILENCE, V21: answer}


NOT_JSON = rpc("-1", "not JSON")
NO_ARRAY = rpc("-1", "a frame is a JSON array")
NO_ID = rpc("-1", "the message id is not a string of at most 36 characters")
NO_TYPE = rpc("a", "the message type is not an integer")
NO_ACTION = rpc("a", "the action is not a string")
NO_OBJECT = error("a", "FormatViolation", "the payload is not an object")
NO_RESULT = '[5,"a","RpcFrameworkError","a CALLRESULT has 3 elements, this one {}",{{}}]'
FAILED = error("a", "InternalError", "")
BEAT = '[3,"hb",<result>]'
TOO_DEEP = rpc("-1", "nested deeper than 32 levels")

# SERVED and UNSERVED are actions of the end that is asked; <result> is what answers SERVED.
TABLE: Mapping[str, tuple[Said, Answer | Mapping[Version, Answer]]] = {
    # No JSON
    "nothing": ("", NOT_JSON),
    "words": ("rubbish", NOT_JSON),
    "a frame that is cut off": ('[2,"a","SERVED",{}', NOT_JSON),
    "something behind the frame": ('[2,"a","SERVED",{}]x', NOT_JSON),
    "two frames in one": ('[2,"a","SERVED",{}][2,"b","SERVED",{}]', NOT_JSON),
    "a byte order mark": ('\ufeff[2,"a","SERVED",{}]', NOT_JSON),
    "single quotes": ("[2,'a','SERVED',{}]", NOT_JSON),
    "a comment": ('[2,"a","SERVED",{}/**/]', NOT_JSON),
    "a comma too many": ('[2,"a","SERVED",{},]', NOT_JSON),
    "a number with a zero before it": ('[02,"a","SERVED",{}]', NOT_JSON),
    "NaN": ('[2,"a","SERVED",{"a":NaN}]', NOT_JSON),
    "Infinity": ('[2,"a","SERVED",{"a":-Infinity}]', NOT_JSON),
    "a line feed in a text": ('[2,"a\n","SERVED",{}]', NOT_JSON),
    "half a surrogate pair for an id": ('[2,"\\ud800","SERVED",{}]', NOT_JSON),
    "half a surrogate pair in a payload": ('[2,"a","SERVED",{"a":"\\ud800"}]', NOT_JSON),
    "no UTF-8 in a binary frame": (b'[2,"\xff","SERVED",{}]', rpc("-1", "not UTF-8")),
    "UTF-16 in a binary frame": ('[2,"a","SERVED",{}]'.encode("utf-16-le"), NOT_JSON),
    # No array, or none of a frame's length
    "an object": ("{}", NO_ARRAY),
    "null": ("null", NO_ARRAY),
    "a number": ("2", NO_ARRAY),
    "a text": ('"[2]"', NO_ARRAY),
    "no elements": ("[]", rpc("-1", "a frame has 3 to 5 elements, this one 0")),
    "one element": ("[2]", rpc("-1", "a frame has 3 to 5 elements, this one 1")),
    "a frame in a frame": ('[[2,"a","SERVED",{}]]', rpc("-1", "the message type is not an integer")),
    "a CALL of two elements": ('[2,"a"]', rpc("a", "a CALL has 4 elements, this one 2")),
    "a CALL of three elements": ('[2,"a","SERVED"]', rpc("a", "a CALL has 4 elements, this one 3")),
    "a CALL of five elements": ('[2,"a","SERVED",{},{}]', rpc("a", "a CALL has 4 elements, this one 5")),
    "a CALL of many elements": (f'[2,"a"{",1" * 100}]', rpc("a", "a CALL has 4 elements, this one 102")),
    # Message types
    "type 0": ('[0,"a","SERVED",{}]', unknown_type(0)),
    "type 1": ('[1,"a","SERVED",{}]', unknown_type(1)),
    "type 7": ('[7,"a","SERVED",{}]', unknown_type(7)),
    "type -2": ('[-2,"a","SERVED",{}]', unknown_type(-2)),
    "a huge type": (f'[{10**30},"a","SERVED",{{}}]', unknown_type(10**30)),
    "an unknown type without an id": ('[9,{},"SERVED",{}]', unknown_type(9, "-1")),
    "an unknown type alone": ("[9]", unknown_type(9, "-1")),
    "an unknown type of two elements": ('[9,"a"]', unknown_type(9)),
    "a text for a type": ('["2","a","SERVED",{}]', NO_TYPE),
    "a fraction for a type": ('[2.5,"a","SERVED",{}]', NO_TYPE),
    "2.0 for a type": ('[2.0,"a","SERVED",{}]', NO_TYPE),
    "1e400 for a type": ('[1e400,"a","SERVED",{}]', NO_TYPE),
    "null for a type": ('[null,"a","SERVED",{}]', NO_TYPE),
    "true for a type": ('[true,"a","SERVED",{}]', NO_TYPE),
    "neither type nor id": ("[{},{},{},{}]", rpc("-1", "the message type is not an integer")),
    # Message ids
    "a number for an id": ('[2,1,"SERVED",{}]', NO_ID),
    "null for an id": ('[2,null,"SERVED",{}]', NO_ID),
    "an object for an id": ('[2,{},"SERVED",{}]', NO_ID),
    "an id of 37 characters": (f'[2,"{"x" * 37}","SERVED",{{}}]', NO_ID),
    "an id of 36 characters": (f'[2,"{"x" * 36}","SERVED",{{}}]', f'[3,"{"x" * 36}",<result>]'),
    "an id of 36 characters of four bytes": (f'[2,"{"𝄞" * 36}","SERVED",{{}}]', f'[3,"{"𝄞" * 36}",<result>]'),
    "an empty id": ('[2,"","SERVED",{}]', '[3,"",<result>]'),
    "an empty id of a CALL of two elements": ('[2,""]', rpc("", "a CALL has 4 elements, this one 2")),
    "an empty id of an unknown type": ('[9,""]', unknown_type(9, "")),
    "the id that stands for none": ('[2,"-1","SERVED",{}]', '[3,"-1",<result>]'),
    "control characters in an id": ('[2,"\\u0000\\n\\u001b[2J","SERVED",{}]', '[3,"\\u0000\\n\\u001b[2J",<result>]'),
    # Actions
    "an action that no version knows": ('[2,"a","Nonsense",{}]', "NotImplemented"),
    "an action in small letters": ('[2,"a","heartbeat",{}]', "NotImplemented"),
    "the name of a schema": ('[2,"a","SERVEDRequest",{}]', "NotImplemented"),
    "an empty action": ('[2,"a","",{}]', "NotImplemented"),
    "an action with control characters": ('[2,"a","SERVED\\u0000",{}]', "NotImplemented"),
    "a long action": (f'[2,"a","{"x" * 1000}",{{}}]', "NotImplemented"),
    "an action of 2.1": (
        '[2,"a","NotifySettlement",{}]',
        {V16: "NotImplemented", V201: "NotImplemented", V21: "NotSupported"},
    ),
    "an action of 1.6": (
        '[2,"a","GetConfiguration",{"key":7}]',
        {V16: "*", V201: "NotImplemented", V21: "NotImplemented"},
    ),
    "a known action that is not served": ('[2,"a","UNSERVED",{}]', "NotSupported"),
    "a known action of one way that is called": (
        '[2,"a","NotifyPeriodicEventStream",{}]',
        {V16: "NotImplemented", V201: "NotImplemented", V21: "NotSupported"},
    ),
    "a number for an action": ('[2,"a",7,{}]', NO_ACTION),
    "null for an action": ('[2,"a",null,{}]', NO_ACTION),
    "action and payload exchanged": ('[2,"a",{},"SERVED"]', NO_ACTION),
    # Payloads
    "an array for a payload": ('[2,"a","SERVED",[]]', NO_OBJECT),
    "a text for a payload": ('[2,"a","SERVED","{}"]', NO_OBJECT),
    "a number for a payload": ('[2,"a","SERVED",0]', NO_OBJECT),
    "false for a payload": ('[2,"a","SERVED",false]', NO_OBJECT),
    "null for an empty payload": ('[2,"hb","SERVED",null]', BEAT),
    "null for a payload with a required field": (
        '[2,"a","DataTransfer",null]',
        field("OccurrenceConstraintViolation", "$.vendorId", "Object missing required field `vendorId`"),
    ),
    "an unknown field": ('[2,"a","SERVED",{"x":1}]', field("FormatViolation", "$.x", "Object contains unknown field `x`")),
    "a field missing": (
        '[2,"a","DataTransfer",{}]',
        field("OccurrenceConstraintViolation", "$.vendorId", "Object missing required field `vendorId`"),
    ),
    "a field of another type": (
        '[2,"a","DataTransfer",{"vendorId":7}]',
        field("TypeConstraintViolation", "$.vendorId", "Expected `str`, got `int`"),
    ),
    "null for a field": (
        '[2,"a","DataTransfer",{"vendorId":"v","messageId":null}]',
        field("TypeConstraintViolation", "$.messageId", "Expected `str`, got `null`"),
    ),
    "a field too long": (
        f'[2,"a","DataTransfer",{{"vendorId":"{"x" * 256}"}}]',
        field("PropertyConstraintViolation", "$.vendorId", "Expected `str` of length <= 255"),
    ),
    "a field twice, both right": ('[2,"a","DataTransfer",{"vendorId":"v","vendorId":"w"}]', FAILED),
    "a field twice, one wrong": (
        '[2,"a","DataTransfer",{"vendorId":7,"vendorId":"w"}]',
        field("TypeConstraintViolation", "$.vendorId", "Expected `str`, got `int`"),
    ),
    "a number that no double holds": (
        '[2,"a","DataTransfer",{"vendorId":"v","data":1e400}]',
        field("PropertyConstraintViolation", "$.data", "Number out of range"),
    ),
    "an integer of thirty digits": (
        f'[2,"a","DataTransfer",{{"vendorId":"v","data":{10**30}}}]',
        {V16: "TypeConstraintViolation", V201: FAILED, V21: FAILED},
    ),
    "a handler with a bug": ('[2,"a","DataTransfer",{"vendorId":"v"}]', FAILED),
    # Bounds
    "brackets nested deeply": ("[" * 60_000, TOO_DEEP),
    "objects nested deeply": ('[2,"a","SERVED",' + '{"a":' * 5000 + "1" + "}" * 5000 + "]", TOO_DEEP),
    "nested at the bound": ('[2,"a","SERVED",{"x":' + "[" * 30 + "]" * 30 + "}]", "FormatViolation"),
    "too many keys": (
        '[2,"a","SERVED",{' + ",".join(['"":1'] * 8200) + "}]",
        rpc("-1", "more than 8192 keys"),
    ),
    "as large as it may be": (f'[2,"hb","SERVED",{{{" " * (65_536 - 40)}}}]', BEAT),
    # CALLRESULT and CALLERROR that nobody waits for
    "a result for an unknown id": ('[3,"a",{}]', SILENCE),
    "a result without a payload": ('[3,"a"]', only_21(NO_RESULT.format(2))),
    "a result of four elements": ('[3,"a",{},{}]', only_21(NO_RESULT.format(4))),
    "a result that is no object": ('[3,"a",7]', only_21('[5,"a","FormatViolation","the payload is not an object",{}]')),
    "a result without an id": ("[3,7,{}]", SILENCE),
    "a result of one element": ("[3]", SILENCE),
    "an error for an unknown id": ('[4,"a","GenericError","",{}]', SILENCE),
    "an error for no id": ('[4,"-1","RpcFrameworkError","",{}]', SILENCE),
    "an error without a code": ('[4,"a"]', SILENCE),
    "an error with a number for a code": ('[4,"a",7,"",{}]', SILENCE),
    "an error of one element": ("[4]", SILENCE),
    "an error without an id": ('[4,null,"GenericError","",{}]', SILENCE),
    # What only 2.1 has
    "a rejected result": ('[5,"a","GenericError","",{}]', SILENCE),
    "a rejected result of two elements": ('[5,"a"]', SILENCE),
    "a rejected result without an id": ("[5]", SILENCE),
    "a SEND": ('[6,"a","NotifyPeriodicEventStream",{}]', unknown_type(6)),
    "a SEND of what is called": ('[6,"a","SERVED",{}]', unknown_type(6)),
    "a SEND of an unknown action": ('[6,"a","Nonsense",{}]', unknown_type(6)),
    "a SEND of three elements": ('[6,"a","SERVED"]', unknown_type(6)),
    "a SEND of one element": ("[6]", unknown_type(6, "-1")),
    "a SEND without an id": ('[6,7,"SERVED",{}]', unknown_type(6, "-1")),
    # What is no mistake
    "a binary frame": (b'[2,"hb","SERVED",{}]', BEAT),
    "a frame in three parts": (['[2,"hb",', '"SERVED"', ",{}]"], BEAT),
    "a frame in parts of nothing": (["", '[2,"hb","SERVED",{}]', ""], BEAT),
    "blanks": (' [ 2 ,\t"hb" ,\r\n"SERVED" , { } ] ', BEAT),
    "escapes": ('[2,"\\u0068b","SERVED",{}]', BEAT),
}

CASES = [
    pytest.param(
        end, version, said, answer[version] if isinstance(answer, Mapping) else answer, id=f"{end}-{version}-{name}"
    )
    for end in (CSMS, STATION)
    for version in VERSIONS
    for name, (said, answer) in TABLE.items()
]


def as_said(end: End, said: Said) -> Said:
    """``said`` with the actions of ``end`` in it."""
    if isinstance(said, bytes):
        return said.replace(b"UNSERVED", end.unserved.encode()).replace(b"SERVED", end.served.encode())
    if isinstance(said, str):
        return said.replace("UNSERVED", end.unserved).replace("SERVED", end.served)
    return [str(as_said(end, part)) for part in said]


def as_heard(end: End, version: Version, answer: str) -> str:
    for word, in_16 in IN_16.items() if version is V16 else ():
        answer = answer.replace(word, in_16)
    return answer.replace("<result>", end.result[version])


async def assert_alive(connection: Bare, end: End, version: Version) -> None:
    """The reader lives on: a CALL, with an id of its own, is answered, and by nothing before it."""
    await connection.send(f'[2,"next","{end.served}",{{}}]')
    assert await connection.recv() == f'[3,"next",{end.result[version]}]'


@pytest.mark.parametrize(("end", "version", "said", "answer"), CASES)
def test_each_frame_has_its_answer_and_the_connection_lives_on(
    end: End, version: Version, said: Said, answer: Answer
) -> None:
    async def test() -> None:
        async with bare(end, version) as (_, connection):
            await connection.send(as_said(end, said))
            if answer is not None:
                heard = str(await connection.recv())
                if answer.startswith("["):
                    assert heard == as_heard(end, version, answer)
                elif answer != "*":
                    assert heard.startswith(as_heard(end, version, f'[4,"a","{answer}",'))
            await assert_alive(connection, end, version)

    run(test())
