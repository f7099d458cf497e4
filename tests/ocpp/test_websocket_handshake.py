"""Who may come in over a WebSocket, as whom and speaking what; and what is said to those who may not."""

import asyncio
import base64
import socket
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.asyncio.client import connect as plain_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake, connect, read_handshake, serve
from tests.ocpp.websocket_site import HOST, Site, basic, run

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
