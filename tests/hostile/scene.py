"""A CSMS, a healthy station that never notices anything, and everything an attacker needs: sockets, and other addresses."""

import asyncio
import base64
import io
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ladewerk.clock import LoopClock
from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.config import CrowdTable, CsmsConfig, sqlite_url
from ladewerk.csms.records import StationRecord
from ladewerk.csms.stations.passwords import hash_password
from ladewerk.log_lines import operators_handler
from ladewerk.ocpp import Peer, Router, Version, connect, v21
from ladewerk.paced_loop import PacedLoop
from ladewerk.refusals import Why

R = TypeVar("R")

START = datetime(2026, 1, 5, 16, 40, tzinfo=UTC)
SECRET = "correct-horse-battery"
ADMINISTRATOR = "battery-staple-horse"
ATTACKER = "127.0.0.66"
"""Where attacks come from; the healthy station is at 127.0.0.1."""

CROWD = CrowdTable(half_open=40, half_open_per_address=20, web=40, web_per_address=25)


class Log:
    """What an operator reads."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self.handler = operators_handler(self._text)

    @property
    def lines(self) -> list[str]:
        return self._text.getvalue().splitlines()


@dataclass
class Healthy:
    """A station in a transaction: an event a second, each answered before the next; ``answered`` is the seqNos."""

    peer: Peer[Any]
    answered: list[int] = field(default_factory=list)
    beat: asyncio.Event = field(default_factory=asyncio.Event)

    async def live(self) -> None:
        for seq_no in range(1, 1_000_000):
            await self.say("Updated", seq_no)
            # Its own pace; loop time passes as soon as nobody has anything to do.
            await asyncio.sleep(1)

    async def say(self, kind: str, seq_no: int) -> None:
        event = v21.TransactionEventRequest(
            event_type=v21.TransactionEventEnumType(kind),
            timestamp=START + timedelta(seconds=seq_no),
            trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
            seq_no=seq_no,
            transaction_info=v21.TransactionType(transaction_id="healthy-1"),
            evse=v21.EVSEType(id=1, connector_id=1),
        )
        await self.peer.call(event)
        self.answered.append(seq_no)
        self.beat.set()


class Scene:
    """Everything runs on one loop, whose time passes only while nothing is to do."""

    def __init__(self, csms: Csms, database: str, healthy: Healthy, log: Log, loop: asyncio.AbstractEventLoop) -> None:
        self.csms = csms
        self.database = database
        self.healthy = healthy
        self.log = log
        self.loop = loop
        self.cookie = ""
        self._raws: list[Raw] = []
        url = urlsplit(csms.web_url)
        self.web_port = url.port or 0
        self.host = url.netloc

    def count(self, why: Why) -> int:
        """How often something was turned away for that reason."""
        return self.csms.refusals.counts[why]

    def lines(self, text: str) -> list[str]:
        """Those of the log with ``text`` in them."""
        return [line for line in self.log.lines if text in line]

    @asynccontextmanager
    async def attack(self) -> AsyncIterator[None]:
        """An attack is the block: before, during and after it the healthy station has its answers, on one connection."""
        healthy, connection = self.healthy, self.csms.connections.of("HEALTHY-1")
        assert connection is not None
        before = len(healthy.answered)
        yield
        await self.beats(2)
        assert healthy.answered == list(range(len(healthy.answered))), "answered in order, none left out"
        assert len(healthy.answered) >= before + 2
        assert self.csms.connections.of("HEALTHY-1") is connection
        assert healthy.peer.why_ended is None

    async def beats(self, number: int) -> None:
        """Until the healthy station has had this many answers more; what was under way before is through then."""
        for _ in range(number):
            self.healthy.beat.clear()
            await self.healthy.beat.wait()

    # What an attacker has

    async def socket(self, port: int, said: bytes = b"", *, address: str = ATTACKER) -> "Raw":
        """A bare connection from ``address``."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        writer.write(said)
        raw = Raw(reader, writer)
        self._raws.append(raw)
        return raw

    def hang_up(self) -> None:
        """End every bare connection there is."""
        for raw in self._raws:
            raw.close()
        self._raws.clear()

    async def knock(
        self, path: str, *, user: str | None = None, password: str = "", address: str = ATTACKER, port: int | None = None
    ) -> int:
        """The HTTP status that a handshake with this path is answered with; the connection is closed then."""
        credentials = ""
        if user is not None:
            credentials = f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}\r\n"
        raw = await self.socket(port or self.csms.ocpp_port, handshake(path, credentials), address=address)
        head = await raw.read_all(until=b"\r\n\r\n")
        raw.close()
        return int(head.split(b" ")[1]) if head else 0

    @asynccontextmanager
    async def station(
        self, identity: str, *, password: str | None = None, version: str = "ocpp2.1", compression: bool = False
    ) -> AsyncIterator[ClientConnection]:
        """A station that says what the test likes; ``boot`` is done."""
        credentials = None if password is None else basic(identity, password)
        async with open_websocket(
            f"ws://127.0.0.1:{self.csms.ocpp_port}/{identity}",
            subprotocols=[Subprotocol(version)],
            additional_headers={} if credentials is None else {"Authorization": credentials},
            compression="deflate" if compression else None,
            local_addr=(ATTACKER, 0),
            proxy=None,
            ping_interval=None,
        ) as socket:
            yield socket

    @asynccontextmanager
    async def browser(self, *, logged_in: bool = False, address: str = "127.0.0.1") -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client; ``logged_in`` as the administrator."""
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(
            base_url=self.csms.web_url, transport=transport, trust_env=False, timeout=None
        ) as client:
            if logged_in:
                client.cookies.set("ladewerk-csms", self.cookie, domain="127.0.0.1")
            yield client


@dataclass
class Raw:
    """A connection without manners."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read_all(self, until: bytes | None = None) -> bytes:
        """What the other end says until it hangs up, or until this."""
        try:
            if until is not None:
                return await self.reader.readuntil(until)
            return await self.reader.read()
        except asyncio.IncompleteReadError as cut:
            return cut.partial
        except ConnectionError:
            return b""

    @property
    def is_gone(self) -> bool:
        """The other end has hung up."""
        return self.reader.at_eof() or self.reader.exception() is not None

    def close(self) -> None:
        self.writer.transport.abort()


