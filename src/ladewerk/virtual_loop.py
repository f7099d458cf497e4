"""An event loop without waiting: when nothing is left to do its time jumps to the next timer.

There is nothing but this process in the world of a :class:`VirtualLoop`: no socket, no terminal, no other thread. What would
be done in a thread is done on the spot, so that the same program does the same things in the same order in every run.
Programs that need real sockets around them run on ``paced_loop``.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from contextvars import Context
from itertools import count
from math import ulp
from typing import Any, Final, TypeVar

R = TypeVar("R")

_EARLY_S: Final = 1e-9


class NothingToComeError(RuntimeError):
    """Everybody waits, and no timer is set: this will be so for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time is what the timers say. The order of everything is the same in every run of the same program."""

    def __init__(self) -> None:
        self._loop_s = 0.0
        self._numbers = count()
        super().__init__(_NobodyElse(self._jump))
        self.set_task_factory(self._numbered)

    def time(self) -> float:
        return self._loop_s

    def run_in_executor(  # type: ignore[override]  # typeshed's variadic form cannot be repeated here
        self, _executor: Executor | None, func: Callable[..., R], *args: Any
    ) -> "asyncio.Future[R]":
        future: asyncio.Future[R] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as err:  # noqa: BLE001  # it belongs to whoever waits for the thread
            future.set_exception(err)
        return future

    def call_soon_threadsafe(  # type: ignore[override]  # as above
        self, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)  # there is nobody to wake

    def _numbered(
        self,
        _loop: asyncio.AbstractEventLoop,
        work: "Coroutine[Any, Any, R] | Generator[Any, None, R]",
        context: Context | None = None,
    ) -> "asyncio.Task[R]":
        return _NumberedTask(work, next(self._numbers), self, context)

    def _jump(self, idle_s: float | None) -> None:
        if idle_s is None:
            raise NothingToComeError("everybody waits and no timer is set: nothing will happen any more")
        at_s = self._loop_s + idle_s
        # asyncio takes a timer as due a nanosecond early; after months that is less than one bit of the time, two are not.
        self._loop_s = at_s if at_s + _EARLY_S > at_s else at_s + 2 * ulp(at_s)


class _NumberedTask(asyncio.Task[R]):
    """A task that is found at the same place of a set in every run: asyncio cancels groups in the order of a set."""

    def __init__(self, work: Any, number: int, loop: VirtualLoop, context: Context | None) -> None:
        self._number = number
        super().__init__(work, loop=loop, context=context)

    def __hash__(self) -> int:
        return self._number


class _NobodyElse(selectors.SelectSelector):
    """Nothing ever arrives from outside; a loop's own wake-up socket, its first, is all that may be looked at."""

    def __init__(self, jump: Callable[[float | None], None]) -> None:
        super().__init__()
        self._jump = jump

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self.get_map():
            raise RuntimeError("no socket, terminal or pipe can be waited for in virtual time")
        return super().register(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None or timeout > 0:
            self._jump(timeout)
        return []
