"""Loop time passes only while the process is idle, and at the pace asked for."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from ladewerk.clock import LoopClock, SystemClock
from ladewerk.paced_loop import PacedLoop, ScaledLoop

R = TypeVar("R")


def run(main: Callable[[], Awaitable[R]], speed: float | None = None) -> R:
    async def awaited() -> R:
        return await main()

    with asyncio.Runner(loop_factory=lambda: PacedLoop(speed)) as runner:
        return runner.run(awaited())


def test_a_night_of_sleep_takes_no_real_time_and_all_of_the_loop_s() -> None:
    async def night() -> float:
        for _ in range(13):
            await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    assert run(night) == pytest.approx(13 * 3600)


def test_timers_fire_in_order_and_exactly_when_they_are_due() -> None:
    async def timers() -> list[tuple[float, str]]:
        seen: list[tuple[float, str]] = []
        loop = asyncio.get_running_loop()

        async def note(after_s: float, name: str) -> None:
            await asyncio.sleep(after_s)
            seen.append((loop.time(), name))

        await asyncio.gather(note(30, "c"), note(10, "a"), note(20, "b"))
        return seen

    assert run(timers) == [(10, "a"), (20, "b"), (30, "c")]


def test_work_in_a_thread_holds_the_time() -> None:
    release = threading.Event()

    async def threaded() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        slept = asyncio.create_task(asyncio.sleep(5))
        await asyncio.sleep(0)
        started_s = loop.time()
        threading.Timer(0.05, release.set).start()
        await asyncio.to_thread(release.wait)
        ended_s = loop.time()
        await slept
        return started_s, ended_s

    started_s, ended_s = run(threaded)
    assert ended_s == started_s


@pytest.mark.parametrize("terminals", [True, False])
def test_an_answer_over_a_socket_arrives_before_its_timeout_whatever_the_speed(terminals: bool) -> None:
    async def echo() -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while line := await reader.readline():
                writer.write(line)
                await writer.drain()
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            answered = 0
            for number in range(200):
                writer.write(f"{number}\n".encode())
                async with asyncio.timeout(0.5):
                    assert await reader.readline() == f"{number}\n".encode()
                answered += 1
            writer.close()
            await writer.wait_closed()
            return answered

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None, terminals=terminals)) as runner:
        assert runner.run(echo()) == 200


def test_at_a_given_speed_loop_time_never_runs_ahead() -> None:
    async def walk() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        began_s, began_real_s = loop.time(), time.perf_counter()
        await asyncio.sleep(20)
        return loop.time() - began_s, time.perf_counter() - began_real_s

    passed_s, real_s = run(walk, speed=100)
    assert passed_s == pytest.approx(20)
    assert real_s >= 0.19


def test_the_speed_can_change_while_running() -> None:
    async def change() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacedLoop)
        await asyncio.sleep(1)
        loop.set_speed(None)
        await asyncio.sleep(86_400)
        assert loop.speed is None
        return loop.time()

    assert run(change, speed=50) == pytest.approx(86_401)


def test_data_wakes_the_loop_that_waits_for_nothing_else() -> None:
    async def wait_for_data() -> bytes:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            threading.Timer(0.05, theirs.send, (b"x",)).start()
            return await asyncio.get_running_loop().sock_recv(ours, 1)

    assert run(wait_for_data) == b"x"
    assert run(wait_for_data, speed=10) == b"x"


def test_a_pseudo_terminal_answers_before_time_passes() -> None:
    async def terminal() -> float:
        master, slave = os.openpty()
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()
        loop.add_reader(master, lambda: arrived.set_result(os.read(master, 1)))
        os.write(slave, b"x")
        async with asyncio.timeout(0.5):
            await arrived
        loop.remove_reader(master)
        os.close(master)
        os.close(slave)
        return loop.time()

    assert run(terminal) < 0.5


def test_two_scaled_loops_with_one_anchor_show_the_same_time() -> None:
    async def tell() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.sleep(10)
        return began_s, loop.time()

    anchor_real_s = SystemClock().monotonic()
    times: list[tuple[float, float]] = []
    for _ in range(2):
        with asyncio.Runner(
            loop_factory=lambda: ScaledLoop(100, anchor_loop_s=5000.0, anchor_real_s=anchor_real_s)
        ) as runner:
            times.append(runner.run(tell()))
    (first_s, slept_s), (second_s, _) = times
    assert first_s >= 5000
    assert slept_s >= first_s + 10
    assert second_s >= slept_s


def test_a_scaled_loop_begins_at_zero_now() -> None:
    loop = ScaledLoop(60)
    try:
        assert 0 <= loop.time() < 600
        assert loop.speed == 60
    finally:
        loop.close()


def test_a_speed_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 0"):
        PacedLoop(0)


def test_a_loop_clock_places_the_loop_s_time_in_the_calendar() -> None:
    origin = datetime(2026, 1, 5, 17, 30, tzinfo=UTC)

    async def tell() -> tuple[datetime, float]:
        clock = LoopClock(asyncio.get_running_loop(), origin)
        await asyncio.sleep(600)
        return clock.now(), clock.monotonic()

    now, monotonic_s = run(tell)
    assert now == datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
    assert monotonic_s == pytest.approx(600)
