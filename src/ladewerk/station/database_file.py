"""The station's SQLite file: WAL, ``synchronous=FULL``, worked on in a thread, by one job at a time.

Everything that must survive a power cut lies in it, each kind in tables of its own (``journal``, ``profile_memory``).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

from ladewerk.errors import StoreError

P = ParamSpec("P")
R = TypeVar("R")

_NAME: Final = "journal.sqlite3"


class DatabaseFile:
    """A connection of its own to the file. Open it with :func:`open_database`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        self._using = asyncio.Lock()

    async def run(self, job: Callable[Concatenate[sqlite3.Connection, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of ``job``, behind all jobs that wait already. Raises StoreError.

        Who is cancelled meanwhile leaves when the job is done: a thread goes on whatever is cancelled, and until then the
        connection is its own.
        """
        async with self._using:
            work = asyncio.ensure_future(asyncio.to_thread(job, self._database, *args, **kwargs))
            try:
                return await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])
                raise
            except sqlite3.Error as err:
                raise StoreError(f"{_NAME} cannot be used: {err}; look at the disk's free space and permissions") from err


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """All of what is written in it, or nothing."""
    database.execute("begin immediate")
    try:
        yield
        database.execute("commit")
    except BaseException:
        database.execute("rollback")
        raise


@asynccontextmanager
async def open_database(folder: Path, schema: str) -> AsyncIterator[DatabaseFile]:
    """The file in ``folder``, which is made, with the tables of ``schema``. Raises StoreError where it cannot be."""
    try:
        database = await asyncio.to_thread(_open, folder, schema)
    except (OSError, sqlite3.Error) as err:
        raise StoreError(f"{folder}: {_NAME} cannot be opened: {err}") from err
    try:
        yield DatabaseFile(database)
    finally:
        await asyncio.to_thread(database.close)


def _open(folder: Path, schema: str) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / _NAME, check_same_thread=False, isolation_level=None)
    try:
        database.execute("pragma journal_mode=wal")
        database.execute("pragma synchronous=full")
        database.executescript(schema)
    except sqlite3.Error:
        database.close()
        raise
    return database
