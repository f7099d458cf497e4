"""What push-buttons and lamps keep to, over every kind of pins."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import pytest
from gpiozero.pins.mock import MockFactory

from ladewerk.clock import LoopClock
from ladewerk.errors import ConfigError
from ladewerk.paced_loop import PacedLoop
from ladewerk.simulator.app import running_simulator
from ladewerk.simulator.config import FrontConfig, SimulatorConfig, on_free_ports
from ladewerk.station.drivers.gpio import open_gpio
from ladewerk.station.drivers.indicator_lamps import open_indicator_lamps
from ladewerk.station.drivers.pigpiod import open_pigpiod
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import BUTTON_POLL_S, Button, Buttons, Lamp, Lamps
from ladewerk.station.drivers.push_buttons import open_push_buttons

WIRED = FrontConfig()
LAMPS = {Lamp.READY: WIRED.ready_pin, Lamp.CHARGING: WIRED.charging_pin, Lamp.FAULT: WIRED.fault_pin}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Buttons and lamps, a finger, and an eye."""

    pins: Pins
    buttons: Buttons
    lamps: Lamps
    press: Callable[[Literal["start", "stop"]], None]
    """As long as a finger does."""
    lit: Callable[[], frozenset[Lamp]]

    async def presses(self, for_s: float) -> list[Button]:
        """What is pressed while it is looked at for so long."""
        found: list[Button] = []
        for _ in range(round(for_s / BUTTON_POLL_S)):
            found += sorted(await self.buttons.pressed())
            await asyncio.sleep(BUTTON_POLL_S)
        return found


@asynccontextmanager
async def bench_on(
    pins: Pins, press: Callable[[Literal["start", "stop"]], None], lit: Callable[[], frozenset[Lamp]]
) -> AsyncIterator[Bench]:
    async with (
        open_push_buttons(pins, start_pin=WIRED.start_pin, stop_pin=WIRED.stop_pin, active_low=True) as buttons,
        open_indicator_lamps(pins, LAMPS, active_low=False) as lamps,
    ):
        yield Bench(pins=pins, buttons=buttons, lamps=lamps, press=press, lit=lit)


@asynccontextmanager
async def gpio_bench() -> AsyncIterator[Bench]:
    factory = MockFactory()

    def press(button: Literal["start", "stop"]) -> None:
        contact = factory.pin(WIRED.start_pin if button == "start" else WIRED.stop_pin)
        contact.drive_low()
        asyncio.get_running_loop().call_later(0.4, contact.drive_high)

    def lit() -> frozenset[Lamp]:
        return frozenset(lamp for lamp, pin in LAMPS.items() if factory.pin(pin).state)

    async with open_gpio(factory) as pins, bench_on(pins, press, lit) as bench:
        yield bench


@asynccontextmanager
async def pigpiod_bench() -> AsyncIterator[Bench]:
    clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
    async with (
        running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator,
        open_pigpiod(simulator.pins_url) as pins,
        bench_on(
            pins,
            simulator.front.press,
            lambda: frozenset(Lamp(name) for name, on in simulator.front.lamps().items() if on),
        ) as bench,
    ):
        yield bench


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


def test_a_press_counts_once_however_long_it_is(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        assert await bench.presses(0.5) == []
        bench.press("start")
        assert await bench.presses(1.0) == [Button.START]
        bench.press("stop")
        bench.press("start")
        assert sorted(await bench.presses(1.0)) == [Button.START, Button.STOP]

    run(open_bench, body)


def test_lamps_show_what_was_said_last(open_bench: OpenBench) -> None:
    async def body(bench: Bench) -> None:
        assert bench.lit() == frozenset()
        for lamps in ({Lamp.READY}, {Lamp.READY, Lamp.FAULT}, {Lamp.CHARGING}, set()):
            await bench.lamps.show(frozenset(lamps))
            assert bench.lit() == lamps

    run(open_bench, body)


class Contact:
    """Pins of which one is on as often as it is told; it stands for a contact that bounces or sticks."""

    def __init__(self, levels: list[bool]) -> None:
        self._levels = iter(levels)

    async def claim_output(self, pin: int, *, active_low: bool = False) -> None: ...

    async def claim_input(self, pin: int, *, active_low: bool = False) -> None: ...

    async def write(self, pin: int, on: bool) -> None: ...

    async def read(self, pin: int) -> bool:
        return pin == WIRED.start_pin and next(self._levels)


@pytest.mark.parametrize(
    ("levels", "presses"),
    [("101010", 0), ("0110", 1), ("011110", 1), ("1111", 0), ("11011", 1)],
    ids=["bounces", "short", "long", "stuck from the start", "stuck, let go, pressed"],
)
def test_only_a_contact_that_has_closed_and_stays_closed_is_a_press(levels: str, presses: int) -> None:
    async def body() -> None:
        pins = Contact([level == "1" for level in levels])
        async with open_push_buttons(pins, start_pin=WIRED.start_pin, stop_pin=WIRED.stop_pin, active_low=True) as buttons:
            found = [await buttons.pressed() for _ in levels]
        assert sum(len(pressed) for pressed in found) == presses

    asyncio.run(body())


def test_two_things_at_one_pin_are_refused() -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match=r"buttons\.stop_pin: must differ"):
            async with open_push_buttons(Contact([]), start_pin=5, stop_pin=5, active_low=True):
                raise AssertionError("opened")
        with pytest.raises(ConfigError, match="lamps: pins 5, 5 must differ"):
            async with open_indicator_lamps(Contact([]), {Lamp.READY: 5, Lamp.FAULT: 5}, active_low=False):
                raise AssertionError("opened")

    asyncio.run(body())
