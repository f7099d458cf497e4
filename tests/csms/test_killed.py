"""``ladewerk csms`` killed at any moment between receiving, committing and answering, and its database taken away.

More kills than here: ``LADEWERK_CSMS_KILLS=500 pytest tests/csms/test_killed.py``. A failure prints its seed.
"""

import asyncio
import json
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from ladewerk.csms.store import schema
from ladewerk.csms.store.engine import connectable
from ladewerk.errors import CallFailed
from tests.csms.conftest import StationMaker, TinyStation
from tests.postgresql import PostgreSql, running_postgresql

KILLS = int(os.environ.get("LADEWERK_CSMS_KILLS", "6"))
SEED = int(os.environ.get("LADEWERK_CSMS_SEED", "1"))
STATIONS = 6


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSql]:
    with running_postgresql() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/csms.sqlite3"
    running: PostgreSql = request.getfixturevalue("server")
    return running.new_database()


class Killable:
    """The CSMS in a process of its own, on one port for good."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._arguments = ["csms", "--listen", f"127.0.0.1:{self.port}", "--web", "127.0.0.1:0", "--database", url]
        self._log = folder / "csms.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "ladewerk",
                *self._arguments,
                "--accept-unknown",
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        said = await self._process.stdout.readline()
        assert b"stations connect to" in said, self._log.read_text()

    async def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.wait()


class Stubborn:
    """A station that sends one event after the other, each until it is answered, over whatever connection it gets."""

    def __init__(self, identity: str, port: int, tiny_station: StationMaker, progress: asyncio.Event) -> None:
        self.identity = identity
        self._progress = progress
        self.answered = -1
        self.sent = 0
        self._port = port
        self._tiny_station = tiny_station

    async def run(self, last: asyncio.Event) -> None:
        while not (last.is_set() and self.answered >= self.sent - 1):
            try:
                async with self._tiny_station(self._port, self.identity) as station:
                    await station.boot()
                    await self._send(station, last)
            except (CallFailed, OSError):
                await asyncio.sleep(0.05)

    async def _send(self, station: TinyStation, last: asyncio.Event) -> None:
        while not last.is_set() or self.answered < self.sent - 1:
            seq_no = self.answered + 1
            self.sent = seq_no + 1
            await station.event("Started" if seq_no == 0 else "Updated", seq_no, register_wh=seq_no * 10.0)
            self.answered = seq_no
            self._progress.set()


class Fleet:
    """Some stubborn stations, and how far they have come."""

    def __init__(self, port: int, tiny_station: StationMaker) -> None:
        self._progress = asyncio.Event()
        self.stations = [Stubborn(f"S-{number}", port, tiny_station, self._progress) for number in range(STATIONS)]
        self.last = asyncio.Event()

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Until every station has its answer to the event it was at when ``last`` was set."""
        async with asyncio.TaskGroup() as tasks:
            for station in self.stations:
                tasks.create_task(station.run(self.last))
            yield

    def answered(self) -> list[int]:
        return [station.answered for station in self.stations]

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._progress.clear()
            await self._progress.wait()

    def check(self, url: str) -> None:
        kept = stored(url)
        for station in self.stations:
            expected = [(seq_no, seq_no * 10.0) for seq_no in range(station.sent)]
            assert kept[station.identity.lower()] == expected, f"seed {SEED}"


def stored(url: str) -> dict[str, list[tuple[int, float]]]:
    """Sequence number and register of every stored event, by station."""
    engine, _ = connectable(url)
    events = schema.transaction_events
    found: dict[str, list[tuple[int, float]]] = {}
    with engine.connect() as connection:
        for key, seq_no, payload in connection.execute(
            select(events.c.station_key, events.c.seq_no, events.c.payload).order_by(events.c.seq_no)
        ):
            value = json.loads(payload)["meterValue"][0]["sampledValue"][0]["value"]
            found.setdefault(key, []).append((seq_no, value))
    engine.dispose()
    return found


@pytest.mark.timeout(1200)
def test_whenever_the_csms_is_killed_every_event_is_stored_once(
    url: str, tmp_path: Path, tiny_station: StationMaker
) -> None:
    chance = random.Random(SEED)

    async def go() -> None:
        csms = Killable(url, tmp_path)
        await csms.start()
        fleet = Fleet(csms.port, tiny_station)
        async with fleet.sending():
            for kill in range(KILLS):
                enough = sum(fleet.answered()) + STATIONS
                await fleet.until(lambda: sum(fleet.answered()) >= enough)  # noqa: B023  # waited for in this round
                await asyncio.sleep(chance.random() * 0.05)
                if kill == KILLS - 1:
                    fleet.last.set()
                await csms.kill()
                await csms.start()
        await csms.kill()
        fleet.check(url)

    asyncio.run(go())


@pytest.mark.postgresql
def test_while_the_database_is_away_nothing_is_answered_that_is_not_stored(
    tmp_path: Path, tiny_station: StationMaker
) -> None:
    async def go(server: PostgreSql) -> None:
        url = server.new_database()
        csms = Killable(url, tmp_path)
        await csms.start()
        fleet = Fleet(csms.port, tiny_station)
        async with fleet.sending():
            await fleet.until(lambda: min(fleet.answered()) >= 3)
            await asyncio.to_thread(server.stop)
            await asyncio.sleep(0.2)
            before = fleet.answered()
            await asyncio.sleep(2)
            assert fleet.answered() == before
            await asyncio.to_thread(server.start)
            await fleet.until(lambda: min(fleet.answered()) >= max(before) + 3)
            fleet.last.set()
        await csms.kill()
        fleet.check(url)

    with running_postgresql() as server:
        asyncio.run(go(server))
