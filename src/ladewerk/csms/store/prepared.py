"""A statement that writes many rows, worked out once: a group of rows is then one call of the driver."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.dialects import postgresql, sqlite

Row = tuple[Any, ...]
"""A value for every column of a table, in their order."""


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

    def execute(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Write ``rows``, at least one."""
        bound = [
            tuple([bind(value) if bind else value for bind, value in zip(self._bind, row, strict=True)]) for row in rows
        ]
        names = self._names
        connection.exec_driver_sql(
            self._text, bound if names is None else [dict(zip(names, row, strict=True)) for row in bound]
        )
