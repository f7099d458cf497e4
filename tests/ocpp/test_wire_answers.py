"""What ends a CALL of ours over the wire: every shape of CALLRESULT and CALLERROR, and what each version says to it."""

import asyncio
import json
from collections.abc import Mapping

import pytest

from ladewerk.errors import CallRefused
from ladewerk.ocpp import v21
from ladewerk.ocpp.reports import AnswerMalformed
from ladewerk.ocpp.version import Version
from tests.ocpp.test_wire import V16, V21, assert_alive
from tests.ocpp.wire_ends import CSMS, STATION, VERSIONS, Bare, End, bare, run

SILENCE = None

# What is said to our CALL of the id @ (STATUS: a payload that answers it), what our caller gets, what 2.1 says to it.
TABLE: Mapping[str, tuple[str, str, str | None]] = {
    "a result": ('[3,"@",STATUS]', "Accepted", SILENCE),
    "a result in a binary frame": ('b[3,"@",STATUS]', "Accepted", SILENCE),
    "a result of two elements": (
        '[3,"@"]',
        "AnswerMalformed RpcFrameworkError",
        '[5,"@","RpcFrameworkError","a CALLRESULT has 3 elements, this one 2",{}]',
    ),
    "a result of four elements": (
        '[3,"@",STATUS,{}]',
        "AnswerMalformed RpcFrameworkError",
        '[5,"@","RpcFrameworkError","a CALLRESULT has 3 elements, this one 4",{}]',
    ),
    "a result that is no object": (
        '[3,"@",[]]',
        "AnswerMalformed FormatViolation",
        '[5,"@","FormatViolation","the payload is not an object",{}]',
    ),
    "a result of nothing": (
        '[3,"@",null]',
        "AnswerMalformed OccurrenceConstraintViolation",
        ('[5,"@","OccurrenceConstraintViolation","$.status: Object missing required field `status`",{"path":"$.status"}]'),
    ),
    "a result with an unknown field": (
        '[3,"@",{"x":1}]',
        "AnswerMalformed FormatViolation",
        '[5,"@","FormatViolation","$.x: Object contains unknown field `x`",{"path":"$.x"}]',
    ),
    "a result with a wrong word": (
        '[3,"@",{"status":"accepted"}]',
        "AnswerMalformed PropertyConstraintViolation",
        ('[5,"@","PropertyConstraintViolation","$.status: Invalid enum value \'accepted\'",{"path":"$.status"}]'),
    ),
    "an error": ('[4,"@","GenericError","why",{"a":1}]', "CallRefused GenericError why {'a': 1}", SILENCE),
    "an error as 1.6 spells it": ('[4,"@","FormationViolation","",{}]', "CallRefused FormatViolation  {}", SILENCE),
    "an error as 1.6 misspells it": (
        '[4,"@","OccurenceConstraintViolation","",{}]',
        "CallRefused OccurrenceConstraintViolation  {}",
        SILENCE,
    ),
    "an error as 2.x spells it": ('[4,"@","FormatViolation","",{}]', "CallRefused FormatViolation  {}", SILENCE),
    "an error with a code of its own": ('[4,"@","Vendor\\u001b","",{}]', "CallRefused Vendor\\x1b  {}", SILENCE),
    "an error with an empty code": ('[4,"@","","",{}]', "CallRefused   {}", SILENCE),
    "an error of three elements": ('[4,"@","NotSupported"]', "CallRefused NotSupported  {}", SILENCE),
    "an error of four elements": ('[4,"@","NotSupported","why"]', "CallRefused NotSupported why {}", SILENCE),
    "an error of six elements": ('[4,"@","NotSupported","why",{},1]', "CallRefused NotSupported why {}", SILENCE),
    "an error with null for the rest": ('[4,"@","NotSupported",null,null]', "CallRefused NotSupported  {}", SILENCE),
    "an error with the wrong rest": ('[4,"@","NotSupported",7,[]]', "CallRefused NotSupported  {}", SILENCE),
    "an error with a long description": (
        f'[4,"@","NotSupported","{"x" * 300}",{{}}]',
        f"CallRefused NotSupported {'x' * 255} {{}}",
        SILENCE,
    ),
    "an error without a code": ('[4,"@"]', "AnswerMalformed RpcFrameworkError", SILENCE),
    "an error with a number for a code": ('[4,"@",7,"",{}]', "AnswerMalformed RpcFrameworkError", SILENCE),
    "an error with null for a code": ('[4,"@",null,"",{}]', "AnswerMalformed RpcFrameworkError", SILENCE),
}
CASES = [
    pytest.param(end, version, *row, id=f"{end}-{version}-{name}")
    for end in (CSMS, STATION)
    for version in VERSIONS
    for name, row in TABLE.items()
]


