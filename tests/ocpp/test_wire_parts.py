"""Frames that come in parts and bytes that come in pieces: the same is heard, and nothing is kept of what says nothing."""

import asyncio
import gc
import random
import tracemalloc

import pytest

from tests.ocpp.test_wire import V21, assert_alive
from tests.ocpp.test_wire_closing import CONTINUED, FINAL, PING, TEXT, framed
from tests.ocpp.wire_ends import CSMS, STATION, Bare, End, bare, run

ENDS = pytest.mark.parametrize("end", [CSMS, STATION], ids=str)
PARTS = 20_000


async def told_all(connection: Bare, data: bytes) -> None:
    """Say ``data``, and wait until it was heard: a ping behind it is answered."""
    connection.transport.write(data)
    await (await connection.ping())


@ENDS
@pytest.mark.parametrize(("part", "most_bytes"), [(b"", 64 * 1024), (b" ", 256 * 1024)], ids=["nothing", "a byte each"])
def test_a_frame_of_endless_parts_holds_no_more_than_a_frame_may(end: End, part: bytes, most_bytes: int) -> None:
    async def test() -> None:
        async with bare(end, V21) as (_, connection):
            await told_all(connection, framed(end, TEXT, b"["))
            gc.collect()
            tracemalloc.start()
            await told_all(connection, framed(end, CONTINUED, part) * PARTS)
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            assert held < most_bytes
            connection.transport.write(framed(end, FINAL | CONTINUED, b"]"))
            assert '"RpcFrameworkError"' in str(await connection.recv())
            await assert_alive(connection, end, V21)

    run(test())


@ENDS
@pytest.mark.parametrize("seed", range(5))
def test_however_bytes_are_cut_the_same_is_heard(end: End, seed: int) -> None:
    chance = random.Random(seed)
    data, ids = b"", []
    for number in range(20):
        call = f'[2,"{number}","{end.served}",{{{" " * chance.randrange(200)}}}]'.encode()
        ids.append(str(number))
        at = sorted(chance.randrange(len(call)) for _ in range(chance.randrange(4)))
        parts = [call[begin:stop] for begin, stop in zip([0, *at], [*at, len(call)], strict=True)]
        for index, part in enumerate(parts):
            data += framed(end, (TEXT if index == 0 else CONTINUED) | (FINAL if index == len(parts) - 1 else 0), part)
            if chance.random() < 0.3:
                data += framed(end, FINAL | PING, b"?")

    async def test() -> None:
        async with bare(end, V21) as (_, connection):
            rest = data
            while rest:
                size = chance.choice([1, 2, 3, 7, 50, 1000])
                connection.transport.write(rest[:size])
                rest = rest[size:]
                if chance.random() < 0.2:
                    await asyncio.sleep(0)
            assert [await connection.recv() for _ in ids] == [f'[3,"{one}",{end.result[V21]}]' for one in ids]
            await assert_alive(connection, end, V21)

    run(test())


@ENDS
def test_who_pings_without_end_and_reads_no_pong_is_given_up(end: End) -> None:
    async def test() -> None:
        async with bare(end, V21) as (peer, connection):
            connection.transport.pause_reading()
            pings = framed(end, FINAL | PING, b"?" * 125) * 1000
            while peer.why_ended is None:
                connection.transport.write(pings)
                await asyncio.sleep(0)
            assert peer.why_ended == "the connection was lost"
            connection.transport.abort()

    run(test())
