"""Groups writes: whatever waits is committed in one database transaction, then everyone who waited is told.

A database that is away, locked or full is waited for, with everything that comes meanwhile; who has waited longer than
:data:`PATIENCE_S` hears that nothing was stored.
"""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from msgspec import Struct
from sqlalchemy import Connection, Engine, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from ladewerk.csms.store import schema
from ladewerk.csms.store.ports import Commit, Writing
from ladewerk.errors import StoreError
from ladewerk.signals import Signal

T = TypeVar("T")
R = TypeVar("R")

_log = logging.getLogger(__name__)

PATIENCE_S: Final = 20.0
"""How long a write or a read waits for its database: a station waits 30 s for an answer (OCPP-J part 4, section 4)."""

RETRY_S: Final = 0.5
"""How often a database that is away is tried."""

_MOST_AT_ONCE = 500
"""Writes in one transaction: enough for any burst, and few enough that the first does not wait long for the last."""


class _Write(Struct, frozen=True):
    work: Callable[[Connection, Sequence[Any]], Sequence[Any]]
    item: Any
    done: "asyncio.Future[Any]"
    due_s: float


def is_away(err: BaseException) -> bool:
    """Whether the same work may succeed later: the database cannot be reached, is locked, or its disk is full."""
    return isinstance(err, OperationalError | InterfaceError) or (isinstance(err, DBAPIError) and err.connection_invalidated)


class Writer:
    """The one that writes. A work may run twice, at first in vain: it changes only the database and its item."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Its own: plans and reads may keep all the threads of the loop for seconds.
        self._thread = ThreadPoolExecutor(1, "store writer")
        self._waiting: asyncio.Queue[_Write | None] = asyncio.Queue()
        self._open = True
        self.committed: Signal[Commit] = Signal()

    @property
    def waiting(self) -> int:
        """Writes that nobody has begun with."""
        return self._waiting.qsize()

    async def touch(self) -> None:
        """Write and commit what is there already: whether that can be done. Raises StoreError."""
        await self.write(_touch)

    async def write(self, work: Callable[[Connection], R]) -> R:
        """Run ``work`` and commit it; returns what it returned. Raises StoreError."""
        result: R = await self.write_with_others(_each, work)
        return result

    async def write_with_others(self, work: Callable[[Connection, Sequence[T]], Sequence[R]], item: T) -> R:
        """The same for a ``work`` that takes many items at once: those that wait together are given to it together."""
        if not self._open:
            raise StoreError("the database is closed")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[R] = loop.create_future()
        self._waiting.put_nowait(_Write(work, item, done, loop.time() + PATIENCE_S))
        return await done

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Writer"]:
        """Write until the context ends; everything handed in by then is still committed."""
        task = asyncio.create_task(self._run(), name="store writer")
        try:
            yield self
        finally:
            self._open = False
            self._waiting.put_nowait(None)
            await task
            self._thread.shutdown()

    async def _run(self) -> None:
        while True:
            first = await self._waiting.get()
            if first is None:
                return
            group = [first]
            last = False
            while len(group) < _MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get_nowait()
                if following is None:
                    last = True
                    break
                group.append(following)
            await self._commit(group)
            if last:
                return

    async def _commit(self, group: list[_Write]) -> None:
        while group:
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            try:
                results = await loop.run_in_executor(self._thread, self._together, group)
            except Exception as err:  # noqa: BLE001  # whoever asked for the write hears of it; the writer goes on
                if is_away(err):
                    group = await self._still_patient(group, err)
                    continue
                await self._find_the_wrong_one(group, err)
                return
            self.committed.emit(Commit(writes=len(group), duration_s=loop.time() - began_s))
            for write, result in zip(group, results, strict=True):
                if not write.done.done():
                    write.done.set_result(result)
            return

    async def _still_patient(self, group: list[_Write], err: Exception) -> list[_Write]:
        """Wait a little for a database that is away; those of ``group`` that can wait longer."""
        now_s = asyncio.get_running_loop().time()
        for write in group:
            if write.due_s <= now_s:
                _fail(write.done, err)
        waiting = [write for write in group if write.due_s > now_s and not write.done.done()]
        _log.warning("the database does not take %d writes, they wait: %s", len(waiting), err)
        if waiting:
            await asyncio.sleep(RETRY_S)
        return waiting

    async def _find_the_wrong_one(self, group: list[_Write], err: Exception) -> None:
        """One bad write must not take the others of its group with it: each half again by itself."""
        if len(group) == 1:
            _fail(group[0].done, err)
            return
        _log.warning("a group of %d writes failed, its halves are tried alone: %s", len(group), err)
        half = len(group) // 2
        await self._commit(group[:half])
        await self._commit(group[half:])

    def _together(self, group: list[_Write]) -> list[Any]:
        with self._engine.begin() as connection:
            return [
                result
                for work, same in itertools.groupby(group, key=lambda write: write.work)
                for result in work(connection, [write.item for write in same])
            ]


_: type[Writing] = Writer


def _touch(connection: Connection) -> None:
    connection.execute(update(schema.revision).values(version_num=schema.REVISION))


def _each(connection: Connection, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [work(connection) for work in works]


def _fail(done: "asyncio.Future[Any]", err: Exception) -> None:
    if done.done():
        return
    if isinstance(err, SQLAlchemyError | OverflowError):  # the latter is SQLite's for a number of more than 64 bits
        failure = StoreError(f"the database refused a write: {err}")
        failure.__cause__ = err
        done.set_exception(failure)
    else:
        done.set_exception(err)
