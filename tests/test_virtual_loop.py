"""Time jumps to the next timer, threads are done on the spot, and the order is the same in every run."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from ladewerk.virtual_loop import NothingToComeError, VirtualLoop

R = TypeVar("R")


def run(main: Coroutine[Any, Any, R]) -> R:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def test_a_year_of_sleep_takes_all_of_the_loop_s_time_and_none_of_ours() -> None:
    async def year() -> float:
        for _ in range(365):
            await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    assert run(year()) == pytest.approx(365 * 86_400, abs=1e-5)


def test_timers_fire_in_order_and_exactly_when_they_are_due() -> None:
    async def timers() -> list[tuple[float, str]]:
        seen: list[tuple[float, str]] = []
        loop = asyncio.get_running_loop()

        async def note(after_s: float, name: str) -> None:
            await asyncio.sleep(after_s)
            seen.append((loop.time(), name))

        await asyncio.gather(note(30, "c"), note(10, "a"), note(20.25, "b"))
        return seen

    assert run(timers()) == [(10, "a"), (20.25, "b"), (30, "c")]


def test_work_for_a_thread_is_done_on_the_spot_and_takes_no_time() -> None:
    async def threaded() -> tuple[str, float]:
        name = await asyncio.to_thread(lambda: threading.current_thread().name)
        return name, asyncio.get_running_loop().time()

    assert run(threaded()) == (threading.current_thread().name, 0.0)


def test_what_work_for_a_thread_raises_is_raised_where_it_is_waited_for() -> None:
    async def threaded() -> None:
        work = asyncio.ensure_future(asyncio.to_thread(int, "no number"))
        await asyncio.sleep(1)
        with pytest.raises(ValueError, match="no number"):
            await work

    run(threaded())


def test_waiting_for_what_nobody_will_do_is_an_error() -> None:
    async def deadlock() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingToComeError):
        run(deadlock())


def test_a_socket_cannot_be_waited_for() -> None:
    async def listen() -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            await asyncio.get_running_loop().sock_recv(ours, 1)

    with pytest.raises(RuntimeError, match="virtual time"):
        run(listen())


_CANCELLED = """
import asyncio
from ladewerk.virtual_loop import VirtualLoop

async def one(number, ended):
    try:
        await asyncio.sleep(1000)
    finally:
        ended.append(number)

async def main():
    ended, litter = [], []
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(40):
                group.create_task(one(number, ended))
                litter.append(bytearray(number * 97))
            await asyncio.sleep(1)
            raise ValueError
    except* ValueError:
        pass
    print(ended)

with asyncio.Runner(loop_factory=VirtualLoop) as runner:
    runner.run(main())
"""


def test_a_group_is_cancelled_in_the_same_order_in_every_process() -> None:
    orders = {subprocess.run([sys.executable, "-c", _CANCELLED], capture_output=True, check=True).stdout for _ in range(3)}
    assert len(orders) == 1
    assert orders.pop().startswith(b"[0, 1, 2, 3")
