"""Transaction events of many stations, put into the database together, each once."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Final

from sqlalchemy import Connection, Dialect, Table, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from ladewerk.csms.records import station_key
from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import EventRecord
from ladewerk.csms.store.prepared import PreparedInsert, Row
from ladewerk.csms.transactions import Transaction


@dataclasses.dataclass(slots=True)
class NewEvent:
    """``inserted`` by an attempt of which nobody knows whether it was committed: found there, it is new all the same."""

    record: EventRecord
    transaction: Transaction
    inserted: bool = False


def add_events(connection: Connection, events: Sequence[NewEvent]) -> list[bool]:
    """Whether each event is new. Nearly all are: they are inserted, and only if that fails is it asked which are there."""
    try:
        with connection.begin_nested():
            return _insert(connection, events, set())
    except IntegrityError:
        return _insert(connection, events, _stored(connection, [event.record for event in events]))


_Key = tuple[str, str, int]


def _insert(connection: Connection, events: Sequence[NewEvent], stored: set[_Key]) -> list[bool]:
    added = []
    rows: list[Row] = []
    transactions: dict[tuple[str, str], Transaction] = {}
    inserted: list[NewEvent] = []
    for event in events:
        key = _key(event.record)
        added.append(key not in stored or event.inserted)
        if key not in stored:
            stored.add(key)
            inserted.append(event)
            rows.append((key[0], *_event_values(event.record)))
            transactions[key[:2]] = event.transaction
    if rows:
        new, changed = _statements(connection.dialect)
        new.execute(connection, rows)
        changed.execute(connection, [(key, *_transaction_values(each)) for (key, _), each in transactions.items()])
    for event in inserted:
        event.inserted = True
    return added


def _key(event: EventRecord) -> _Key:
    # As it is found there again: a retry is known by it.
    return (station_key(event.station_id), schema.storable(event.transaction_id), event.seq_no)


def _stored(connection: Connection, events: Sequence[EventRecord]) -> set[_Key]:
    """The keys of those of ``events`` that are there already."""
    table = schema.transaction_events
    columns = (table.c.station_key, table.c.transaction_id, table.c.seq_no)
    query = select(*columns).where(tuple_(*columns).in_([_key(event) for event in events]))
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
