"""Dossiers of stations and the order of changed tokens, on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from ladewerk.csms.dossiers.customers import CustomerReport
from ladewerk.csms.dossiers.errands import ASKED, after_answer
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.records import StationRecord
from ladewerk.csms.store import schema
from ladewerk.csms.store.database import open_store
from ladewerk.csms.store.engine import connectable
from ladewerk.csms.store.notices import MOST
from ladewerk.csms.store.ports import Notification
from ladewerk.csms.tokens import Token

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def report(number: int) -> CustomerReport:
    return CustomerReport(request_id=number, status=ASKED, changed_at=NOW)


def test_a_dossier_keeps_so_much_of_each_station_and_gives_it_by_pages(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            for name in ("A", "B\0"):
                await store.put_station(StationRecord(station_id=name, approved_at=NOW))
            shelf = store.dossiers.customers
            await shelf.put("B\0", {numbered(1): report(1)}, NOW)
            for number in range(25):
                await shelf.put("a", {numbered(number): report(number)}, NOW + timedelta(seconds=number))
            assert await shelf.get("A", numbered(4)) is None
            assert await shelf.get("A", numbered(5)) == report(5)
            assert [filed.value.request_id for filed in await shelf.newest("A", 2)] == [24, 23]

            seen, after = [], ("", "")
            while page := await shelf.some(after=after, limit=8):
                seen += [(filed.station, filed.value.request_id) for filed in page]
                after = (page[-1].station, page[-1].name)
            assert seen == [("a", number) for number in range(5, 25)] + [("b\ufffd", 1)]
            assert [filed.name for filed in await shelf.some("A", search="00017")] == [numbered(17)]

            moved = await shelf.change(
                "A", numbered(7), NOW, lambda known: None if known is None else after_answer(known, "Accepted", "", NOW)
            )
            assert moved is not None
            assert moved.status == "Accepted"
            assert await shelf.change("A", numbered(99), NOW, lambda known: known) is None
            await shelf.drop("A", [numbered(24)])
            await shelf.drop_before("A", NOW + timedelta(seconds=23))
            assert [filed.value.request_id for filed in await shelf.some("A")] == [23]
            assert len(await shelf.some("B\0")) == 1

    asyncio.run(go())


def test_tokens_are_told_apart_by_what_changed_last(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            heard: list[None] = []
            store.tokens_changed.connect(heard.append)
            assert await store.token_changes.last() == 0
            for name in ("One", "Two", "Three"):
                await store.put_token(Token(id_token=name))
            await store.delete_token("ONE")
            assert await store.token_changes.last() == 4
            assert sorted(await store.token_changes.since(1)) == ["one", "three", "two"]
            assert sorted(await store.token_changes.since(3)) == ["one"]
            assert len(heard) == 4

    asyncio.run(go())


def test_of_each_kind_of_message_so_many_are_kept(database: str) -> None:
    async def go() -> None:
        async with open_store(database) as store:
            for name in ("A", "B"):
                await store.put_station(StationRecord(station_id=name, approved_at=NOW))
            await store.add_notification(Notification(station_id="A", action="Rare", at=NOW, payload="{}"))
            await store.add_notification(Notification(station_id="B", action="Often", at=NOW, payload="{}"))
            engine, _ = connectable(database)
            often = {"station_key": "a", "action": "Often", "at": NOW, "payload": "{}"}
            with engine.begin() as connection:
                connection.execute(insert(schema.notifications), [often] * (MOST + 100))
            engine.dispose()
            for number in range(64):
                said = Notification(station_id="A", action="Often", at=NOW, payload=str(number))
                await store.add_notification(said)
            kept = await store.notices.newest(MOST + 200, after=None, station="a", actions=("Often",))
            assert MOST <= len(kept) < MOST + 64
            assert kept[0].notification.payload == "63"
            rest = await store.notices.newest(10, after=3, station=None, actions=())
            assert [(one.number, one.notification.station_id) for one in rest] == [(2, "B"), (1, "A")]
            both = await store.notices.newest(MOST + 200, after=None, station="A", actions=("Often", "Rare"))
            assert (len(both), both[-1].notification.action) == (len(kept) + 1, "Rare")

    asyncio.run(go())
