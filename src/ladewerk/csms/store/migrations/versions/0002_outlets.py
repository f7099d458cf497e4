"""What each EVSE may draw, by what its station has confirmed and was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "outlets",
        sa.Column("station_key", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["station_key"], ["stations.station_key"]),
        sa.PrimaryKeyConstraint("station_key", "evse_id"),
    )
