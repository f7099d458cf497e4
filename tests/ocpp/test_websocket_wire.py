"""What a WebSocket's shell does beside the protocol: flow control both ways, fragments, goodbyes that nobody returns."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as plain_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from ladewerk.errors import Disconnected
from ladewerk.ocpp.channel import AT_ONCE
from ladewerk.ocpp.websocket import Admission, Handshake, WebSocketChannel, connect, serve
from ladewerk.paced_loop import PacedLoop

HOST = "127.0.0.1"
MORE_THAN_SOCKETS_HOLD = 500
LONG = "x" * 60_000


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 86_400))


async def accept(_: Handshake) -> Admission:
    return Admission.ACCEPT


@asynccontextmanager
async def both_ends() -> AsyncIterator[tuple[ClientConnection, WebSocketChannel]]:
    """A station of the foreign library that answers no pings, and our end, which nobody serves."""
    arrived: asyncio.Future[WebSocketChannel] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def keep(channel: WebSocketChannel) -> None:
        arrived.set_result(channel)
        await over.wait()

    async with (
        serve(HOST, 0, admit=accept, serve_channel=keep, compression=False, ping_s=None) as listener,
        plain(listener.port) as station,
    ):
        try:
            yield station, await arrived
        finally:
            station.transport.abort()
            over.set()


def plain(port: int, identity: str = "CS001") -> plain_connect:
    return plain_connect(
        f"ws://{HOST}:{port}/{identity}", subprotocols=[Subprotocol("ocpp2.1")], proxy=None, ping_interval=None
    )


def test_a_message_in_fragments_comes_whole() -> None:
    async def test() -> None:
        async with both_ends() as (station, channel):
            await station.send(["[2,", '"ü', "€", '"]'])
            await station.send([b"[", b"]"])
            await station.send("[]")
            assert [await channel.receive() for _ in range(3)] == ['[2,"ü€"]', b"[]", "[]"]

    run(test())


def test_text_that_is_not_utf_8_closes_with_1007() -> None:
    async def test() -> None:
        async with both_ends() as (station, channel):
            station.protocol.send_frame(Frame(Opcode.TEXT, b"[\xff]"))
            station.send_data()
            with pytest.raises(Disconnected, match=r"closed here \(1007"):
                await channel.receive()
            with pytest.raises(ConnectionClosed) as caught:
                await station.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1007

    run(test())


def test_who_says_more_than_is_read_is_held_back() -> None:
    async def test() -> None:
        async with both_ends() as (station, channel):

            async def say() -> None:
                for number in range(MORE_THAN_SOCKETS_HOLD):
                    await station.send(f"{number} {LONG}")

            saying = asyncio.create_task(say())
            await asyncio.sleep(3600)
            assert not saying.done()
            heard = [str(await channel.receive()).partition(" ")[0] for _ in range(MORE_THAN_SOCKETS_HOLD)]
            assert heard == [str(number) for number in range(MORE_THAN_SOCKETS_HOLD)]
            await saying

    run(test())


def test_one_end_can_close_while_what_the_other_said_is_unread() -> None:
    async def test() -> None:
        async with both_ends() as (station, channel):
            for number in range(100):
                await station.send(str(number))
            await asyncio.sleep(1)
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            await channel.close(1000, "enough")
            assert loop.time() - began_s < 1
            assert [await channel.receive() for _ in range(3)] == ["0", "1", "2"]
            await station.wait_closed()
            assert (station.close_code, station.close_reason) == (1000, "enough")

    run(test())


def test_sending_waits_for_room_when_the_other_end_does_not_read() -> None:
    async def test() -> None:
        async with both_ends() as (station, channel):
            station.transport.pause_reading()
            sent = 0
            while (room := channel.send(f"{sent} {LONG}")) is AT_ONCE:
                sent += 1
            waiting = asyncio.ensure_future(room)
            await asyncio.sleep(3600)
            assert not waiting.done()
            station.transport.resume_reading()
            heard = [str(await station.recv()).partition(" ")[0] for _ in range(sent + 1)]
            assert heard == [str(number) for number in range(sent + 1)]
            await waiting
            assert channel.send("[]") is AT_ONCE

    run(test())


def test_who_waits_for_room_hears_that_the_connection_is_lost() -> None:
    async def test() -> None:
        async with both_ends() as (station, channel):
            station.transport.pause_reading()
            while (room := channel.send(LONG)) is AT_ONCE:
                pass
            waiting = asyncio.ensure_future(room)
            await asyncio.sleep(1)
            station.transport.abort()
            with pytest.raises(Disconnected, match="lost"):
                await waiting

    run(test())


def test_a_goodbye_that_is_not_returned_has_five_seconds() -> None:
    async def test() -> None:
        async with both_ends() as (station, channel):
            station.transport.pause_reading()
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            await channel.close(1000, "good night")
            assert 5 <= loop.time() - began_s <= 6
            with pytest.raises(Disconnected, match="1000 good night"):
                await channel.receive()

    run(test())


def test_compression_is_switched_for_each_station() -> None:
    async def test() -> None:
        channels: asyncio.Queue[WebSocketChannel] = asyncio.Queue()

        async def echo(channel: WebSocketChannel) -> None:
            channels.put_nowait(channel)
            await channel.send(str(await channel.receive()))

        compressing = serve(
            HOST, 0, admit=accept, serve_channel=echo, compression=lambda handshake: handshake.identity != "PLAIN"
        )
        async with compressing as listener:
            for identity, compressed in (("CS001", True), ("PLAIN", False)):
                async with connect(f"ws://{HOST}:{listener.port}", identity=identity) as station:
                    await station.send("[]")
                    assert await station.receive() == "[]"
                    assert station.is_compressed is (await channels.get()).is_compressed is compressed

    run(test())


def test_a_station_that_knocks_while_the_server_ends_is_told_503() -> None:
    async def test() -> None:
        asked, answer = asyncio.Event(), asyncio.Event()

        async def admit(_: Handshake) -> Admission:
            asked.set()
            await answer.wait()
            return Admission.ACCEPT

        async def never(_: WebSocketChannel) -> None:
            raise AssertionError("let in")

        async with serve(HOST, 0, admit=admit, serve_channel=never) as listener:
            knocking = asyncio.ensure_future(_knock(listener.port))
            await asked.wait()
            asyncio.get_running_loop().call_later(1, answer.set)
        assert await knocking == 503

    run(test())


async def _knock(port: int) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with plain(port):
            pass
    return caught.value.response.status_code
