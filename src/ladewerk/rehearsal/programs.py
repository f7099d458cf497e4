"""A program that can be started, ended and killed as often as one likes, inside this process."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from ladewerk.signals import Signal

T = TypeVar("T")


class Program(Generic[T]):
    """``open_it`` begins a run of it; ``running`` is what that gave, None while it does not run; ``started`` announces it.

    Why a run ended that nobody ended stands in ``died``.
    """

    def __init__(self, name: str, open_it: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self.name = name
        self.running: T | None = None
        self.started: Signal[T] = Signal()
        self.died: list[BaseException] = []
        self._open = open_it
        self._task: asyncio.Task[None] | None = None
        self._enough = asyncio.Event()
        self._killed = False

    @property
    def is_started(self) -> bool:
        """It runs, or begins to."""
        return self._task is not None

    def start(self) -> None:
        """Begin a run."""
        if self._task is None:
            self._enough.clear()
            self._killed = False
            self._task = asyncio.get_running_loop().create_task(self._run(), name=self.name)

    async def end(self) -> None:
        """Let it end in good order."""
        self._enough.set()
        await self._ended()

    async def kill(self) -> None:
        """End it where it stands; what it would still say must have been cut off before."""
        if self._task is not None:
            self._killed = True
            self._task.cancel()
        await self._ended()

    async def _ended(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            await asyncio.wait([task])

    async def _run(self) -> None:
        try:
            async with self._open() as running:
                self.running = running
                self.started.emit(running)
                await self._enough.wait()
        except Exception as err:  # noqa: BLE001  # kept for whoever asks why it died
            if not self._killed:  # else these are the last convulsions
                self.died.append(err)
        finally:
            self.running = None
