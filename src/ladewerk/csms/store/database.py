"""The store on SQLAlchemy Core, over SQLite and PostgreSQL alike."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, and_, delete, func, or_, select

from ladewerk.csms.dossiers.shelves import Dossiers
from ladewerk.csms.limit.allocation import EvseKey, Outlet
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import ChargingNeed, ConnectorStatus, StationRecord, StoredPlan, station_key
from ladewerk.csms.smart_charging.quirks import KnownQuirks
from ladewerk.csms.store import schema
from ladewerk.csms.store.accounts import DatabaseAccounts
from ladewerk.csms.store.engine import open_engine
from ladewerk.csms.store.forgetting import forget
from ladewerk.csms.store.history import DatabaseHistory
from ladewerk.csms.store.new_events import NewEvent, add_events
from ladewerk.csms.store.notices import DatabaseNotices, add_notice
from ladewerk.csms.store.ports import (
    AccountStore,
    EventRecord,
    HistoryStore,
    NoticeStore,
    Notification,
    Remembered,
    Store,
    TokenChangeStore,
)
from ladewerk.csms.store.reader import Reader
from ladewerk.csms.store.rows import add_row, as_json, is_there, put_row
from ladewerk.csms.store.sheets import DatabaseSheets
from ladewerk.csms.store.token_changes import DatabaseTokenChanges, note_change
from ladewerk.csms.store.transaction_rows import read_transactions, transaction_of, transactions_query
from ladewerk.csms.store.writer import Writer
from ladewerk.csms.tokens import Token, token_key
from ladewerk.csms.transactions import Transaction
from ladewerk.signals import Signal

R = TypeVar("R")


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """The store in the database at ``url``. Raises ConfigError where that cannot be used."""
    engine = await asyncio.to_thread(open_engine, url)
    try:
        async with Writer(engine).running() as writer:
            yield DatabaseStore(Reader(engine), writer)
    finally:
        await asyncio.to_thread(engine.dispose)


class DatabaseStore:
    """See :class:`ladewerk.csms.store.ports.Store`."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self.accounts: AccountStore = DatabaseAccounts(reader, writer)
        self.dossiers = Dossiers(DatabaseSheets(reader, writer))
        self.notices: NoticeStore = DatabaseNotices(reader)
        self.token_changes: TokenChangeStore = DatabaseTokenChanges(reader)
        self.tokens_changed: Signal[None] = Signal()
        self.history: HistoryStore = DatabaseHistory(reader)
        self.writing = writer
        self.event_stored: Signal[None] = Signal()
        self._reader = reader
        self._writer = writer

    async def remember(self) -> Remembered:
        return await self._reader.read(_remember)

    async def put_station(self, station: StationRecord) -> None:
        row = dataclasses.asdict(station)
        await self._writer.write(lambda connection: put_row(connection, schema.stations, {"station_key": station.key}, row))

    async def put_quirks(self, station_key: str, known: KnownQuirks) -> None:
        row = {"payload": as_json(known)}
        await self._writer.write(lambda connection: put_row(connection, schema.quirks, {"station_key": station_key}, row))

    async def put_connector(self, status: ConnectorStatus) -> None:
        key = {
            "station_key": station_key(status.station_id),
            "evse_id": status.evse_id,
            "connector_id": status.connector_id,
        }
        row = {"status": status.status, "at": status.at}
        await self._writer.write(lambda connection: put_row(connection, schema.connectors, key, row))

    async def add_event(self, event: EventRecord, transaction: Transaction) -> bool:
        is_new = await self._writer.write_with_others(add_events, NewEvent(event, transaction))
        if is_new:
            self.event_stored.emit(None)
        return is_new

    async def put_transaction(self, transaction: Transaction) -> None:
        await self._writer.write(lambda connection: _put_transaction(connection, transaction))

    async def add_notification(self, notification: Notification) -> None:
        await self._writer.write(lambda connection: add_notice(connection, notification))

    async def put_need(self, need: ChargingNeed) -> None:
        key = {"station_key": station_key(need.station_id), "evse_id": need.evse_id}
        row = {"state": str(need.state), "payload": as_json(need)}
        await self._writer.write(lambda connection: put_row(connection, schema.needs, key, row))

    async def add_plan(self, plan: StoredPlan) -> None:
        row = {
            "number": plan.number,
            "station_key": station_key(plan.station_id),
            "evse_id": plan.evse_id,
            "transaction_id": plan.transaction_id,
            "created_at": plan.created_at,
            "payload": as_json(plan),
        }
        await self._writer.write(lambda connection: add_row(connection, schema.plans, row))

    async def accept_plan(self, number: int, at: datetime) -> None:
        await self._writer.write(
            lambda connection: put_row(connection, schema.plans, {"number": number}, {"accepted_at": at})
        )

    async def put_outlet(self, key: EvseKey, outlet: Outlet) -> None:
        row_key = {"station_key": key[0], "evse_id": key[1]}
        row = {"payload": as_json(outlet)}
        await self._writer.write(lambda connection: put_row(connection, schema.outlets, row_key, row))

    async def token(self, id_token: str) -> Token | None:
        query = select(schema.tokens.c.payload).where(schema.tokens.c.token_key == token_key(id_token))
        payload: str | None = await self._reader.read(lambda connection: connection.scalar(query))
        return None if payload is None else msgspec.json.decode(payload, type=Token)

    async def tokens(self, search: str, after: str, limit: int) -> list[Token]:
        table = schema.tokens
        found = or_(
            table.c.token_key.contains(token_key(search), autoescape=True),
            func.lower(table.c.owner).contains(search.lower(), autoescape=True),
        )
        query = select(table.c.payload).where(table.c.token_key > token_key(after), found)
        query = query.order_by(table.c.token_key).limit(limit)
        payloads = await self._reader.read(lambda connection: list(connection.scalars(query)))
        return [msgspec.json.decode(payload, type=Token) for payload in payloads]

    async def put_token(self, token: Token) -> None:
        row = {"owner": token.owner, "payload": as_json(token)}

        def work(connection: Connection) -> None:
            put_row(connection, schema.tokens, {"token_key": token.key}, row)
            note_change(connection, token.key)

        await self._writer.write(work)
        self.tokens_changed.emit(None)

    async def delete_token(self, id_token: str) -> bool:
        statement = delete(schema.tokens).where(schema.tokens.c.token_key == token_key(id_token))

        def work(connection: Connection) -> bool:
            note_change(connection, token_key(id_token))
            return connection.execute(statement).rowcount > 0

        deleted = await self._writer.write(work)
        self.tokens_changed.emit(None)
        return deleted

    async def forget(self, before: Mapping[str, datetime], at_most: int) -> int:
        return await self._writer.write(lambda connection: forget(connection, before, at_most))

    async def put_site(self, site: Site, configured: Site | None) -> None:
        row = {"settings": as_json(site), "configured": None if configured is None else as_json(configured)}
        await self._writer.write(lambda connection: put_row(connection, schema.site, {"id": 1}, row))

    async def plan(self, number: int) -> StoredPlan | None:
        query = select(schema.plans.c.payload).where(schema.plans.c.number == number)
        payload: str | None = await self._reader.read(lambda connection: connection.scalar(query))
        return None if payload is None else msgspec.json.decode(payload, type=StoredPlan)

    async def transactions(self, limit: int) -> list[Transaction]:
        table = schema.transactions
        query = transactions_query().order_by(table.c.updated_at.desc()).limit(limit)
        return await self._reader.read(lambda connection: read_transactions(connection, query))

    async def past_transactions(self, id_token: str, limit: int) -> list[Transaction]:
        table = schema.transactions
        # OCPP 2.1 part 2, IdTokenType: case makes no difference in an id token.
        of_token = and_(func.lower(table.c.id_token) == id_token.lower(), table.c.ended_at.is_not(None))
        query = transactions_query().where(of_token).order_by(table.c.updated_at.desc()).limit(limit)
        return await self._reader.read(lambda connection: read_transactions(connection, query))

    async def transaction(self, station_id: str, transaction_id: str) -> Transaction | None:
        table = schema.transactions
        query = transactions_query().where(
            table.c.station_key == station_key(station_id), table.c.transaction_id == transaction_id
        )
        row = await self._reader.read(lambda connection: connection.execute(query).mappings().one_or_none())
        return None if row is None else transaction_of(row)

    async def has_event(self, station_id: str, transaction_id: str, seq_no: int) -> bool:
        key = {"station_key": station_key(station_id), "transaction_id": transaction_id, "seq_no": seq_no}
        return await self._reader.read(lambda connection: is_there(connection, schema.transaction_events, key))


