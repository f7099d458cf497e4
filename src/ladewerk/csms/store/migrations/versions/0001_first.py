"""The first tables that were released."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables, in an empty database."""
    op.create_table(
        "site",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("configured", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "stations",
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("password_hash", sa.Text()),
        sa.Column("version", sa.Text()),
        sa.Column("vendor", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("firmware", sa.Text()),
        sa.Column("serial_number", sa.Text()),
        sa.Column("booted_at", sa.DateTime(timezone=True)),
        sa.Column("last_seen", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("station_key"),
    )
    op.create_table(
        "connectors",
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("connector_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("station_key", "evse_id", "connector_id"),
    )
    op.create_table(
        "needs",
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("station_key", "evse_id"),
    )
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notifications_at", "notifications", ["at"])
    op.create_index("ix_notifications_station_key", "notifications", ["station_key"])
    op.create_table(
        "plans",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("plans_transaction", "plans", ["station_key", "transaction_id"])
    op.create_table(
        "transaction_events",
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("seq_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("trigger_reason", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offline", sa.Boolean(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("station_key", "transaction_id", "seq_no"),
    )
    op.create_index("transaction_events_received", "transaction_events", ["received_at"])
    op.create_table(
        "transactions",
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer()),
        sa.Column("connector_id", sa.Integer()),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seq_no", sa.BigInteger(), nullable=False),
        sa.Column("charging_state", sa.Text()),
        sa.Column("stopped_reason", sa.Text()),
        sa.Column("id_token", sa.Text()),
        sa.Column("id_token_type", sa.Text()),
        sa.Column("authorized_by", sa.Text()),
        sa.Column("first_register_wh", sa.Float()),
        sa.Column("register_wh", sa.Float()),
        sa.Column("power_w", sa.Float()),
        sa.Column("offered_a", sa.Float()),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("station_key", "transaction_id"),
    )
    op.create_index("transactions_newest", "transactions", ["updated_at"])
    op.create_index("transactions_open", "transactions", ["ended_at"])
