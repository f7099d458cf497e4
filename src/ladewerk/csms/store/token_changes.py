"""In what order tokens were entered, changed and deleted: what a list of tokens lacks since it was made."""

from sqlalchemy import Connection, func, select

from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import TokenChangeStore
from ladewerk.csms.store.reader import Reader
from ladewerk.csms.store.rows import put_row

_TABLE = schema.token_changes


class DatabaseTokenChanges:
    """See :class:`ladewerk.csms.store.ports.TokenChangeStore`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def last(self) -> int:
        return await self._reader.read(_last)

    async def since(self, number: int) -> list[str]:
        query = select(_TABLE.c.token_key).where(_TABLE.c.number > number)
        return await self._reader.read(lambda connection: list(connection.scalars(query)))


_: type[TokenChangeStore] = DatabaseTokenChanges


def note_change(connection: Connection, token_key: str) -> None:
    """Note that a token is no longer as it was; only its last change is kept."""
    put_row(connection, _TABLE, {"token_key": token_key}, {"number": _last(connection) + 1})


def _last(connection: Connection) -> int:
    return connection.scalar(select(func.max(_TABLE.c.number))) or 0
