"""The settings of the connection, from a file to the socket: security profiles, pings, compression, what is forgiven."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.typing import Subprotocol

from ladewerk.clock import SystemClock
from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.config import load_config
from ladewerk.csms.records import StationRecord
from ladewerk.csms.stations.passwords import hash_password
from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp import ClientTls, Leniency, Peer, Router, Rule, SecurityProfile, connect, v21
from tests.pki import HERE, Pki, new_pki

SECRET = "correct-horse-battery"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    made = new_pki(tmp_path_factory.mktemp("csms-pki"))
    made.ca("ca")
    made.ca("stations-ca")
    made.issue("csms", "/O=Operator/CN=localhost", by="ca", names=HERE)
    made.issue("station", "/O=Operator/CN=S-1", by="stations-ca")
    made.issue("numbered", "/O=Operator/CN=SN-77", by="stations-ca")
    return made


@asynccontextmanager
async def configured(folder: Path, settings: str) -> AsyncIterator[Csms]:
    """A CSMS by a file with ``settings`` in ``[csms]`` and below."""
    file = folder / "csms.toml"
    database = f'database = "sqlite:///{folder}/csms.sqlite3"'
    file.write_text(f'[csms]\nlisten = "127.0.0.1:0"\nweb = "127.0.0.1:0"\n{database}\n{settings}', encoding="utf-8")
    async with running_csms(load_config(file), SystemClock()) as running:
        for name, password in (("S-1", None), ("S-2", SECRET), ("S-3", None)):
            hashed = None if password is None else hash_password(password)
            now = SystemClock().now()
            await running.ledger.put_station(StationRecord(station_id=name, approved_at=now, password_hash=hashed))
        yield running


async def boots(running: Csms, identity: str, tls: ClientTls | None, password: str | None = None) -> bool:
    """Whether a station gets in."""
    url = f"{'ws' if tls is None else 'wss'}://127.0.0.1:{running.ocpp_port}"
    about = v21.ChargingStationType(model="Tiny", vendor_name="Test")
    boot = v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP)
    try:
        async with (
            connect(url, identity=identity, password=password, tls=tls) as channel,
            Peer(channel, version=channel.version, router=Router[None](), state=None, clock=SystemClock()) as peer,
        ):
            return (await peer.call(boot)).status == "Accepted"
    except Disconnected:
        return False


def tls_table(pki: Pki) -> str:
    return (
        f'[csms.tls]\ncertificate = "{pki.pem("csms")}"\nkey = "{pki.key("csms")}"\nclient_ca = "{pki.pem("stations-ca")}"\n'
    )


def test_profile_2_takes_a_password_over_tls_alone(tmp_path: Path, pki: Pki) -> None:
    async def go() -> None:
        async with configured(tmp_path, "security_profile = 2\n" + tls_table(pki)) as running:
            anybody = pki.client()
            assert await boots(running, "S-2", anybody, SECRET)
            assert not await boots(running, "S-2", anybody, "wrong-horse-battery")
            assert not await boots(running, "S-2", anybody)
            assert not await boots(running, "S-2", None, SECRET)
            # A station without a password cannot prove that it is itself.
            assert not await boots(running, "S-1", anybody, SECRET)
            assert not await boots(running, "S-1", anybody)

    asyncio.run(asyncio.wait_for(go(), 300))


def test_profile_3_takes_the_certificate_of_the_station_alone(tmp_path: Path, pki: Pki) -> None:
    async def go() -> None:
        settings = f'security_profile = 3\n{tls_table(pki)}\n[csms.stations.S-3]\ncommon_name = "SN-77"\n'
        async with configured(tmp_path, settings) as running:
            assert await boots(running, "S-1", pki.client("station"))
            assert await boots(running, "s-1", pki.client("station"))
            assert await boots(running, "S-3", pki.client("numbered"))
            assert not await boots(running, "S-1", pki.client("numbered"))
            assert not await boots(running, "S-3", pki.client("station"))
            assert not await boots(running, "S-2", pki.client("station"), SECRET)
            assert not await boots(running, "S-2", pki.client(), SECRET)

    asyncio.run(asyncio.wait_for(go(), 300))


def test_stations_may_have_different_profiles(tmp_path: Path, pki: Pki) -> None:
    async def go() -> None:
        settings = f"{tls_table(pki)}\n[csms.stations.S-1]\nsecurity_profile = 3\n"
        async with configured(tmp_path, settings) as running:
            assert await boots(running, "S-1", pki.client("station"))
            assert not await boots(running, "S-1", pki.client())
            assert await boots(running, "S-2", pki.client(), SECRET)
            assert await boots(running, "S-3", pki.client())

    asyncio.run(asyncio.wait_for(go(), 300))


@pytest.mark.parametrize(("table", "gets_in"), [("", False), ('[csms.stations.U-1]\ncommon_name = "S-1"\n', True)])
def test_a_station_that_nobody_knows_is_served_if_it_shows_who_it_is(
    tmp_path: Path, pki: Pki, table: str, gets_in: bool
) -> None:
    async def go() -> None:
        settings = f"accept_unknown = true\nsecurity_profile = 2\n{tls_table(pki)}\n{table}"
        async with configured(tmp_path, settings) as running:
            assert await boots(running, "U-1", pki.client("station")) is gets_in
            assert not await boots(running, "U-2", pki.client(), SECRET)

    asyncio.run(asyncio.wait_for(go(), 300))


@pytest.mark.parametrize(("identity", "forgiven"), [("S-1", True), ("S-3", False)])
def test_what_is_forgiven_is_forgiven_to_the_station_it_is_meant_for(
    tmp_path: Path, identity: str, forgiven: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def go() -> None:
        settings = '[csms.stations.S-1.lenient]\nrules = []\nactions = { Heartbeat = ["unknown-key"] }\n'
        async with (
            configured(tmp_path, settings) as running,
            open_websocket(
                f"ws://127.0.0.1:{running.ocpp_port}/{identity}", subprotocols=[Subprotocol("ocpp2.1")], proxy=None
            ) as socket,
        ):
            await socket.send(
                '[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"m","vendorName":"v"}}]'
            )
            assert '"Accepted"' in str(await socket.recv())
            await socket.send('[2,"2","Heartbeat",{"colour":"blue"}]')
            assert str(await socket.recv()).startswith('[3,"2"' if forgiven else '[4,"2"')
            await socket.send('[2,"3","BootNotification",{"reason":"PowerUp","colour":"blue"}]')
            assert str(await socket.recv()).startswith('[4,"3"')

    with caplog.at_level(logging.INFO, "ladewerk.csms"):
        asyncio.run(asyncio.wait_for(go(), 300))
    assert ("forgave in Heartbeat: $.colour" in caplog.text) is forgiven


@pytest.mark.parametrize("compression", [True, False])
def test_compression_can_be_left_out(tmp_path: Path, compression: bool) -> None:
    async def go() -> None:
        async with (
            configured(tmp_path, f"compression = {str(compression).lower()}\n") as running,
            open_websocket(
                f"ws://127.0.0.1:{running.ocpp_port}/S-1", subprotocols=[Subprotocol("ocpp2.1")], proxy=None
            ) as socket,
        ):
            assert socket.response is not None
            assert ("Sec-WebSocket-Extensions" in socket.response.headers) is compression

    asyncio.run(asyncio.wait_for(go(), 300))


def test_pings_and_leniency_are_set_for_all_and_for_one(tmp_path: Path) -> None:
    file = tmp_path / "csms.toml"
    file.write_text(
        '[csms]\nping_s = 30\nlenient = { rules = ["naive-time"] }\n'
        '[csms.stations."LW-0001"]\nping_s = 0\nlenient = { rules = ["everything"] }\n',
        encoding="utf-8",
    )
    rules = load_config(file).rules
    assert (rules.of("other").ping_s, rules.of("lw-0001").ping_s) == (30, None)
    assert rules.of("other").leniency == Leniency(rules=frozenset({Rule.NAIVE_TIME}))
    assert rules.of("LW-0001").leniency == Leniency()
    assert rules.of("LW-0001").least is SecurityProfile.NONE


def test_a_key_that_everybody_can_read_is_warned_of(tmp_path: Path, pki: Pki, caplog: pytest.LogCaptureFixture) -> None:
    key = tmp_path / "open.key"
    key.write_bytes(pki.key("csms").read_bytes())
    file = tmp_path / "csms.toml"
    file.write_text(f'[csms.tls]\ncertificate = "{pki.pem("csms")}"\nkey = "open.key"\n', encoding="utf-8")
    for mode, warned in ((0o600, False), (0o644, True)):
        key.chmod(mode)
        caplog.clear()
        assert load_config(file).tls is not None
        assert ("everybody on this machine can read this key" in caplog.text) is warned


@pytest.mark.parametrize(
    ("settings", "key", "why"),
    [
        ("security_profile = 4", "csms.security_profile", "expected a whole number <= 3"),
        ("ping_s = -1", "csms.ping_s", "expected a number >= 0"),
        ("security_profile = 2", "csms.security_profile", r"2 is encrypted: give \[csms.tls\] a certificate and a key"),
        ("[csms.tls]\ncertificate = 'x.pem'", "csms.tls", "missing key `key`"),
        ("[csms.tls]\ncertificate = 'CSMS'\nkey = 'gone.key'", "csms.tls.key", "gone.key: there is no such file"),
        ("[csms.tls]\ncertificate = 'gone.pem'\nkey = 'KEY'", "csms.tls.certificate", "gone.pem: there is no such file"),
        ("[csms.tls]\ncertificate = 'CSMS'\nkey = 'OTHER'", "csms.tls.certificate", "with the key that belongs to it"),
        ("[csms.tls]\ncertificate = 'CSMS'\nkey = 'KEY'\nclient_ca = 'KEY'", "csms.tls.client_ca", "no PEM certificate"),
        (
            "[csms.tls]\ncertificate = 'CSMS'\nkey = 'KEY'\nrequire_client_certificate = true",
            "csms.tls.client_ca",
            "client certificates are required",
        ),
        (
            "[csms.tls]\ncertificate = 'CSMS'\nkey = 'KEY'\n[csms.stations.S-1]\nsecurity_profile = 3",
            "csms.stations.S-1.security_profile",
            "3 needs csms.tls.client_ca",
        ),
        ("[csms.stations.'a:b']\nping_s = 0", "csms.stations.a:b", "no station identity"),
        ("[csms.lenient]\nrules = ['kindness']", r"csms.lenient.rules\[0\]", "unknown value 'kindness'"),
        ("[csms.lenient.actions]\nBoot = ['null']", "csms.lenient.actions.Boot", "no version of OCPP has this action"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_line(tmp_path: Path, pki: Pki, settings: str, key: str, why: str) -> None:
    file = tmp_path / "csms.toml"
    for name, path in (("CSMS", pki.pem("csms")), ("OTHER", pki.key("station")), ("KEY", pki.key("csms"))):
        settings = settings.replace(f"'{name}'", f"'{path}'")
    file.write_text(f"[csms]\n{settings}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"csms.toml: {key}: .*{why}") as refused:
        load_config(file)
    assert "\n" not in str(refused.value)
