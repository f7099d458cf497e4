"""What must survive a power cut: the outbox of transaction events, and how far each transaction has got.

Events are handed over at once and written in groups: everything that waits
goes into one database transaction, in a thread, and only what is committed is ever sent.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import decode, encode
from ladewerk.station.database_file import DatabaseFile, open_database, transaction

_Row = tuple[bytes, v21.TransactionEventRequest, bool]

_log = logging.getLogger(__name__)

_SCHEMA: Final = """
create table if not exists events(
  number integer primary key autoincrement, transaction_id text not null, seq_no integer not null,
  payload blob not null, offline integer not null, state text not null,
  unique(transaction_id, seq_no)
);
create index if not exists events_by_state on events(state, number);
create table if not exists transactions(
  transaction_id text primary key, evse_id integer not null, next_seq_no integer not null, ended integer not null
);
create table if not exists begun(transaction_id text primary key, written blob not null);
"""
_RETRY_S: Final = 10.0
_KEEP_EVENTS: Final = 50_000
"""Delivered and given-up events are kept this long as the station's own archive."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the outbox; ``number`` is its place in the order."""

    number: int
    event: v21.TransactionEventRequest


@dataclass(frozen=True, slots=True)
class OpenTransaction:
    """A transaction without an end."""

    transaction_id: str
    evse_id: int
    next_seq_no: int


class Journal:
    """Appended to by the units, drained by the link. Open it with :func:`open_journal`."""

    def __init__(self, database: DatabaseFile) -> None:
        self._database = database
        self._flushing = asyncio.Lock()
        self._waiting: list[_Row] = []
        self._work = asyncio.Event()
        self._committed = asyncio.Event()
        self._settled = asyncio.Event()
        self.linked = False
        """Events of a time without a link are marked ``offline``."""

    def append(self, event: v21.TransactionEventRequest) -> None:
        """Hand an event over; it is written with the next group."""
        self._waiting.append((encode(event), event, not self.linked))
        self._work.set()

    async def write(self) -> None:
        """The writer: works for ever, one group at a time. What the disk refuses is tried again; charging goes on."""
        while True:
            await self._work.wait()
            try:
                await self.flush()
            except StoreError as err:
                _log.error("%s; trying again in %g s", err, _RETRY_S)
                await asyncio.sleep(_RETRY_S)

    async def flush(self) -> None:
        """Commit everything that waits."""
        async with self._flushing:
            group, self._waiting = self._waiting, []
            self._work.clear()
            if not group:
                return
            inserting = asyncio.ensure_future(self._database.run(_insert, group))
            try:
                await asyncio.shield(inserting)
            except asyncio.CancelledError:
                await asyncio.wait([inserting])
                raise
            finally:
                if inserting.cancelled() or inserting.exception() is not None:
                    self._waiting = group + self._waiting
                    self._work.set()
        self._committed.set()

    async def next_unsent(self) -> Entry:
        """The oldest committed event that was not delivered yet; waits for one."""
        while True:
            self._committed.clear()
            row = await self._database.run(_oldest_unsent)
            if row is not None:
                number, payload, offline = row
                event = decode(v21.TransactionEventRequest, payload)
                return Entry(number, msgspec.structs.replace(event, offline=True) if offline else event)
            await self._committed.wait()

    async def done(self, entry: Entry, *, delivered: bool, begun: bytes | None = None) -> None:
        """The event was delivered, or given up; it stays in the archive.

        ``begun`` is what the CSMS knows of its transaction, to be found again at the next start.
        """
        await self._database.run(_set_done, entry, "delivered" if delivered else "given up", begun)
        self._settled.set()

    async def keep_begun(self, entry: Entry, begun: bytes | None) -> None:
        """Keep what the CSMS knows of a transaction whose event it was told a part of."""
        await self._database.run(_put_begun, entry, begun)

    async def begun(self) -> list[tuple[str, bytes]]:
        """What the CSMS knows of transactions, by their ids."""
        return await self._database.run(_all_begun)

    async def emptied(self) -> None:
        """Wait until nothing is left to deliver."""
        while True:
            self._settled.clear()
            if not self._waiting and not await self.unsent():
                return
            await self._settled.wait()

    async def link_lost(self) -> None:
        """What still waits is delivered offline (E11.FR.07)."""
        self.linked = False
        await self._database.run(_mark_offline)

    async def open_transactions(self) -> list[OpenTransaction]:
        """What a killed program left behind."""
        return [OpenTransaction(*row) for row in await self._database.run(_open_transactions)]

    async def unsent(self) -> int:
        """How many committed events wait for the CSMS."""
        return int(await self._database.run(_count_unsent))


@asynccontextmanager
async def open_journal(folder: Path) -> AsyncIterator[Journal]:
    """The journal in ``folder``, which is made. Raises StoreError where it cannot be."""
    async with open_database(folder, _SCHEMA) as database:
        journal = Journal(database)
        yield journal
        await journal.flush()


def _insert(database: sqlite3.Connection, group: list[_Row]) -> None:
    with transaction(database):
        for payload, event, offline in group:
            transaction_id = event.transaction_info.transaction_id
            database.execute(
                "insert into events(transaction_id, seq_no, payload, offline, state) values (?, ?, ?, ?, 'waiting')",
                (transaction_id, event.seq_no, payload, offline),
            )
            evse_id = 0 if isinstance(event.evse, msgspec.UnsetType) else event.evse.id
            ended = event.event_type is v21.TransactionEventEnumType.ENDED
            database.execute(
                "insert into transactions values (?, ?, ?, ?) on conflict(transaction_id) "
                "do update set next_seq_no = excluded.next_seq_no, ended = excluded.ended",
                (transaction_id, evse_id, event.seq_no + 1, ended),
            )
        database.execute(
            "delete from events where state <> 'waiting' and number <= (select max(number) from events) - ?", (_KEEP_EVENTS,)
        )


def _oldest_unsent(database: sqlite3.Connection) -> tuple[int, bytes, int] | None:
    query = "select number, payload, offline from events where state = 'waiting' order by number limit 1"
    row: tuple[int, bytes, int] | None = database.execute(query).fetchone()
    return row


def _set_done(database: sqlite3.Connection, entry: Entry, state: str, begun: bytes | None) -> None:
    with transaction(database):
        database.execute("update events set state = ? where number = ?", (state, entry.number))
        over = entry.event.event_type is v21.TransactionEventEnumType.ENDED
        _put_begun(database, entry, None if over else begun)


def _put_begun(database: sqlite3.Connection, entry: Entry, begun: bytes | None) -> None:
    transaction_id = entry.event.transaction_info.transaction_id
    if begun is None:
        database.execute("delete from begun where transaction_id = ?", (transaction_id,))
    else:
        database.execute("insert or replace into begun values (?, ?)", (transaction_id, begun))


def _all_begun(database: sqlite3.Connection) -> list[tuple[str, bytes]]:
    return database.execute("select transaction_id, written from begun order by rowid").fetchall()


def _mark_offline(database: sqlite3.Connection) -> None:
    database.execute("update events set offline = 1 where state = 'waiting'")


def _open_transactions(database: sqlite3.Connection) -> list[tuple[str, int, int]]:
    return database.execute("select transaction_id, evse_id, next_seq_no from transactions where not ended").fetchall()


def _count_unsent(database: sqlite3.Connection) -> int:
    count: int = database.execute("select count(*) from events where state = 'waiting'").fetchone()[0]
    return count
