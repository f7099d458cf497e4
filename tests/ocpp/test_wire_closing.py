"""When a connection is closed over what the other end says, and with which code; and what looks as if, but is none of it."""

import asyncio
import struct
from collections.abc import Mapping

import pytest
from websockets.exceptions import ConnectionClosed

from ladewerk.ocpp.version import Version
from tests.ocpp.test_wire import NOT_JSON, V21, as_heard, assert_alive
from tests.ocpp.wire_ends import CSMS, STATION, VERSIONS, Bare, End, bare, run

FINAL, CONTINUED, TEXT, BINARY, CLOSE, PING = 0x80, 0x0, 0x1, 0x2, 0x8, 0x9
ENDS = pytest.mark.parametrize("end", [CSMS, STATION], ids=str)


def framed(end: End, first_byte: int, payload: bytes = b"", *, masked: bool | None = None) -> bytes:
    """A frame of RFC 6455, 5.2, to ``end``; what a client says is masked, here with zeros, what a server says is not."""
    mask = 0x80 if (end is CSMS if masked is None else masked) else 0
    size = (
        struct.pack("!B", mask | len(payload))
        if len(payload) < 126
        else struct.pack("!BH", mask | 126, len(payload))
        if len(payload) < 65_536
        else struct.pack("!BQ", mask | 127, len(payload))
    )
    return bytes([first_byte]) + size + (b"\x00" * 4 if mask else b"") + payload


async def closed_with(connection: Bare) -> tuple[int, str]:
    """How the other end says goodbye; it says nothing before."""
    with pytest.raises(ConnectionClosed) as caught:
        await connection.recv()
    assert caught.value.rcvd is not None
    return caught.value.rcvd.code, caught.value.rcvd.reason


async def hear_errors(connection: Bare) -> None:
    """Nothing else may come; raises how the other end says goodbye."""
    async for heard in connection:
        assert str(heard).startswith(("[4,", "[5,"))


# What a WebSocket may not carry: first bytes and payloads of the frames, and the code of RFC 6455, 7.4.1.
BROKEN: Mapping[str, tuple[tuple[tuple[int, bytes], ...], int]] = {
    "text that is no UTF-8": (((FINAL | TEXT, b'[2,"\xff","Heartbeat",{}]'),), 1007),
    "text that is cut in a character, then over": (((TEXT, b"\xe2\x82"), (FINAL | CONTINUED, b"")), 1007),
    "a frame above the limit": (((FINAL | TEXT, b" " * 65_537),), 1009),
    "a binary frame above the limit": (((FINAL | BINARY, b" " * 65_537),), 1009),
    "parts above the limit together": (((TEXT, b" " * 40_000), (CONTINUED, b" " * 20_000), (FINAL, b" " * 6_000)), 1009),
    "a kind of frame that there is not": (((FINAL | 0x3, b"{}"),), 1002),
    "compression that was not agreed": (((FINAL | 0x40 | TEXT, b"{}"),), 1002),
    "a part of nothing": (((FINAL | CONTINUED, b"{}"),), 1002),
    "a frame among the parts of another": (((TEXT, b"["), (FINAL | TEXT, b"[]")), 1002),
    "a ping in parts": (((PING, b""),), 1002),
    "a ping of 126 bytes": (((FINAL | PING, b"x" * 126),), 1002),
    "a goodbye without its code": (((FINAL | CLOSE, b"\x03"),), 1002),
    "a goodbye with a code that nobody says": (((FINAL | CLOSE, struct.pack("!H", 1006)),), 1002),
    "a goodbye with a reason that is no UTF-8": (((FINAL | CLOSE, struct.pack("!H", 1000) + b"\xff"),), 1007),
    "a goodbye": (((FINAL | CLOSE, struct.pack("!H", 1000)),), 1000),
    "a goodbye of its own": (((FINAL | CLOSE, struct.pack("!H", 4000) + b"enough"),), 4000),
}


@ENDS
@pytest.mark.parametrize(("frames", "code"), BROKEN.values(), ids=BROKEN)
def test_what_a_websocket_may_not_carry_closes_it(end: End, frames: tuple[tuple[int, bytes], ...], code: int) -> None:
    async def test() -> None:
        async with bare(end, V21) as (_, connection):
            connection.transport.write(b"".join(framed(end, *frame) for frame in frames))
            assert (await closed_with(connection))[0] == code

    run(test())


