"""One place of the kill tests: simulated hardware and a CSMS in this process, the real station program in another."""

import asyncio
import ctypes
import json
import os
import re
import select
import signal
import sqlite3
import struct
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from ladewerk.clock import Clock
from ladewerk.ocpp import Admission, Handshake, Peer, Version, WebSocketChannel, serve, v21
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig
from tests.acceptance.kills.ledger import Ledger
from tests.station.conftest import TinyCsms

PATIENCE_S = 60.0
"""Longest wait for anything, by the machine's clock."""
SAFE_WITHIN_S = 10.0
_SPEED = 20.0

_SETTINGS = """
[station]
identity = "LW-0001"
csms = "{csms}"
data = "{folder}/data"
web = "127.0.0.1:0"
open = true
poll_s = 1
meter_values_s = 5
spacing_s = 0.1
supervisor_s = 20

[units.garage]
evse_id = 1
autostart = true
self_test = "never"
needs_file = "{folder}/needs.json"
evse = {{ driver = "evse-wb", device = "{serial}" }}
meter = {{ driver = "shelly-3em", url = "{meter}" }}
lock = {{ driver = "motor", pins = "{pins}", lock_pin = 23, unlock_pin = 24 }}
buttons = {{ pins = "{pins}", start_pin = 5, stop_pin = 6 }}

[units.garage.safety]
evse_silent_s = 120
meter_hold_s = 120
meter_silent_s = 240
"""


def speed() -> float:
    """Of the place's time: on a machine that others keep busy it is lower, or patience with devices would be too short."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return _SPEED / min(4.0, max(1.0, busy))


class Wrong(Exception):
    """Something that must not be."""


class Csms(TinyCsms):
    """The small CSMS of the station's tests, which keeps a ledger and calls ``seen`` at each frame."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.ledger = Ledger()
        self.seen: Callable[[str], None] = lambda _what: None
        self.connections = 0
        self.available = False
        """The station has booted over the present connection and its connector is free."""

    @asynccontextmanager
    async def serving(self, versions: tuple[Version, ...] = (Version.V21, Version.V201)) -> AsyncIterator[None]:
        async def admit(_: Handshake) -> Admission:
            return Admission.ACCEPT

        async def run(channel: WebSocketChannel, *_: Any) -> None:
            self.connections += 1
            number = self.connections
            self.available = False
            peer: Peer[None] = Peer(channel, version=channel.version, router=self.router(), state=None, clock=self.clock)
            peer.frames.connect(lambda _frame: self.seen("frame"))

            def received(what: Any) -> None:
                if isinstance(what.request, v21.TransactionEventRequest):
                    self.ledger.note(what.request, number)
                if isinstance(what.request, v21.StatusNotificationRequest):
                    self.available = what.request.connector_status is v21.ConnectorStatusEnumType.AVAILABLE

            peer.request_received.connect(received)
            self.peer = peer
            try:
                await peer.run()
            finally:
                if self.peer is peer:
                    self.peer = None
                    self.available = False

        async with serve("127.0.0.1", self.port, versions=versions, admit=admit, serve_channel=run) as listener:
            self.port = listener.port
            yield


class Hatchery:
    """The process that starts station programs."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, arguments: list[str], log: Path) -> int:
        """The process id of a new program."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.acceptance.kills.hatchery"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"arguments": arguments, "log": str(log)}).encode() + b"\n")
        return int(await self._process.stdout.readline())

    async def close(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()


class Program:
    """One running station program, known by descriptors, so that no other process is ever killed in its place."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptors = [os.pidfd_open(pid)]
        self.killed = False

    def supervisor(self) -> int | None:
        """Its supervisor, if it has started one."""
        with suppress(FileNotFoundError, ProcessLookupError):
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
            return int(children[0]) if children else None
        return None

    def kill(self, *, with_supervisor: bool) -> None:
        """As the power would; the supervisor first, so that it cannot act any more."""
        if self.killed:
            return
        self.killed = True
        supervisor = self.supervisor()
        if supervisor is not None:
            with suppress(ProcessLookupError):
                self._descriptors.append(os.pidfd_open(supervisor))
        for descriptor in reversed(self._descriptors if with_supervisor else self._descriptors[:1]):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)

    def ended(self) -> bool:
        """It ended by itself, as where a device is too late on a busy machine."""
        return not self.killed and bool(select.select([self._descriptors[0]], [], [], 0)[0])

    async def gone(self, *, with_supervisor: bool = True) -> None:
        """Wait for its end, and that of its supervisor, which holds the serial line until the board is safe."""
        loop = asyncio.get_running_loop()
        for descriptor in self._descriptors:
            if descriptor != self._descriptors[0] and not with_supervisor:
                os.close(descriptor)
                continue
            ended: asyncio.Future[None] = loop.create_future()
            loop.add_reader(descriptor, _settle, ended)
            try:
                await ended
            finally:
                loop.remove_reader(descriptor)
                os.close(descriptor)


def _settle(ended: "asyncio.Future[None]") -> None:
    if not ended.done():
        ended.set_result(None)


class Writes:
    """Tells of each write to the journal's log (inotify), in the middle of a commit as well as behind it."""

    _IN_MODIFY = 0x2
    _IN_CREATE = 0x100

    def __init__(self, folder: Path, seen: Callable[[str], None]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK)
        folder.mkdir(parents=True, exist_ok=True)
        if libc.inotify_add_watch(self._descriptor, str(folder).encode(), self._IN_MODIFY | self._IN_CREATE) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch")
        self._seen = seen
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        read = os.read(self._descriptor, 65536)
        at = 0
        while at < len(read):
            (length,) = struct.unpack_from("I", read, at + 12)
            name = read[at + 16 : at + 16 + length].rstrip(b"\0")
            at += 16 + length
            if name.startswith(b"journal"):
                self._seen("write")

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)


