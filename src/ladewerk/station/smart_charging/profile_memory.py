"""What the CSMS has set and what must survive a restart: the charging profiles without a transaction (K01.FR.27).

A table of its own in the journal's database; the whole set is written at each change, which a CSMS makes a few times a day.
"""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from ladewerk.charging.installation import Installation, Purpose
from ladewerk.errors import RemoteProtocolError, StoreError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import decode, encode
from ladewerk.station.database_file import DatabaseFile, open_database, transaction

PERSISTENT: Final = (
    Purpose.CHARGING_STATION_MAX_PROFILE,
    Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS,
    Purpose.TX_DEFAULT_PROFILE,
)
"""The purposes that are kept, limits from outside too; a TxProfile ends with its transaction, which a restart ends."""

_SCHEMA: Final = """
create table if not exists charging_profiles(
  place integer primary key, evse_id integer not null, source text not null, installed_at text, payload blob not null
)
"""


class ProfileMemory:
    """Read once, when the station starts, and written at each change. Open it with :func:`open_profile_memory`."""

    def __init__(self, database: DatabaseFile) -> None:
        self._database = database

    async def read(self) -> list[Installation]:
        """What was kept, in its order."""
        rows = await self._database.run(_read)
        try:
            return [
                Installation(
                    evse_id,
                    decode(v21.ChargingProfileType, payload),
                    source,
                    None if installed_at is None else datetime.fromisoformat(installed_at),
                )
                for evse_id, source, installed_at, payload in rows
            ]
        except (RemoteProtocolError, ValueError) as err:
            raise StoreError(f"a charging profile in the journal cannot be read: {err}") from err

    async def keep(self, profiles: list[Installation]) -> None:
        """Keep these, and no others. Raises StoreError with what was kept before still there."""
        rows = [
            (
                place,
                one.evse_id,
                one.source,
                None if one.installed_at is None else one.installed_at.isoformat(),
                encode(one.profile),
            )
            for place, one in enumerate(profiles)
        ]
        await self._database.run(_write, rows)


@asynccontextmanager
async def open_profile_memory(folder: Path) -> AsyncIterator[ProfileMemory]:
    """The memory in ``folder``, which is made. Raises StoreError where it cannot be."""
    async with open_database(folder, _SCHEMA) as database:
        yield ProfileMemory(database)


def _read(database: sqlite3.Connection) -> list[tuple[int, str, str | None, bytes]]:
    query = "select evse_id, source, installed_at, payload from charging_profiles order by place"
    return database.execute(query).fetchall()


def _write(database: sqlite3.Connection, rows: list[tuple[int, int, str, str | None, bytes]]) -> None:
    with transaction(database):
        database.execute("delete from charging_profiles")
        database.executemany("insert into charging_profiles values (?, ?, ?, ?, ?)", rows)
