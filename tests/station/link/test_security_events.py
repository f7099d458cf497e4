"""Security events (A04): what the station notices, told in OCPP's words, over restarts and past a disk that refuses."""

import asyncio
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import Disconnected
from ladewerk.ocpp import Version, connect
from ladewerk.station.database_file import Damaged
from ladewerk.station.link.security_events import open_security_events
from ladewerk.station.link.security_watch import SecurityWatch, kind_of
from ladewerk.station.wall_clock import WallClock
from tests.pki import HERE, Pki, new_pki
from tests.station.conftest import START


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    made = new_pki(tmp_path_factory.mktemp("pki"))
    made.ca("ca")
    made.ca("stranger")
    made.issue("csms", "/CN=localhost", by="ca", names=HERE)
    made.issue("elsewhere", "/CN=elsewhere.example", by="ca", names="DNS:elsewhere.example")
    made.issue("unsigned", "/CN=localhost", by="stranger", names=HERE)
    return made


def told(place: Any) -> list[str]:
    return [event.type for event in place.csms.security_events]


def test_a04_a_message_that_is_none_and_logins_are_told(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            place.config = msgspec.structs.replace(
                place.config, station=msgspec.structs.replace(place.config.station, open=False)
            )
            async with place.restarted(place.csms.url, tmp_path) as again:
                await again.until_true(lambda: again.station.link.is_up)
                for number in range(3):
                    await again.csms.peer._channel.send(f'[2,"wrong-{number}","Reset",{{"type":"Never"}}]')
                await again.until_true(lambda: "InvalidMessages" in told(again))
                await asyncio.sleep(10)
                assert told(again).count("InvalidMessages") == 1, "once for a burst"
                async with httpx.AsyncClient(base_url=again.station.web_url, timeout=None, trust_env=False) as page:
                    code = again.station.first_code
                    chosen = await page.post("/api/setup", json={"code": code, "password": "a long password"})
                    assert chosen.status_code == 200
                    assert (await page.post("/api/session", json={"password": "another one"})).status_code == 422
                    await again.until_true(lambda: told(again)[-1] == "MaintenanceLoginFailed")
                    assert (await page.post("/api/session", json={"password": "a long password"})).status_code == 200
                    await again.until_true(lambda: told(again)[-1] == "MaintenanceLoginAccepted")

    paced(scenario)


def refuse_one(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Let nobody in: by TLS where that cannot be, else by HTTP. In a thread, since asyncio's servers send no alert."""
    with suppress(ssl.SSLError, ConnectionError):
        connection, _ = listener.accept()
        with connection, context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(4096)
            secured.sendall(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1")
@pytest.mark.parametrize(
    ("certificate", "newest", "wants", "kind"),
    [
        ("csms", ssl.TLSVersion.TLSv1_3, ssl.CERT_NONE, "FailedToAuthenticateAtCsms"),
        ("csms", ssl.TLSVersion.TLSv1_2, ssl.CERT_REQUIRED, "FailedToAuthenticateAtCsms"),
        ("csms", ssl.TLSVersion.TLSv1_1, ssl.CERT_NONE, "InvalidTLSVersion"),
        ("elsewhere", ssl.TLSVersion.TLSv1_3, ssl.CERT_NONE, "CsmsFailedToAuthenticate"),
        ("unsigned", ssl.TLSVersion.TLSv1_3, ssl.CERT_NONE, "InvalidCsmsCertificate"),
    ],
)
def test_a04_a_connection_that_fails_is_told_by_what_is_wrong_with_it(
    pki: Pki, certificate: str, newest: ssl.TLSVersion, wants: ssl.VerifyMode, kind: str
) -> None:
    async def body() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki.pem(certificate), pki.key(certificate))
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_1, newest
        context.verify_mode = wants
        with socket.create_server(("127.0.0.1", 0)) as listener:
            refusing = asyncio.create_task(asyncio.to_thread(refuse_one, listener, context))
            url = f"wss://localhost:{listener.getsockname()[1]}"
            with pytest.raises(Disconnected) as failed:
                async with connect(url, identity="LW-1", versions=[Version.V21], tls=pki.client()):
                    pass
            await refusing
        assert kind_of(failed.value) == kind

    asyncio.run(body())


def test_a04_what_a_full_disk_does_not_take_is_kept_once_it_does(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        clock = WallClock(LoopClock(asyncio.get_running_loop(), START), lambda: True)
        file = tmp_path / "journal.sqlite3"
        file.mkdir()
        async with open_security_events(tmp_path, clock) as security:
            watch = SecurityWatch(security, clock)
            watch.journal_troubled("database or disk is full; look at the disk's free space")
            watch.journal_troubled(None)
            watch.journal_troubled("disk I/O error")
            watch.damaged(Damaged("journal.sqlite3", "journal.sqlite3.damaged-1"))
            keeping = asyncio.create_task(security.keep())
            await asyncio.sleep(5)
            file.rmdir()
            await asyncio.sleep(60)
            kept = await rows(security)
            keeping.cancel()
        assert [kind for kind, _ in kept] == ["MemoryExhaustion", "SecurityLogWasCleared"]
        assert kept[0][1].startswith("database or disk is full")

    async def rows(security: Any) -> list[tuple[str, str]]:
        query = "select kind, info from security_events order by number"
        return list(await security._database.run(lambda database: database.execute(query).fetchall()))

    paced(scenario)
