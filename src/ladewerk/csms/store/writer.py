"""Groups writes: whatever waits is committed in one database transaction, then everyone who waited is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ladewerk.errors import StoreError

R = TypeVar("R")

_log = logging.getLogger(__name__)

_MOST_AT_ONCE = 500
"""Writes in one transaction: enough for any burst, and few enough that the first does not wait long for the last."""

_Write = tuple[Callable[[Connection], Any], "asyncio.Future[Any]"]


class Writer:
    """The one that writes. A write is a function of a connection, without side effects elsewhere: it may run twice."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._waiting: asyncio.Queue[_Write | None] = asyncio.Queue()
        self._open = True

    async def write(self, work: Callable[[Connection], R]) -> R:
        """Run ``work`` and commit it; returns what it returned. Raises StoreError."""
        if not self._open:
            raise StoreError("the database is closed")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((work, done))
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

    async def _run(self) -> None:
        while True:
            first = await self._waiting.get()
            if first is None:
                return
            batch = [first]
            last = False
            while len(batch) < _MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get_nowait()
                if following is None:
                    last = True
                    break
                batch.append(following)
            await self._commit(batch)
            if last:
                return

    async def _commit(self, batch: list[_Write]) -> None:
        works = [work for work, _ in batch]
        try:
            results = await asyncio.to_thread(self._together, works)
        except Exception as err:  # noqa: BLE001  # whoever asked for the write hears of it; the writer goes on
            if len(batch) == 1:
                _fail(batch[0][1], err)
                return
            # One bad write must not take the others of its group with it: each again by itself.
            _log.warning("a group of %d writes failed, each is tried alone: %s", len(batch), err)
            for write in batch:
                await self._commit([write])
            return
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)

    def _together(self, works: list[Callable[[Connection], Any]]) -> list[Any]:
        with self._engine.begin() as connection:
            return [work(connection) for work in works]


def _fail(done: "asyncio.Future[Any]", err: Exception) -> None:
    if done.done():
        return
    if isinstance(err, SQLAlchemyError):
        failure = StoreError(f"the database refused a write: {err}")
        failure.__cause__ = err
        done.set_exception(failure)
    else:
        done.set_exception(err)
