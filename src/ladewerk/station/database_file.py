"""A SQLite file of the station: WAL, worked on in a thread, by one job at a time.

``journal.sqlite3`` holds what must survive a power cut, each kind in tables of its own (``transactions/journal``,
``smart_charging/profile_memory``); it is written with ``synchronous=FULL``. ``history.sqlite3`` (``history/``) is with
NORMAL: a power cut may cost its last seconds, and never damages it.

The disk may be full, read-only or broken: then a job fails, and the next one tries the file again. A file that is damaged
is set aside under another name, never deleted, and the job goes on with a new one.
"""

import asyncio
import errno
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from ladewerk.errors import StoreError
from ladewerk.signals import Signal

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)

_NAME: Final = "journal.sqlite3"
_BROKEN_DISK: Final = frozenset({errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EIO})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PRIMARY: Final = 0xFF
"""The part of an extended result code that says what kind it is."""

_WAL_LIMIT_BYTES: Final = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that could not be read any more, and the name under which it is kept."""

    file: str
    kept_as: str


class DatabaseFile:
    """A connection of its own to the file; ``damaged`` says that it was set aside. Open it with :func:`open_database`."""

    def __init__(self, path: Path, schema: str, *, durable: bool = True) -> None:
        self.path = path
        self._schema = schema
        self._durable = durable
        self._database: sqlite3.Connection | None = None
        self._inode = 0
        self._using = asyncio.Lock()
        self._set_aside_as: str | None = None
        self.damaged: Signal[Damaged] = Signal()

    async def run(self, job: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of ``job``, behind all jobs that wait already. Raises StoreError, with what to look at.

        Who is cancelled meanwhile leaves when the job is done: a thread goes on whatever is cancelled, and until then the
        connection is its own.
        """
        async with self._using:
            work = asyncio.ensure_future(asyncio.to_thread(self._do, lambda database: job(database, *args, **kwargs)))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])
                raise
            finally:
                kept_as, self._set_aside_as = self._set_aside_as, None
                if kept_as is not None:
                    self.damaged.emit(Damaged(str(self.path), kept_as))

    def close(self) -> None:
        """Let go of the file."""
        if self._database is not None:
            with suppress(sqlite3.Error):
                self._database.close()
            self._database = None

    def _do(self, job: Callable[[sqlite3.Connection], R]) -> R:
        try:
            try:
                return job(self._opened())
            except sqlite3.DatabaseError as err:
                if not _is_damaged(err):
                    raise
                self._set_aside_as = self._set_aside()
                return job(self._opened())
        except (OSError, sqlite3.Error) as err:
            why = f"{self.path} cannot be used: {err}; look at the disk's free space and permissions"
            raise StoreError(why) from err

    def _opened(self) -> sqlite3.Connection:
        # Another connection may have set the file aside, or somebody may have moved it.
        if self._database is not None and self._inode != _inode(self.path):
            self.close()
        if self._database is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._database = _connect(self.path, self._schema, durable=self._durable)
            self._inode = _inode(self.path)
        return self._database

    def _set_aside(self) -> str:
        """Move the file away, with its log; the name it has now."""
        self.close()
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                self.path.with_name(self.path.name + ending).rename(aside.with_name(aside.name + ending))
        _log.error("%s is damaged and was kept as %s", self.path, aside.name)
        return aside.name


def _is_damaged(err: Exception) -> bool:
    code = getattr(err, "sqlite_errorcode", None)
    return isinstance(code, int) and code & _PRIMARY in _DAMAGED


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of what is written in it, or nothing."""
    database.execute("begin immediate")
    try:
        yield
        database.execute("commit")
    except BaseException:
        # A disk that is full has rolled it back already.
        if database.in_transaction:
            database.execute("rollback")
        raise


@asynccontextmanager
async def open_database(
    folder: Path, schema: str, *, name: str = _NAME, durable: bool = True
) -> AsyncIterator[DatabaseFile]:
    """The file in ``folder``, which is made, with the tables of ``schema``.

    Raises StoreError where the folder cannot be made. A disk that is full, read-only or broken keeps nobody from opening:
    the jobs fail until it is in order.
    """
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as err:
        if err.errno not in _BROKEN_DISK:
            raise StoreError(f"{folder}: {name} cannot be opened: {err}") from err
    database = DatabaseFile(folder / name, schema, durable=durable)
    try:
        yield database
    finally:
        await asyncio.to_thread(database.close)


def _connect(path: Path, schema: str, *, durable: bool) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    # A01.FR.10: a password that the CSMS has set lies in it. SQLite gives its log the same rights.
    with suppress(PermissionError):  # somebody else's file that we may only write to
        path.chmod(0o600)
    try:
        database.execute("pragma journal_mode=wal")
        database.execute(f"pragma synchronous={'full' if durable else 'normal'}")
        # What the log grew to in a rush is given back to the disk.
        database.execute(f"pragma journal_size_limit={_WAL_LIMIT_BYTES}")
        database.executescript(schema)
    except sqlite3.Error:
        database.close()
        raise
    return database
