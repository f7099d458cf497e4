"""The store on SQLAlchemy Core, over SQLite."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Table,
    and_,
    create_engine,
    event,
    func,
    insert,
    inspect,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ladewerk.csms.records import ChargingNeed, ConnectorStatus, StationRecord, StoredPlan, station_key
from ladewerk.csms.site import Site
from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import EventRecord, Notification, Remembered, Store
from ladewerk.csms.store.writer import Writer
from ladewerk.csms.transactions import Transaction
from ladewerk.errors import ConfigError, StoreError

R = TypeVar("R")


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """The store in the database at ``url``. Raises ConfigError where that cannot be used."""
    engine = await asyncio.to_thread(_open_engine, url)
    try:
        async with Writer(engine).running() as writer:
            yield DatabaseStore(engine, writer)
    finally:
        await asyncio.to_thread(engine.dispose)


def _open_engine(text: str) -> Engine:
    try:
        url = make_url(text)
    except ArgumentError as err:
        raise ConfigError(
            "database", f"{text!r} is not a database URL such as sqlite:////var/lib/ladewerk/csms.sqlite3"
        ) from err
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        raise ConfigError("database", f"{url.render_as_string()} is not the URL of an SQLite file (sqlite:///PATH)")
    _make_folder(url)
    engine = create_engine(url)
    event.listen(engine, "connect", _set_up_sqlite)
    try:
        with engine.begin() as connection:
            _check_version(connection, url)
    except SQLAlchemyError as err:
        engine.dispose()
        reason = err.orig if hasattr(err, "orig") else err
        raise ConfigError("database", f"{url.database} cannot be used: {reason}") from err
    except ConfigError:
        engine.dispose()
        raise
    return engine


def _make_folder(url: URL) -> None:
    folder = Path(str(url.database)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError("database", f"the folder {folder} cannot be made: {err.strerror}") from err


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # Readers never wait for the writer, and what is committed survives a power cut.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.close()


def _check_version(connection: Connection, url: URL) -> None:
    tables = inspect(connection).get_table_names()
    if not tables:
        schema.metadata.create_all(connection)
        connection.execute(insert(schema.schema_version).values(version=schema.VERSION))
        return
    found = connection.scalar(select(schema.schema_version.c.version)) if "schema_version" in tables else None
    if found is None:
        raise ConfigError("database", f"{url.database} is a database of another program; give another file")
    if found != schema.VERSION:
        raise ConfigError(
            "database", f"{url.database} has schema version {found}, this Ladewerk needs {schema.VERSION}; give another file"
        )
    # Opening succeeds on a read-only file; only a write shows it.
    connection.execute(update(schema.schema_version).values(version=schema.VERSION))


class DatabaseStore:
    """See :class:`ladewerk.csms.store.ports.Store`."""

    def __init__(self, engine: Engine, writer: Writer) -> None:
        self._engine = engine
        self._writer = writer

    async def remember(self) -> Remembered:
        return await self._read(_remember)

    async def put_station(self, station: StationRecord) -> None:
        row = dataclasses.asdict(station)
        await self._writer.write(lambda connection: _put(connection, schema.stations, {"station_key": station.key}, row))

    async def put_connector(self, status: ConnectorStatus) -> None:
        key = {
            "station_key": station_key(status.station_id),
            "evse_id": status.evse_id,
            "connector_id": status.connector_id,
        }
        row = {"status": status.status, "at": status.at}
        await self._writer.write(lambda connection: _put(connection, schema.connectors, key, row))

    async def add_event(self, event: EventRecord, transaction: Transaction) -> bool:
        def work(connection: Connection) -> bool:
            key = _event_key(event.station_id, event.transaction_id, event.seq_no)
            if _exists(connection, schema.transaction_events, key):
                return False
            row = dataclasses.asdict(event)
            del row["station_id"]
            connection.execute(insert(schema.transaction_events).values(**(row | key)))
            _put_transaction(connection, transaction)
            return True

        return await self._writer.write(work)

    async def put_transaction(self, transaction: Transaction) -> None:
        await self._writer.write(lambda connection: _put_transaction(connection, transaction))

    async def add_notification(self, notification: Notification) -> None:
        row = {
            "station_key": station_key(notification.station_id),
            "action": notification.action,
            "at": notification.at,
            "payload": notification.payload,
        }
        await self._writer.write(lambda connection: _add(connection, schema.notifications, row))

    async def put_need(self, need: ChargingNeed) -> None:
        key = {"station_key": station_key(need.station_id), "evse_id": need.evse_id}
        row = {"state": str(need.state), "payload": _json(need)}
        await self._writer.write(lambda connection: _put(connection, schema.needs, key, row))

    async def add_plan(self, plan: StoredPlan) -> None:
        row = {
            "number": plan.number,
            "station_key": station_key(plan.station_id),
            "evse_id": plan.evse_id,
            "transaction_id": plan.transaction_id,
            "created_at": plan.created_at,
            "payload": _json(plan),
        }
        await self._writer.write(lambda connection: _add(connection, schema.plans, row))

    async def accept_plan(self, number: int, at: datetime) -> None:
        await self._writer.write(lambda connection: _put(connection, schema.plans, {"number": number}, {"accepted_at": at}))

    async def put_site(self, site: Site, configured: Site | None) -> None:
        row = {"settings": _json(site), "configured": None if configured is None else _json(configured)}
        await self._writer.write(lambda connection: _put(connection, schema.site, {"id": 1}, row))

    async def plan(self, number: int) -> StoredPlan | None:
        query = select(schema.plans.c.payload).where(schema.plans.c.number == number)
        payload: str | None = await self._read(lambda connection: connection.scalar(query))
        return None if payload is None else msgspec.json.decode(payload, type=StoredPlan)

    async def transactions(self, limit: int) -> list[Transaction]:
        table = schema.transactions
        query = _transactions_query().order_by(table.c.updated_at.desc()).limit(limit)
        return await self._read(lambda connection: [_transaction(row) for row in connection.execute(query).mappings()])

    async def past_transactions(self, id_token: str, limit: int) -> list[Transaction]:
        table = schema.transactions
        # OCPP 2.1 part 2, IdTokenType: case makes no difference in an id token.
        of_token = and_(func.lower(table.c.id_token) == id_token.lower(), table.c.ended_at.is_not(None))
        query = _transactions_query().where(of_token).order_by(table.c.updated_at.desc()).limit(limit)
        return await self._read(lambda connection: [_transaction(row) for row in connection.execute(query).mappings()])

    async def transaction(self, station_id: str, transaction_id: str) -> Transaction | None:
        table = schema.transactions
        query = _transactions_query().where(
            table.c.station_key == station_key(station_id), table.c.transaction_id == transaction_id
        )
        row = await self._read(lambda connection: connection.execute(query).mappings().one_or_none())
        return None if row is None else _transaction(row)

    async def has_event(self, station_id: str, transaction_id: str, seq_no: int) -> bool:
        key = _event_key(station_id, transaction_id, seq_no)
        return await self._read(lambda connection: _exists(connection, schema.transaction_events, key))

    async def _read(self, work: Callable[[Connection], R]) -> R:
        def reading() -> R:
            with self._engine.connect() as connection:
                return work(connection)

        try:
            return await asyncio.to_thread(reading)
        except SQLAlchemyError as err:
            raise StoreError(f"the database could not be read: {err}") from err


_: type[Store] = DatabaseStore


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _event_key(station_id: str, transaction_id: str, seq_no: int) -> dict[str, Any]:
    return {"station_key": station_key(station_id), "transaction_id": transaction_id, "seq_no": seq_no}


def _exists(connection: Connection, table: Table, key: Mapping[str, Any]) -> bool:
    query = select(func.count()).select_from(table).where(and_(*(table.c[name] == value for name, value in key.items())))
    return bool(connection.scalar(query))


def _add(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    connection.execute(insert(table).values(**row))


def _put(connection: Connection, table: Table, key: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Insert or replace; there is one writer, so nobody comes between the look and the write."""
    where = and_(*(table.c[name] == value for name, value in key.items()))
    changed = connection.execute(update(table).where(where).values(**row)).rowcount
    if not changed:
        connection.execute(insert(table).values(**key, **row))


def _put_transaction(connection: Connection, transaction: Transaction) -> None:
    row = dataclasses.asdict(transaction)
    key = {"station_key": station_key(row.pop("station_id")), "transaction_id": row.pop("transaction_id")}
    _put(connection, schema.transactions, key, row)


def _transactions_query() -> Any:
    table = schema.transactions
    columns = [column for column in table.c if column.name != "station_key"]
    return select(schema.stations.c.station_id, *columns).join_from(table, schema.stations)


def _transaction(row: Mapping[Any, Any]) -> Transaction:
    return Transaction(**{str(name): value for name, value in row.items()})


def _remember(connection: Connection) -> Remembered:
    stations = connection.execute(select(schema.stations)).mappings().all()
    names = {row["station_key"]: row["station_id"] for row in stations}
    open_rows = connection.execute(_transactions_query().where(schema.transactions.c.ended_at.is_(None))).mappings().all()
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
        transactions=tuple(_transaction(row) for row in open_rows),
        needs=tuple(msgspec.json.decode(payload, type=ChargingNeed) for payload in needs),
        plans=tuple(plan for plan, accepted in plans if not accepted),
        accepted_plans=tuple(plan for plan, accepted in plans if accepted),
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
