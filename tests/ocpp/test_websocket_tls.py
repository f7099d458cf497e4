"""Security profiles 1 to 3 over real sockets, with a small PKI that OpenSSL makes for the tests."""

import asyncio
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp import (
    Admission,
    ClientCertificate,
    ClientTls,
    Handshake,
    Listener,
    SecurityProfile,
    ServerTls,
    WebSocketChannel,
    connect,
    serve,
)
from ladewerk.ocpp.websocket_handshake import certificate_of
from ladewerk.paced_loop import PacedLoop
from tests.pki import HERE, Pki, new_pki


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 86_400))


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    made = new_pki(tmp_path_factory.mktemp("pki"))
    made.ca("ca")
    made.ca("foreign-ca")
    made.issue("csms", "/O=Operator/CN=localhost", by="ca", names=HERE)
    made.issue("csms-by-name-alone", "/O=Operator/CN=localhost", by="ca")
    made.issue("csms-expired", "/O=Operator/CN=localhost", by="ca", names=HERE, days=-1)
    made.issue("csms-elsewhere", "/O=Operator/CN=csms.example", by="ca", names="DNS:csms.example")
    made.issue("station", "/O=Operator/CN=SN-0001", by="ca")
    made.issue("station-expired", "/O=Operator/CN=SN-0001", by="ca", days=-1)
    made.issue("station-foreign", "/O=Operator/CN=SN-0001", by="foreign-ca")
    return made


# A CSMS that asks for a minimum


@dataclass
class Csms:
    least: SecurityProfile = SecurityProfile.NONE
    handshakes: list[Handshake] = field(default_factory=list)
    channels: list[WebSocketChannel] = field(default_factory=list)

    async def admit(self, handshake: Handshake) -> Admission:
        self.handshakes.append(handshake)
        if handshake.security_profile < self.least or handshake.basic_password not in (None, b"secret", b"\xff\x00"):
            return Admission.UNAUTHORIZED
        return Admission.ACCEPT

    async def hear(self, channel: WebSocketChannel) -> None:
        self.channels.append(channel)
        await channel.send(await _text(channel))

    @asynccontextmanager
    async def listening(self, tls: ServerTls | None) -> AsyncIterator[Listener]:
        async with serve("127.0.0.1", 0, admit=self.admit, serve_channel=self.hear, tls=tls) as listener:
            yield listener


async def _text(channel: WebSocketChannel) -> str:
    frame = await channel.receive()
    assert isinstance(frame, str)
    return frame


async def echoed(port: int, *, scheme: str = "wss", host: str = "localhost", **options: Any) -> str:
    async with connect(f"{scheme}://{host}:{port}", identity="CS001", **options) as channel:
        await channel.send("hello")
        return await _text(channel)


