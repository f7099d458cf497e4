"""What every plug lock keeps to, over every kind of pins."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pytest
from gpiozero.pins.mock import MockFactory

from ladewerk.clock import Clock, LoopClock
from ladewerk.paced_loop import PacedLoop
from ladewerk.rehearsal.devices import MemoryPins, Plug
from ladewerk.simulator.app import build_world, running_simulator
from ladewerk.simulator.config import FrontConfig, LockConfig, SimulatorConfig, on_free_ports
from ladewerk.simulator.pins import Pins as SimulatedPins
from ladewerk.simulator.plug_lock import PlugLock
from ladewerk.simulator.world import World
from ladewerk.station.drivers.gpio import open_gpio
from ladewerk.station.drivers.motor_lock import open_motor_lock
from ladewerk.station.drivers.pigpiod import open_pigpiod
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Lock

ORIGIN = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
LOCK_PIN, UNLOCK_PIN, FEEDBACK_PIN = 23, 24, 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A lock with a bolt that can be looked at."""

    lock: Lock
    bolt: Callable[[], PlugLock]


@asynccontextmanager
async def pigpiod_bench(clock: Clock, *, feedback: bool = False, active_low: bool = False) -> AsyncIterator[Bench]:
    wiring = LockConfig(feedback_pin=FEEDBACK_PIN if feedback else None, active_low=active_low)
    config = msgspec.structs.replace(on_free_ports(SimulatorConfig()), lock=wiring)
    async with (
        running_simulator(config, clock) as simulator,
        open_pigpiod(simulator.pins_url) as pins,
        open_motor_lock(
            pins,
            lock_pin=LOCK_PIN,
            unlock_pin=UNLOCK_PIN,
            feedback_pin=FEEDBACK_PIN if feedback else None,
            active_low=active_low,
        ) as motor_lock,
    ):
        yield Bench(lock=motor_lock, bolt=lambda: simulator.world.lock)


class WiredPins:
    """Pins that tell the motor behind them of each write."""

    def __init__(self, pins: Pins, wire: Callable[[], object]) -> None:
        self._pins = pins
        self._wire = wire
        self.claim_output = pins.claim_output
        self.claim_input = pins.claim_input
        self.read = pins.read

    async def write(self, pin: int, on: bool) -> None:
        await self._pins.write(pin, on)
        self._wire()


@asynccontextmanager
async def gpio_bench(clock: Clock) -> AsyncIterator[Bench]:
    """gpiozero's mock pins, with the simulator's motor on the two relays."""
    factory = MockFactory()
    bolt = PlugLock()

    def present() -> PlugLock:
        bolt.update(clock.monotonic())
        bolt.drive(locking=bool(factory.pin(LOCK_PIN).state), unlocking=bool(factory.pin(UNLOCK_PIN).state))
        return bolt

    async with (
        open_gpio(factory) as pins,
        open_motor_lock(WiredPins(pins, present), lock_pin=LOCK_PIN, unlock_pin=UNLOCK_PIN) as motor_lock,
    ):
        yield Bench(lock=motor_lock, bolt=present)


@asynccontextmanager
async def in_memory_bench(clock: Clock) -> AsyncIterator[Bench]:
    """The pins of a rehearsal."""
    wiring = LockConfig(feedback_pin=FEEDBACK_PIN, active_low=True)
    world = build_world(SimulatorConfig(), ORIGIN)

    def present() -> World:
        world.advance_to_s(clock.monotonic())
        return world

    async with open_motor_lock(
        MemoryPins(SimulatedPins(present, wiring, FrontConfig()), Plug()),
        lock_pin=LOCK_PIN,
        unlock_pin=UNLOCK_PIN,
        feedback_pin=FEEDBACK_PIN,
        active_low=True,
    ) as motor_lock:
        yield Bench(lock=motor_lock, bolt=lambda: present().lock)


OpenBench = Callable[[Clock], AbstractAsyncContextManager[Bench]]
BENCHES: dict[str, OpenBench] = {
    "motor over gpio": gpio_bench,
    "motor over pigpiod": pigpiod_bench,
    "motor over pigpiod with feedback": lambda clock: pigpiod_bench(clock, feedback=True),
    "motor over pigpiod, active low": lambda clock: pigpiod_bench(clock, active_low=True),
    "motor in memory": in_memory_bench,
}


@pytest.fixture(params=list(BENCHES))
def open_bench(request: pytest.FixtureRequest) -> OpenBench:
    return BENCHES[request.param]


def run(open_bench: OpenBench, test: Callable[[Bench], Awaitable[None]]) -> None:
    async def body() -> None:
        async with open_bench(LoopClock(asyncio.get_running_loop(), ORIGIN)) as bench:
            await test(bench)
            bolt = bench.bolt()
        assert bolt.violations == []

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


def test_opening_the_lock_moves_nothing(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await asyncio.sleep(5)
        assert bench.bolt().position == 0
        assert bench.bolt().longest_drive_s == 0

    run(open_bench, body)


def test_a_move_is_finished_when_the_call_returns(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.lock.lock()
        assert bench.bolt().locked
        await bench.lock.unlock()
        assert bench.bolt().position == 0

    run(open_bench, body)


def test_the_motor_rests_after_a_move(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.lock.lock()
        await asyncio.sleep(60)
        assert 0.5 <= bench.bolt().longest_drive_s <= 1.1

    run(open_bench, body)


def test_the_same_order_twice_is_no_harm(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.lock.lock()
        await bench.lock.lock()
        assert bench.bolt().locked

    run(open_bench, body)


def test_opposite_orders_at_once_are_both_carried_out(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await asyncio.gather(bench.lock.lock(), bench.lock.unlock())
        assert bench.bolt().position == 0

    run(open_bench, body)


def test_a_cancelled_move_lets_the_motor_rest(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        move = asyncio.ensure_future(bench.lock.lock())
        await asyncio.sleep(0.2)
        move.cancel()
        with pytest.raises(asyncio.CancelledError):
            await move
        await asyncio.sleep(60)
        assert bench.bolt().longest_drive_s <= 0.3
        await bench.lock.unlock()
        assert bench.bolt().position == 0

    run(open_bench, body)
