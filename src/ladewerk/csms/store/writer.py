"""Groups writes: whatever waits is committed in one database transaction, then everyone who waited is told.

A database that is away, locked or full is waited for, with everything that comes meanwhile; who has waited longer than
:data:`PATIENCE_S` hears that nothing was stored.
"""

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from operator import attrgetter
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
    """The one that writes. A work may run twice, at first in vain: it changes only the database and its item.

    Its thread takes what waits by itself, group after group, as long as something does: a loop that has much to do would
    keep it waiting between two of them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Its own: plans and reads may keep all the threads of the loop for seconds.
        self._thread = ThreadPoolExecutor(1, "store writer")
        self._waiting: deque[_Write] = deque()
        self._begun: deque[list[_Write]] = deque()
        """Groups that are not done with, the next one first: whoever runs :meth:`_work_off` has them."""
        self._some = asyncio.Event()
        self._open = True
        self.committed: Signal[Commit] = Signal()

    @property
    def waiting(self) -> int:
        """Writes that nobody has begun with."""
        return len(self._waiting)

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
        self._waiting.append(_Write(work, item, done, loop.time() + PATIENCE_S))
        self._some.set()
        return await done

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Writer"]:
        """Write until the context ends; everything handed in by then is still committed."""
        task = asyncio.create_task(self._run(), name="store writer")
        try:
            yield self
        finally:
            self._open = False
            self._some.set()
            await task
            self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._open or self._waiting:
            await self._some.wait()
            self._some.clear()
            away = await loop.run_in_executor(self._thread, self._work_off, loop)
            while away is not None:
                await self._wait_a_little(away)
                away = await loop.run_in_executor(self._thread, self._work_off, loop)

    async def _wait_a_little(self, err: Exception) -> None:
        """For a database that is away; whoever cannot wait longer hears of it."""
        now_s = asyncio.get_running_loop().time()
        group = self._begun.popleft()
        for write in group:
            if write.due_s <= now_s:
                _fail(write, err)
        waiting = [write for write in group if write.due_s > now_s and not write.done.done()]
        _log.warning("the database does not take %d writes, they wait: %s", len(waiting), err)
        if waiting:
            self._begun.appendleft(waiting)
            await asyncio.sleep(RETRY_S)

    # In the thread

    def _work_off(self, loop: asyncio.AbstractEventLoop) -> Exception | None:
        """Commit until nothing waits; what a database said that went away before, with the group it did not take."""
        while (group := self._next_group()) is not None:
            began_s = loop.time()
            try:
                results = self._together(group)
            except Exception as err:  # noqa: BLE001  # whoever asked for the write hears of it; the writer goes on
                if is_away(err):
                    self._begun.appendleft(group)
                    return err
                self._find_the_wrong_one(group, err, loop)
            else:
                commit = Commit(writes=len(group), duration_s=loop.time() - began_s)
                loop.call_soon_threadsafe(self._tell, group, results, commit)
        return None

    def _next_group(self) -> list[_Write] | None:
        if self._begun:
            return self._begun.popleft()
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
        return group or None

    def _together(self, group: list[_Write]) -> list[Any]:
        with self._engine.begin() as connection:
            return [
                result
                for work, same in itertools.groupby(group, key=attrgetter("work"))
                for result in work(connection, [write.item for write in same])
            ]

    def _find_the_wrong_one(self, group: list[_Write], err: Exception, loop: asyncio.AbstractEventLoop) -> None:
        """One bad write must not take the others of its group with it: each half again by itself."""
        if len(group) == 1:
            loop.call_soon_threadsafe(_fail, group[0], err)
            return
        _log.warning("a group of %d writes failed, its halves are tried alone: %s", len(group), err)
        half = len(group) // 2
        self._begun.extendleft((group[half:], group[:half]))

    # In the loop again

    def _tell(self, group: list[_Write], results: list[Any], commit: Commit) -> None:
        self.committed.emit(commit)
        for write, result in zip(group, results, strict=True):
            if not write.done.done():
                write.done.set_result(result)


_: type[Writing] = Writer


def _touch(connection: Connection) -> None:
    connection.execute(update(schema.revision).values(version_num=schema.REVISION))


def _each(connection: Connection, works: Sequence[Callable[[Connection], Any]]) -> list[Any]:
    return [work(connection) for work in works]


def _fail(write: _Write, err: Exception) -> None:
    done = write.done
    if done.done():
        return
    if isinstance(err, SQLAlchemyError | OverflowError):  # the latter is SQLite's for a number of more than 64 bits
        failure = StoreError(f"the database refused a write: {err}")
        failure.__cause__ = err
        done.set_exception(failure)
    else:
        done.set_exception(err)
