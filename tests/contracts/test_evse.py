"""What every Evse keeps to, run against simulated boards with and without options, on a serial line and behind bridges."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec
import pytest

from ladewerk.clock import Clock, LoopClock
from ladewerk.errors import DeviceUnreachable
from ladewerk.paced_loop import PacedLoop
from ladewerk.rehearsal.devices import Plug, SerialLine
from ladewerk.simulator.app import build_world, running_simulator
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, on_free_ports
from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.simulator.world import World
from ladewerk.station.drivers.evse_wb import board_on, open_evse_wb
from ladewerk.station.drivers.ports import Evse, EvseFault, PilotState

ORIGIN = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
SAFE_POWER_ON_A = 6


class Place(Protocol):
    """Where the board is: a simulator, or no more than its world."""

    @property
    def world(self) -> World: ...

    @property
    def serial_device(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A board, and a hand on everything around it."""

    evse: Evse
    simulator: Place

    def plug_in(self) -> None:
        assert self.simulator.world.plug_in()

    def set_faults(self, **faults: object) -> None:
        world = self.simulator.world
        world.set_faults(msgspec.structs.replace(world.faults, **faults))

    def energised(self) -> bool:
        return self.simulator.world.board.mains_on


@asynccontextmanager
async def evse_wb_bench(clock: Clock, board: BoardConfig, *, options: int) -> AsyncIterator[Bench]:
    """An EVSE-WB with ``options`` in register 2005, commissioned with a safe power-on current."""
    config = msgspec.structs.replace(on_free_ports(SimulatorConfig()), board=board)
    async with running_simulator(config, clock) as simulator:
        hardware = simulator.world.board
        hardware.write(2000, [SAFE_POWER_ON_A])
        hardware.write(2005, [options])
        hardware.power_cycle()
        async with open_evse_wb(simulator.serial_device, 1, clock=clock, spacing_s=0) as evse:
            yield Bench(evse=evse, simulator=simulator)


class InMemory:
    """A world that nobody serves."""

    serial_device = "memory"

    def __init__(self, clock: Clock) -> None:
        self._world = build_world(SimulatorConfig(), ORIGIN)
        self._clock = clock

    @property
    def world(self) -> World:
        self._world.advance_to_s(self._clock.monotonic())
        return self._world


@asynccontextmanager
async def in_memory_bench(clock: Clock) -> AsyncIterator[Bench]:
    """The same driver on the line of a rehearsal."""
    place = InMemory(clock)
    place.world.board.write(2000, [SAFE_POWER_ON_A])
    place.world.board.power_cycle()
    line = SerialLine(place.serial_device, Plug())
    line.connect(1, lambda: place.world)
    yield Bench(evse=await board_on(line, 1, clock=clock), simulator=place)


OpenBench = Callable[[Clock], AbstractAsyncContextManager[Bench]]
BOARDS: dict[str, OpenBench] = {
    "evse-wb": lambda clock: evse_wb_bench(clock, BoardConfig(), options=0x0209),
    "evse-wb in hundredths": lambda clock: evse_wb_bench(clock, BoardConfig(), options=0x0209 | 1 << 7),
    "evse-wb with rcd": lambda clock: evse_wb_bench(clock, BoardConfig(rcd_wired=True), options=0x0209 | 1 << 4),
    "evse-wb behind a bridge": lambda clock: evse_wb_bench(clock, BoardConfig(bridge="rtu"), options=0x0209),
    "evse-wb behind a modbus-tcp bridge": lambda clock: evse_wb_bench(
        clock, BoardConfig(bridge="modbus-tcp"), options=0x0209
    ),
    "evse-wb in memory": in_memory_bench,
}


@pytest.fixture(params=list(BOARDS))
def board(request: pytest.FixtureRequest) -> OpenBench:
    return BOARDS[request.param]


def run(board: OpenBench, test: Callable[[Bench], Awaitable[None]]) -> None:
    async def body() -> None:
        async with board(LoopClock(asyncio.get_running_loop(), ORIGIN)) as bench:
            await test(bench)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


