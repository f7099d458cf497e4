"""What was, read by pages: each goes on behind a key, through an index, whatever the size of the tables."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, literal, select, tuple_

from ladewerk.csms.records import StoredPlan, station_key
from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import HistoryStore
from ladewerk.csms.store.reader import Reader
from ladewerk.csms.store.transaction_rows import read_transactions, transactions_query
from ladewerk.csms.transactions import Transaction


class DatabaseHistory:
    """See :class:`ladewerk.csms.store.ports.HistoryStore`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def transactions(
        self,
        limit: int,
        *,
        after: tuple[datetime, str, str] | None = None,
        station_id: str | None = None,
        id_tokens: Collection[str] | None = None,
    ) -> list[Transaction]:
        table = schema.transactions
        key = (table.c.updated_at, table.c.station_key, table.c.transaction_id)
        query = transactions_query().order_by(*(column.desc() for column in key)).limit(limit)
        if after is not None:
            query = query.where(_is_before(key, (after[0], station_key(after[1]), after[2])))
        if station_id is not None:
            query = query.where(table.c.station_key == station_key(station_id))
        if id_tokens is not None:
            query = query.where(func.lower(table.c.id_token).in_([token.lower() for token in id_tokens]))
        return await self._reader.read(lambda connection: read_transactions(connection, query))

    async def plans(
        self,
        limit: int,
        *,
        after: int | None = None,
        station_id: str | None = None,
        transaction_id: str | None = None,
    ) -> list[StoredPlan]:
        table = schema.plans
        query = select(table.c.payload).order_by(table.c.number.desc()).limit(limit)
        if after is not None:
            query = query.where(table.c.number < after)
        if station_id is not None:
            query = query.where(table.c.station_key == station_key(station_id))
        if transaction_id is not None:
            query = query.where(table.c.transaction_id == transaction_id)
        payloads = await self._reader.read(lambda connection: list(connection.scalars(query)))
        return [msgspec.json.decode(payload, type=StoredPlan) for payload in payloads]


_: type[HistoryStore] = DatabaseHistory


def _is_before(columns: tuple[Any, ...], values: tuple[Any, ...]) -> ColumnElement[bool]:
    """Whether a row comes behind ``values`` where the newest come first."""
    bound = (literal(value, column.type) for column, value in zip(columns, values, strict=True))
    return tuple_(*columns) < tuple_(*bound)
