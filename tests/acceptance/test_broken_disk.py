"""The disk of a station refuses, or gives back rubbish: what charges goes on, nothing begins that cannot be written down."""

import asyncio
import re
import resource
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from ladewerk.clock import LoopClock
from ladewerk.paced_loop import ScaledLoop
from tests.acceptance.kills.ledger import out_of_order
from tests.acceptance.kills.place import Place, running_place, speed

pytestmark = pytest.mark.timeout(600)


def with_place(folder: Path, scenario: Callable[[Place], Awaitable[None]]) -> None:
    async def run() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 0, tzinfo=UTC))
        async with running_place(folder, clock, 1) as place:
            await place.start()
            await place.until(lambda: place.csms.available, "the station is ready")
            await scenario(place)

    with asyncio.Runner(loop_factory=lambda: ScaledLoop(speed())) as runner:
        runner.run(run())


async def codes(place: Place) -> list[str]:
    """What stands among the messages of the page."""
    await place.until(place.page, "the page is there")
    async with httpx.AsyncClient(trust_env=False, timeout=None) as client:
        state: dict[str, Any] = (await client.get(f"{place.page()}/api/state")).json()
    return [message["code"] for message in state["messages"]]


async def said(place: Place, code: str) -> None:
    for _ in range(120):
        if code in await codes(place):
            return
        await asyncio.sleep(2)
    raise AssertionError(f"not said: {code}, but {await codes(place)}")


async def charge(place: Place) -> None:
    place.simulator.world.plug_in()
    while place.simulator.world.vehicle.power_w < 3000:
        place.simulator.front.press("start")
        await asyncio.sleep(10)


def limit_files(place: Place, length: int) -> None:
    """No file of the program may get longer: writing fails, as on a disk that is full."""
    assert place.program is not None
    resource.prlimit(place.program.pid, resource.RLIMIT_FSIZE, (length, resource.RLIM_INFINITY))


def test_a_full_disk_ends_no_charging_and_begins_none(tmp_path: Path) -> None:
    async def scenario(place: Place) -> None:
        await charge(place)
        limit_files(place, 1)
        await said(place, "journal_stuck")
        await said(place, "history_not_written")
        told = len(place.csms.ledger.told)
        await asyncio.sleep(30)
        assert place.offer_a() == 16
        # What is not written is not told.
        assert len(place.csms.ledger.told) <= told + 1
        place.simulator.front.press("stop")
        await place.until(place.simulator.world.unplug, "the plug comes out")
        await asyncio.sleep(5)
        place.simulator.world.plug_in()
        for _ in range(3):
            place.simulator.front.press("start")
            await asyncio.sleep(5)
        assert place.offer_a() == 0
        assert "journal_not_written" in await codes(place)
        limit_files(place, resource.RLIM_INFINITY)
        await said(place, "journal_written_again")
        await charge(place)
        place.simulator.front.press("stop")
        await place.until(lambda: place.simulator.world.unplug(), "the plug comes out")
        await place.until(lambda: not place.csms.ledger.open(), "all has ended")
        for events in place.csms.ledger.transactions().values():
            assert out_of_order(events) == []

    with_place(tmp_path, scenario)


@pytest.mark.parametrize("name", ["journal", "history"])
def test_a_damaged_file_is_kept_under_another_name_and_a_new_one_begun(tmp_path: Path, name: str) -> None:
    async def scenario(place: Place) -> None:
        assert place.program is not None
        place.program.kill(with_supervisor=False)
        await place.program.gone()
        file = tmp_path / "data" / f"{name}.sqlite3"
        file.with_name(f"{name}.sqlite3-wal").unlink(missing_ok=True)
        rubbish = b"rubbish" * 4096
        file.write_bytes(rubbish)
        await place.start()
        await place.until(lambda: place.csms.available, "the station is there again")
        await charge(place)
        assert file.with_name(f"{name}.sqlite3.damaged-1").read_bytes() == rubbish
        place.simulator.front.press("stop")
        await place.until(lambda: place.simulator.world.unplug(), "the plug comes out")
        await place.until(lambda: place.csms.ledger.told and not place.csms.ledger.open(), "all has ended")

    with_place(tmp_path, scenario)


def test_a_disk_that_refuses_at_the_start_is_one_line_with_the_remedy_and_no_current(tmp_path: Path) -> None:
    async def run() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 0, tzinfo=UTC))
        async with running_place(tmp_path, clock, 1) as place:
            assert place.offer_a() > 0
            command = f"{sys.executable} -m ladewerk station {place.settings} --follow {place.simulator.panel_url}"
            process = await asyncio.create_subprocess_shell(f"ulimit -f 0; exec {command}", stderr=asyncio.subprocess.PIPE)
            _, told = await process.communicate()
            assert process.returncode == 1
            last = told.decode().splitlines()[-1]
            assert re.fullmatch(
                r"ladewerk station: \S+/journal\.sqlite3 cannot be used: .+; look at the disk's free space and permissions",
                last,
            )
            assert "Traceback" not in told.decode()
            assert place.offer_a() == 0

    with asyncio.Runner(loop_factory=lambda: ScaledLoop(speed())) as runner:
        runner.run(run())
