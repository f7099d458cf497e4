"""The message log: requests with their answers, bounded, there after a restart, and in nobody's way."""

import asyncio
import itertools
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from ladewerk.clock import ManualClock
from ladewerk.csms.supervision import Tasks
from ladewerk.csms.watching.exchanges import End, Exchange
from ladewerk.csms.watching.frame_log import FrameLog
from ladewerk.csms.watching.message_log import MessageKeep, MessageLog
from ladewerk.ocpp import v21

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


@asynccontextmanager
async def kept(file: Path, **keep: Any) -> AsyncIterator[tuple[MessageLog, FrameLog]]:
    log, frames = MessageLog(file, MessageKeep(**keep), ManualClock(NOW)), FrameLog()
    async with Tasks().running() as tasks, log.running(frames, tasks):
        yield log, frames


def ends(found: list[Exchange]) -> list[tuple[str, End]]:
    return [(one.action, one.end) for one in found]


def test_requests_stand_with_their_answers_and_are_there_after_a_restart(tmp_path: Path) -> None:
    async def go() -> None:
        file = tmp_path / "new" / "messages.sqlite3"
        async with kept(file) as (log, frames):
            assert await log.page("S-1", 10) == []
            frames.add(NOW, "S-1", False, '[2,"a","Heartbeat",{}]')
            frames.add(NOW, "S-1", True, '[2,"a","Reset",{"type":"Immediate"}]')  # the same id the other way is another
            frames.add(NOW, "s-2", False, '[3,"a",{}]')
            frames.add(NOW + timedelta(seconds=1), "s-1", True, '[3,"a",{"currentTime":"x"}]')
            (reset, beat) = await log.page("s-1", 10)
            assert (beat.action, beat.sent, beat.end, beat.answer) == (
                "Heartbeat",
                False,
                End.ANSWERED,
                '[3,"a",{"currentTime":"x"}]',
            )
            assert beat.answered_at == NOW + timedelta(seconds=1)
            assert (reset.action, reset.sent, reset.end, reset.answer) == ("Reset", True, End.UNANSWERED, None)
            frames.add(NOW, "S-1", False, '[4,"a","NotSupported","",{}]')
            frames.add(NOW, "S-1", False, '[6,"b","NotifyPeriodicEventStream",{}]')
            frames.add(NOW, "S-1", False, "[" * 5000)
        async with kept(file) as (log, frames):
            frames.add(NOW, "S-1", True, '[2,"c","Reset",{"type":"OnIdle"}]')
            found = await log.page("S-1", 10)
            assert ends(found) == [
                ("Reset", End.UNANSWERED),
                ("", End.STRAY),
                ("NotifyPeriodicEventStream", End.SENT),
                ("Reset", End.REFUSED),
                ("Heartbeat", End.ANSWERED),
            ]
            assert len(found[1].request) < 5000
            assert ends(await log.page("S-2", 10)) == [("", End.STRAY)]
            assert await log.page("S-1", 2, after=found[2].number) == found[3:]
            assert await log.page("S-1", 9, action="Reset", sent=True, end=End.REFUSED) == [found[3]]

    asyncio.run(asyncio.wait_for(go(), 60))


def test_the_oldest_go_where_a_station_or_all_have_too_many_or_they_are_too_old(tmp_path: Path) -> None:
    async def go() -> None:
        async with kept(tmp_path / "m", most=700, most_of_station=100, days=1) as (log, frames):
            numbers = itertools.count()

            def say(station: str, times: int, at: datetime = NOW) -> None:
                for _ in range(times):
                    frames.add(at, station, False, f'[2,"{next(numbers)}","Heartbeat",{{}}]')

            say("quiet", 1)
            say("noisy", 512)
            assert len(await log.page("noisy", 1000)) == 100
            assert len(await log.page("quiet", 1000)) == 1
            for number in range(4):
                say(f"s-{number}", 256)
            assert await log.page("quiet", 1000) == []
        async with kept(tmp_path / "old", days=1) as (log, frames):
            say("s", 3, NOW - timedelta(days=2))
            say("s", 256, NOW)
            assert len(await log.page("s", 1000)) == 256

    asyncio.run(asyncio.wait_for(go(), 60))


def test_a_damaged_file_is_set_aside_and_one_that_cannot_be_made_stops_nobody(tmp_path: Path) -> None:
    async def go() -> None:
        file = tmp_path / "messages"
        file.write_bytes(b"no database at all" * 100)
        async with kept(file) as (log, frames):
            frames.add(NOW, "S-1", False, '[2,"a","Heartbeat",{}]')
            assert len(await log.page("S-1", 10)) == 1
        assert file.with_name("messages.damaged").exists()
        async with kept(file / "below" / "a-file") as (log, frames):
            frames.add(NOW, "S-1", False, '[2,"a","Heartbeat",{}]')
            assert await log.page("S-1", 10) == []
            assert log.left_out == 1
        async with kept(tmp_path / "none", most=0) as (log, frames):
            frames.add(NOW, "S-1", False, '[2,"a","Heartbeat",{}]')
            assert await log.page("S-1", 10) == []
        assert not (tmp_path / "none").exists()

    asyncio.run(asyncio.wait_for(go(), 60))


def test_the_messages_of_a_station_are_read_by_pages_and_filters(csms: Any, tiny_station: Any, database: str) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            async with tiny_station(running.ocpp_port) as station:
                await station.boot()
                for _ in range(3):
                    await station.call(v21.HeartbeatRequest())
                await client.post("/api/stations/S-1/commands/ClearCache", json={})
                url = "/api/stations/s-1/frames"
                pages = await client.get(url, params={"action": "Heartbeat", "limit": 2})
                assert [one["outcome"] for one in pages.json()] == ["answered", "answered"]
                assert json.loads(pages.json()[0]["request"])[2] == "Heartbeat"
                assert "currentTime" in json.loads(pages.json()[0]["answer"])[2]
                rest = await client.get(pages.links["next"]["url"])
                assert len(rest.json()) == 1
                assert "next" not in rest.links
                (cleared,) = (await client.get(url, params={"direction": "sent", "outcome": "refused"})).json()
                assert cleared["action"] == "ClearCache"
            assert (await client.get(url, params={"outcome": "lost"})).status_code == 422
            assert (await client.get("/api/stations/nobody/frames")).status_code == 404
        file = database.removeprefix("sqlite:///").replace(".sqlite3", ".messages.sqlite3")
        with sqlite3.connect(file) as connection:
            query = "SELECT * FROM exchanges WHERE station_key = 's' AND number < 9 ORDER BY number DESC LIMIT 9"
            steps = connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
        connection.close()
        assert [row[3] for row in steps] == [
            "SEARCH exchanges USING INDEX exchanges_of_station (station_key=? AND number<?)"
        ]

    asyncio.run(asyncio.wait_for(go(), 60))