_: type[Store] = DatabaseStore


def _put_transaction(connection: Connection, transaction: Transaction) -> None:
    row = _transaction_row(transaction)
    key = {name: row.pop(name) for name in ("station_key", "transaction_id")}
    put_row(connection, schema.transactions, key, row)


def _transaction_row(transaction: Transaction) -> dict[str, Any]:
    row = {name: getattr(transaction, name) for name in _TRANSACTION_FIELDS}
    row["station_key"] = station_key(transaction.station_id)
    return row


_TRANSACTION_FIELDS: Final = tuple(name for name in Transaction.__struct_fields__ if name != "station_id")


def _remember(connection: Connection) -> Remembered:
    stations = connection.execute(select(schema.stations)).mappings().all()
    names = {row["station_key"]: row["station_id"] for row in stations}
    open_rows = connection.execute(transactions_query().where(schema.transactions.c.ended_at.is_(None))).mappings().all()
    needs = connection.scalars(select(schema.needs.c.payload).where(schema.needs.c.state != "ended")).all()
    plans = [
        plan
        for row in open_rows
        for plan in _newest_plans(connection, station_key(row["station_id"]), row["transaction_id"])
    ]
    site = connection.execute(select(schema.site)).mappings().one_or_none()
    return Remembered(
        stations=tuple(StationRecord(**{k: v for k, v in row.items() if k != "station_key"}) for row in stations),
        connectors=tuple(
            ConnectorStatus(station_id=names[row["station_key"]], **{k: v for k, v in row.items() if k != "station_key"})
            for row in connection.execute(select(schema.connectors)).mappings()
        ),
        transactions=tuple(transaction_of(row) for row in open_rows),
        needs=tuple(msgspec.json.decode(payload, type=ChargingNeed) for payload in needs),
        plans=tuple(plan for plan, accepted in plans if not accepted),
        accepted_plans=tuple(plan for plan, accepted in plans if accepted),
        outlets={
            (row["station_key"], row["evse_id"]): msgspec.json.decode(row["payload"], type=Outlet)
            for row in connection.execute(select(schema.outlets)).mappings()
        },
        quirks={
            row["station_key"]: msgspec.json.decode(row["payload"], type=KnownQuirks)
            for row in connection.execute(select(schema.quirks)).mappings()
        },
        last_plan_number=connection.scalar(select(func.max(schema.plans.c.number))) or 0,
        site=None if site is None else msgspec.json.decode(site["settings"], type=Site),
        configured_site=None
        if site is None or site["configured"] is None
        else msgspec.json.decode(site["configured"], type=Site),
    )


def _newest_plans(connection: Connection, key: str, transaction_id: str) -> list[tuple[StoredPlan, bool]]:
    """The newest accepted plan of a transaction, and the newest after it that was not accepted yet."""
    table = schema.plans
    query = (
        select(table.c.payload, table.c.accepted_at)
        .where(table.c.station_key == key, table.c.transaction_id == transaction_id)
        .order_by(table.c.number.desc())
    )
    found: list[tuple[StoredPlan, bool]] = []
    for payload, accepted_at in connection.execute(query):
        if accepted_at is not None or not found:
            found.append((msgspec.json.decode(payload, type=StoredPlan), accepted_at is not None))
        if accepted_at is not None:
            break
    return found