@dataclass
class Place:
    """Hardware, CSMS and the station program of one chain of kills."""

    folder: Path
    clock: Clock
    simulator: Simulator
    csms: Csms
    listening: AsyncExitStack
    hatchery: Hatchery
    settings: Path
    program: Program | None = None
    starts: int = 0
    on_seen: Callable[[str], None] = field(default=lambda _what: None)

    @property
    def log(self) -> Path:
        return self.folder / "station.log"

    @property
    def needs(self) -> Path:
        return self.folder / "needs.json"

    async def start(self) -> None:
        """Start the station program."""
        self.starts += 1
        arguments = ["station", str(self.settings), "--follow", self.simulator.panel_url]
        self.program = Program(await self.hatchery.start(arguments, self.log))

    def page(self) -> str:
        """The address of the page of the program that was started last; empty while it starts."""
        found = re.findall(r"page and API at (\S+)", self.log.read_text()) if self.log.exists() else []
        return found[-1] if len(found) == self.starts else ""

    async def reset(self) -> None:
        """Press the page's button that clears an error."""
        async with httpx.AsyncClient(trust_env=False, timeout=None) as client:
            with suppress(httpx.HTTPError):
                await client.post(f"{self.page()}/api/units/garage/reset")

    def ask_for(self, energy_wh: float) -> None:
        """Let the vehicle that is plugged in next have needs."""
        depart_at = (self.clock.now() + timedelta(hours=8)).isoformat()
        self.needs.write_text(json.dumps({"mode": "shortest", "energy_wh": energy_wh, "depart_at": depart_at}))

    def offer_a(self) -> float:
        """What the board would let a vehicle draw, whether it is closed or not."""
        return self.simulator.world.board.configured_a

    def journal(self) -> list[tuple[str, int]]:
        """Transaction and number of every event that the station has committed."""
        file = self.folder / "data" / "journal.sqlite3"
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            found = database.execute("select transaction_id, seq_no from events order by number").fetchall()
        database.close()
        return found

    async def until(self, holds: Callable[[], object], what: str, *, patience_s: float = PATIENCE_S) -> None:
        """Wait, by the machine's clock."""
        deadline_s = time.perf_counter() + patience_s
        while not holds():
            if time.perf_counter() > deadline_s:
                raise Wrong(f"not within {patience_s:g} s: {what}")
            if self.program is not None and self.program.ended():
                await self.start()  # as systemd would
            await asyncio.sleep(0.2)


@asynccontextmanager
async def running_place(folder: Path, clock: Clock, seed: int) -> AsyncIterator[Place]:
    """Everything but the station program."""
    csms = Csms(clock)
    csms.periods = [(0, 16.0)]
    async with AsyncExitStack() as stack:
        config = SimulatorConfig(meter_port=0, pins_port=0, panel_port=0, serial_link=None, seed=seed)
        simulator = await stack.enter_async_context(running_simulator(config, clock))
        listening = await stack.enter_async_context(AsyncExitStack())
        await listening.enter_async_context(csms.serving())
        settings = folder / "station.toml"
        settings.write_text(
            _SETTINGS.format(
                csms=csms.url,
                folder=folder,
                serial=simulator.serial_device,
                meter=simulator.meter_url,
                pins=simulator.pins_url,
            )
        )
        hatchery = Hatchery()
        stack.push_async_callback(hatchery.close)
        place = Place(folder, clock, simulator, csms, listening, hatchery, settings)
        writes = Writes(folder / "data", lambda what: place.on_seen(what))
        stack.callback(writes.close)
        csms.seen = lambda what: place.on_seen(what)
        simulator.samples.connect(lambda _sample: place.on_seen("hardware"))
        counting = asyncio.create_task(_count_each_second(simulator))
        stack.callback(counting.cancel)
        try:
            yield place
        finally:
            if place.program is not None:
                place.program.kill(with_supervisor=True)


async def _count_each_second(simulator: Simulator) -> None:
    """The meter's counter steps each second here, not each minute: so whatever a transaction misses is seen."""
    while True:
        simulator.world.meter.publish()
        await asyncio.sleep(1)
