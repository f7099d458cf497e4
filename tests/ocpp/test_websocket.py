"""The handshake, the close codes, the pings and the limits of the WebSocket channel, over real sockets."""

import asyncio
import base64
import logging
import socket
import struct
import zlib
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.client import connect as plain_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from ladewerk.clock import LoopClock
from ladewerk.errors import CallTimedOut, ConfigError, Disconnected
from ladewerk.ocpp import v21
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake, Listener, WebSocketChannel, connect, read_handshake, serve
from ladewerk.paced_loop import PacedLoop

HOST = "127.0.0.1"


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 86_400))


def basic(user: bytes, password: bytes) -> str:
    return "Basic " + base64.b64encode(user + b":" + password).decode()


class Site:
    """A server that keeps what it saw and hears every channel to its end."""

    def __init__(self, admission: Admission = Admission.ACCEPT) -> None:
        self.admission = admission
        self.handshakes: list[Handshake] = []
        self.channels: list[WebSocketChannel] = []
        self.ends: asyncio.Queue[str] = asyncio.Queue()

    async def admit(self, handshake: Handshake) -> Admission:
        self.handshakes.append(handshake)
        return self.admission

    async def hear(self, channel: WebSocketChannel) -> None:
        self.channels.append(channel)
        try:
            while True:
                await channel.receive()
        except Disconnected as err:
            self.ends.put_nowait(str(err))

    @asynccontextmanager
    async def listening(
        self, versions: Sequence[Version] = (Version.V21, Version.V201), ping_s: float | None = 60
    ) -> AsyncIterator[Listener]:
        async with serve(HOST, 0, versions=versions, admit=self.admit, serve_channel=self.hear, ping_s=ping_s) as listener:
            yield listener


# Who knocks


GOOD_PATHS = [
    ("/CS001", "CS001"),
    ("/ocpp/2.0.1/CS001", "CS001"),
    ("/CS001?x=/y", "CS001"),
    ("/RDAM%20123", "RDAM 123"),
    ("/RDAM%7C123", "RDAM|123"),
    ("/RDAM|123", "RDAM|123"),
    ("/a*b-c_d=e+f@g.h", "a*b-c_d=e+f@g.h"),
    ("/%43%53%30%30%31", "CS001"),
    ("/" + "x" * 48, "x" * 48),
    ("/cs001", "cs001"),
]
BAD_PATHS = [
    "",
    "/",
    "/CS001/",
    "/CS:001",
    "/CS%3A001",
    "/a%2Fb",
    "/a%5Cb",
    "/a\\b",
    "/a%00b",
    "/a%0Ab",
    "/a%0D%0Ab",
    "/a%1Bb",
    "/a%7Fb",
    "/..",
    "/.",
    "/%2e%2e",
    "/a..b",
    "/%2E%2E%2Fetc",
    "/RDAM%2520123",
    "/a%2",
    "/a%zz",
    "/%",
    "/%20a",
    "/a%20",
    "/a%ffb",
    "/%C3%A4",
    "/ä",
    "/a#b",
    "/a%23b",
    "/a;b",
    "/a%27b",
    "/<a>",
    "/" + "x" * 49,
    "/%F0%9F%9A%97",
    "/a%C2%A0b",
    "/１２",
]


@pytest.mark.parametrize(("path", "identity"), GOOD_PATHS)
def test_the_identity_is_the_last_segment_decoded_once(path: str, identity: str) -> None:
    assert read_handshake(path, [], "1.2.3.4") == Handshake(identity=identity, path=path, remote="1.2.3.4")


@pytest.mark.parametrize("path", BAD_PATHS)
def test_what_is_no_identity_is_unknown(path: str) -> None:
    assert read_handshake(path, [], "1.2.3.4") is Admission.UNKNOWN


def test_credentials_come_as_user_and_raw_password() -> None:
    shook = read_handshake("/CS001", [basic(b"CS001", b"\xff:\x00")], "")
    assert shook == Handshake(identity="CS001", path="/CS001", remote="", basic_user="CS001", basic_password=b"\xff:\x00")


