import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from ladewerk.clock import ManualClock
from ladewerk.errors import ConfigError, StoreError
from ladewerk.web.https import HttpsTable, https_for, is_loopback
from ladewerk.web.own_certificate import LASTS, make_certificate, needs_renewal, own_names
from ladewerk.web.server import serving
from tests.web.test_server import application

NOW = datetime.now(UTC)  # noqa: TID251 (TLS checks certificates by the clock of the machine)


def served(folder: Path, visit: Callable[[str], Awaitable[None]], table: HttpsTable | None = None) -> None:
    """Serve on a port that counts as open to every network, as far as the rule of HTTPS goes."""

    async def run() -> None:
        async with (
            https_for("web", table, folder=folder, kept_in=folder, host="0.0.0.0", clock=ManualClock(NOW)) as tls,
            serving(application(), "127.0.0.1", 0, tls) as url,
        ):
            await visit(url)

    asyncio.run(run())


def trusting(file: Path) -> httpx.AsyncClient:
    return httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(file)), trust_env=False)


@pytest.mark.parametrize(
    ("host", "alone"), [("127.0.0.1", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("garage.local", False)]
)
def test_plain_http_is_for_this_machine_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) is alone


def test_on_loopback_a_page_is_plain_unless_https_is_wanted(tmp_path: Path) -> None:
    async def contexts() -> list[bool]:
        found = []
        for table in (None, HttpsTable()):
            async with https_for(
                "web", table, folder=tmp_path, kept_in=tmp_path, host="127.0.0.1", clock=ManualClock(NOW)
            ) as tls:
                found.append(tls is not None)
        return found

    assert asyncio.run(contexts()) == [False, True]


def test_the_own_certificate_holds_for_this_machine_and_nobody_else_reads_its_key(tmp_path: Path) -> None:
    async def visit(url: str) -> None:
        assert url.startswith("https://127.0.0.1:")
        async with trusting(tmp_path / "web.pem") as client:
            assert (await client.get(f"{url}/hello")).json() == {"hello": "there"}
            by_name = url.replace("127.0.0.1", "localhost")
            assert (await client.get(f"{by_name}/hello")).status_code == 200

    served(tmp_path, visit)
    assert (tmp_path / "web.pem").stat().st_mode & 0o777 == 0o600


def test_a_second_start_keeps_the_certificate_and_the_end_or_a_new_name_makes_another(tmp_path: Path) -> None:
    file, names = tmp_path / "web.pem", own_names("127.0.0.1")
    assert needs_renewal(file, names, NOW)
    make_certificate(file, names, NOW)
    assert not needs_renewal(file, names, NOW)
    assert not needs_renewal(file, names, NOW - timedelta(days=9000)), "a clock that was not set yet"
    assert needs_renewal(file, names, NOW + LASTS - timedelta(days=29))
    assert needs_renewal(file, [*names, "garage.example"], NOW)
    file.write_bytes(file.read_bytes()[:300])
    assert needs_renewal(file, names, NOW), "cut off"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(StoreError, match=r"web\.pem: the certificate of the page cannot be kept"):
        make_certificate(tmp_path / "data" / "web.pem", ["localhost"], NOW)


def test_plain_http_on_the_same_port_is_sent_to_https(tmp_path: Path) -> None:
    async def visit(url: str) -> None:
        plain = url.replace("https", "http")
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"{plain}/hello?a=b")
        assert (answer.status_code, answer.headers["location"]) == (308, f"{url}/hello?a=b")

    served(tmp_path, visit)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET http://elsewhere/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\x01b\r\n\r\n",
        b"\x00" * 9000,
    ],
)
def test_what_is_no_request_is_sent_nowhere(tmp_path: Path, head: bytes) -> None:
    async def visit(url: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writer.write(head)
        answer = await reader.read(100)
        writer.close()
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert b"Location" not in answer

    served(tmp_path, visit)


def test_who_says_nothing_or_breaks_off_keeps_nobody_out(tmp_path: Path) -> None:
    async def visit(url: str) -> None:
        port = int(url.rpartition(":")[2])
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
        broken = socket.create_connection(("127.0.0.1", port))
        broken.sendall(b"\x16\x03\x01 not a handshake at all")
        async with trusting(tmp_path / "web.pem") as client:
            assert (await client.get(f"{url}/hello")).status_code == 200
        for one in [*silent, broken]:
            one.close()

    served(tmp_path, visit)


def test_a_given_certificate_is_used_and_nothing_is_made(tmp_path: Path) -> None:
    make_certificate(tmp_path / "a.pem", ["127.0.0.1"], NOW)
    table = HttpsTable(certificate="a.pem", key="a.pem")

    async def visit(url: str) -> None:
        async with trusting(tmp_path / "a.pem") as client:
            assert (await client.get(f"{url}/hello")).status_code == 200

    served(tmp_path, visit, table)
    assert not (tmp_path / "web.pem").exists()


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (HttpsTable(certificate="a.pem"), "web: certificate and key belong together"),
        (HttpsTable(certificate="a.pem", key="b.pem"), "a.pem cannot be read: No such file"),
        (HttpsTable(certificate="text", key="text"), "text and .*text are no PEM certificate with its key"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told(tmp_path: Path, table: HttpsTable, why: str) -> None:
    (tmp_path / "text").write_text("hello")

    async def visit(_url: str) -> None:
        raise AssertionError("served")

    with pytest.raises(ConfigError, match=why):
        served(tmp_path, visit, table)
