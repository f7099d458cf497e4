"""What every kind of pins keeps to: levels, and no relay that clicks when it is claimed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from gpiozero.pins.mock import MockFactory

from ladewerk.clock import LoopClock
from ladewerk.errors import DeviceFault
from ladewerk.paced_loop import PacedLoop
from ladewerk.simulator.app import running_simulator
from ladewerk.simulator.config import FrontConfig, SimulatorConfig, on_free_ports
from ladewerk.station.drivers.gpio import open_gpio
from ladewerk.station.drivers.pigpiod import open_pigpiod
from ladewerk.station.drivers.pins import Pins

OUTPUT, CONTACT = 17, FrontConfig().start_pin
NO_PIN = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Pins, a voltmeter, and a contact to ground at :data:`CONTACT`."""

    pins: Pins
    is_high: Callable[[int], Awaitable[bool]]
    close_contact: Callable[[], None]


@asynccontextmanager
async def gpio_bench() -> AsyncIterator[Bench]:
    factory = MockFactory()

    async def is_high(pin: int) -> bool:
        return bool(factory.pin(pin).state)

    async with open_gpio(factory) as pins:
        yield Bench(pins=pins, is_high=is_high, close_contact=lambda: factory.pin(CONTACT).drive_low())


@asynccontextmanager
async def pigpiod_bench() -> AsyncIterator[Bench]:
    clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
    async with (
        running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator,
        open_pigpiod(simulator.pins_url) as pins,
        open_pigpiod(simulator.pins_url) as voltmeter,
    ):
        yield Bench(pins=pins, is_high=voltmeter.read, close_contact=lambda: simulator.front.press("start"))


OpenBench = Callable[[], AbstractAsyncContextManager[Bench]]


@pytest.fixture(params=[gpio_bench, pigpiod_bench], ids=["gpio", "pigpiod"])
def open_bench(request: pytest.FixtureRequest) -> OpenBench:
    opening: OpenBench = request.param
    return opening


def run(open_bench: OpenBench, test: Callable[[Bench], Awaitable[None]]) -> None:
    async def body() -> None:
        async with open_bench() as bench:
            await test(bench)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


@pytest.mark.parametrize("active_low", [False, True])
def test_an_output_is_off_when_it_is_claimed_and_follows_each_write(open_bench: OpenBench, active_low: bool) -> None:
    async def body(bench: Bench) -> None:
        await bench.pins.claim_output(OUTPUT, active_low=active_low)
        assert await bench.is_high(OUTPUT) is active_low
        for on in (True, True, False, True, False):
            await bench.pins.write(OUTPUT, on)
            assert await bench.is_high(OUTPUT) is (on != active_low)

    run(open_bench, body)


def test_a_contact_to_ground_is_off_until_it_closes(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.pins.claim_input(CONTACT, active_low=True)
        assert not await bench.pins.read(CONTACT)
        bench.close_contact()
        assert await bench.pins.read(CONTACT)

    run(open_bench, body)


def test_an_input_of_the_other_kind_is_pulled_down(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        await bench.pins.claim_input(CONTACT)
        assert not await bench.pins.read(CONTACT)

    run(open_bench, body)


def test_a_pin_that_does_not_exist_is_a_fault_with_its_number(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        for claim in (bench.pins.claim_output, bench.pins.claim_input):
            with pytest.raises(DeviceFault, match=str(NO_PIN)) as caught:
                await claim(NO_PIN)
            assert "\n" not in str(caught.value)

    run(open_bench, body)
