"""Pages of what was: whole, in order, and each through an index."""

import asyncio
import dataclasses
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, create_engine, event

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
            both = await store.history.transactions(10, station_id="S-2", id_tokens=["S-2-0", "s-1-1"])
            assert [(one.station_id, one.transaction_id) for one in both] == [("s-2", "t,0")]
            assert await store.history.transactions(10, id_tokens=[]) == []

            assert [plan.number for plan in await store.history.plans(2)] == [3, 2]
            assert [plan.number for plan in await store.history.plans(9, after=2)] == [1]
            assert [plan.number for plan in await store.history.plans(9, transaction_id="tx-1", station_id="s-1")] == [3, 1]
            assert await store.history.plans(9, station_id="s-2") == []

    asyncio.run(go())


def test_no_page_reads_a_whole_table(database: str) -> None:
    """By the word of the database itself, of the very statements that the store sends."""
    if not database.startswith("sqlite"):
        return
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_others: Any) -> None:
        if re.search(r"\bFROM (transactions|plans)\b", statement):
            sent.append((statement, parameters))

    async def go() -> None:
        async with open_store(database) as store:
            await filled(store)
            event.listen(Engine, "before_cursor_execute", note)
            try:
                for behind in (None, (NOW, "s-1", "t,1")):
                    await store.history.transactions(2, after=behind)
                    await store.history.transactions(2, after=behind, station_id="S-1")
                    await store.history.transactions(2, after=behind, id_tokens=["S-1-0", "s-2-1"])
                await store.history.plans(2, after=3)
                await store.past_transactions("S-1-0", 3)
            finally:
                event.remove(Engine, "before_cursor_execute", note)

    asyncio.run(go())
    engine = create_engine(database)
    with engine.connect() as connection:
        plans = []
        for statement, parameters in sent:
            found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(next(row[3] for row in found if "stations" not in row[3]))
    engine.dispose()
    of_station = "SEARCH transactions USING INDEX sqlite_autoindex_transactions_1 (station_key=?)"
    of_tokens = "SEARCH transactions USING INDEX transactions_token (<expr>=?)"
    assert plans == [
        "SCAN transactions USING INDEX transactions_newest",  # in the order of the page, which it ends with
        of_station,
        of_tokens,
        "SEARCH transactions USING INDEX transactions_newest (updated_at<?)",
        of_station,
        of_tokens,
        "SEARCH plans USING INTEGER PRIMARY KEY (rowid<?)",
        of_tokens,
    ]
