"""Pages of what was: whole, in order, and each through an index."""

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine

from ladewerk.csms.records import Mode, StationRecord, StoredPlan
from ladewerk.csms.store.database import open_store
from ladewerk.csms.store.ports import Store
from ladewerk.csms.transactions import Transaction

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)

PLAN = StoredPlan(
    number=1,
    station_id="S-1",
    evse_id=1,
    transaction_id="tx",
    created_at=NOW,
    mode=Mode.BALANCED,
    phases=3,
    voltage_v=230,
    max_periods=20,
    slots=(),
    energy_wh=1,
    missing_wh=0,
    complete_at=None,
    cost=0,
    cost_if_at_once=0,
    currency="EUR",
    peak_w=0,
    limit_w=0,
    gap=0,
    solver="",
    summary={},
)


async def filled(store: Store) -> None:
    for name in ("S-1", "s-2"):
        await store.put_station(StationRecord(station_id=name, approved_at=NOW))
        for number in range(3):
            # Two of each station were changed in the same moment: the rest of the key has to tell them apart.
            at = NOW + timedelta(microseconds=number // 2)
            await store.put_transaction(
                Transaction(
                    station_id=name, transaction_id=f"t,{number}", updated_at=at, seq_no=0, id_token=f"{name}-{number}"
                )
            )
    for number in range(1, 4):
        await store.add_plan(dataclasses.replace(PLAN, number=number, transaction_id=f"tx-{number % 2}"))


def test_pages_are_whole_and_in_order_and_obey_their_filters(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            await filled(store)
            whole = await store.history.transactions(10)
            assert [(one.station_id, one.transaction_id) for one in whole] == [
                ("s-2", "t,2"),
                ("S-1", "t,2"),
                ("s-2", "t,1"),
                ("s-2", "t,0"),
                ("S-1", "t,1"),
                ("S-1", "t,0"),
            ]
            paged: list[Transaction] = []
            after = None
            while found := await store.history.transactions(2, after=after):
                paged += found
                after = (found[-1].updated_at, found[-1].station_id, found[-1].transaction_id)
            assert paged == whole
            own = await store.history.transactions(10, id_tokens=["S-2-0", "s-1-1"])
            assert [one.transaction_id for one in own] == ["t,0", "t,1"]
            assert {one.station_id for one in await store.history.transactions(10, station_id="S-2")} == {"s-2"}

            assert [plan.number for plan in await store.history.plans(2)] == [3, 2]
            assert [plan.number for plan in await store.history.plans(9, after=2)] == [1]
            assert [plan.number for plan in await store.history.plans(9, transaction_id="tx-1", station_id="s-1")] == [3, 1]
            assert await store.history.plans(9, station_id="s-2") == []

    asyncio.run(go())


def test_a_page_far_back_is_found_through_an_index(database: str) -> None:
    """What SQLite would do, by its own word: no page reads a whole table."""
    if not database.startswith("sqlite"):
        return

    async def go() -> None:
        async with open_store(database) as store:
            await filled(store)

    asyncio.run(go())
    engine = create_engine(database)
    with engine.connect() as connection:
        key = ("updated_at", "station_key", "transaction_id")
        newest_first = ", ".join(f"{name} DESC" for name in key)
        for query in (
            f"SELECT * FROM transactions WHERE ({', '.join(key)}) < ('2026', 'x', 'y') ORDER BY {newest_first} LIMIT 3",
            "SELECT * FROM plans WHERE number < 3 ORDER BY number DESC LIMIT 3",
        ):
            steps = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
            assert steps[0].startswith("SEARCH"), steps
    engine.dispose()
