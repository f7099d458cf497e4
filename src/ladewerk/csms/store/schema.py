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
    func,
)

REVISION: Final = "0008"
"""The newest of the steps in ``migrations/versions``: what these tables are; a test holds both together."""


def storable(text: str) -> str:
    """``text`` as it is kept: PostgreSQL takes no NUL, so it is shown as what it is, no character."""
    return text if "\0" not in text else text.replace("\0", "\ufffd")


class StationText(TypeDecorator[str]):
    """Text of any length, as stations say it, as far as it is :func:`storable`."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else storable(value)


class UtcTime(TypeDecorator[datetime]):
    """An aware time; SQLite keeps no offset, so what comes back is said to be UTC, as it was written."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        # SQLAlchemy writes the same text by a format of seven numbers, which takes ten times as long.
        return _sqlite_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        del dialect
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _sqlite_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


metadata = MetaData()

revision = Table("alembic_version", metadata, Column("version_num", String(32), primary_key=True))

stations = Table(
    "stations",
    metadata,
    Column("station_key", StationText, primary_key=True),
    Column("station_id", StationText, nullable=False),
    Column("approved_at", UtcTime, nullable=False),
    Column("password_hash", StationText),
    Column("version", StationText),
    Column("vendor", StationText),
    Column("model", StationText),
    Column("firmware", StationText),
    Column("serial_number", StationText),
    Column("booted_at", UtcTime),
    Column("last_seen", UtcTime),
    Column("security_profile", Integer, nullable=False, server_default="0"),
)

connectors = Table(
    "connectors",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("evse_id", Integer, primary_key=True),
    Column("connector_id", Integer, primary_key=True),
    Column("status", StationText, nullable=False),
    Column("at", UtcTime, nullable=False),
)

transactions = Table(
    "transactions",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("transaction_id", StationText, primary_key=True),
    Column("evse_id", Integer),
    Column("connector_id", Integer),
    Column("started_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("updated_at", UtcTime, nullable=False),
    Column("seq_no", BigInteger, nullable=False),
    Column("charging_state", StationText),
    Column("stopped_reason", StationText),
    Column("id_token", StationText),
    Column("id_token_type", StationText),
    Column("authorized_by", StationText),
    Column("first_register_wh", Float),
    Column("register_wh", Float),
    Column("power_w", Float),
    Column("offered_a", Float),
    Index("transactions_open", "ended_at"),
    Index("transactions_newest", "updated_at"),
)

Index("transactions_token", func.lower(transactions.c.id_token))

transaction_events = Table(
    "transaction_events",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("transaction_id", StationText, primary_key=True),
    Column("seq_no", BigInteger, primary_key=True, autoincrement=False),
    Column("event_type", StationText, nullable=False),
    Column("trigger_reason", StationText, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("payload", StationText, nullable=False),
    Index("transaction_events_received", "received_at"),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("station_key", ForeignKey("stations.station_key"), nullable=False, index=True),
    Column("action", StationText, nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("payload", StationText, nullable=False),
    Index("notifications_kind", "station_key", "action", "id"),
)

needs = Table(
    "needs",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("evse_id", Integer, primary_key=True),
    Column("state", StationText, nullable=False),
    Column("payload", StationText, nullable=False),
)

outlets = Table(
    "outlets",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("evse_id", Integer, primary_key=True),
    Column("payload", StationText, nullable=False),
)

quirks = Table(
    "quirks",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("payload", StationText, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("station_key", ForeignKey("stations.station_key"), nullable=False),
    Column("evse_id", Integer, nullable=False),
    Column("transaction_id", StationText, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("accepted_at", UtcTime),
    Column("payload", StationText, nullable=False),
    Index("plans_transaction", "station_key", "transaction_id"),
)

users = Table(
    "users", metadata, Column("user_key", StationText, primary_key=True), Column("payload", StationText, nullable=False)
)

logins = Table(
    "logins",
    metadata,
    Column("digest", StationText, primary_key=True),
    Column("user_key", StationText, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
)

api_keys = Table(
    "api_keys", metadata, Column("name", StationText, primary_key=True), Column("payload", StationText, nullable=False)
)

changes = Table(
    "changes",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("who", StationText, nullable=False),
    Column("remote", StationText, nullable=False),
    Column("action", StationText, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", StationText, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_key", StationText, primary_key=True),
    Column("owner", StationText, nullable=False),
    Column("payload", StationText, nullable=False),
)

token_changes = Table(
    "token_changes",
    metadata,
    Column("token_key", StationText, primary_key=True),
    Column("number", Integer, nullable=False),
    Index("token_changes_number", "number"),
)

sheets = Table(
    "sheets",
    metadata,
    Column("station_key", ForeignKey("stations.station_key"), primary_key=True),
    Column("topic", StationText, primary_key=True),
    Column("name", StationText, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("payload", StationText, nullable=False),
    Index("sheets_topic", "topic"),
)

site = Table(
    "site",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("settings", StationText, nullable=False),
    Column("configured", StationText),
)
