"""``ladewerk csms`` as an operator runs it: real traffic full of secrets, told to stop while a call is under way."""

import asyncio
import json
import re
import signal
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from ladewerk.clock import SystemClock
from ladewerk.errors import Disconnected
from ladewerk.ocpp import Peer, Router, Version, connect, v21
from tests.csms.conftest import transaction_event

SECRETS = {
    "station": "station-pass-0123456789",
    "administrator": "correct horse battery staple",
    "wrong": "wrong-guess-0123456789",
    "new_station": "new-station-pass-0123456789",
    "id_token": "IDTOKEN0451",
    "upload": "upload-pass-0123456789",
}


class Program:
    """The process, its addresses and what it logged."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.logged: list[str] = []
        self.stopping = asyncio.Event()
        assert process.stderr is not None
        self._reading = asyncio.create_task(self._read(process.stderr))

    async def _read(self, stderr: asyncio.StreamReader) -> None:
        async for line in stderr:
            self.logged.append(line.decode())
            if "stopping" in self.logged[-1]:
                self.stopping.set()

    async def told(self) -> str:
        assert self.process.stdout is not None
        return (await self.process.stdout.readline()).decode()

    async def ended(self) -> int:
        status = await self.process.wait()
        await self._reading
        return status


async def traffic(client: httpx.AsyncClient, code: str) -> str:
    """Everything that holds a secret, but what stations say; the key of a program."""
    body = {"code": code, "user": "Ada", "password": SECRETS["administrator"]}
    assert (await client.post("/api/setup", json=body)).is_success
    assert (await client.post("/api/session", json={"user": "Ada", "password": SECRETS["wrong"]})).is_client_error
    assert (await client.post("/api/stations", json={"id": "S-1", "password": SECRETS["station"]})).is_success
    token = {"id_token": SECRETS["id_token"], "stations": ["nowhere"]}
    assert (await client.put(f"/api/tokens/{SECRETS['id_token']}", json=token)).status_code == 422
    key = (await client.post("/api/keys", json={"name": "program", "scope": "operate"})).json()["key"]
    assert isinstance(key, str)
    return key


async def commands(client: httpx.AsyncClient) -> None:
    variable = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "attributeValue": SECRETS["new_station"],
    }
    log = {"remoteLocation": f"ftp://joe:{SECRETS['upload']}@203.0.113.9/logs"}
    for action, payload in (
        ("SetVariables", {"setVariableData": [variable]}),
        ("GetLog", {"logType": "DiagnosticsLog", "requestId": 1, "log": log}),
    ):
        await client.post(f"/api/stations/S-1/commands/{action}", json=payload)


def test_a_stop_answers_the_call_under_way_and_no_secret_is_ever_logged(tmp_path: Path) -> None:
    async def go() -> None:
        database = tmp_path / "csms.sqlite3"
        command = [sys.executable, "-m", "ladewerk", "--log", "debug", "--log-json", "csms"]
        command += ["--listen", "127.0.0.1:0", "--web", "127.0.0.1:0", "--database", f"sqlite:///{database}"]
        pipe = asyncio.subprocess.PIPE
        program = Program(await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe))
        try:
            await stopped_while_busy(program, database)
        finally:
            with suppress(ProcessLookupError):
                program.process.kill()
            await program.ended()

    asyncio.run(asyncio.wait_for(go(), 120))


async def stopped_while_busy(program: Program, database: Path) -> None:
    port = re.search(r":(\d+)/", await program.told())
    web = (await program.told()).split()[-1]
    code = (await program.told()).rpartition("=")[2].strip()
    assert port is not None
    async with httpx.AsyncClient(base_url=web, trust_env=False, timeout=30) as browser:
        key = await traffic(browser, code)
    about = v21.BootNotificationRequest(
        charging_station=v21.ChargingStationType(model="Tiny", vendor_name="Test"), reason=v21.BootReasonEnumType.POWER_UP
    )
    token = v21.IdTokenType(id_token=SECRETS["id_token"], type="ISO14443")
    holder = sqlite3.connect(database, isolation_level=None)
    async with (
        httpx.AsyncClient(base_url=web, trust_env=False, timeout=30, headers={"Authorization": f"Bearer {key}"}) as client,
        connect(f"ws://127.0.0.1:{port[1]}", identity="S-1", password=SECRETS["station"]) as channel,
        Peer(channel, version=Version.V21, router=Router[None](), state=None, clock=SystemClock()) as peer,
    ):
        await peer.call(about)
        await peer.call(v21.AuthorizeRequest(id_token=token))
        await peer.call(transaction_event("Started", 0, token=token))
        await commands(client)
        holder.execute("BEGIN IMMEDIATE")
        under_way: asyncio.Task[Any] = asyncio.create_task(peer.call(transaction_event("Updated", 1)))
        while '"seqNo":1' not in (await client.get("/api/frames")).text.replace("\\", ""):
            pass  # each look is a request of its own
        program.process.send_signal(signal.SIGTERM)
        await program.stopping.wait()
        assert not under_way.done()
        holder.execute("ROLLBACK")
        await under_way
        with suppress(Disconnected):
            while True:
                await peer.call(v21.HeartbeatRequest())
        assert "1001" in peer.why_gone
    assert await program.ended() == 0
    stored = holder.execute("SELECT seq_no FROM transaction_events ORDER BY seq_no").fetchall()
    holder.close()
    assert stored == [(0,), (1,)]
    lines = [json.loads(line) for line in program.logged]
    assert {"at", "level", "logger", "message"} <= set(lines[0])
    assert "debug" in {line["level"] for line in lines}
    said = "".join(program.logged)
    assert {
        name for name, secret in {**SECRETS, "key": key.removeprefix("lwk_"), "code": code}.items() if secret in said
    } == set()