def test_a_board_without_a_vehicle_is_in_state_a(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        reading = await bench.evse.read()
        assert reading.pilot is PilotState.A
        assert not reading.relay_closed
        assert reading.supply_allowed
        assert not reading.self_test_running
        assert reading.faults == frozenset()
        assert reading.set_current_a == SAFE_POWER_ON_A

    run(board, body)


def test_a_current_lets_the_vehicle_charge_and_zero_pauses_it(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.evse.set_current(0)
        bench.plug_in()
        await asyncio.sleep(10)
        reading = await bench.evse.read()
        assert (reading.pilot, reading.relay_closed) == (PilotState.B, False)
        assert reading.cable_limit_a == 20
        await bench.evse.set_current(16)
        await asyncio.sleep(10)
        reading = await bench.evse.read()
        assert (reading.pilot, reading.relay_closed) == (PilotState.C, True)
        assert (reading.set_current_a, reading.offered_current_a) == (16, 16)
        await bench.evse.set_current(0)
        await asyncio.sleep(10)
        reading = await bench.evse.read()
        assert not reading.relay_closed
        assert (reading.set_current_a, reading.offered_current_a) == (0, 0)

    run(board, body)


def test_the_board_has_the_current_when_the_call_returns(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        for current_a in (6, 0, 13, 32):
            await bench.evse.set_current(current_a)
            assert bench.simulator.world.board.configured_a == current_a

    run(board, body)


def test_a_fraction_is_never_rounded_up(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.evse.set_current(13.999)
        assert 13 <= bench.simulator.world.board.configured_a <= 13.999
        assert (await bench.evse.read()).set_current_a == bench.simulator.world.board.configured_a

    run(board, body)


def test_opening_the_contactor_cuts_a_charging_vehicle_off(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        bench.plug_in()
        await bench.evse.set_current(16)
        await asyncio.sleep(10)
        assert bench.energised()
        await bench.evse.open_contactor()
        assert not bench.energised()
        reading = await bench.evse.read()
        assert not reading.supply_allowed
        assert not reading.relay_closed

    run(board, body)


def test_an_open_contactor_stays_open_whatever_current_is_set(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        bench.plug_in()
        await bench.evse.open_contactor()
        await bench.evse.set_current(16)
        await asyncio.sleep(60)
        assert not bench.energised()
        assert not (await bench.evse.read()).supply_allowed

    run(board, body)


def test_allowing_the_supply_again_does_not_bring_the_current_back(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        bench.plug_in()
        await bench.evse.set_current(16)
        await asyncio.sleep(10)
        await bench.evse.open_contactor()
        await bench.evse.allow_supply()
        await asyncio.sleep(60)
        reading = await bench.evse.read()
        assert reading.supply_allowed
        assert reading.set_current_a == 0
        assert not bench.energised()

    run(board, body)


async def until_self_test_is_over(evse: Evse) -> None:
    for _ in range(30):
        if not (await evse.read()).self_test_running:
            return
        await asyncio.sleep(2)
    pytest.fail("a self-test takes 30 s")


def test_a_self_test_runs_for_its_time_and_leaves_no_fault(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.evse.start_self_test()
        running_s = 0
        while (reading := await bench.evse.read()).self_test_running:
            assert reading.faults == frozenset()
            await asyncio.sleep(2)
            running_s += 2
            assert running_s < 60
        assert 25 <= running_s <= 35
        assert reading.faults == frozenset()
        assert (await bench.evse.read()).faults == frozenset()

    run(board, body)


def test_after_a_self_test_the_vehicle_can_charge(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.evse.start_self_test()
        await until_self_test_is_over(bench.evse)
        bench.plug_in()
        await bench.evse.set_current(16)
        await asyncio.sleep(10)
        assert bench.energised()

    run(board, body)


def test_a_self_test_does_not_allow_a_supply_that_was_cut(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.evse.open_contactor()
        await bench.evse.start_self_test()
        await until_self_test_is_over(bench.evse)
        assert not (await bench.evse.read()).supply_allowed

    run(board, body)


@pytest.mark.parametrize(("failure", "fault"), [(BoardFailure.DIODE, EvseFault.DIODE), (BoardFailure.RCD, EvseFault.GROUND)])
def test_a_fault_of_the_board_is_told_by_name(board: OpenBench, failure: BoardFailure, fault: EvseFault) -> None:
    async def body(bench: Bench) -> None:
        bench.plug_in()
        bench.set_faults(board_failure=failure)
        reading = await bench.evse.read()
        assert reading.faults == {fault}
        assert reading.pilot is PilotState.E

    run(board, body)


def test_a_board_that_lost_its_supply_never_offers_more_than_it_was_told(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        hardware = bench.simulator.world.board
        for told_a, left_with_a in ((0, 0), (16, SAFE_POWER_ON_A)):
            await bench.evse.set_current(told_a)
            hardware.power_cycle()
            assert (await bench.evse.read()).set_current_a == left_with_a
            assert hardware.configured_a == left_with_a

    run(board, body)


def test_a_supply_that_was_cut_stays_cut_when_the_board_loses_its_own(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        bench.plug_in()
        await bench.evse.open_contactor()
        bench.simulator.world.board.power_cycle()
        bench.simulator.world.settle()
        reading = await bench.evse.read()
        assert (reading.supply_allowed, reading.set_current_a) == (False, 0)
        await asyncio.sleep(60)
        assert not bench.energised()

    run(board, body)


@pytest.mark.parametrize(
    "disturbance",
    [{"board_loses_every": 2}, {"board_garbles_every": 2}, {"board_foreign_frames": True}, {"board_delay_s": 0.2}],
)
def test_a_bad_line_is_not_noticed(board: OpenBench, disturbance: dict[str, object]) -> None:
    async def body(bench: Bench) -> None:
        bench.set_faults(**disturbance)
        for current_a in (6, 10, 16, 0):
            await bench.evse.set_current(current_a)
            assert (await bench.evse.read()).set_current_a == current_a

    run(board, body)


def test_a_silent_board_is_unreachable_in_every_call_and_heals(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        bench.set_faults(board_silent=True)
        calls: list[Callable[[], Awaitable[object]]] = [
            bench.evse.read,
            lambda: bench.evse.set_current(16),
            bench.evse.open_contactor,
            bench.evse.allow_supply,
            bench.evse.start_self_test,
        ]
        for call in calls:
            with pytest.raises(DeviceUnreachable) as caught:
                await call()
            assert "\n" not in str(caught.value)
            assert bench.simulator.serial_device in str(caught.value)
        bench.set_faults(board_silent=False)
        assert (await bench.evse.read()).pilot is PilotState.A

    run(board, body)


@pytest.mark.parametrize("current_a", [-6.0, 3.0, 5.9, 81.0, float("nan")])
def test_a_current_that_cannot_be_offered_is_a_value_error(board: OpenBench, current_a: float) -> None:
    async def body(bench: Bench) -> None:
        with pytest.raises(ValueError, match="A, not"):
            await bench.evse.set_current(current_a)
        assert bench.simulator.world.board.configured_a == SAFE_POWER_ON_A

    run(board, body)


def test_a_cancelled_call_leaves_the_board_usable(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.evse.read()
        call = asyncio.ensure_future(bench.evse.set_current(16))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await bench.evse.set_current(10)
        assert (await bench.evse.read()).set_current_a == 10

    run(board, body)


def test_a_call_that_is_cancelled_ends_whatever_moment_it_is(board: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        for turns in range(150):
            call = asyncio.create_task(bench.evse.set_current(10))
            for _ in range(turns):
                await asyncio.sleep(0)
            if call.cancel():
                await asyncio.wait([call])
                assert call.cancelled(), f"after {turns} turns of the loop"
        assert (await bench.evse.read()).supply_allowed

    run(board, body)