def basic(user: str, password: str) -> str:
    """An Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def handshake(path: str, headers: str = "") -> bytes:
    """A station's request to be let in."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp2.1\r\n{headers}\r\n"
    ).encode()


async def closed_with(socket: ClientConnection) -> int:
    """The code with which the CSMS ends a connection."""
    try:
        while True:
            await socket.recv()
    except ConnectionClosed as closed:
        return 0 if closed.rcvd is None else closed.rcvd.code


@asynccontextmanager
async def playing(folder: Path) -> AsyncIterator[Scene]:
    """The scene, set."""
    loop = asyncio.get_running_loop()
    clock = LoopClock(loop, START)
    database = sqlite_url(folder / "csms.sqlite3")
    config = CsmsConfig(listen="127.0.0.1:0", web="127.0.0.1:0", database=database, crowd=CROWD)
    log = Log()
    logging.getLogger().addHandler(log.handler)
    try:
        async with running_csms(config, clock) as csms:
            stations = {"HEALTHY-1": SECRET, "GUARDED-1": SECRET, "ROGUE-1": None, "ROGUE-2": None}
            for identity, password in stations.items():
                hashed = None if password is None else hash_password(password)
                await csms.ledger.put_station(
                    StationRecord(station_id=identity, approved_at=clock.now(), password_hash=hashed, booted_at=clock.now())
                )
            url = f"ws://127.0.0.1:{csms.ocpp_port}"
            async with (
                connect(url, identity="HEALTHY-1", versions=[Version.V21], password=SECRET) as channel,
                Peer(channel, version=channel.version, router=Router[None](), state=None, clock=clock) as peer,
            ):
                scene = Scene(csms, database, Healthy(peer), log, loop)
                await _administrate(scene)
                await scene.healthy.say("Started", 0)
                living = asyncio.create_task(scene.healthy.live())
                try:
                    yield scene
                finally:
                    living.cancel()
                    await asyncio.wait([living])
    finally:
        logging.getLogger().removeHandler(log.handler)


async def _administrate(scene: Scene) -> None:
    assert scene.csms.setup_url is not None
    code = scene.csms.setup_url.partition("#setup=")[2]
    async with scene.browser() as client:
        answer = await client.post("/api/setup", json={"code": code, "user": "Ada", "password": ADMINISTRATOR})
        assert answer.status_code == 200, answer.text
        scene.cookie = answer.cookies["ladewerk-csms"]


class Stage:
    """The scene on its loop, for tests that are not coroutines."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner(loop_factory=lambda: PacedLoop(None))
        self._ended: Callable[[], Any] = lambda: None
        self.scene = self._runner.run(self._open(folder))

    async def _open(self, folder: Path) -> Scene:
        opened: asyncio.Future[Scene] = asyncio.get_running_loop().create_future()
        leave = asyncio.Event()

        async def live() -> None:
            async with playing(folder) as scene:
                opened.set_result(scene)
                await leave.wait()

        task = asyncio.create_task(live())
        await asyncio.wait((opened, task), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()

        async def end() -> None:
            leave.set()
            await task

        self._ended = end
        return opened.result()

    def run(self, test: Callable[[Scene], Coroutine[Any, Any, R]]) -> R:
        """Run a test; it has a day of loop time."""

        async def play() -> R:
            try:
                return await asyncio.wait_for(test(self.scene), 86_400)
            finally:
                self.scene.hang_up()
                await self.scene.beats(1)

        return self._runner.run(play())

    def close(self) -> None:
        self._runner.run(self._ended())
        self._runner.close()