def test_identities_know_no_case() -> None:
    assert isinstance(read_handshake("/CS001", [basic(b"cs001", b"x")], ""), Handshake)


@pytest.mark.parametrize(
    "headers",
    [
        [basic(b"CS002", b"x")],
        [basic(b"", b"x")],
        [basic(b"\xff", b"x")],
        ["Basic " + base64.b64encode(b"CS001").decode()],
        ["Basic !!!"],
        ["Basic ä"],
        ["Basic"],
        [""],
        ["Bearer " + base64.b64encode(b"CS001:x").decode()],
        [basic(b"CS001", b"x"), basic(b"CS001", b"x")],
    ],
)
def test_credentials_that_are_not_the_stations_are_refused(headers: list[str]) -> None:
    assert read_handshake("/CS001", headers, "") is Admission.UNAUTHORIZED


@pytest.mark.parametrize(("admission", "status"), [(Admission.UNKNOWN, 404), (Admission.UNAUTHORIZED, 401)])
def test_a_station_that_is_not_admitted_gets_a_status(admission: Admission, status: int) -> None:
    async def test() -> None:
        async with Site(admission).listening() as listener:
            with pytest.raises(InvalidStatus) as caught:
                await plain_connect(f"ws://{HOST}:{listener.port}/CS001", proxy=None)
            assert caught.value.response.status_code == status
            assert ("WWW-Authenticate" in caught.value.response.headers) == (status == 401)

    run(test())


def test_foreign_credentials_are_refused_before_anyone_is_asked() -> None:
    async def test() -> None:
        site = Site()
        async with site.listening() as listener:
            headers = {"Authorization": basic(b"CS002", b"x")}
            with pytest.raises(InvalidStatus):
                await plain_connect(f"ws://{HOST}:{listener.port}/CS001", additional_headers=headers, proxy=None)
            assert site.handshakes == []

    run(test())


def test_a_failing_admission_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    async def admit(_: Handshake) -> Admission:
        raise KeyError("oops")

    async def test() -> None:
        async with serve(HOST, 0, admit=admit, serve_channel=Site().hear) as listener:
            with pytest.raises(Disconnected, match="HTTP 500"):
                async with connect(f"ws://{HOST}:{listener.port}", identity="CS001"):
                    pass

    run(test())
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_the_client_sends_its_identity_and_password() -> None:
    async def test() -> None:
        site = Site()
        async with site.listening() as listener:
            async with connect(f"ws://{HOST}:{listener.port}/ocpp/", identity="RDAM|1 2", password="pässword") as channel:
                assert channel.remote == HOST
            assert site.handshakes == [
                Handshake(
                    identity="RDAM|1 2",
                    path="/ocpp/RDAM%7C1%202",
                    remote=HOST,
                    basic_user="RDAM|1 2",
                    basic_password="pässword".encode(),
                )
            ]

    run(test())


# Sub-protocols


@pytest.mark.parametrize(
    ("offered", "spoken", "chosen"),
    [
        ((Version.V21, Version.V201), (Version.V21, Version.V201), Version.V21),
        ((Version.V201, Version.V21), (Version.V21, Version.V201), Version.V201),
        ((Version.V16, Version.V201), (Version.V21, Version.V201), Version.V201),
        ((Version.V21,), (Version.V21,), Version.V21),
    ],
)
def test_the_stations_order_decides(offered: Sequence[Version], spoken: Sequence[Version], chosen: Version) -> None:
    async def test() -> None:
        site = Site()
        async with (
            site.listening(spoken) as listener,
            connect(f"ws://{HOST}:{listener.port}", identity="CS001", versions=offered) as channel,
        ):
            assert channel.version is chosen
            await channel.close(1000, "")
            await site.ends.get()
            assert site.channels[0].version is chosen

    run(test())


