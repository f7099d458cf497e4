"""What a CSMS has set of the device model, kept over restarts: a table of its own in the station's database."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from ladewerk.station.database_file import DatabaseFile, open_database, transaction

_SCHEMA: Final = "create table if not exists settings(name text primary key, value text not null)"


class SettingsMemory:
    """Texts by name. Open it with :func:`open_settings_memory`."""

    def __init__(self, database: DatabaseFile) -> None:
        self._database = database

    async def read(self) -> dict[str, str]:
        """All that was kept. Raises StoreError."""
        return dict(await self._database.run(_read))

    async def keep(self, values: Mapping[str, str]) -> None:
        """Keep these beside the others, all of them or none. Raises StoreError."""
        await self._database.run(_write, dict(values))


@asynccontextmanager
async def open_settings_memory(folder: Path) -> AsyncIterator[SettingsMemory]:
    """The memory in ``folder``, which is made. Raises StoreError where it cannot be."""
    async with open_database(folder, _SCHEMA) as database:
        yield SettingsMemory(database)


def _read(database: sqlite3.Connection) -> list[tuple[str, str]]:
    return database.execute("select name, value from settings").fetchall()


def _write(database: sqlite3.Connection, values: dict[str, str]) -> None:
    with transaction(database):
        database.executemany("insert or replace into settings values (?, ?)", list(values.items()))