async def line_of(port: int, **options: Any) -> str:
    with pytest.raises(Disconnected) as caught:
        await echoed(port, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# Profiles


@pytest.mark.parametrize("least", [SecurityProfile.NONE, SecurityProfile.BASIC, SecurityProfile.TLS_BASIC])
@pytest.mark.parametrize("password", ["secret", b"\xff\x00"])
def test_a_password_over_plain_tcp_is_profile_1(least: SecurityProfile, password: str | bytes) -> None:
    async def test() -> None:
        csms = Csms(least)
        async with csms.listening(None) as listener:
            if least > SecurityProfile.BASIC:
                assert "HTTP 401" in await line_of(listener.port, scheme="ws", password=password)
            else:
                assert await echoed(listener.port, scheme="ws", password=password) == "hello"
        assert csms.handshakes[0].security_profile is SecurityProfile.BASIC
        assert csms.handshakes[0].basic_password == (password.encode() if isinstance(password, str) else password)

    run(test())


@pytest.mark.parametrize("least", [SecurityProfile.BASIC, SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE])
def test_a_password_over_tls_is_profile_2(pki: Pki, least: SecurityProfile) -> None:
    async def test() -> None:
        csms = Csms(least)
        async with csms.listening(pki.server(client_ca=pki.pem("ca"))) as listener:
            if least > SecurityProfile.TLS_BASIC:
                assert "HTTP 401" in await line_of(listener.port, tls=pki.client(), password="secret")
            else:
                assert await echoed(listener.port, tls=pki.client(), password="secret") == "hello"
            assert "HTTP 401" in await line_of(listener.port, tls=pki.client(), password="wrong")
        assert csms.handshakes[0].security_profile is SecurityProfile.TLS_BASIC
        assert csms.handshakes[0].certificate is None

    run(test())


@pytest.mark.parametrize("required", [False, True])
def test_a_certificate_of_the_station_is_profile_3(pki: Pki, required: bool) -> None:
    async def test() -> None:
        csms = Csms(SecurityProfile.TLS_CERTIFICATE)
        tls = pki.server(client_ca=pki.pem("ca"), require_client_certificate=required)
        async with csms.listening(tls) as listener:
            assert await echoed(listener.port, tls=pki.client("station")) == "hello"
        [shook] = csms.handshakes
        assert shook.security_profile is SecurityProfile.TLS_CERTIFICATE
        assert shook.certificate == ClientCertificate(common_name="SN-0001", organization="Operator")
        assert csms.channels[0].handshake == shook

    run(test())


def test_tls_alone_says_nothing_about_the_station(pki: Pki) -> None:
    async def test() -> None:
        csms = Csms()
        async with csms.listening(pki.server()) as listener:
            assert await echoed(listener.port, tls=pki.client()) == "hello"
            assert await echoed(listener.port, tls=pki.client("station")) == "hello"
        assert [shook.security_profile for shook in csms.handshakes] == [SecurityProfile.NONE] * 2
        assert all(shook.encrypted for shook in csms.handshakes)

    run(test())


def test_a_password_is_neither_printed_nor_kept_on_the_channel(pki: Pki) -> None:
    async def test() -> None:
        csms = Csms()
        async with csms.listening(pki.server()) as listener:
            await echoed(listener.port, tls=pki.client(), password="secret")
        assert "secret" not in repr(csms.handshakes[0])
        kept = csms.channels[0].handshake
        assert kept is not None
        assert (kept.basic_user, kept.basic_password) == ("CS001", None)
        assert kept.security_profile is SecurityProfile.TLS_BASIC

    run(test())


# Certificates that are not right


@pytest.mark.parametrize(
    ("host", "name"), [("localhost", "csms"), ("127.0.0.1", "csms"), ("localhost", "csms-by-name-alone")]
)
def test_a_certificate_may_name_the_host_in_either_place(pki: Pki, host: str, name: str) -> None:
    async def test() -> None:
        async with Csms().listening(pki.server(name)) as listener:
            assert await echoed(listener.port, host=host, tls=pki.client()) == "hello"

    run(test())


@pytest.mark.parametrize(
    ("server", "trusted", "words"),
    [
        ("csms", "foreign-ca", "unable to get local issuer certificate"),
        ("csms", None, "unable to get local issuer certificate"),
        ("csms-expired", "ca", "certificate has expired"),
        ("csms-elsewhere", "ca", "Hostname mismatch"),
    ],
)
def test_a_station_refuses_a_csms_it_cannot_trust(pki: Pki, server: str, trusted: str | None, words: str) -> None:
    async def test() -> None:
        csms = Csms()
        async with csms.listening(pki.server(server)) as listener:
            tls = None if trusted is None else pki.client(ca=trusted)
            line = await line_of(listener.port, tls=tls, password="secret")
            assert f"its certificate is refused ({words}" in line
        assert csms.handshakes == []  # its password was not said

    run(test())


@pytest.mark.parametrize("station", [None, "station-foreign", "station-expired"])
@pytest.mark.parametrize("required", [False, True])
def test_a_csms_refuses_a_station_it_cannot_trust(pki: Pki, station: str | None, required: bool) -> None:
    async def test() -> None:
        csms = Csms(SecurityProfile.TLS_CERTIFICATE)
        tls = pki.server(client_ca=pki.pem("ca"), require_client_certificate=required)
        async with csms.listening(tls) as listener:
            line = await line_of(listener.port, tls=pki.client(station))
            assert ("certificate of this station" if required or station else "HTTP 401") in line
        assert [shook.certificate for shook in csms.handshakes] == ([] if required or station else [None])
        assert csms.channels == []

    run(test())


# Versions of TLS, and none


def at_most(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
    return context


def test_tls_1_2_is_the_oldest_that_the_server_speaks(pki: Pki) -> None:
    async def test() -> None:
        async with Csms().listening(pki.server()) as listener:
            old = at_most(ssl.create_default_context(cafile=pki.pem("ca")), ssl.TLSVersion.TLSv1_2)
            _, writer = await asyncio.open_connection("localhost", listener.port, ssl=old)
            assert writer.get_extra_info("ssl_object").version() == "TLSv1.2"
            writer.close()
            await writer.wait_closed()
            older = at_most(ssl.create_default_context(cafile=pki.pem("ca")), ssl.TLSVersion.TLSv1_1)
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                await asyncio.open_connection("localhost", listener.port, ssl=older)

    run(test())


def shake_once(listening: socket.socket, context: ssl.SSLContext) -> None:
    """One handshake as a server that tells its reason, which asyncio's do not always get to say."""
    connection, _ = listening.accept()
    try:
        context.wrap_socket(connection, server_side=True).close()
    except ssl.SSLError:
        connection.close()


@pytest.mark.parametrize(
    ("version", "trusted", "station", "words"),
    [
        (ssl.TLSVersion.TLSv1_1, None, None, "it does not speak TLS 1.2 or newer"),
        (ssl.TLSVersion.TLSv1_2, "ca", None, "it wants a certificate of this station (security profile 3)"),
        (
            ssl.TLSVersion.TLSv1_2,
            "ca",
            "station-foreign",
            "not accept the certificate of this station (tlsv1 alert unknown ca)",
        ),
        (ssl.TLSVersion.TLSv1_2, "ca", "station-expired", "of this station (sslv3 alert certificate expired)"),
    ],
)
def test_a_server_that_says_why_it_refuses_is_quoted(
    pki: Pki, version: ssl.TLSVersion, trusted: str | None, station: str | None, words: str
) -> None:
    context = at_most(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), version)
    context.load_cert_chain(pki.pem("csms"), pki.key("csms"))
    if trusted is not None:
        context.load_verify_locations(pki.pem(trusted))
        context.verify_mode = ssl.CERT_REQUIRED

    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            shaking = asyncio.create_task(asyncio.to_thread(shake_once, listening, context))
            port = listening.getsockname()[1]
            assert (await line_of(port, host="127.0.0.1", tls=pki.client(station))).endswith(words)
            await shaking

    run(test())


def test_a_csms_without_tls_is_told_from_one_with_it(pki: Pki) -> None:
    async def test() -> None:
        async with Csms().listening(None) as listener:
            line = await line_of(listener.port, tls=pki.client())
            assert "speak no TLS there" in line or "does not speak TLS" in line
        async with Csms().listening(pki.server()) as listener:
            assert "no WebSocket server answers there" in await line_of(listener.port, scheme="ws")

    run(test())


# Files


def test_files_that_cannot_be_used_are_named(pki: Pki, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    pki.openssl("ec", "-in", "csms.key", "-aes128", "-passout", "pass:x", "-out", str(locked))
    pem, key, absent = pki.pem("csms"), pki.key("csms"), tmp_path / "absent.pem"
    wrong: list[tuple[ServerTls, str]] = [
        (ServerTls(certificate=absent, key=key), f"tls.certificate: {absent}: there is no such file"),
        (ServerTls(certificate=pem, key=absent), f"tls.key: {absent}: there is no such file"),
        (ServerTls(certificate=pem, key=pki.key("ca")), f"tls.certificate: {pem}: .*key values mismatch"),
        (ServerTls(certificate=key, key=key), f"tls.certificate: {key}: no PEM certificate"),
        (ServerTls(certificate=pem, key=locked), f"tls.certificate: {pem}: .*unencrypted"),
        (ServerTls(certificate=pem, key=key, client_ca=key), f"tls.client_ca: {key}: no PEM certificate"),
        (ServerTls(certificate=pem, key=key, require_client_certificate=True), "no CA is named that issues them"),
    ]

    async def test() -> None:
        for tls, words in wrong:
            with pytest.raises(ConfigError, match=words):
                async with Csms().listening(tls):
                    raise AssertionError("listening")
        for client, words in (
            (ClientTls(ca=absent), f"tls.ca: {absent}"),
            (ClientTls(certificate=pem), "name both or neither"),
            (ClientTls(ca=pki.pem("ca"), certificate=pem, key=absent), f"tls.key: {absent}"),
        ):
            with pytest.raises(ConfigError, match=words):
                await echoed(1, tls=client)

    run(test())


def test_a_password_meant_for_tls_is_not_said_in_clear(pki: Pki) -> None:
    async def test() -> None:
        csms = Csms()
        async with csms.listening(None) as listener:
            with pytest.raises(ConfigError, match="it begins with wss://"):
                await echoed(listener.port, scheme="ws", tls=pki.client(), password="secret")
        assert csms.handshakes == []

    run(test())


def test_a_subject_says_what_it_says() -> None:
    assert certificate_of(None) is None
    assert certificate_of({"subject": ((("countryName", "DE"),),)}) == ClientCertificate(common_name=None, organization=None)


# Handshakes that never end


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("said", [b"", b"GET /CS001 HTTP/1.1\r\nHost: x\r\n", b"\x16\x03\x01"])
def test_a_handshake_that_does_not_end_is_cut_off_after_10_s(pki: Pki, encrypted: bool, said: bytes) -> None:
    async def test() -> None:
        csms = Csms()
        async with csms.listening(pki.server() if encrypted else None) as listener:
            loop = asyncio.get_running_loop()
            with socket.create_connection(("127.0.0.1", listener.port)) as half_open:
                half_open.setblocking(False)
                half_open.sendall(said)
                try:
                    while await loop.sock_recv(half_open, 1024):
                        pass
                except ConnectionResetError:
                    pass
                assert loop.time() <= 11
        assert csms.handshakes == []

    run(test())
