"""The motor lock on the simulator's wires, over pigpiod: what breaks, and what a program that died has left on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import DeviceFault, DeviceUnreachable
from ladewerk.paced_loop import PacedLoop
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import LockConfig, SimulatorConfig, on_free_ports
from ladewerk.station.drivers.motor_lock import MotorLock, open_motor_lock
from ladewerk.station.drivers.pigpiod import open_pigpiod

LOCK, UNLOCK, FEEDBACK = 26, 27, 25  # not the usual ones: nothing that another test left running writes to them
DRIVE_S = 1.0


@asynccontextmanager
async def opened(simulator: Simulator) -> AsyncIterator[MotorLock]:
    async with (
        open_pigpiod(simulator.pins_url) as pins,
        open_motor_lock(
            pins, lock_pin=LOCK, unlock_pin=UNLOCK, drive_s=DRIVE_S, feedback_pin=FEEDBACK, active_low=True
        ) as motor_lock,
    ):
        yield motor_lock


def run(test: Callable[[Simulator], Awaitable[None]]) -> None:
    """Run ``test`` beside a lock with a feedback contact and active-low relays; nothing may have been done to it."""

    async def body() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        wiring = LockConfig(lock_pin=LOCK, unlock_pin=UNLOCK, feedback_pin=FEEDBACK, active_low=True)
        config = msgspec.structs.replace(on_free_ports(SimulatorConfig()), lock=wiring)
        async with running_simulator(config, clock) as simulator:
            await test(simulator)
            await asyncio.sleep(60)
            bolt = simulator.world.lock
        assert bolt.violations == []
        assert bolt.longest_drive_s <= DRIVE_S + 0.01
        assert bolt.moving == 0

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


def breaks(simulator: Simulator, **faults: object) -> None:
    simulator.world.set_faults(msgspec.structs.replace(simulator.world.faults, **faults))


@pytest.mark.parametrize("left_on", [LOCK, UNLOCK])
def test_a_relay_that_a_program_left_on_as_it_died_is_off_before_anything_moves(left_on: int) -> None:
    async def body(simulator: Simulator) -> None:
        async with open_pigpiod(simulator.pins_url) as dead:
            await dead.claim_output(left_on, active_low=True)
            await dead.write(left_on, True)
            await asyncio.sleep(0.3)
        async with opened(simulator) as motor_lock:
            position = simulator.world.lock.position
            await asyncio.sleep(1)
            assert simulator.world.lock.position == position
            await motor_lock.lock()
            assert simulator.world.lock.locked

    run(body)


@pytest.mark.parametrize(
    "fault", [{"lock_stuck": True}, {"lock_jams_at": 0.5}, {"lock_unpowered": True}, {"lock_feedback": "open"}]
)
def test_a_bolt_that_does_not_get_there_is_a_fault_after_three_short_drives(fault: dict[str, object]) -> None:
    async def body(simulator: Simulator) -> None:
        async with opened(simulator) as motor_lock:
            breaks(simulator, **fault)
            with pytest.raises(DeviceFault, match=rf"not locked after 3 drives of 1 s.*switch on pin {FEEDBACK}"):
                await motor_lock.lock()

    run(body)


def test_wires_that_are_swapped_are_found_by_the_contact() -> None:
    async def body(simulator: Simulator) -> None:
        breaks(simulator, lock_wires_swapped=True)
        async with opened(simulator) as motor_lock:
            with pytest.raises(DeviceFault, match="not locked"):
                await motor_lock.lock()

    run(body)


def test_a_bolt_that_jammed_on_its_way_in_can_be_driven_out() -> None:
    async def body(simulator: Simulator) -> None:
        async with opened(simulator) as motor_lock:
            breaks(simulator, lock_jams_at=0.5)
            with pytest.raises(DeviceFault):
                await motor_lock.lock()
            await motor_lock.unlock()
            assert simulator.world.lock.position == 0

    run(body)


def test_a_slow_bolt_gets_there_with_the_second_drive() -> None:
    async def body(simulator: Simulator) -> None:
        async with opened(simulator) as motor_lock:
            breaks(simulator, lock_slowness=2.5)  # 1.5 s for the whole way
            await motor_lock.lock()
            assert simulator.world.lock.locked

    run(body)


def test_without_pins_nothing_is_driven_and_it_is_told() -> None:
    async def body() -> None:
        async with open_pigpiod("pigpiod://127.0.0.1:1") as pins:
            with pytest.raises(DeviceUnreachable, match="look that the daemon runs"):
                async with open_motor_lock(pins, lock_pin=LOCK, unlock_pin=UNLOCK):
                    raise AssertionError("opened")

    asyncio.run(body())
