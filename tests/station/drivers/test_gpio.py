"""Local pins, against gpiozero's own mock of the Raspberry Pi's pins."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from ladewerk.errors import DeviceFault
from ladewerk.station.drivers.gpio import GpioPins, open_gpio


def run(test: Callable[[Any, GpioPins], Awaitable[None]]) -> Any:
    factory = MockFactory()

    async def body() -> None:
        async with open_gpio(factory) as pins:
            await test(factory, pins)

    asyncio.run(body())
    return factory


def test_an_output_is_off_until_it_is_switched_on() -> None:
    async def body(factory: Any, pins: GpioPins) -> None:
        await pins.claim_output(23)
        assert factory.pin(23).state == 0
        await pins.write(23, True)
        assert factory.pin(23).state == 1
        await pins.write(23, False)
        assert factory.pin(23).state == 0

    run(body)


def test_an_active_low_output_is_high_until_it_is_switched_on() -> None:
    async def body(factory: Any, pins: GpioPins) -> None:
        await pins.claim_output(23, active_low=True)
        assert factory.pin(23).state == 1
        await pins.write(23, True)
        assert factory.pin(23).state == 0

    run(body)


def test_an_input_is_off_at_its_pull_and_on_at_the_other_level() -> None:
    async def body(factory: Any, pins: GpioPins) -> None:
        await pins.claim_input(25, active_low=True)
        assert not await pins.read(25)
        factory.pin(25).drive_low()
        assert await pins.read(25)
        await pins.claim_input(26)
        assert not await pins.read(26)
        factory.pin(26).drive_high()
        assert await pins.read(26)

    run(body)


def test_pins_are_given_back_as_inputs() -> None:
    async def body(factory: Any, pins: GpioPins) -> None:
        await pins.claim_output(23)
        await pins.write(23, True)

    assert run(body).pin(23).function == "input"


def test_a_pin_that_is_taken_is_a_fault_with_the_remedy() -> None:
    async def body(factory: Any, pins: GpioPins) -> None:
        await pins.claim_output(23)
        with pytest.raises(DeviceFault, match=r"GPIO pin 23: .*in use.*; look that the pin exists and is free"):
            await GpioPins(factory).claim_output(23)

    run(body)


def test_a_pin_that_does_not_exist_is_a_fault() -> None:
    async def body(factory: Any, pins: GpioPins) -> None:
        with pytest.raises(DeviceFault, match="GPIO pin 99"):
            await pins.claim_output(99)
        with pytest.raises(DeviceFault, match="GPIO pin 99"):
            await pins.claim_input(99)

    run(body)


def test_a_machine_without_pins_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "absent")  # never the real pins of the machine that runs the tests

    async def body() -> None:
        async with open_gpio() as pins:
            with pytest.raises(DeviceFault, match=r"GPIO pin 23: .*absent"):
                await pins.claim_output(23)

    asyncio.run(body())
