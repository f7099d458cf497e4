"""The tables. Portable types only; times are UTC."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

VERSION: Final = 2
"""Grows with every change of the tables and of what stands in them; a database of another version is refused."""


class UtcTime(TypeDecorator[datetime]):
    """An aware time; SQLite keeps no offset, so what comes back is said to be UTC, as it was written."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        del dialect
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True, autoincrement=False))

stations = Table(
    "stations",
    metadata,
    Column("station_key", String(48), primary_key=True),
    Column("station_id", String(48), nullable=False),
    Column("approved_at", UtcTime, nullable=False),
    Column("password_hash", String(255)),
    Column("version", String(16)),
    Column("vendor", String(50)),
    Column("model", String(20)),
    Column("firmware", String(50)),
    Column("serial_number", String(25)),
    Column("booted_at", UtcTime),
    Column("last_seen", UtcTime),
)

connectors = Table(
    "connectors",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("evse_id", Integer, primary_key=True),
    Column("connector_id", Integer, primary_key=True),
    Column("status", String(20), nullable=False),
    Column("at", UtcTime, nullable=False),
)

transactions = Table(
    "transactions",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("transaction_id", String(36), primary_key=True),
    Column("evse_id", Integer),
    Column("connector_id", Integer),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
    Column("seq_no", BigInteger, nullable=False),
    Column("charging_state", String(20)),
    Column("stopped_reason", String(40)),
    Column("id_token", String(255)),
    Column("id_token_type", String(20)),
    Column("authorized_by", String(40)),
    Column("first_register_wh", Float),
    Column("register_wh", Float),
    Column("power_w", Float),
    Column("offered_a", Float),
    Index("transactions_open", "ended_at"),
    Index("transactions_newest", "updated_at"),
)

transaction_events = Table(
    "transaction_events",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("transaction_id", String(36), primary_key=True),
    Column("seq_no", BigInteger, primary_key=True, autoincrement=False),
    Column("event_type", String(10), nullable=False),
    Column("trigger_reason", String(40), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("payload", Text, nullable=False),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("station_key", ForeignKey("stations.station_key"), nullable=False, index=True),
    Column("action", String(50), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("payload", Text, nullable=False),
)

needs = Table(
    "needs",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("evse_id", Integer, primary_key=True),
    Column("state", String(20), nullable=False),
    Column("payload", Text, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("station_key", ForeignKey("stations.station_key"), nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("transaction_id", String(36), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("accepted_at", UtcTime),
    Column("payload", Text, nullable=False),
    Index("plans_transaction", "station_key", "transaction_id"),
)

site = Table(
    "site",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("settings", Text, nullable=False),
    Column("configured", Text),
)
