"""Users, logins, keys and the record of changes, in the database."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, insert, select

from ladewerk.csms.security.records import Change, Key, Login, User
from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import AccountStore, KnownAccounts
from ladewerk.csms.store.reader import Reader
from ladewerk.csms.store.rows import as_json, put_row
from ladewerk.csms.store.writer import Writer


class DatabaseAccounts:
    """See :class:`ladewerk.csms.store.ports.AccountStore`."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def accounts(self) -> KnownAccounts:
        users = await self._reader.read(lambda connection: list(connection.scalars(select(schema.users.c.payload))))
        keys = await self._reader.read(lambda connection: list(connection.scalars(select(schema.api_keys.c.payload))))
        logins = await self._reader.read(lambda connection: connection.execute(select(schema.logins)).mappings().all())
        return KnownAccounts(
            users=tuple(msgspec.json.decode(payload, type=User) for payload in users),
            keys=tuple(msgspec.json.decode(payload, type=Key) for payload in keys),
            logins=tuple(Login(**{str(name): value for name, value in row.items()}) for row in logins),
        )

    async def put_user(self, user: User) -> None:
        row = {"payload": as_json(user)}
        await self._writer.write(lambda connection: put_row(connection, schema.users, {"user_key": user.key}, row))

    async def drop_user(self, user_key: str) -> None:
        statement = delete(schema.users).where(schema.users.c.user_key == user_key)
        await self._writer.write(lambda connection: connection.execute(statement).rowcount)

    async def put_login(self, login: Login) -> None:
        row = {"user_key": login.user_key, "seen_at": login.seen_at}
        await self._writer.write(lambda connection: put_row(connection, schema.logins, {"digest": login.digest}, row))

    async def drop_logins(self, digests: Sequence[str]) -> None:
        statement = delete(schema.logins).where(schema.logins.c.digest.in_(digests))
        await self._writer.write(lambda connection: connection.execute(statement).rowcount)

    async def put_key(self, key: Key) -> None:
        row = {"payload": as_json(key)}
        await self._writer.write(lambda connection: put_row(connection, schema.api_keys, {"name": key.name}, row))

    async def drop_key(self, name: str) -> None:
        statement = delete(schema.api_keys).where(schema.api_keys.c.name == name)
        await self._writer.write(lambda connection: connection.execute(statement).rowcount)

    async def add_change(self, change: Change) -> None:
        statement = insert(schema.changes).values(msgspec.structs.asdict(change))
        await self._writer.write(lambda connection: connection.execute(statement).rowcount)

    async def changes(self, before: int | None, limit: int) -> list[tuple[int, Change]]:
        table = schema.changes
        query = select(table).order_by(table.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(table.c.id < before)
        rows = await self._reader.read(lambda connection: connection.execute(query).mappings().all())
        return [(row["id"], Change(**{str(name): value for name, value in row.items() if name != "id"})) for row in rows]


_: type[AccountStore] = DatabaseAccounts
