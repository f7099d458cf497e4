"""Deletes what is old, some rows at a time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, select, tuple_

from ladewerk.csms.store import schema


def _is_open(table: Table) -> ColumnElement[bool]:
    """Whether a row belongs to a transaction that has not ended."""
    of = schema.transactions
    same = (of.c.station_key == table.c.station_key) & (of.c.transaction_id == table.c.transaction_id)
    return exists().where(same, of.c.ended_at.is_(None))


_AGES: Final[Mapping[str, tuple[Table, str, bool]]] = {
    "messages": (schema.notifications, "at", False),
    "events": (schema.transaction_events, "received_at", True),
    "plans": (schema.plans, "created_at", True),
    "changes": (schema.changes, "at", False),
}
"""By name: the table, the column of its age, and whether its rows belong to transactions."""


def forget(connection: Connection, before: Mapping[str, datetime], at_most: int) -> int:
    """Delete up to ``at_most`` rows of each kind that are older than ``before`` says; how many were deleted."""
    return sum(_forget(connection, *_AGES[name], at, at_most) for name, at in before.items())


def _forget(connection: Connection, table: Table, column: str, of_transaction: bool, before: datetime, at_most: int) -> int:
    key: Any = tuple_(*table.primary_key)
    old = select(*table.primary_key).where(table.c[column] < before).limit(at_most)
    if of_transaction:
        old = old.where(~_is_open(table))
    return int(connection.execute(delete(table).where(key.in_(old))).rowcount)
