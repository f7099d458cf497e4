"""What concerns the security of the station, told to the CSMS: kept until it has been, over restarts too (A04)."""

import asyncio
import logging
import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import UNSET

from ladewerk.errors import CallFailed, CallRefused, LocalProtocolError, StoreError
from ladewerk.ocpp import v21
from ladewerk.station.database_file import DatabaseFile, open_database
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.wall_clock import WallClock

_log = logging.getLogger(__name__)

STARTUP: Final = "StartupOfTheDevice"
RESET: Final = "ResetOrReboot"

_SCHEMA: Final = """
create table if not exists security_events(
  number integer primary key autoincrement, kind text not null, at text not null, info text not null
)
"""
_MOST_KEPT: Final = 500
_LONGEST_INFO: Final = 255
_AGAIN_S: Final = 30.0


class SecurityEvents:
    """Open it with :func:`open_security_events`."""

    def __init__(self, database: DatabaseFile, clock: WallClock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[tuple[str, str, str]] = deque(maxlen=_MOST_KEPT)
        self._told = asyncio.Event()
        self._due = asyncio.Event()

    def tell(self, kind: str, info: str = "") -> None:
        """Note an event of the appendix's list; it is kept and sent as soon as that can be."""
        _log.log(logging.INFO if kind == STARTUP else logging.WARNING, "security: %s %s", kind, info)
        self._waiting.append((kind, self._clock.now().isoformat(), info[:_LONGEST_INFO]))
        self._told.set()

    async def keep(self) -> None:
        """Write what is told, for ever; a disk that does not take it is tried again, since that may be what is told."""
        while True:
            await self._told.wait()
            self._told.clear()
            while self._waiting:
                row = self._waiting[0]
                try:
                    await self._database.run(_insert, row)
                except StoreError as err:
                    _log.error("security events wait: %s", err)
                    await asyncio.sleep(_AGAIN_S)
                    continue
                if self._waiting and self._waiting[0] is row:  # else it went because too many wait
                    self._waiting.popleft()
                self._due.set()

    async def send(self, link: CsmsLink) -> None:
        """Send what is kept whenever there is a link, in its order, for ever."""
        link.changed.connect(lambda _up: self._due.set())
        while True:
            await self._due.wait()
            self._due.clear()
            while link.is_up and (row := await self._oldest()) is not None:
                number, kind, at, info = row
                request = v21.SecurityEventNotificationRequest(
                    type=kind, timestamp=self._clock.date(datetime.fromisoformat(at)), tech_info=info or UNSET
                )
                try:
                    await link.call(request)
                except (CallRefused, LocalProtocolError) as err:
                    _log.info("the CSMS does not take the security event %s: %s", kind, err)
                except CallFailed:
                    break
                try:
                    await self._database.run(_delete, number)
                except StoreError:
                    break  # it goes out once more with the next one: A04 asks for delivery, not for once

    async def _oldest(self) -> tuple[int, str, str, str] | None:
        try:
            return await self._database.run(_oldest)
        except StoreError:  # said by who writes
            return None


@asynccontextmanager
async def open_security_events(folder: Path, clock: WallClock) -> AsyncIterator[SecurityEvents]:
    """The events in ``folder``, which is made. Raises StoreError where it cannot be."""
    async with open_database(folder, _SCHEMA) as database:
        yield SecurityEvents(database, clock)


def _insert(database: sqlite3.Connection, row: tuple[str, str, str]) -> None:
    database.execute("insert into security_events(kind, at, info) values (?, ?, ?)", row)
    database.execute(
        "delete from security_events where number <= (select max(number) from security_events) - ?", (_MOST_KEPT,)
    )


def _oldest(database: sqlite3.Connection) -> tuple[int, str, str, str] | None:
    found: tuple[int, str, str, str] | None = database.execute(
        "select number, kind, at, info from security_events order by number limit 1"
    ).fetchone()
    return found


def _delete(database: sqlite3.Connection, number: int) -> None:
    database.execute("delete from security_events where number = ?", (number,))
