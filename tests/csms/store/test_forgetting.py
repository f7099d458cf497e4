"""What is old is forgotten; what belongs to a transaction that has not ended is not."""

import asyncio
from datetime import timedelta

from msgspec import structs

from ladewerk.csms.retention import Keep
from ladewerk.csms.security.records import Change
from ladewerk.csms.store.database import open_store
from ladewerk.csms.store.ports import Notification
from tests.csms.store.test_database import NOW, STATION, event, transaction


def test_old_rows_go_bit_by_bit_and_those_of_open_transactions_stay(database: str) -> None:
    old = NOW - timedelta(days=800)

    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            for number in range(5):
                for at in (old, NOW):
                    said = Notification(station_id="S-1", action="NotifyReport", at=at, payload=str(number))
                    await store.add_notification(said)
            for name, ended_at in (("open", None), ("over", old)):
                for seq_no in range(3):
                    said_event = structs.replace(event(seq_no), transaction_id=name, received_at=old)
                    after = structs.replace(transaction(seq_no), transaction_id=name, ended_at=ended_at)
                    await store.add_event(said_event, after)
            await store.accounts.add_change(Change(at=old, who="Ada", remote="", action="PUT /api/site", status=200))
            before = Keep().before(NOW)
            assert [await store.forget(before, 2) for _ in range(4)] == [2 + 2 + 1, 2 + 1, 1, 0]
            assert await store.has_event("S-1", "open", 0)
            assert not await store.has_event("S-1", "over", 0)
            assert await store.transaction("S-1", "over") is not None
            assert await store.accounts.changes(None, 10) == []

    asyncio.run(go())


def test_nothing_is_forgotten_that_is_kept_for_ever() -> None:
    assert Keep(messages_days=0, events_days=0, plans_days=0, changes_days=1).before(NOW) == {
        "changes": NOW - timedelta(days=1)
    }
