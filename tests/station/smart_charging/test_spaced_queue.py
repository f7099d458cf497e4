"""Requests of several units go out one after the other."""

import asyncio
from functools import partial

from ladewerk.paced_loop import PacedLoop
from ladewerk.station.smart_charging.spaced_queue import SpacedQueue


def test_jobs_run_in_order_and_apart_and_a_newer_one_replaces_the_older() -> None:
    async def scenario() -> list[tuple[float, str]]:
        done: list[tuple[float, str]] = []

        async def job(name: str) -> None:
            done.append((asyncio.get_running_loop().time(), name))

        queue = SpacedQueue(2.0)
        queue.put("one", partial(job, "one, older"))
        queue.put("two", partial(job, "two"))
        queue.put("one", partial(job, "one, newer"))
        running = asyncio.create_task(queue.run())
        await asyncio.sleep(10)
        queue.put("two", partial(job, "two again"))
        await asyncio.sleep(10)
        running.cancel()
        return done

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        assert runner.run(scenario()) == [(0.0, "one, newer"), (2.0, "two"), (10.0, "two again")]
