"""What is kept of charging profiles, and when it cannot be."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ladewerk.charging.installation import Installation
from ladewerk.clock import LoopClock
from ladewerk.errors import StoreError
from ladewerk.station.smart_charging.charging_profiles import ChargingProfiles
from ladewerk.station.smart_charging.profile_memory import open_profile_memory
from ladewerk.station.units import Units
from tests.charging.profiles import START, profile, station_max


def test_what_the_memory_cannot_keep_is_not_installed(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        clock = LoopClock(asyncio.get_running_loop(), START)
        async with open_profile_memory(tmp_path) as memory:
            profiles = ChargingProfiles(Units([]), clock, memory, "Europe/Berlin")
            await profiles.load()
            gone = tmp_path / "journal.sqlite3"
            gone.rename(tmp_path / "elsewhere")
            gone.mkdir()
            refusal = await profiles.install(station_max())
        assert refusal is not None
        assert refusal.reason.value == "InternalError"
        assert len(profiles.installed) == 0

    paced(scenario)


def test_what_was_kept_is_read_as_it_was(tmp_path: Path, paced: Any) -> None:
    async def scenario() -> None:
        kept = [Installation(0, profile(), "CSO", START), Installation(1, profile(number=2), "EMS")]
        async with open_profile_memory(tmp_path) as memory:
            await memory.keep(kept)
            await memory.keep(kept)
        async with open_profile_memory(tmp_path) as memory:
            assert await memory.read() == kept
        with sqlite3.connect(tmp_path / "journal.sqlite3") as database:
            database.execute("update charging_profiles set payload = '{}'")
        database.close()
        async with open_profile_memory(tmp_path) as memory:
            with pytest.raises(StoreError, match="a charging profile in the journal cannot be read"):
                await memory.read()

    paced(scenario)


def test_a_memory_that_cannot_be_opened_is_told(tmp_path: Path, paced: Any) -> None:
    (tmp_path / "data").touch()

    async def scenario() -> None:
        with pytest.raises(StoreError, match="cannot be opened"):
            async with open_profile_memory(tmp_path / "data"):
                pass

    paced(scenario)
