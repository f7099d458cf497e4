"""Backup and restore: all rows of one moment in a compressed file, the same for SQLite and PostgreSQL.

A CSMS goes on while its backup is written. A backup of one kind of database can be restored into the other, and an older one
into a newer Ladewerk: the tables are made as they were, filled, and taken through the steps since.

The file is gzip of JSON lines: a head, then for each table its columns and one array a row, then how many rows there were.
"""

import gzip
import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, DateTime, MetaData, Table, insert, inspect, select
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from ladewerk import __version__
from ladewerk.csms.store import schema
from ladewerk.csms.store.engine import connectable, found_revision, migrate, prepared
from ladewerk.errors import ConfigError, StoreError

_FORMAT: Final = 1
_ROWS_AT_ONCE: Final = 1000


def back_up(url: str, path: Path, now: datetime) -> dict[str, int]:
    """Write the database at ``url`` to a new file at ``path``; the number of rows by table.

    The file is there whole or not at all. Raises ConfigError where the database or the file cannot be used, StoreError where
    reading or writing fails midway.
    """
    if path.exists():
        raise ConfigError(str(path), "is there already: a backup overwrites nothing, give another name")
    engine, place = connectable(url)
    if engine.dialect.name == "sqlite" and not Path(place).exists():
        raise ConfigError("database", f"{place} is not there")
    part = path.with_name(f"{path.name}.part")
    try:
        with engine.connect() as connection, gzip.open(part, "wt", encoding="utf-8", compresslevel=6) as file:
            if connection.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ")
            if found_revision(connection, place) != schema.REVISION:
                raise ConfigError("database", f"{place} does not have the tables of this Ladewerk: start ladewerk csms once")
            counts = _write(connection, file, now)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except SQLAlchemyError as err:
        raise StoreError(f"{place} could not be read: {err}") from err
    except OSError as err:
        raise StoreError(f"{path} could not be written: {err.strerror}") from err
    finally:
        part.unlink(missing_ok=True)
        engine.dispose()
    return counts


def _write(connection: Connection, file: Any, now: datetime) -> dict[str, int]:
    def line(value: Any) -> None:
        file.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")

    head = {"ladewerk_backup": _FORMAT, "revision": schema.REVISION, "made_at": now.isoformat(), "version": __version__}
    line(head)
    counts = {}
    for table in schema.metadata.sorted_tables:
        if table is schema.revision:
            continue
        # A number that the database gives out is given out anew; the order stays.
        columns = [column for column in table.columns if column is not table.autoincrement_column]
        line({"table": table.name, "columns": [column.name for column in columns]})
        rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(*columns).order_by(*table.primary_key))
        counts[table.name] = 0
        for row in rows:
            line([value.isoformat() if isinstance(value, datetime) else value for value in row])
            counts[table.name] += 1
    line({"rows": counts})
    return counts


def restore(url: str, path: Path) -> dict[str, int]:
    """Fill the empty database at ``url`` from the backup at ``path``; the number of rows by table.

    Raises ConfigError where the database is not empty or the file is not a whole backup; then nothing was changed.
    """
    with _lines(path) as lines:
        head = next(lines, None)
        if not isinstance(head, dict) or head.get("ladewerk_backup") != _FORMAT:
            raise ConfigError(str(path), "is not a backup of this kind: give a file that ladewerk csms backup has written")
        engine, place = connectable(url)
        with prepared(engine, place) as connection:
            if inspect(connection).get_table_names():
                raise ConfigError("database", f"{place} is not empty: restore into a new database, then start with that")
            migrate(connection, str(head["revision"]), f"the backup {path}")
            counts = _fill(connection, lines, path)
            migrate(connection, schema.REVISION, place)
        engine.dispose()
    return counts


def _fill(connection: Connection, lines: Iterator[Any], path: Path) -> dict[str, int]:
    tables = MetaData()
    with warnings.catch_warnings():
        # SQLite does not tell of what an index of an expression is; columns are all that is asked here.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index", SAWarning)
        tables.reflect(connection)
    counts: dict[str, int] = {}
    table: Table | None = None
    columns: list[Column[Any]] = []
    rows: list[dict[str, Any]] = []

    def flush() -> None:
        if table is not None and rows:
            connection.execute(insert(table), rows)
            counts[table.name] += len(rows)
            rows.clear()

    for line in lines:
        if isinstance(line, list):
            rows.append({column.name: _value(column, value) for column, value in zip(columns, line, strict=True)})
            if len(rows) >= _ROWS_AT_ONCE:
                flush()
            continue
        flush()
        if "rows" in line:
            if line["rows"] != counts:
                raise ConfigError(str(path), "is damaged: the rows in it are not those it was written with")
            return counts
        table = tables.tables[line["table"]]
        columns = [table.c[name] for name in line["columns"]]
        counts[table.name] = 0
    raise ConfigError(str(path), "is cut off: its end is missing")


def _value(column: Column[Any], value: Any) -> Any:
    return (
        datetime.fromisoformat(value).astimezone(UTC) if value is not None and isinstance(column.type, DateTime) else value
    )


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[Any]]:
    """The values in a file of JSON lines. Raises ConfigError where it cannot be read, or breaks off."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield (json.loads(line) for line in file)
    except (OSError, EOFError, ValueError, KeyError) as err:
        why = getattr(err, "strerror", None) or "is not a whole backup"
        raise ConfigError(str(path), f"cannot be read: {why}") from err
