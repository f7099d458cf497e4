"""What goes over the wire, letter by letter: bare text into a served connection, and the exact answers of each version."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as plain_connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ladewerk.clock import LoopClock
from ladewerk.ocpp import v21
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake, WebSocketChannel, serve
from ladewerk.paced_loop import PacedLoop

HEARTBEAT = '[2,"hb","Heartbeat",{}]'
BEAT = '[3,"hb",{"currentTime":"2026-01-05T17:00:00.000Z"}]'

router = Router[None]()


@router.on(v21.HeartbeatRequest)
async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    return v21.HeartbeatResponse(current_time=ctx.received_at.replace(second=0, microsecond=0))


@router.on(v21.BootNotificationRequest)
async def boot(_: Context[None], __: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
    raise KeyError("a bug")


async def admit(_: Handshake) -> Admission:
    return Admission.ACCEPT


@asynccontextmanager
async def wire(version: Version) -> AsyncIterator[ClientConnection]:
    clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, tzinfo=UTC))

    async def serve_peer(channel: WebSocketChannel) -> None:
        await Peer(channel, version=channel.version, router=router, state=None, clock=clock).run()

    async with (
        serve("127.0.0.1", 0, admit=admit, serve_channel=serve_peer) as listener,
        plain_connect(f"ws://127.0.0.1:{listener.port}/LW-1", subprotocols=[Subprotocol(version)], proxy=None) as connection,
    ):
        yield connection


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 3600))


def rpc(message_id: str, why: str) -> str:
    return f'[4,"{message_id}","RpcFrameworkError","{why}",{{}}]'


NOT_JSON = rpc("-1", "not JSON")
NO_ARRAY = rpc("-1", "a frame is a JSON array")
NO_ID = rpc("-1", "the message id is not a string of at most 36 characters")
NO_TYPE = rpc("a", "the message type is not an integer")
NO_OBJECT = '[4,"a","FormatViolation","the payload is not an object",{}]'
SILENCE = None

TABLE: list[tuple[str | bytes, str | None, str | None]] = [
    # what arrives, the answer of 2.0.1, the answer of 2.1
    ("", NOT_JSON, NOT_JSON),
    ("rubbish", NOT_JSON, NOT_JSON),
    ('[2,"a","Heartbeat",{}', NOT_JSON, NOT_JSON),
    ('[2,"a","Heartbeat",{}]x', NOT_JSON, NOT_JSON),
    ('[2,"a","Heartbeat",{"a":Infinity}]', NOT_JSON, NOT_JSON),
    ('[2,"\\ud800","Heartbeat",{}]', NOT_JSON, NOT_JSON),
    (b'[2,"\xff","Heartbeat",{}]', rpc("-1", "not UTF-8"), rpc("-1", "not UTF-8")),
    ("{}", NO_ARRAY, NO_ARRAY),
    ("null", NO_ARRAY, NO_ARRAY),
    ('"[2]"', NO_ARRAY, NO_ARRAY),
    ("[]", rpc("-1", "a frame has 3 to 5 elements, this one 0"), rpc("-1", "a frame has 3 to 5 elements, this one 0")),
    ("[2]", rpc("-1", "a frame has 3 to 5 elements, this one 1"), rpc("-1", "a frame has 3 to 5 elements, this one 1")),
    ("[" * 60_000, rpc("-1", "nested deeper than 32 levels"), rpc("-1", "nested deeper than 32 levels")),
    ('[2,"a"]', rpc("a", "a CALL has 4 elements, this one 2"), rpc("a", "a CALL has 4 elements, this one 2")),
    ('[2,"a","Heartbeat"]', rpc("a", "a CALL has 4 elements, this one 3"), rpc("a", "a CALL has 4 elements, this one 3")),
    (
        '[2,"a","Heartbeat",{},{}]',
        rpc("a", "a CALL has 4 elements, this one 5"),
        rpc("a", "a CALL has 4 elements, this one 5"),
    ),
    ('[2,1,"Heartbeat",{}]', NO_ID, NO_ID),
    ('[2,null,"Heartbeat",{}]', NO_ID, NO_ID),
    ('[2,{},"Heartbeat",{}]', NO_ID, NO_ID),
    ('[2,"' + "x" * 37 + '","Heartbeat",{}]', NO_ID, NO_ID),
    ('[2,"a",7,{}]', rpc("a", "the action is not a string"), rpc("a", "the action is not a string")),
    ('[2,"a","Heartbeat",[]]', NO_OBJECT, NO_OBJECT),
    ('[2,"a","Heartbeat","{}"]', NO_OBJECT, NO_OBJECT),
    ('["2","a","Heartbeat",{}]', NO_TYPE, NO_TYPE),
    ('[2.5,"a","Heartbeat",{}]', NO_TYPE, NO_TYPE),
    ('[null,"a","Heartbeat",{}]', NO_TYPE, NO_TYPE),
    ('[0,"a","Heartbeat",{}]', '[4,"a","MessageTypeNotSupported","message type 0",{}]', SILENCE),
    ('[9,"a","Heartbeat",{}]', '[4,"a","MessageTypeNotSupported","message type 9",{}]', SILENCE),
    ('[9,{},"Heartbeat",{}]', '[4,"-1","MessageTypeNotSupported","message type 9",{}]', SILENCE),
    ('[6,"a","Heartbeat",{}]', '[4,"a","MessageTypeNotSupported","message type 6",{}]', SILENCE),
    ('[6,"a","Heartbeat"]', '[4,"a","MessageTypeNotSupported","message type 6",{}]', SILENCE),
    ('[5,"a","GenericError","",{}]', SILENCE, SILENCE),
    ('[5,"a"]', SILENCE, SILENCE),
    ('[3,"a",{}]', SILENCE, SILENCE),
    ('[3,"a"]', SILENCE, '[5,"a","RpcFrameworkError","a CALLRESULT has 3 elements, this one 2",{}]'),
    ('[3,"a",7]', SILENCE, '[5,"a","FormatViolation","the payload is not an object",{}]'),
    ("[3,7,{}]", SILENCE, SILENCE),
    ('[4,"a","GenericError","",{}]', SILENCE, SILENCE),
    ('[4,"a"]', SILENCE, SILENCE),
    ('[2,"a","Nonsense",{}]', "NotImplemented", "NotImplemented"),
    ('[2,"a","HeartbeatRequest",{}]', "NotImplemented", "NotImplemented"),
    ('[2,"a","NotifySettlement",{}]', "NotImplemented", "NotSupported"),
    ('[2,"a","Authorize",{}]', "NotSupported", "NotSupported"),
    ('[2,"a","Heartbeat",{"customData":7}]', "TypeConstraintViolation", "TypeConstraintViolation"),
    (
        '[2,"a","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"m","vendorName":"v"}}]',
        '[4,"a","InternalError","",{}]',
        '[4,"a","InternalError","",{}]',
    ),
    ('[2,"hb","Heartbeat",null]', BEAT, BEAT),
    (b'[2,"hb","Heartbeat",{}]', BEAT, BEAT),
    (' [ 2 , "hb" , "Heartbeat" , { } ] ', BEAT, BEAT),
]
CASES = [(Version.V201, said, answer) for said, answer, _ in TABLE] + [
    (Version.V21, said, answer) for said, _, answer in TABLE
]


@pytest.mark.parametrize(("version", "said", "answer"), CASES, ids=[f"{v}-{str(s)[:28]}" for v, s, _ in CASES])
def test_each_frame_has_its_answer_and_the_connection_lives_on(
    version: Version, said: str | bytes, answer: str | None
) -> None:
    async def test() -> None:
        async with wire(version) as connection:
            await connection.send(said)
            if answer is not None:
                heard = await connection.recv()
                assert isinstance(heard, str)
                if answer.startswith("["):
                    assert heard == answer
                else:
                    assert json.loads(heard)[:3] == [4, "a", answer]
            # A new id, for what was sent above may have been a Heartbeat.
            await connection.send(HEARTBEAT.replace("hb", "next"))
            assert await connection.recv() == BEAT.replace("hb", "next")

    run(test())


def test_a_retry_gets_the_very_same_answer() -> None:
    async def test() -> None:
        async with wire(Version.V201) as connection:
            await connection.send(HEARTBEAT)
            first = await connection.recv()
            await asyncio.sleep(90)
            await connection.send(HEARTBEAT)
            assert await connection.recv() == first
            await connection.send('[2,"hb","Authorize",{}]')
            assert await connection.recv() == rpc("hb", "another CALL of this connection has this message id")

    run(test())


def test_text_that_is_not_utf_8_closes_with_1007() -> None:
    async def test() -> None:
        async with wire(Version.V21) as connection:
            await connection.send(b'[2,"\xff","Heartbeat",{}]', text=True)
            with pytest.raises(ConnectionClosed) as caught:
                await connection.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1007

    run(test())


def test_too_many_malformed_frames_close_with_1002() -> None:
    async def test() -> None:
        async with wire(Version.V21) as connection:
            for _ in range(11):
                await connection.send("rubbish")
            assert [await connection.recv() for _ in range(11)] == [NOT_JSON] * 11
            with pytest.raises(ConnectionClosed) as caught:
                await connection.recv()
            assert caught.value.rcvd is not None
            assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1002, "too many malformed frames")

    run(test())