@pytest.mark.parametrize("offered", [None, ["ocpp1.6"], ["ocpp9", "OCPP2.1"]])
def test_with_none_in_common_the_handshake_is_completed_without_the_header_then_closed(offered: list[str] | None) -> None:
    async def test() -> None:
        site = Site()
        async with site.listening() as listener:
            names = None if offered is None else [Subprotocol(name) for name in offered]
            async with plain_connect(f"ws://{HOST}:{listener.port}/CS001", subprotocols=names, proxy=None) as connection:
                assert connection.response is not None
                assert connection.response.status_code == 101
                assert "Sec-WebSocket-Protocol" not in connection.response.headers
                with pytest.raises(ConnectionClosed) as caught:
                    await connection.recv()
                assert caught.value.rcvd is not None
                assert caught.value.rcvd.code == 1002
                assert "ocpp2.1, ocpp2.0.1" in caught.value.rcvd.reason
            assert site.channels == []

    run(test())


# What the client says when it cannot connect


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


async def line_of(url: str, identity: str = "CS001", **options: Any) -> str:
    with pytest.raises(Disconnected) as caught:
        async with connect(url, identity=identity, **options):
            pass
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_listens() -> None:
    async def test() -> None:
        port = free_port()
        line = f"no connection to ws://{HOST}:{port}/CS001: nothing listens there (connection refused)"
        assert await line_of(f"ws://{HOST}:{port}") == line

    run(test())


@pytest.mark.parametrize("url", ["http://example.org", "example.org:9000", "ws://", "ws://host:port", "", "ws://[::1"])
def test_a_wrong_address(url: str) -> None:
    async def test() -> None:
        assert "ws://host:port/path" in await line_of(url)

    run(test())


@pytest.mark.parametrize(
    ("admission", "words"), [(Admission.UNKNOWN, "'CS001' is not known there"), (Admission.UNAUTHORIZED, "another password")]
)
def test_a_refused_station(admission: Admission, words: str) -> None:
    async def test() -> None:
        async with Site(admission).listening() as listener:
            assert words in await line_of(f"ws://{HOST}:{listener.port}")

    run(test())


def test_no_common_version() -> None:
    async def test() -> None:
        async with Site().listening([Version.V201]) as listener:
            line = await line_of(f"ws://{HOST}:{listener.port}", versions=[Version.V21])
            assert line.endswith("it speaks none of ocpp2.1")

    run(test())


def test_something_that_is_no_websocket_server() -> None:
    async def test() -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(b"220 ready\r\n")
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(answer, HOST, 0) as server:
            line = await line_of(f"ws://{HOST}:{server.sockets[0].getsockname()[1]}")
            assert "no WebSocket server answers there" in line

    run(test())


def test_a_server_that_never_answers() -> None:
    async def test() -> None:
        with socket.create_server((HOST, 0)) as silent:
            line = await line_of(f"ws://{HOST}:{silent.getsockname()[1]}", open_timeout_s=7)
            assert line.endswith("no answer within 7 s")

    run(test())


def test_an_identity_that_ocpp_does_not_allow() -> None:
    async def test() -> None:
        with pytest.raises(ConfigError, match="a:b"):
            async with connect(f"ws://{HOST}:1", identity="a:b"):
                pass

    run(test())


# What the server says when it cannot listen


def test_a_port_in_use() -> None:
    async def test() -> None:
        with socket.create_server((HOST, 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(ConfigError) as caught:
                async with serve(HOST, port, admit=Site().admit, serve_channel=Site().hear):
                    pass
            line = f"{HOST}:{port}: another program listens there already: stop it, or choose another port"
            assert str(caught.value) == line

    run(test())


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no.such.host.invalid", 0), (HOST, 70_000)])
def test_an_address_that_cannot_be_listened_on(host: str, port: int) -> None:
    async def test() -> None:
        with pytest.raises(ConfigError, match=f"^{host}:{port}: "):
            async with serve(host, port, admit=Site().admit, serve_channel=Site().hear):
                pass

    run(test())


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
