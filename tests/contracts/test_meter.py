"""What every Meter keeps to, whatever hardware is behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ladewerk.clock import Clock, LoopClock
from ladewerk.errors import DeviceUnreachable
from ladewerk.paced_loop import PacedLoop
from ladewerk.rehearsal.devices import MemoryMeter, Plug
from ladewerk.simulator.app import build_world, running_simulator
from ladewerk.simulator.config import MeterConfig, SimulatorConfig, on_free_ports
from ladewerk.simulator.world import World
from ladewerk.station.drivers._blueprint import open_blueprint
from ladewerk.station.drivers.ports import Meter
from ladewerk.station.drivers.shelly import open_shelly

ORIGIN = datetime(2026, 1, 5, 17, 40, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A meter with something to measure, and a hand on its cable."""

    meter: Meter
    draw: Callable[[], Awaitable[None]]
    """Let more than 3 kW flow from now on."""
    set_reachable: Callable[[bool], None]


@asynccontextmanager
async def shelly_bench(clock: Clock, config: MeterConfig) -> AsyncIterator[Bench]:
    settings = msgspec.structs.replace(on_free_ports(SimulatorConfig()), meter=config)
    async with running_simulator(settings, clock) as simulator:

        async def draw() -> None:
            simulator.world.plug_in()
            simulator.world.board.write(1000, [16])
            simulator.world.settle()
            await asyncio.sleep(60)  # the vehicle wakes up and takes its current

        def set_reachable(reachable: bool) -> None:
            simulator.world.set_faults(msgspec.structs.replace(simulator.world.faults, meter_refuses=not reachable))

        async with open_shelly(simulator.meter_url, clock=clock, password=config.password) as meter:
            yield Bench(meter=meter, draw=draw, set_reachable=set_reachable)


@asynccontextmanager
async def blueprint_bench(clock: Clock) -> AsyncIterator[Bench]:
    drawing_since: list[datetime] = []
    reachable = [True]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reachable[0] and await reader.readline() == b"READ\n":
            hours = (clock.now() - drawing_since[0]) / timedelta(hours=1) if drawing_since else 0
            writer.write(f"230;{16 if drawing_since else 0};{1000 + 3.68 * hours:.6f}\n".encode())
        writer.close()

    async def draw() -> None:
        drawing_since.append(clock.now())

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server, open_blueprint("127.0.0.1", server.sockets[0].getsockname()[1], clock=clock) as meter:
        yield Bench(meter=meter, draw=draw, set_reachable=lambda value: reachable.__setitem__(0, value))


@asynccontextmanager
async def in_memory_bench(clock: Clock) -> AsyncIterator[Bench]:
    world = build_world(SimulatorConfig(), ORIGIN)

    def present() -> World:
        world.advance_to_s(clock.monotonic())
        return world

    async def draw() -> None:
        present().plug_in()
        world.board.write(1000, [16])
        world.settle()
        await asyncio.sleep(60)

    def set_reachable(reachable: bool) -> None:
        world.set_faults(msgspec.structs.replace(world.faults, meter_refuses=not reachable))

    yield Bench(meter=MemoryMeter("127.0.0.1, in memory", present, clock, Plug()), draw=draw, set_reachable=set_reachable)


OpenBench = Callable[[Clock], AbstractAsyncContextManager[Bench]]
BENCHES: dict[str, OpenBench] = {
    "shelly": lambda clock: shelly_bench(clock, MeterConfig()),
    "shelly of one phase each": lambda clock: shelly_bench(clock, MeterConfig(profile="monophase")),
    "shelly with password": lambda clock: shelly_bench(clock, MeterConfig(password="secret")),
    "shelly with password and few nonces": lambda clock: shelly_bench(
        clock, MeterConfig(password="secret", firmware="2.0.0")
    ),
    "blueprint": blueprint_bench,
    "in memory": in_memory_bench,
}


@pytest.fixture(params=list(BENCHES))
def open_bench(request: pytest.FixtureRequest) -> OpenBench:
    return BENCHES[request.param]


def run(open_bench: OpenBench, test: Callable[[Bench, Clock], Awaitable[None]]) -> None:
    async def body() -> None:
        clock = LoopClock(asyncio.get_running_loop(), ORIGIN)
        async with open_bench(clock) as bench:
            await test(bench, clock)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


def test_a_reading_is_of_this_moment(open_bench: OpenBench) -> None:
    async def body(bench: Bench, clock: Clock) -> None:
        for _ in range(3):
            before = clock.now()
            reading = await bench.meter.read()
            assert before <= reading.read_at <= clock.now()
            assert reading.read_at.utcoffset() == timedelta(0)
            await asyncio.sleep(2)

    run(open_bench, body)


def test_values_are_in_volt_ampere_and_watt_per_phase(open_bench: OpenBench) -> None:
    async def body(bench: Bench, clock: Clock) -> None:
        await bench.draw()
        reading = await bench.meter.read()
        for voltage_v, current_a, power_w in zip(reading.voltage_v, reading.current_a, reading.power_w, strict=True):
            told = [value for value in (voltage_v, current_a, power_w) if value is not None]
            assert len(told) in (0, 3)
            if voltage_v is not None and current_a is not None and power_w is not None:
                assert 200 < voltage_v < 260
                assert 15 < current_a < 17
                assert power_w == pytest.approx(voltage_v * current_a, rel=0.02)
        assert reading.total_power_w > 3000

    run(open_bench, body)


def test_the_register_is_in_watt_hours_and_follows_the_power(open_bench: OpenBench) -> None:
    async def body(bench: Bench, clock: Clock) -> None:
        await bench.draw()
        first = await bench.meter.read()
        integrated_wh, last_wh = 0.0, first.energy_register_wh
        for _ in range(120):
            await asyncio.sleep(5)
            reading = await bench.meter.read()
            assert reading.energy_register_wh >= last_wh
            integrated_wh += reading.total_power_w * 5 / 3600
            last_wh = reading.energy_register_wh
        # A counter may be up to a minute behind at the first reading; never more than that lies between the two.
        minute_wh = first.total_power_w / 60
        assert abs(last_wh - first.energy_register_wh - integrated_wh) <= minute_wh * 1.02

    run(open_bench, body)


def test_no_answer_is_device_unreachable_and_heals(open_bench: OpenBench) -> None:
    async def body(bench: Bench, clock: Clock) -> None:
        await bench.meter.read()
        bench.set_reachable(False)
        for _ in range(2):
            with pytest.raises(DeviceUnreachable) as caught:
                await bench.meter.read()
            assert "\n" not in str(caught.value)
            assert "127.0.0.1" in str(caught.value)
        bench.set_reachable(True)
        await bench.meter.read()

    run(open_bench, body)


def test_readings_side_by_side_do_not_mix(open_bench: OpenBench) -> None:
    async def body(bench: Bench, clock: Clock) -> None:
        await bench.draw()
        readings = await asyncio.gather(*(bench.meter.read() for _ in range(5)))
        for reading in readings:
            assert reading.voltage_v[0] == pytest.approx(230, rel=0.1)
            assert reading.current_a[0] == pytest.approx(16, rel=0.1)
            assert reading.energy_register_wh == pytest.approx(readings[0].energy_register_wh, abs=1)

    run(open_bench, body)


def test_a_cancelled_reading_leaves_the_meter_usable(open_bench: OpenBench) -> None:
    async def body(bench: Bench, clock: Clock) -> None:
        await bench.meter.read()
        reading = asyncio.ensure_future(bench.meter.read())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await bench.meter.read()

    run(open_bench, body)
