"""The store: written in groups, once, and there after a restart."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ladewerk.csms.limit.allocation import Commanded, Outlet
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import StationRecord
from ladewerk.csms.smart_charging.quirks import KnownQuirks, QuirksSaid
from ladewerk.csms.store.database import open_store
from ladewerk.csms.store.ports import EventRecord, Store
from ladewerk.csms.transactions import Transaction
from ladewerk.errors import StoreError
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
STATION = StationRecord(station_id="S-1", approved_at=NOW)
QUIRKS = KnownQuirks(found=QuirksSaid(max_periods=6), said=QuirksSaid(kind="Relative", min_interval_s=60))
LINE = Timeline.from_slots(NOW, [60.0], [Rate(6.0, 3)])
OUTLET = Outlet(
    rating=Rate(16.0, 3),
    quirks=QUIRKS.used(),
    commanded=(Commanded(profile_id=7, purpose="TxProfile", stack_level=1, line=LINE),),
)


def event(seq_no: int, station_id: str = "S-1") -> EventRecord:
    return EventRecord(
        station_id=station_id,
        transaction_id="tx",
        seq_no=seq_no,
        event_type="Updated",
        trigger_reason="Trigger",
        at=NOW,
        received_at=NOW,
        offline=False,
        payload="{}",
    )


def transaction(seq_no: int, station_id: str = "S-1") -> Transaction:
    return Transaction(station_id=station_id, transaction_id="tx", updated_at=NOW, seq_no=seq_no, register_wh=1.5)


async def add(store: Store, seq_no: int, station_id: str = "S-1") -> bool:
    return await store.add_event(event(seq_no, station_id), transaction(seq_no, station_id))


def test_an_event_is_stored_once_however_often_it_comes(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            assert await add(store, 0)
            assert not await add(store, 0)
            assert await store.transaction("s-1", "tx") == transaction(0)
            assert await store.has_event("S-1", "tx", 0)
            assert not await store.has_event("S-1", "tx", 1)

    asyncio.run(go())


def test_what_is_written_is_there_after_a_restart(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            await add(store, 0)
            await store.put_site(Site(limit_w=5000.0), None)
            for known in (KnownQuirks(found=QuirksSaid(rate_unit="W")), QUIRKS):
                await store.put_quirks("s-1", known)
            await store.put_outlet(("s-1", 2), OUTLET)
        async with open_store(database) as store:
            remembered = await store.remember()
            assert remembered.stations == (STATION,)
            assert remembered.transactions == (transaction(0),)
            assert remembered.site == Site(limit_w=5000.0)
            assert remembered.quirks == {"s-1": QUIRKS}
            assert remembered.outlets == {("s-1", 2): OUTLET}
            assert await store.transactions(10) == [transaction(0)]

    asyncio.run(go())


def test_past_transactions_are_those_of_a_token_that_have_ended(database: str) -> None:
    def visit(number: int, token: str | None, *, ended: bool = True) -> Transaction:
        at = NOW + timedelta(days=number)
        return Transaction(
            station_id="S-1",
            transaction_id=f"tx-{number}",
            updated_at=at,
            seq_no=0,
            started_at=at,
            ended_at=at + timedelta(hours=1) if ended else None,
            id_token=token,
        )

    visits = [visit(0, "AB"), visit(1, "ab"), visit(2, "other"), visit(3, None), visit(4, "ab", ended=False)]

    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            for each in visits:
                await store.put_transaction(each)
            assert await store.past_transactions("aB", 10) == [visits[1], visits[0]]
            assert await store.past_transactions("aB", 1) == [visits[1]]
            assert await store.past_transactions("nobody", 10) == []

    asyncio.run(go())


def test_one_bad_write_does_not_take_its_group_with_it(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            # An event of a station that nobody knows breaks a foreign key, in the same group as the good ones.
            results = await asyncio.gather(add(store, 0), add(store, 0, "unknown"), add(store, 1), return_exceptions=True)
            assert results[0] is True
            assert isinstance(results[1], StoreError)
            assert results[2] is True
            assert await store.has_event("S-1", "tx", 1)

    asyncio.run(go())


def test_writes_that_wait_together_are_all_kept(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            added = await asyncio.gather(*(add(store, seq_no % 300) for seq_no in range(600)))
            assert added == [True] * 300 + [False] * 300
            assert await store.transaction("S-1", "tx") == transaction(299)
            assert all([await store.has_event("S-1", "tx", seq_no) for seq_no in (0, 150, 299)])

    asyncio.run(go())


def test_what_a_station_says_is_kept_whatever_characters_it_uses(database: str) -> None:
    station = StationRecord(station_id="S-1", approved_at=NOW, vendor="a\0b", model="é汉\U0001f50c" * 100)

    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(station)
            remembered = (await store.remember()).stations[0]
            assert remembered.vendor == "a\ufffdb"
            assert remembered.model == station.model

    asyncio.run(go())


def test_an_event_with_a_character_that_is_not_kept_is_known_when_it_comes_again(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            for expected in (True, False):
                said = replace(event(0), transaction_id="a\0b")
                assert await store.add_event(said, replace(transaction(0), transaction_id="a\0b")) is expected

    asyncio.run(go())


def test_a_number_too_large_for_the_database_fails_alone(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await store.put_station(STATION)
            results = await asyncio.gather(add(store, 1), add(store, 10**30), add(store, 2), return_exceptions=True)
            assert [results[0], results[2]] == [True, True]
            assert isinstance(results[1], StoreError)

    asyncio.run(go())


def test_writing_to_a_closed_store_is_refused(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            pass
        with pytest.raises(StoreError):
            await store.put_station(STATION)

    asyncio.run(go())
