"""What must survive a power cut: the outbox of transaction events, and how far each transaction has got.

Events are handed over at once and written in groups: everything that waits
goes into one database transaction, in a thread, and only what is committed is ever sent.

A disk that refuses stops nobody who hands over, and the link waits: what the journal cannot promise is not said. Each job
is tried again until the disk takes it, and ``troubled`` announces that it does not, and that it does again.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import msgspec
from msgspec import UNSET

from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import decode, encode
from ladewerk.signals import Signal
from ladewerk.station.database_file import DatabaseFile, open_database, transaction

P = ParamSpec("P")
R = TypeVar("R")

_Row = tuple[bytes, v21.TransactionEventRequest, bool]

_log = logging.getLogger(__name__)

_SCHEMA: Final = """
create table if not exists events(
  number integer primary key autoincrement, transaction_id text not null, seq_no integer not null,
  payload blob not null, offline integer not null, state text not null,
  unique(transaction_id, seq_no)
);
drop index if exists events_by_state;
create index if not exists events_waiting on events(number) where state = 'waiting';
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
        self.damaged = database.damaged
        """The file was, and a new one is begun; what nobody was told yet is in the old one alone."""
        self._flushing = asyncio.Lock()
        self._waiting: list[_Row] = []
        self._work = asyncio.Event()
        self._committed = asyncio.Event()
        self._settled = asyncio.Event()
        self.linked = False
        """Events of a time without a link are marked ``offline``."""
        self.trouble: str | None = None
        """Why nothing can be written at present."""
        self.troubled: Signal[str | None] = Signal()

    def append(self, event: v21.TransactionEventRequest) -> None:
        """Hand an event over; it is written with the next group."""
        self._waiting.append((encode(event), event, not self.linked))
        self._work.set()

    async def write(self) -> None:
        """The writer: works for ever, one group at a time. What the disk refuses is tried again; charging goes on."""
        while True:
            await self._work.wait()
            await self._insisting(self.flush)

    async def _run(self, job: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._insisting(lambda: self._database.run(job, *args, **kwargs))

    async def _insisting(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """The result of ``work``, tried until the disk takes it."""
        while True:
            try:
                result = await work()
            except StoreError as err:
                _log.error("%s; trying again in %g s", err, _RETRY_S)
                self._tell(str(err))
                await asyncio.sleep(_RETRY_S)
            else:
                self._tell(None)
                return result

    def _tell(self, trouble: str | None) -> None:
        if (self.trouble is None) != (trouble is None):
            self.trouble = trouble
            self.troubled.emit(trouble)

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
            row = await self._run(_oldest_unsent)
            if row is not None:
                number, payload, offline = row
                event = decode(v21.TransactionEventRequest, payload)
                return Entry(number, msgspec.structs.replace(event, offline=True) if offline else event)
            await self._committed.wait()

    async def done(self, entry: Entry, *, delivered: bool, begun: bytes | None = None) -> None:
        """The event was delivered, or given up; it stays in the archive.

        ``begun`` is what the CSMS knows of its transaction, to be found again at the next start.
        """
        await self._run(_set_done, entry, "delivered" if delivered else "given up", begun)
        self._settled.set()

    async def keep_begun(self, entry: Entry, begun: bytes | None) -> None:
        """Keep what the CSMS knows of a transaction whose event it was told a part of."""
        await self._run(_put_begun, entry, begun)

    async def begun(self) -> list[tuple[str, bytes]]:
        """What the CSMS knows of transactions, by their ids."""
        return await self._run(_all_begun)

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
        await self._run(_mark_offline)

    async def open_transactions(self) -> list[OpenTransaction]:
        """What a killed program left behind. Raises StoreError."""
        return [OpenTransaction(*row) for row in await self._database.run(_open_transactions)]

    async def events_of(self, transaction_id: str) -> list[v21.TransactionEventRequest]:
        """The committed events of one transaction that are still in the archive, in their order. Raises StoreError."""
        payloads = await self._database.run(_events_of, transaction_id)
        return [decode(v21.TransactionEventRequest, payload) for payload in payloads]

    async def events_after(self, number: int, at_most: int) -> list[tuple[int, v21.TransactionEventRequest]]:
        """The next committed events behind ``number``, delivered or not, in their order. Raises StoreError.

        A journal that has fewer events than that was begun anew, and is told from its beginning.
        """
        rows = await self._database.run(_events_after, number, at_most)
        return [(row, decode(v21.TransactionEventRequest, payload)) for row, payload in rows]

    async def waits(self, transaction_id: str | None = None) -> bool:
        """Whether anything, or anything of this transaction, is still to be delivered (E14)."""
        waiting = (event.transaction_info.transaction_id for _payload, event, _offline in self._waiting)
        if any(transaction_id in (None, one) for one in waiting):
            return True
        return bool(await self._run(_any_unsent, transaction_id))

    async def unsent(self) -> int:
        """How many committed events wait for the CSMS."""
        return int(await self._run(_count_unsent))


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
            evse_id = 0 if event.evse is UNSET else event.evse.id
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


def _events_after(database: sqlite3.Connection, number: int, at_most: int) -> list[tuple[int, bytes]]:
    last = database.execute("select max(number) from events").fetchone()[0]
    after = 0 if last is None or last < number else number
    return database.execute(
        "select number, payload from events where number > ? order by number limit ?", (after, at_most)
    ).fetchall()


def _events_of(database: sqlite3.Connection, transaction_id: str) -> list[bytes]:
    query = "select payload from events where transaction_id = ? order by seq_no"
    return [payload for (payload,) in database.execute(query, (transaction_id,)).fetchall()]


def _count_unsent(database: sqlite3.Connection) -> int:
    count: int = database.execute("select count(*) from events where state = 'waiting'").fetchone()[0]
    return count


def _any_unsent(database: sqlite3.Connection, transaction_id: str | None) -> int:
    query = "select exists(select 1 from events where state = 'waiting' and (? is null or transaction_id = ?))"
    found: int = database.execute(query, (transaction_id, transaction_id)).fetchone()[0]
    return found
