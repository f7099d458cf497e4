"""Dossiers of stations, the order in which tokens changed, and kept messages by their kind."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables and the index."""
    op.create_table(
        "sheets",
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("station_key", "topic", "name"),
    )
    op.create_index("sheets_topic", "sheets", ["topic"])
    op.create_table(
        "token_changes",
        sa.Column("token_key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_key"),
    )
    op.create_index("token_changes_number", "token_changes", ["number"])
    # Tokens that were entered before: they belong on the lists of stations, too.
    op.execute("insert into token_changes (token_key, number) select token_key, 1 from tokens")
    op.create_index("notifications_kind", "notifications", ["station_key", "action", "id"])
