"""The handshake, the close codes, the pings and the limits of the WebSocket channel, over real sockets."""

import asyncio
import logging
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.client import connect as plain_connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ladewerk.clock import LoopClock
from ladewerk.errors import CallTimedOut, Disconnected
from ladewerk.ocpp import v21
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.websocket import WebSocketChannel, connect, serve
from tests.ocpp.websocket_site import HOST, Site, run

# While connected


def test_a_dead_link_is_found_by_pings() -> None:
    async def test() -> None:
        site = Site()
        async with site.listening(ping_s=60) as listener:
            loop = asyncio.get_running_loop()
            async with plain_connect(
                f"ws://{HOST}:{listener.port}/CS001", subprotocols=[Subprotocol("ocpp2.1")], proxy=None, ping_interval=None
            ) as connection:
                connection.transport.pause_reading()  # as a station whose cable was cut: no answer, no goodbye
                assert await site.ends.get() == "the connection was closed here (1011 keepalive ping timeout)"
                assert 79 <= loop.time() <= 90
                connection.transport.abort()

    run(test())


def test_pings_are_switched_for_each_station() -> None:
    async def test() -> None:
        site = Site()
        async with serve(
            HOST,
            0,
            admit=site.admit,
            serve_channel=site.hear,
            ping_s=lambda handshake: None if handshake.identity == "MUTE" else 60,
        ) as listener:
            options: dict[str, Any] = {"subprotocols": [Subprotocol("ocpp2.1")], "proxy": None, "ping_interval": None}
            async with (
                plain_connect(f"ws://{HOST}:{listener.port}/CS001", **options) as pinged,
                plain_connect(f"ws://{HOST}:{listener.port}/MUTE", **options) as mute,
            ):
                for connection in (pinged, mute):
                    connection.transport.pause_reading()
                await asyncio.sleep(3600)
                assert site.ends.get_nowait() == "the connection was closed here (1011 keepalive ping timeout)"
                assert site.ends.empty()
                assert {channel.identity: channel.is_open for channel in site.channels} == {"CS001": False, "MUTE": True}
                pinged.transport.abort()
                mute.transport.abort()

    run(test())


def test_the_interval_of_the_pings_may_change_at_any_time() -> None:
    async def test() -> None:
        site = Site()
        async with site.listening(ping_s=60) as listener:
            loop = asyncio.get_running_loop()
            async with plain_connect(
                f"ws://{HOST}:{listener.port}/CS001", subprotocols=[Subprotocol("ocpp2.1")], proxy=None, ping_interval=None
            ) as connection:
                connection.transport.pause_reading()
                await asyncio.sleep(1)
                site.channels[0].set_ping_s(None)
                await asyncio.sleep(3600)
                assert site.ends.empty()
                site.channels[0].set_ping_s(300)
                began_s = loop.time()
                assert "keepalive ping timeout" in await site.ends.get()
                assert 320 <= loop.time() - began_s <= 330
                site.channels[0].set_ping_s(60)  # too late, but no harm
                connection.transport.abort()

    run(test())


def test_a_living_link_outlasts_many_pings() -> None:
    async def test() -> None:
        site = Site()
        async with site.listening() as listener, connect(f"ws://{HOST}:{listener.port}", identity="CS001") as channel:
            await asyncio.sleep(1800)
            await channel.send("still here")
            assert site.ends.empty()

    run(test())


@pytest.mark.parametrize(("frame", "code"), [("x" * 70_000, 1009), (b"x" * 70_000, 1009)])
def test_oversized_frames_close_with_1009(frame: str | bytes, code: int) -> None:
    async def test() -> None:
        site = Site()
        async with site.listening() as listener:
            async with plain_connect(
                f"ws://{HOST}:{listener.port}/CS001", subprotocols=[Subprotocol("ocpp2.1")], proxy=None, compression=None
            ) as connection:
                await connection.send(frame)
                with pytest.raises(ConnectionClosed) as caught:
                    await connection.recv()
                assert caught.value.rcvd is not None
                assert caught.value.rcvd.code == code
            assert f"({code}" in await site.ends.get()

    run(test())


def test_a_compression_bomb_is_not_inflated() -> None:
    async def test() -> None:
        site = Site()
        async with (
            site.listening() as listener,
            plain_connect(
                f"ws://{HOST}:{listener.port}/CS001", subprotocols=[Subprotocol("ocpp2.1")], proxy=None
            ) as connection,
        ):
            assert connection.response is not None
            assert "permessage-deflate" in connection.response.headers["Sec-WebSocket-Extensions"]
            squeeze = zlib.compressobj(wbits=-11)
            bomb = squeeze.compress(b"[" * 40_000_000) + squeeze.flush(zlib.Z_SYNC_FLUSH)
            assert len(bomb) < 60_000
            masked_with_zero = struct.pack("!BBHL", 0x80 | 0x40 | 0x01, 0x80 | 126, len(bomb) - 4, 0) + bomb[:-4]
            connection.transport.write(masked_with_zero)
            with pytest.raises(ConnectionClosed) as caught:
                await connection.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009

    run(test())


