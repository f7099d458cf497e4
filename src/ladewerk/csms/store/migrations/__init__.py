"""The steps from one revision of the tables to the next, by Alembic; a released step is never changed.

After a change of ``schema.py``: write ``versions/NNNN_what.py`` with ``upgrade``, and set ``schema.REVISION``. A test is red
where the steps do not lead to the tables.
"""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

_HERE: Final = Path(__file__).parent


class UnknownRevision(Exception):
    """No step leads from where the database is."""


def upgrade(connection: Connection, revision: str) -> None:
    """Take the steps from where the database is to ``revision``, in the caller's transaction. Raises UnknownRevision."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    try:
        command.upgrade(config, revision)
    except CommandError as err:
        raise UnknownRevision(str(err)) from err
