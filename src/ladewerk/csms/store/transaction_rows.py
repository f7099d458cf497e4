"""Transactions as they are read out of their table."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from ladewerk.csms.store import schema
from ladewerk.csms.transactions import Transaction


def transactions_query() -> Any:
    """All transactions; the caller says which and in what order."""
    table = schema.transactions
    columns = [column for column in table.c if column.name != "station_key"]
    return select(schema.stations.c.station_id, *columns).join_from(table, schema.stations)


def read_transactions(connection: Connection, query: Any) -> list[Transaction]:
    """What a query of :func:`transactions_query` finds."""
    return [transaction_of(row) for row in connection.execute(query).mappings()]


def transaction_of(row: Mapping[Any, Any]) -> Transaction:
    """The transaction in a row."""
    return Transaction(**{str(name): value for name, value in row.items()})
