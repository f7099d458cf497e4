"""A05: a station climbs from a password in clear to a certificate of its own, by commands alone, and nobody gets back down.

``ladewerk csms`` as a process with real TLS, a station that nobody here wrote, the steps of docs/csms-blocks.md.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus

from tests.csms.climbing_station import Climbing, Memory
from tests.pki import HERE, new_pki

IDENTITY = "CP-1"
COMMANDS = f"/api/stations/{IDENTITY}/commands"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Site:
    """What stays while the CSMS is started anew with other settings: its database, its CA and its ports."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plain, self.safe, self.web = free_port(), free_port(), free_port()
        self.pki = new_pki(folder)
        self.pki.ca("ca")
        self.pki.issue("csms", "/O=Operator/CN=localhost", by="ca", names=HERE)
        self.pki.ca("other-ca")
        self.pki.issue("stranger", f"/O=Operator/CN={IDENTITY}", by="other-ca")

    @asynccontextmanager
    async def csms(self, *, tls: bool) -> AsyncIterator[httpx.AsyncClient]:
        """The CSMS until the context ends, and its API."""
        file = self.folder / "csms.toml"
        text = (
            f'[csms]\nlisten = "127.0.0.1:{self.safe if tls else self.plain}"\nweb = "127.0.0.1:{self.web}"\nopen = true\n'
            f'database = "sqlite:///{self.folder}/csms.sqlite3"\ncertificates = {{ folder = "authority" }}\n'
        )
        if tls:
            text += f'[csms.tls]\ncertificate = "{self.pki.pem("csms")}"\nkey = "{self.pki.key("csms")}"\n'
            text += 'client_ca = "stations-ca.pem"\n'
        file.write_text(text, encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ladewerk", "csms", str(file), stdout=asyncio.subprocess.PIPE
        )
        try:
            assert process.stdout is not None
            assert b"stations connect to" in await process.stdout.readline()
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.web}", trust_env=False, timeout=60) as client:
                yield client
        finally:
            process.terminate()
            await process.wait()


async def command(client: httpx.AsyncClient, action: str, payload: dict[str, Any]) -> str:
    answer = await client.post(f"{COMMANDS}/{action}", json=payload)
    assert answer.status_code == 200, answer.text
    return str(answer.json().get("status", ""))


async def told_to_use(client: httpx.AsyncClient, slot: int, url: str, profile: int, order: str) -> None:
    """Steps 4 and 5: a slot, the order of the slots, and a reset."""
    data = {
        "ocppInterface": "Wired0",
        "ocppTransport": "JSON",
        "messageTimeout": 30,
        "ocppCsmsUrl": url,
        "securityProfile": profile,
    }
    assert await command(client, "SetNetworkProfile", {"configurationSlot": slot, "connectionData": data}) == "Accepted"
    priority = {
        "component": {"name": "OCPPCommCtrlr"},
        "variable": {"name": "NetworkConfigurationPriority"},
        "attributeValue": order,
    }
    await command(client, "SetVariables", {"setVariableData": [priority]})
    assert await command(client, "Reset", {"type": "OnIdle"}) == "Accepted"


async def certified(client: httpx.AsyncClient) -> None:
    """Until the station has taken a certificate of the CSMS."""
    for _ in range(1200):
        if "accepted" in (await client.get(f"/api/stations/{IDENTITY}/certificates")).text:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it has taken none")


async def turned_away(memory: Memory, url: str, profile: int) -> bool:
    """Whether it does not get in by that, and is told so at the door."""
    try:
        connection = await memory.open(url, profile)
    except InvalidStatus as refused:
        return refused.response.status_code == 401
    await connection.close()
    return False


async def arrived(memory: Memory) -> Climbing:
    station = await memory.connect()
    await station.boot()
    return station


def test_a05_a_station_climbs_to_its_certificate_and_is_never_let_in_by_less_again(tmp_path: Path) -> None:
    site = Site(tmp_path)
    plain, safe = f"ws://127.0.0.1:{site.plain}", f"wss://127.0.0.1:{site.safe}"

    async def go() -> None:
        async with site.csms(tls=False) as client:
            added = await client.post("/api/stations", json={"id": IDENTITY, "make_password": True})
            memory = Memory(IDENTITY, added.json()["password"], tmp_path, slots={1: (plain, 1)})
            station = await arrived(memory)
            assert memory.profile == 1
            root = {"certificateType": "CSMSRootCertificate", "certificate": site.pki.pem("ca").read_text()}
            assert await command(client, "InstallCertificate", root) == "Accepted"
            authority = (await client.get("/api/certificate-authority")).json()["certificate"]
            (tmp_path / "stations-ca.pem").write_text(authority)
            await told_to_use(client, 2, safe, 2, "2,1")
            await station.gone()

        async with site.csms(tls=True) as client:
            station = await arrived(memory)
            assert memory.profile == 2
            assert memory.order == [2]

        async with site.csms(tls=False) as client:
            # The right password, but in clear again: whoever has overheard it has nothing of it.
            assert await turned_away(memory, plain, 1)
            refusals = (await client.get("/api/refusals")).json()
            assert "security profile 2 before" in json.dumps(refusals)

        async with site.csms(tls=True) as client:
            station = await arrived(memory)
            assert (
                await command(client, "TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}) == "Accepted"
            )
            await certified(client)
            await told_to_use(client, 1, safe, 3, "1,2")
            await station.gone()

            station = await arrived(memory)
            assert memory.profile == 3
            assert await turned_away(memory, safe, 2)
            assert (await client.get(f"/api/stations/{IDENTITY}")).json()["connected_since"], "nobody drove it out"
            data = {"certificateType": "CSMSRootCertificate", "certificate": site.pki.pem("ca").read_text()}
            assert await command(client, "InstallCertificate", data) == "Accepted", "it is served as before"
            await station.connection.close()

            # A certificate of somebody else's CA ends in the TLS handshake already.
            stranger = Memory(IDENTITY, memory.password, tmp_path / "stranger", slots={}, roots=memory.roots)
            stranger.folder.mkdir()
            stranger.certificate.write_bytes(site.pki.pem("stranger").read_bytes())
            stranger.key.write_bytes(site.pki.key("stranger").read_bytes())
            with pytest.raises((OSError, InvalidMessage)):
                await stranger.open(safe, 3)

            # An operator who replaces the station lets it begin anew.
            again = await client.post("/api/stations", json={"id": IDENTITY, "make_password": True})
            memory.password = again.json()["password"]
            connection = await memory.open(safe, 2)
            await connection.close()

    asyncio.run(asyncio.wait_for(go(), 300))