@ENDS
def test_a_frame_masked_by_the_wrong_end_closes_with_1002(end: End) -> None:
    async def test() -> None:
        async with bare(end, V21) as (_, connection):
            connection.transport.write(framed(end, FINAL | TEXT, b"[]", masked=end is not CSMS))
            assert (await closed_with(connection))[0] == 1002

    run(test())


@ENDS
@pytest.mark.parametrize("version", VERSIONS)
def test_a_ping_among_the_parts_of_a_frame_disturbs_nothing(end: End, version: Version) -> None:
    async def test() -> None:
        async with bare(end, version) as (_, connection):
            call = f'[2,"hb","{end.served}",{{}}]'.encode()
            parts = [(TEXT, call[:5]), (FINAL | PING, b"?"), (CONTINUED, call[5:9]), (FINAL | CONTINUED, call[9:])]
            connection.transport.write(b"".join(framed(end, *part) for part in parts))
            assert await connection.recv() == f'[3,"hb",{end.result[version]}]'
            await assert_alive(connection, end, version)

    run(test())


# The budget for malformed frames

BUDGET = 10
NO_FRAMES = (
    "rubbish",
    "[]",
    "[3,7,{}]",
    '[4,"a"]',
    '["2","a","Heartbeat",{}]',
    '[2,"a"]',
    '[2,"a","Heartbeat",[]]',
)


@ENDS
@pytest.mark.parametrize("version", VERSIONS)
def test_the_eleventh_malformed_frame_of_a_minute_is_answered_and_closes_with_1002(end: End, version: Version) -> None:
    async def test() -> None:
        async with bare(end, version) as (peer, connection):
            for _ in range(BUDGET):
                await connection.send("rubbish")
                assert await connection.recv() == as_heard(end, version, NOT_JSON)
            await assert_alive(connection, end, version)
            await connection.send("rubbish")
            await connection.send(f'[2,"late","{end.served}",{{}}]')
            assert await connection.recv() == as_heard(end, version, NOT_JSON)
            assert await closed_with(connection) == (1002, "too many malformed frames")
            assert peer.counts["malformed"] == BUDGET + 1

    run(test())


@ENDS
@pytest.mark.parametrize("frame", NO_FRAMES)
def test_every_malformed_frame_counts_whether_it_is_answered_or_not(end: End, frame: str) -> None:
    async def test() -> None:
        async with bare(end, V21) as (_, connection):
            for _ in range(BUDGET + 1):
                await connection.send(frame)
            with pytest.raises(ConnectionClosed):
                await hear_errors(connection)
            assert connection.close_code == 1002

    run(test())


@ENDS
def test_malformed_frames_of_long_ago_are_forgotten(end: End) -> None:
    async def test() -> None:
        async with bare(end, V21) as (_, connection):
            for _ in range(3):
                for _ in range(BUDGET):
                    await connection.send("rubbish")
                    assert await connection.recv() == NOT_JSON
                await asyncio.sleep(61)
            await assert_alive(connection, end, V21)

    run(test())


@ENDS
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "frame",
    [
        '[7,"a","Heartbeat",{}]',
        '[3,"a",{}]',
        '[4,"a","GenericError","",{}]',
        '[2,"a","Nonsense",{}]',
        '[2,"a","DataTransfer",{}]',
    ],
)
def test_what_only_a_newer_version_a_late_answer_or_another_dialect_explains_is_no_malformed_frame(
    end: End, version: Version, frame: str
) -> None:
    async def test() -> None:
        async with bare(end, version) as (peer, connection):
            for number in range(3 * BUDGET):
                await connection.send(frame.replace('"a"', f'"{number}"'))
                if frame.startswith("[2") or (frame.startswith("[7") and version is Version.V201):
                    assert str(await connection.recv()).startswith(f'[4,"{number}",')
            await assert_alive(connection, end, version)
            assert peer.counts["malformed"] == 0

    run(test())


# Retries


@ENDS
@pytest.mark.parametrize("version", VERSIONS)
def test_a_retry_gets_the_very_same_answer_and_another_call_of_that_id_none(end: End, version: Version) -> None:
    async def test() -> None:
        async with bare(end, version) as (_, connection):
            call = f'[2,"hb","{end.served}",{{}}]'
            await connection.send(call)
            first = await connection.recv()
            await asyncio.sleep(90)
            await connection.send(call)
            assert await connection.recv() == first
            await connection.send(f'[2,"hb","{end.unserved}",{{}}]')
            why = "another CALL of this connection has this message id"
            refused = f'[4,"hb","RpcFrameworkError","{why}",{{}}]'
            assert await connection.recv() == as_heard(end, version, refused)

    run(test())
