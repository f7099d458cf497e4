"""Two push-buttons at pins: start and stop. A press counts once, when the contact has closed and stayed closed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ladewerk.errors import ConfigError
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Button, Buttons


class PushButtons:
    """Looked at by polling: a contact that is on in two looks one after the other is pressed, whatever it bounces."""

    def __init__(self, pins: Pins, *, start_pin: int, stop_pin: int) -> None:
        if start_pin == stop_pin:
            raise ConfigError("buttons.stop_pin", f"must differ from start_pin, {start_pin}")
        self._pins = pins
        self._wired = {start_pin: Button.START, stop_pin: Button.STOP}
        # A contact that is closed at start is no press: it sticks, or somebody leans on it.
        self._looks = dict.fromkeys(self._wired, 2)

    async def open(self, *, active_low: bool) -> None:
        """Claim the pins."""
        for pin in self._wired:
            await self._pins.claim_input(pin, active_low=active_low)

    async def pressed(self) -> frozenset[Button]:
        pressed = set()
        for pin, button in self._wired.items():
            self._looks[pin] = self._looks[pin] + 1 if await self._pins.read(pin) else 0
            if self._looks[pin] == 2:
                pressed.add(button)
        return frozenset(pressed)


@asynccontextmanager
async def open_push_buttons(pins: Pins, *, start_pin: int, stop_pin: int, active_low: bool) -> AsyncIterator[PushButtons]:
    """Both buttons. ``active_low`` is the usual wiring: a contact to ground. ConfigError for pins that cannot work."""
    buttons = PushButtons(pins, start_pin=start_pin, stop_pin=stop_pin)
    await buttons.open(active_low=active_low)
    yield buttons


_: tuple[type[Buttons], ...] = (PushButtons,)
