"""Event loops whose time runs faster than the machine's, with real sockets, terminals and processes around them.

A loop of this module is an ordinary asyncio loop; only its clock differs, and with it every ``sleep`` and ``timeout`` that
runs on it, in our code and in the libraries alike. What the process does costs no loop time: time passes only while there is
nothing to do, so no deadline inside the process is ever missed because the machine was slow.
"""

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar

R = TypeVar("R")

_QUIET_S = 0.001
"""How long the process must have been idle, in real time, before loop time may pass: what it wrote to a socket of its own
arrives well within it."""

_SHORT_S = 0.6
_LONG_QUIET_S = 0.05
"""A timer that is due within ``_SHORT_S`` may be somebody's patience with a device. A pseudo-terminal delivers through a
thread of the kernel, which a busy machine keeps waiting for milliseconds: such a timer gets this much instead."""


class PacedLoop(asyncio.SelectorEventLoop):
    """Loop time runs ``speed`` times as fast as real time at most; None runs as fast as the process gets its work done.

    Work in a thread (``run_in_executor``, ``asyncio.to_thread``) holds the time too until it is done. ``terminals`` says
    that pseudo-terminals are among what is waited for.
    """

    def __init__(self, speed: float | None, *, terminals: bool = True) -> None:
        self._speed = speed
        self._short_s = _SHORT_S if terminals else 0.0
        self._loop_s = 0.0
        self._anchor_loop_s = 0.0
        self._anchor_real_s = time.monotonic()
        self._in_threads = 0
        super().__init__(_IdleSelector(self._pass_time))
        if speed is not None and speed <= 0:
            self.close()
            raise ValueError(f"a speed is more than 0, not {speed}")

    @property
    def speed(self) -> float | None:
        """Loop seconds per real second; None is as fast as possible."""
        return self._speed

    def set_speed(self, speed: float | None) -> None:
        """Run at another pace from now on."""
        self._speed = speed
        self._anchor()

    def time(self) -> float:
        return self._loop_s

    def run_in_executor(  # type: ignore[override]  # typeshed's variadic form cannot be repeated here
        self, executor: Executor | None, func: Callable[..., R], *args: Any
    ) -> "asyncio.Future[R]":
        future: asyncio.Future[R] = super().run_in_executor(executor, func, *args)
        self._in_threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _future: "asyncio.Future[Any]") -> None:
        self._in_threads -= 1

    def _anchor(self) -> None:
        self._anchor_loop_s = self._loop_s
        self._anchor_real_s = time.monotonic()

    def _pass_time(self, idle_s: float | None, select: Callable[[float | None], list[Any]]) -> list[Any]:
        """Wait for I/O or for ``idle_s`` of loop time (None: no timer is set), whichever is first."""
        quiet_s = _LONG_QUIET_S if idle_s is not None and idle_s <= self._short_s else _QUIET_S
        while True:
            events = select(quiet_s)
            if events:
                return events
            if self._in_threads == 0:
                break
        if idle_s is None:
            return select(None)
        if self._speed is None:
            self._loop_s += idle_s
            return []
        due_loop_s = self._loop_s + idle_s
        due_real_s = self._anchor_real_s + (due_loop_s - self._anchor_loop_s) / self._speed
        wait_s = due_real_s - time.monotonic()
        if wait_s > 0:
            events = select(wait_s)
            passed_s = (time.monotonic() - self._anchor_real_s) * self._speed
            self._loop_s = min(due_loop_s, max(self._loop_s, self._anchor_loop_s + passed_s))
            return events
        self._loop_s = due_loop_s
        self._anchor()  # the process is behind its pace: go on from here, do not race to catch up
        return []


class ScaledLoop(asyncio.SelectorEventLoop):
    """Loop time runs exactly ``speed`` times as fast as the machine's, in every process that is given the same anchor.

    ``anchor_real_s`` is the machine's ``time.monotonic()`` at the moment when loop time is ``anchor_loop_s``; by default
    both begin now. Unlike on a :class:`PacedLoop`, time passes while the process works: a machine that is too slow misses
    deadlines.
    """

    def __init__(self, speed: float, *, anchor_loop_s: float = 0.0, anchor_real_s: float | None = None) -> None:
        self.speed = speed
        self._anchor_loop_s = anchor_loop_s
        self._anchor_real_s = time.monotonic() if anchor_real_s is None else anchor_real_s
        super().__init__(_IdleSelector(self._wait))

    def time(self) -> float:
        return self._anchor_loop_s + (time.monotonic() - self._anchor_real_s) * self.speed

    def _wait(self, idle_s: float | None, select: Callable[[float | None], list[Any]]) -> list[Any]:
        return select(None if idle_s is None else idle_s / self.speed)


class _IdleSelector(selectors.DefaultSelector):
    """Asks its loop how long to wait whenever there is nothing to do."""

    def __init__(self, idle: Callable[[float | None, Callable[[float | None], list[Any]]], list[Any]]) -> None:
        super().__init__()
        self._idle = idle

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        return self._idle(timeout, super().select)
