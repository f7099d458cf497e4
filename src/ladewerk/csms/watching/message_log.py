"""The OCPP messages of the last days, in a file of their own beside the database.

Nothing waits for it: what passes is put on a bounded queue, and written in groups by a thread. A file of its own, so that it
takes no time from what stations wait for, tells what passed while the database was away, needs no steps from version to
version, and may be deleted; it survives a kill, and a power cut to the last seconds.
"""

import asyncio
import logging
import sqlite3
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final, ParamSpec, TypeVar

import msgspec

from ladewerk.clock import Clock
from ladewerk.csms.records import station_key
from ladewerk.csms.supervision import Tasks
from ladewerk.csms.watching.exchanges import Answer, End, Exchange, Pairing
from ladewerk.csms.watching.frame_log import FrameLog, LoggedFrame
from ladewerk.errors import StoreError

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

_EVERY_S: Final = 1.0
_FRAMES_AT_ONCE: Final = 500
_PAUSE_S: Final = 0.02
"""Between groups of as many frames, so that stations do not wait a tenth of a second while a busy second is written down."""

_MOST_WAITING: Final = 20_000
"""Frames: a boot storm of some thousand stations."""

_TRIM_EACH: Final = 256
"""After so many exchanges of a station it is looked whether it has too many, after so many in all for their age."""

_FORMAT: Final = 1
_TABLE: Final = """
CREATE TABLE exchanges (
  number INTEGER PRIMARY KEY, station_key TEXT NOT NULL, station_id TEXT NOT NULL, at TEXT NOT NULL, sent INTEGER NOT NULL,
  action TEXT NOT NULL, message_id TEXT NOT NULL, request TEXT NOT NULL, end TEXT NOT NULL, answered_at TEXT, answer TEXT
)
"""
_Row = tuple[Any, ...]
_PLACES: Final = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_ROWS_AT_ONCE: Final = 64
_COLUMNS: Final = "number, station_id, at, sent, action, message_id, request, end, answered_at, answer"


class MessageKeep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[csms.messages]``: which exchanges are kept, and where. ``days`` 0 is for ever, ``most`` 0 keeps none."""

    file: str | None = None
    days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 14
    most: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 200_000
    most_of_station: Annotated[int, msgspec.Meta(ge=1, le=100_000_000)] = 5_000


class MessageLog:
    """See the module. ``left_out`` counts frames for which there was no time."""

    def __init__(self, file: Path, keep: MessageKeep, clock: Clock) -> None:
        self._file = file
        self._keep = keep
        self._clock = clock
        self._waiting: deque[LoggedFrame] = deque()
        self._some = asyncio.Event()
        self._at_it = asyncio.Lock()
        self._book: _Book | None = None
        self.left_out = 0

    @asynccontextmanager
    async def running(self, frame_log: FrameLog, tasks: Tasks) -> AsyncIterator["MessageLog"]:
        """Keep what passes until the context ends. A file that cannot be used is logged, and the CSMS goes on without."""
        if self._keep.most == 0:
            yield self
            return
        disconnect = frame_log.seen.connect(self._take)
        task = tasks.start(self._run(), name="message log")
        try:
            yield self
        finally:
            disconnect()
            task.cancel()
            await self._flush()
            if self._book is not None:
                await asyncio.to_thread(self._book.close)

    def _take(self, frame: LoggedFrame) -> None:
        if len(self._waiting) >= _MOST_WAITING:
            self.left_out += 1
            return
        self._waiting.append(frame)
        self._some.set()

    async def _run(self) -> None:
        while True:
            await self._some.wait()
            self._some.clear()
            await self._write_some(_FRAMES_AT_ONCE)
            while self._waiting:
                await asyncio.sleep(_PAUSE_S)
                await self._write_some(_FRAMES_AT_ONCE)
            await asyncio.sleep(_EVERY_S)

    async def _flush(self) -> None:
        while self._waiting:
            await self._write_some(len(self._waiting))

    async def _write_some(self, at_most: int) -> None:
        async with self._at_it:
            frames = [self._waiting.popleft() for _ in range(min(at_most, len(self._waiting)))]
            if not frames:
                return
            cutoff = self._clock.now() - timedelta(days=self._keep.days) if self._keep.days else None
            try:
                if self._book is None:
                    self._book = await _to_its_end(_open, self._file, self._keep)
                await _to_its_end(self._book.write, frames, cutoff)
            except (sqlite3.Error, OSError) as err:
                self.left_out += len(frames)
                _log.warning("%d messages are not kept in %s: %s", len(frames), self._file, err)

    async def page(
        self,
        station_id: str,
        limit: int,
        *,
        after: int | None = None,
        action: str | None = None,
        sent: bool | None = None,
        end: End | None = None,
    ) -> list[Exchange]:
        """The newest ``limit`` exchanges of a station with a number below ``after``, newest first; None asks for all.

        Raises StoreError where the file cannot be read.
        """
        await self._flush()
        if self._book is None and not await asyncio.to_thread(self._file.exists):
            return []
        asked = {"action": action, "sent": None if sent is None else int(sent), "end": end}
        try:
            return await asyncio.to_thread(_page, self._file, station_key(station_id), limit, after, asked)
        except sqlite3.Error as err:
            raise StoreError(f"the messages in {self._file} could not be read: {err}") from err


async def _to_its_end(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` in a thread; who is cancelled waits for it, since the file is for one thread at a time."""
    running = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


