"""The highest security profile by which a station has come: it is not let back in by a lower one."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; of those who came before nobody knows."""
    op.add_column("stations", sa.Column("security_profile", sa.Integer, nullable=False, server_default="0"))
