"""The queue in which the units' requests go out one after the other, so that a CSMS is not asked by all of them at once."""

import asyncio
from collections.abc import Awaitable, Callable


class SpacedQueue:
    """Runs jobs in the order they came, never two within ``spacing_s``; a newer job of a unit replaces its older one."""

    def __init__(self, spacing_s: float) -> None:
        self._spacing_s = spacing_s
        self._waiting: dict[str, Callable[[], Awaitable[None]]] = {}
        self._arrived = asyncio.Event()

    def put(self, unit_id: str, job: Callable[[], Awaitable[None]]) -> None:
        """Run ``job`` when its turn comes."""
        self._waiting[unit_id] = job
        self._arrived.set()

    async def run(self) -> None:
        """Work for ever."""
        while True:
            await self._arrived.wait()
            unit_id = next(iter(self._waiting))
            job = self._waiting.pop(unit_id)
            if not self._waiting:
                self._arrived.clear()
            await job()
            await asyncio.sleep(self._spacing_s)