class _Book:
    """The file, as it is written: by one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, keep: MessageKeep) -> None:
        self._connection = connection
        self._keep = keep
        last = connection.execute("SELECT max(number) FROM exchanges").fetchone()[0]
        self._pairing = Pairing(0 if last is None else last + 1)
        self._added: Counter[str] = Counter()
        self._untrimmed = 0

    def write(self, frames: Sequence[LoggedFrame], cutoff: datetime | None) -> None:
        began: list[Exchange] = []
        ended: dict[int, Answer] = {}
        for found in self._pairing.paired(frames):
            if isinstance(found, Exchange):
                began.append(found)
            else:
                ended[found.number] = found
        rows = [_row(exchange, ended.pop(exchange.number, None)) for exchange in began]
        with self._connection:
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                self._insert(rows[start : start + _ROWS_AT_ONCE])
            self._connection.executemany(
                "UPDATE exchanges SET end = ?, answered_at = ?, answer = ? WHERE number = ?",
                [(answer.end, _moment(answer.at), answer.text, number) for number, answer in ended.items()],
            )
            self._trim(rows, cutoff)

    def _insert(self, rows: Sequence[_Row]) -> None:
        """All in one step of SQLite: each step gives the interpreter away, for which the event loop is waiting."""
        places = ", ".join([_PLACES] * len(rows))
        self._connection.execute(f"INSERT INTO exchanges VALUES {places}", [value for row in rows for value in row])

    def _trim(self, rows: Sequence[_Row], cutoff: datetime | None) -> None:
        self._untrimmed += len(rows)
        self._added.update([row[1] for row in rows])
        for key in [key for key, added in self._added.items() if added >= _TRIM_EACH]:
            del self._added[key]
            self._connection.execute(
                "DELETE FROM exchanges WHERE station_key = ?1 AND number <= "
                "(SELECT number FROM exchanges WHERE station_key = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)",
                (key, self._keep.most_of_station),
            )
        if self._untrimmed >= _TRIM_EACH:
            self._untrimmed = 0
            oldest = self._pairing.number - self._keep.most
            self._connection.execute("DELETE FROM exchanges WHERE number < ?", (oldest,))
            if cutoff is not None:
                # The oldest come first: no more is looked at than goes, but for one.
                self._connection.execute(
                    "DELETE FROM exchanges WHERE number < "
                    "(SELECT number FROM exchanges WHERE at >= ? ORDER BY number LIMIT 1)",
                    (_moment(cutoff),),
                )

    def close(self) -> None:
        self._connection.close()


def _open(file: Path, keep: MessageKeep) -> _Book:
    """The file, made where there is none; one that is damaged or of another format is set aside."""
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _Book(_connected(file), keep)
    except sqlite3.DatabaseError as err:
        if isinstance(err, sqlite3.OperationalError):
            raise
        aside = file.with_name(f"{file.name}.damaged")
        _log.error("%s is set aside as %s: %s", file, aside.name, err)
        file.replace(aside)
        for beside in ("-wal", "-shm"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
        return _Book(_connected(file), keep)


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        (found,) = connection.execute("PRAGMA user_version").fetchone()
        if found == 0:
            with connection:
                connection.execute(_TABLE)
                connection.execute("CREATE INDEX exchanges_of_station ON exchanges (station_key, number)")
                connection.execute(f"PRAGMA user_version = {_FORMAT}")
        elif found != _FORMAT:
            raise sqlite3.DatabaseError(f"its format is {found}, that of this program {_FORMAT}")
    except BaseException:
        connection.close()
        raise
    return connection


def _page(file: Path, key: str, limit: int, after: int | None, asked: dict[str, Any]) -> list[Exchange]:
    wanted = {name: value for name, value in asked.items() if value is not None}
    where = ["station_key = ?", *(f"{name} = ?" for name in wanted), *(["number < ?"] if after is not None else [])]
    values = [key, *wanted.values(), *([after] if after is not None else []), limit]
    query = f"SELECT {_COLUMNS} FROM exchanges WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?"
    with closing(sqlite3.connect(file)) as connection:
        return [_exchange(row) for row in connection.execute(query, values)]


def _exchange(row: tuple[Any, ...]) -> Exchange:
    number, station_id, at, sent, action, message_id, request, end, answered_at, answer = row
    return Exchange(
        number=number,
        station_id=station_id,
        at=datetime.fromisoformat(at),
        sent=bool(sent),
        action=action,
        message_id=message_id,
        request=request,
        end=End(end),
        answered_at=None if answered_at is None else datetime.fromisoformat(answered_at),
        answer=answer,
    )


def _row(exchange: Exchange, answer: Answer | None) -> _Row:
    began = (
        exchange.number,
        station_key(exchange.station_id),
        exchange.station_id,
        _moment(exchange.at),
        exchange.sent,
        exchange.action,
        exchange.message_id,
        exchange.request,
    )
    return (*began, exchange.end, None, None) if answer is None else (*began, answer.end, _moment(answer.at), answer.text)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
