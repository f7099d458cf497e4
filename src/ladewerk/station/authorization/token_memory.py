"""Tokens kept over restarts: the local list with its version, and the authorization cache; tables of their own."""

import sqlite3
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from ladewerk.errors import RemoteProtocolError, StoreError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import decode, encode
from ladewerk.station.authorization.local_list import LocalList
from ladewerk.station.authorization.rules import Cached, key_of
from ladewerk.station.database_file import DatabaseFile, open_database, transaction

_SCHEMA: Final = """
create table if not exists local_list(name text primary key, payload blob not null);
create table if not exists local_list_version(one integer primary key check (one = 1), version integer not null);
create table if not exists token_cache(name text primary key, payload blob not null, used_at text not null);
"""


class TokenMemory:
    """Open it with :func:`open_token_memory`."""

    def __init__(self, database: DatabaseFile) -> None:
        self._database = database

    async def read_list(self) -> LocalList:
        """The local list. Raises StoreError."""
        version, rows = await self._database.run(_read_list)
        try:
            entries = [decode(v21.AuthorizationData, payload) for (payload,) in rows]
        except RemoteProtocolError as err:
            raise StoreError(f"an entry of the local list in the database cannot be read: {err}") from err
        return LocalList(version, {key_of(one.id_token): one for one in entries})

    async def keep_list(self, local_list: LocalList) -> None:
        """Keep this list, and no other. Raises StoreError with the one before still there."""
        await self._database.run(
            _write_list, local_list.version, [(key, encode(one)) for key, one in local_list.entries.items()]
        )

    async def read_cache(self) -> dict[str, Cached]:
        """What was cached, the longest unused first. Raises StoreError."""
        rows = await self._database.run(_read_cache)
        try:
            return {
                key: Cached(info=decode(v21.IdTokenInfoType, payload), used_at=datetime.fromisoformat(used_at))
                for key, payload, used_at in rows
            }
        except (RemoteProtocolError, ValueError) as err:
            raise StoreError(f"an entry of the authorization cache in the database cannot be read: {err}") from err

    async def cache(self, key: str, cached: Cached, gone: Iterable[str]) -> None:
        """Keep one entry, and forget the others named. Raises StoreError."""
        await self._database.run(_write_cache, (key, encode(cached.info), cached.used_at.isoformat()), list(gone))

    async def forget(self, keys: Iterable[str] | None) -> None:
        """Forget these entries of the cache, None all of them. Raises StoreError."""
        await self._database.run(_forget, None if keys is None else list(keys))


@asynccontextmanager
async def open_token_memory(folder: Path) -> AsyncIterator[TokenMemory]:
    """The memory in ``folder``, which is made. Raises StoreError where it cannot be."""
    async with open_database(folder, _SCHEMA) as database:
        yield TokenMemory(database)


def _read_list(database: sqlite3.Connection) -> tuple[int, list[tuple[bytes]]]:
    row = database.execute("select version from local_list_version").fetchone()
    return 0 if row is None else row[0], database.execute("select payload from local_list").fetchall()


def _write_list(database: sqlite3.Connection, version: int, rows: list[tuple[str, bytes]]) -> None:
    with transaction(database):
        database.execute("delete from local_list")
        database.executemany("insert into local_list values (?, ?)", rows)
        database.execute("insert or replace into local_list_version values (1, ?)", (version,))


def _read_cache(database: sqlite3.Connection) -> list[tuple[str, bytes, str]]:
    return database.execute("select name, payload, used_at from token_cache order by used_at").fetchall()


def _write_cache(database: sqlite3.Connection, row: tuple[str, bytes, str], gone: list[str]) -> None:
    with transaction(database):
        database.executemany("delete from token_cache where name = ?", [(key,) for key in gone])
        database.execute("insert or replace into token_cache values (?, ?, ?)", row)


def _forget(database: sqlite3.Connection, keys: list[str] | None) -> None:
    with transaction(database):
        if keys is None:
            database.execute("delete from token_cache")
        else:
            database.executemany("delete from token_cache where name = ?", [(key,) for key in keys])
