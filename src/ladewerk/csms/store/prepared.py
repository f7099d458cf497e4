"""A statement that writes many rows, worked out once: a group of rows is then one call of the driver."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects import postgresql, sqlite

Row = tuple[Any, ...]
"""A value for every column of a table, in their order."""

ROWS_AT_ONCE: Final = 64
"""Rows of one statement. SQLite takes 32,766 values; a text for each count of rows is kept, and this many are enough."""


class PreparedInsert:
    """``statement`` without values, for rows of its whole table.

    SQLAlchemy writes the text and says how the values of a column are bound, as for any statement; done anew for each row
    that takes as long as SQLite needs to store it.
    """

    def __init__(self, statement: sqlite.Insert | postgresql.Insert, dialect: Dialect) -> None:
        columns = statement.table.columns
        compiled = statement.compile(dialect=dialect, column_keys=columns.keys())
        self._text = str(compiled)
        self._names = None if compiled.positional else columns.keys()
        self._bind = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write ``rows``, from one to :data:`ROWS_AT_ONCE`; either all of them or, where the database refuses, none."""
        if self._names is None:
            # All rows in one step of SQLite: each step gives the interpreter away, and a busy event loop does not give it
            # back soon.
            values = tuple(
                [bind(value) if bind else value for row in rows for bind, value in zip(self._bind, row, strict=True)]
            )
            connection.exec_driver_sql(_with_rows(self._text, len(rows)), values)
        else:
            connection.exec_driver_sql(self._text, [self._named(self._names, row) for row in rows])

    def _named(self, names: Sequence[str], row: Row) -> dict[str, Any]:
        return {name: bind(value) if bind else value for name, bind, value in zip(names, self._bind, row, strict=True)}


@cache
def _with_rows(text: str, count: int) -> str:
    """An INSERT of one row as one of ``count`` rows."""
    head, _, tail = text.partition(" VALUES (")
    row, _, others = tail.partition(")")
    return f"{head} VALUES {', '.join([f'({row})'] * count)}{others}"
