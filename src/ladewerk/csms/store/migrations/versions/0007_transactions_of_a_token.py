"""The transactions of an id token are found without reading those of all others."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the index."""
    op.create_index("transactions_token", "transactions", [sa.text("lower(id_token)")])
