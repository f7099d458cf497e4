"""A running simulator on free ports, whose clock passes as fast as the process gets its work done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from ladewerk.clock import LoopClock
from ladewerk.paced_loop import PacedLoop
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports

START = datetime(2026, 1, 5, 16, 40, tzinfo=UTC)

Scenario = Callable[[Simulator], Awaitable[None]]
Play = Callable[..., None]


@asynccontextmanager
async def _simulator(config: SimulatorConfig) -> AsyncIterator[Simulator]:
    clock = LoopClock(asyncio.get_running_loop(), START)
    async with running_simulator(config, clock) as simulator:
        yield simulator


@pytest.fixture
def play() -> Play:
    """Runs a scenario, a coroutine function of a running simulator."""

    def run(scenario: Scenario, config: SimulatorConfig | None = None) -> None:
        async def scene() -> None:
            async with _simulator(config or on_free_ports(SimulatorConfig(time_zone="UTC"))) as simulator:
                await scenario(simulator)

        with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
            runner.run(scene())

    return run