def test_what_fragments_inflate_to_is_bounded_together() -> None:
    async def test() -> None:
        site = Site()
        async with (
            site.listening() as listener,
            plain_connect(
                f"ws://{HOST}:{listener.port}/CS001", subprotocols=[Subprotocol("ocpp2.1")], proxy=None
            ) as connection,
        ):
            squeeze = zlib.compressobj(wbits=-11)
            for first_byte in (0x40 | 0x01, 0x00, 0x00):  # each of them below the limit by itself
                part = squeeze.compress(b"[" * 40_000) + squeeze.flush(zlib.Z_SYNC_FLUSH)
                assert len(part) < 126
                connection.transport.write(struct.pack("!BBL", first_byte, 0x80 | len(part), 0) + part)
            with pytest.raises(ConnectionClosed) as caught:
                await connection.recv()
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009

    run(test())


@pytest.mark.parametrize("which_end", ["station", "csms"])
def test_either_end_can_do_without_compression(which_end: str) -> None:
    async def test() -> None:
        site = Site()
        async with serve(HOST, 0, admit=site.admit, serve_channel=site.hear, compression=which_end != "csms") as listener:
            squeezes = which_end != "station"
            async with connect(f"ws://{HOST}:{listener.port}", identity="CS001", compression=squeezes) as channel:
                await channel.send("[]")
                assert not channel.is_compressed

    run(test())


def test_a_station_that_does_not_read_is_given_up() -> None:
    router = Router[None]()
    ended = asyncio.Event()

    @router.on(v21.DataTransferRequest)
    async def transfer(_: Context[None], __: v21.DataTransferRequest) -> v21.DataTransferResponse:
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED, data="x" * 60_000)

    async def test() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, tzinfo=UTC))

        async def serve_peer(channel: WebSocketChannel) -> None:
            await Peer(channel, version=channel.version, router=router, state=None, clock=clock).run()
            ended.set()

        async with (
            serve(HOST, 0, admit=Site().admit, serve_channel=serve_peer, ping_s=None) as listener,
            plain_connect(
                f"ws://{HOST}:{listener.port}/CS001", subprotocols=[Subprotocol("ocpp2.1")], proxy=None, compression=None
            ) as connection,
        ):
            connection.transport.pause_reading()
            for number in range(400):
                await connection.send(f'[2,"{number}","DataTransfer",{{"vendorId":"V"}}]')
            await ended.wait()
            connection.transport.abort()

    run(test())


def test_a_failing_server_side_closes_with_1011_and_one_log_entry(caplog: pytest.LogCaptureFixture) -> None:
    async def fail(_: WebSocketChannel) -> None:
        raise KeyError("oops")

    async def test() -> None:
        async with (
            serve(HOST, 0, admit=Site().admit, serve_channel=fail) as listener,
            connect(f"ws://{HOST}:{listener.port}", identity="CS001") as channel,
        ):
            with pytest.raises(Disconnected, match="1011 internal error"):
                await channel.receive()

    run(test())
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_server_that_ends_says_goodbye_with_1001() -> None:
    async def test() -> None:
        site = Site()
        async with site.listening() as listener:
            channel_open = connect(f"ws://{HOST}:{listener.port}", identity="CS001")
            channel = await channel_open.__aenter__()
        with pytest.raises(Disconnected, match="1001"):
            await channel.receive()
        await channel_open.__aexit__(None, None, None)

    run(test())


def test_strangers_are_no_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def knock(port: int, said: bytes) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(said)
        writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async def test() -> None:
        async with Site().listening() as listener:
            for said in (b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"HELO\r\n\r\n"):
                await knock(listener.port, said)

    with caplog.at_level(logging.DEBUG):
        run(test())
    wire = [record for record in caplog.records if record.name.startswith("ladewerk")]
    assert {record.levelname for record in wire} <= {"DEBUG", "WARNING"}
    assert [record for record in wire if record.levelno > logging.DEBUG and record.exc_info] == []


# All together


def test_a_peer_over_a_socket_on_a_paced_loop() -> None:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        await asyncio.sleep(20)
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    async def test() -> None:
        loop = asyncio.get_running_loop()
        clock = LoopClock(loop, datetime(2026, 1, 5, tzinfo=UTC))

        async def serve_peer(channel: WebSocketChannel) -> None:
            await Peer(channel, version=channel.version, router=router, state=None, clock=clock).run()

        async with (
            serve(HOST, 0, admit=Site().admit, serve_channel=serve_peer) as listener,
            connect(f"ws://{HOST}:{listener.port}", identity="CS001") as channel,
            Peer(channel, version=channel.version, router=Router[None](), state=None, clock=clock) as station,
        ):
            await asyncio.sleep(3600)
            answer = await station.call(v21.HeartbeatRequest())
            assert answer.current_time == datetime(2026, 1, 5, 1, tzinfo=UTC)
            assert loop.time() == pytest.approx(3620, abs=0.1)
            with pytest.raises(CallTimedOut):
                await station.call(v21.HeartbeatRequest(), timeout_s=10)
            assert loop.time() == pytest.approx(3630, abs=0.1)

    run(test())
