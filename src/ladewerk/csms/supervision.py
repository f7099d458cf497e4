"""Tasks that live as long as the CSMS: kept, named, ended together; a bug in one is logged and ends that one alone."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

_log = logging.getLogger(__name__)


class Tasks:
    """Every background task of one CSMS."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> asyncio.Task[None]:
        """Run ``work`` beside everything else."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("task %s stopped: a bug of this program", task.get_name(), exc_info=task.exception())

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Tasks"]:
        """Until the context ends; what still runs then is cancelled and waited for."""
        try:
            yield self
        finally:
            ending = list(self._tasks)
            for task in ending:
                task.cancel()
            await asyncio.gather(*ending, return_exceptions=True)
