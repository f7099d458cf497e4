"""Pins of the Raspberry Pi the program runs on, over gpiozero."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ladewerk.errors import DeviceFault
from ladewerk.station.drivers.pins import Pins


class GpioPins:
    """Local pins. ``factory`` is gpiozero's pin factory; None is the one gpiozero finds on this machine."""

    def __init__(self, factory: Any = None) -> None:
        self._factory = factory
        self._outputs: dict[int, Any] = {}
        self._inputs: dict[int, Any] = {}

    async def claim_output(self, pin: int, *, active_low: bool = False) -> None:
        from gpiozero import GPIOZeroError, OutputDevice

        try:
            # initial_value=False: the level is set before the direction, so that a relay does not click.
            self._outputs[pin] = OutputDevice(
                pin, active_high=not active_low, initial_value=False, pin_factory=self._factory
            )
        except (GPIOZeroError, ImportError, OSError) as err:
            raise _refused(pin, err) from err

    async def claim_input(self, pin: int, *, active_low: bool = False) -> None:
        from gpiozero import DigitalInputDevice, GPIOZeroError

        try:
            self._inputs[pin] = DigitalInputDevice(pin, pull_up=active_low, pin_factory=self._factory)
        except (GPIOZeroError, ImportError, OSError) as err:
            raise _refused(pin, err) from err

    async def write(self, pin: int, on: bool) -> None:
        device = self._outputs[pin]
        if on:
            device.on()
        else:
            device.off()

    async def read(self, pin: int) -> bool:
        return bool(self._inputs[pin].is_active)

    def close(self) -> None:
        """Give the pins back; they become inputs, which lets a relay go."""
        for device in (*self._outputs.values(), *self._inputs.values()):
            device.close()


def _refused(pin: int, err: Exception) -> DeviceFault:
    return DeviceFault(
        f"GPIO pin {pin}: {err}; look that the pin exists and is free, that the user is in group gpio, "
        "and that the package lgpio is installed"
    )


@asynccontextmanager
async def open_gpio(factory: Any = None) -> AsyncIterator[GpioPins]:
    """The pins of this machine; they are given back at the end."""
    pins = GpioPins(factory)
    try:
        yield pins
    finally:
        pins.close()


_: tuple[type[Pins], ...] = (GpioPins,)