def described(outcome: object) -> str:
    if isinstance(outcome, v21.ClearCacheResponse | v21.DataTransferResponse):
        return outcome.status.value
    if isinstance(outcome, CallRefused):
        return f"CallRefused {outcome.code} {outcome.description} {outcome.details}"
    assert isinstance(outcome, AnswerMalformed)
    return f"AnswerMalformed {outcome.code}"


async def hear_call(connection: Bare) -> str:
    """The id of the CALL that comes next."""
    message_type, message_id, _, _ = json.loads(await connection.recv())
    assert message_type == 2
    return str(message_id)


@pytest.mark.parametrize(("end", "version", "said", "outcome", "answer_21"), CASES)
def test_what_ends_a_call(end: End, version: Version, said: str, outcome: str, answer_21: str | None) -> None:
    async def test() -> None:
        async with bare(end, version) as (peer, connection):
            calling = asyncio.gather(peer.call(end.call), return_exceptions=True)
            message_id = await hear_call(connection)
            frame = said.replace("@", message_id).replace("STATUS", '{"status":"Accepted"}')
            await connection.send(frame[1:].encode() if frame.startswith("b") else frame)
            (got,) = await calling
            assert described(got) == outcome
            if answer_21 is not None and version is V21:
                assert await connection.recv() == answer_21.replace("@", message_id)
            await assert_alive(connection, end, version)

    run(test())


@pytest.mark.parametrize("again", ['[3,"@",{"status":"Rejected"}]', '[4,"@","GenericError","",{}]', '[3,"@",STATUS]'])
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("end", [CSMS, STATION], ids=str)
def test_a_second_answer_to_one_call_is_dropped_and_counted(end: End, version: Version, again: str) -> None:
    async def test() -> None:
        async with bare(end, version) as (peer, connection):
            calling = asyncio.create_task(peer.call(end.call))
            message_id = await hear_call(connection)
            await connection.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
            await connection.send(again.replace("@", message_id).replace("STATUS", '{"status":"Accepted"}'))
            assert described(await calling) == "Accepted"
            await assert_alive(connection, end, version)
            assert peer.counts["foreign"] == 1

    run(test())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("end", [CSMS, STATION], ids=str)
def test_an_answer_behind_the_deadline_is_dropped_and_counted_as_late(end: End, version: Version) -> None:
    async def test() -> None:
        async with bare(end, version) as (peer, connection):
            calling = asyncio.gather(peer.call(end.call, timeout_s=5), return_exceptions=True)
            message_id = await hear_call(connection)
            assert "gave no answer" in str((await calling)[0])
            await connection.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
            await assert_alive(connection, end, version)
            assert (peer.counts["late"], peer.counts["foreign"]) == (1, 0)

    run(test())


@pytest.mark.parametrize(
    "foreign", ['[3,"nobody",{}]', '[4,"nobody","GenericError","",{}]', '[4,"-1","GenericError","",{}]', '[3,"@ ",{}]']
)
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("end", [CSMS, STATION], ids=str)
def test_an_answer_to_another_id_does_not_end_the_call_that_is_open(end: End, version: Version, foreign: str) -> None:
    async def test() -> None:
        async with bare(end, version) as (peer, connection):
            calling = asyncio.create_task(peer.call(end.call))
            message_id = await hear_call(connection)
            await connection.send(foreign.replace("@", message_id[:35]))
            await assert_alive(connection, end, version)
            assert peer.counts["foreign"] == 1
            await connection.send(f'[3,"{message_id}",{{"status":"Accepted"}}]')
            assert described(await calling) == "Accepted"

    run(test())


@pytest.mark.parametrize("version", [V16, Version.V201])
@pytest.mark.parametrize("end", [CSMS, STATION], ids=str)
def test_before_2_1_nothing_is_said_to_a_result_that_cannot_be_used(end: End, version: Version) -> None:
    async def test() -> None:
        async with bare(end, version) as (peer, connection):
            calling = asyncio.gather(peer.call(end.call), return_exceptions=True)
            await connection.send(f'[3,"{await hear_call(connection)}",{{"x":1}}]')
            assert described((await calling)[0]) == "AnswerMalformed FormatViolation"
            await assert_alive(connection, end, version)

    run(test())
