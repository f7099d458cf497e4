"""Lets those who come with one key go one after another, in the order of coming."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import TypeVar

T = TypeVar("T")


class Turns:
    """One queue for each key; nobody waits for another key."""

    def __init__(self) -> None:
        self._last: dict[Hashable, asyncio.Event] = {}

    async def run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Do ``work`` when it is its turn."""
        before = self._last.get(key)
        done = self._last[key] = asyncio.Event()
        try:
            if before is not None:
                await before.wait()
            return await work()
        finally:
            done.set()
            if self._last[key] is done:
                del self._last[key]
