"""Errands as they are written down: answered, reported, superseded, of nobody here."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ladewerk.csms.dossiers.errand_keeping import customer_reports, firmware_updates
from ladewerk.csms.dossiers.errands import ASKED, CANCELED
from ladewerk.csms.dossiers.firmware import FirmwareUpdate
from ladewerk.csms.records import StationRecord
from ladewerk.csms.store.database import open_store

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def update(request_id: int) -> FirmwareUpdate:
    return FirmwareUpdate(request_id=request_id, status=ASKED, changed_at=NOW, asked_at=NOW)


def test_each_word_of_a_station_moves_the_errand_it_is_about(tmp_path: Path) -> None:
    async def go() -> None:
        async with open_store(f"sqlite:///{tmp_path}/csms.sqlite3") as store:
            await store.put_station(StationRecord(station_id="S-1", approved_at=NOW))
            updates = firmware_updates(store.dossiers)

            async def statuses() -> dict[int, str]:
                return {one.value.request_id: one.value.status for one in await store.dossiers.firmware.some("S-1")}

            # Of no errand at all, there is none to be told of.
            await updates.reported("S-1", None, "Downloading", "", NOW)
            await updates.answered("S-1", 5, "Accepted", "", NOW)
            assert await statuses() == {}

            first = await updates.new_request_id("S-1", NOW)
            await updates.asked("S-1", update(first), NOW)
            second = await updates.new_request_id("S-1", NOW)
            assert second == first + 1
            await updates.answered("S-1", first, "Accepted", "", NOW)
            await updates.asked("S-1", update(second), NOW + timedelta(seconds=1))
            await updates.unanswered("S-1", second, "timed out", NOW + timedelta(seconds=2))
            assert await statuses() == {first: "Accepted", second: ASKED}
            await updates.answered("S-1", second, "AcceptedCanceled", "", NOW + timedelta(seconds=3))
            assert await statuses() == {first: CANCELED, second: "Accepted"}
            await updates.reported("S-1", None, "Installed", "", NOW + timedelta(seconds=4))
            await updates.reported("S-1", 77, "Downloading", "", NOW + timedelta(seconds=5))
            assert await statuses() == {first: CANCELED, second: "Installed", 77: "Downloading"}
            # What a station says of a customer nobody asked about is not kept.
            await customer_reports(store.dossiers).reported("S-1", 3, "Accepted", "", NOW)
            assert await store.dossiers.customers.some("S-1") == []

    asyncio.run(go())
