"""Sheets of the dossiers of stations, in the database."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Select, delete, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from ladewerk.csms.dossiers.shelves import Place, Sheet, SheetStore
from ladewerk.csms.store import schema
from ladewerk.csms.store.reader import Reader
from ladewerk.csms.store.writer import Writer

_TABLE = schema.sheets


class DatabaseSheets:
    """See :class:`ladewerk.csms.dossiers.shelves.SheetStore`."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def put(self, sheets: Sequence[Sheet], at_most: int) -> None:
        await self._writer.write(lambda connection: _put(connection, sheets, at_most))

    async def change(
        self, station: str, topic: str, name: str, at: datetime, change: Callable[[str | None], str | None], at_most: int
    ) -> str | None:
        def work(connection: Connection) -> str | None:
            payload = change(connection.scalar(_query(station, topic, name).with_only_columns(_TABLE.c.payload)))
            if payload is not None:
                sheet = Sheet(station_key=station, topic=topic, name=name, at=at, payload=payload)
                _put(connection, [sheet], at_most)
            return payload

        return await self._writer.write(work)

    async def get(self, station: str, topic: str, name: str) -> Sheet | None:
        found = await self._read(_query(station, topic, name))
        return found[0] if found else None

    async def some(self, topic: str, station: str | None, search: str, after: Place, limit: int) -> list[Sheet]:
        place = tuple_(_TABLE.c.station_key, _TABLE.c.name)
        query = select(_TABLE).where(_TABLE.c.topic == topic, place > after)
        if station is not None:
            query = query.where(_TABLE.c.station_key == station)
        if search:
            query = query.where(_TABLE.c.name.contains(search.casefold(), autoescape=True))
        return await self._read(query.order_by(_TABLE.c.station_key, _TABLE.c.name).limit(limit))

    async def newest(self, topic: str, station: str, limit: int) -> list[Sheet]:
        query = select(_TABLE).where(_TABLE.c.topic == topic, _TABLE.c.station_key == station)
        return await self._read(query.order_by(_TABLE.c.at.desc(), _TABLE.c.name.desc()).limit(limit))

    async def drop(self, station: str, topic: str, names: Sequence[str]) -> None:
        statement = _delete(station, topic).where(_TABLE.c.name.in_(names))
        await self._writer.write(lambda connection: connection.execute(statement).rowcount)

    async def drop_before(self, station: str, topic: str, at: datetime) -> None:
        statement = _delete(station, topic).where(_TABLE.c.at < at)
        await self._writer.write(lambda connection: connection.execute(statement).rowcount)

    async def _read(self, query: Select[Any]) -> list[Sheet]:
        rows = await self._reader.read(lambda connection: connection.execute(query).mappings().all())
        return [_sheet(row) for row in rows]


_: type[SheetStore] = DatabaseSheets


def _query(station: str, topic: str, name: str) -> Select[Any]:
    return select(_TABLE).where(_TABLE.c.station_key == station, _TABLE.c.topic == topic, _TABLE.c.name == name)


def _delete(station: str, topic: str) -> Any:
    return delete(_TABLE).where(_TABLE.c.station_key == station, _TABLE.c.topic == topic)


def _sheet(row: Mapping[Any, Any]) -> Sheet:
    return Sheet(**{str(name): value for name, value in row.items()})


def _put(connection: Connection, sheets: Sequence[Sheet], at_most: int) -> None:
    connection.execute(_upsert(connection.dialect.name), [dataclasses.asdict(sheet) for sheet in sheets])
    station, topic = sheets[0].station_key, sheets[0].topic
    of_topic = (_TABLE.c.station_key == station, _TABLE.c.topic == topic)
    beyond = (connection.scalar(select(func.count()).select_from(_TABLE).where(*of_topic)) or 0) - at_most
    if beyond > 0:
        oldest = select(_TABLE.c.name).where(*of_topic).order_by(_TABLE.c.at, _TABLE.c.name).limit(beyond)
        connection.execute(_delete(station, topic).where(_TABLE.c.name.in_(oldest)))


@cache
def _upsert(dialect: str) -> Executable:
    """Insert or replace sheets."""
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(_TABLE)
    replaced = {name: statement.excluded[name] for name in ("at", "payload")}
    replacing: Executable = statement.on_conflict_do_update(index_elements=list(_TABLE.primary_key), set_=replaced)
    return replacing
