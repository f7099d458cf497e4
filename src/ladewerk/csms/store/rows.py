"""Rows of any table: looked for, added, replaced."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, and_, func, insert, select, update


def as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def is_there(connection: Connection, table: Table, key: Mapping[str, Any]) -> bool:
    query = select(func.count()).select_from(table).where(and_(*(table.c[name] == value for name, value in key.items())))
    return bool(connection.scalar(query))


def add_row(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    connection.execute(insert(table).values(**row))


def put_row(connection: Connection, table: Table, key: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Insert or replace; there is one writer, so nobody comes between the look and the write."""
    where = and_(*(table.c[name] == value for name, value in key.items()))
    changed = connection.execute(update(table).where(where).values(**row)).rowcount
    if not changed:
        connection.execute(insert(table).values(**key, **row))
