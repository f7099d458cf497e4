"""Transaction events of many stations, put into the database together, each once."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from operator import attrgetter
from typing import Final

from sqlalchemy import Connection, Dialect, Table, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from ladewerk.csms.records import station_key
from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import EventRecord
from ladewerk.csms.store.prepared import ROWS_AT_ONCE, PreparedInsert, Row
from ladewerk.csms.transactions import Transaction


@dataclasses.dataclass(slots=True)
class NewEvent:
    """``inserted`` by an attempt of which nobody knows whether it was committed: found there, it is new all the same."""

    record: EventRecord
    transaction: Transaction
    inserted: bool = False


def add_events(connection: Connection, events: Sequence[NewEvent]) -> list[bool]:
    """Whether each event is new. Nearly all are: they are inserted, and only if that fails is it asked which are there."""
    added: list[bool] = []
    for start in range(0, len(events), ROWS_AT_ONCE):
        added += _add(connection, events[start : start + ROWS_AT_ONCE])
    return added


def _add(connection: Connection, events: Sequence[NewEvent]) -> list[bool]:
    new: dict[_Key, NewEvent] = {}
    for event in events:
        new.setdefault(_key(event.record), event)
    try:
        # A statement that SQLite refuses has done nothing, and the transaction goes on; that of PostgreSQL does not.
        with nullcontext() if connection.dialect.name == "sqlite" else connection.begin_nested():
            _insert(connection, new)
    except IntegrityError:
        for key in _stored(connection, new):
            del new[key]
        _insert(connection, new)
    _change_transactions(connection, new)
    added = [event.inserted or new.get(_key(event.record)) is event for event in events]
    for event in new.values():
        event.inserted = True
    return added


_Key = tuple[str, str, int]


def _insert(connection: Connection, new: Mapping[_Key, NewEvent]) -> None:
    if new:
        statement, _ = _statements(connection.dialect)
        statement.execute(connection, [(key[0], *_event_values(event.record)) for key, event in new.items()])


def _change_transactions(connection: Connection, new: Mapping[_Key, NewEvent]) -> None:
    """Each transaction once, as it is after the last of its events."""
    after = {key[:2]: event.transaction for key, event in new.items()}
    if after:
        _, statement = _statements(connection.dialect)
        statement.execute(connection, [(key, *_transaction_values(each)) for (key, _), each in after.items()])


def _key(event: EventRecord) -> _Key:
    # As it is found there again: a retry is known by it.
    return (station_key(event.station_id), schema.storable(event.transaction_id), event.seq_no)


def _stored(connection: Connection, keys: Iterable[_Key]) -> set[_Key]:
    """Those of ``keys`` that are there already."""
    table = schema.transaction_events
    columns = (table.c.station_key, table.c.transaction_id, table.c.seq_no)
    query = select(*columns).where(tuple_(*columns).in_(list(keys)))
    return {(key, transaction_id, seq_no) for key, transaction_id, seq_no in connection.execute(query)}


def _values_behind_the_key(table: Table) -> Callable[[object], Row]:
    """Of a record, whose attributes are called like the columns; only the station has another spelling in its key."""
    first, *others = table.columns.keys()
    assert first == "station_key"
    return attrgetter(*others)


_event_values: Final = _values_behind_the_key(schema.transaction_events)
_transaction_values: Final = _values_behind_the_key(schema.transactions)


@cache
def _statements(dialect: Dialect) -> tuple[PreparedInsert, PreparedInsert]:
    """What inserts events, and what inserts or replaces transactions."""
    make = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    replacing = make(schema.transactions)
    key = list(schema.transactions.primary_key)
    others = {name: value for name, value in replacing.excluded.items() if name not in schema.transactions.primary_key}
    return (
        PreparedInsert(make(schema.transaction_events), dialect),
        PreparedInsert(replacing.on_conflict_do_update(index_elements=key, set_=others), dialect),
    )
