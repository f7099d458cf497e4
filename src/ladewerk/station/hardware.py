"""The devices of a unit, opened as the configuration names them: the one place that knows the drivers.

Serial lines and boards with pins are shared: each is opened with its first user and closed with its last, so that units
come and go while the others keep theirs.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, DeviceError
from ladewerk.station.config import ButtonsConfig, LampsConfig, LockConfig, UnitConfig
from ladewerk.station.drivers.evse_wb import board_on
from ladewerk.station.drivers.gpio import open_gpio
from ladewerk.station.drivers.indicator_lamps import open_indicator_lamps
from ladewerk.station.drivers.modbus_bus import Bus, open_bus
from ladewerk.station.drivers.motor_lock import open_motor_lock
from ladewerk.station.drivers.pigpiod import open_pigpiod
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Buttons, Evse, Lamps, Lock, Meter
from ladewerk.station.drivers.push_buttons import open_push_buttons
from ladewerk.station.drivers.shelly import open_shelly

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Hardware:
    """The devices of one unit."""

    evse: Evse
    meter: Meter
    lock: Lock | None
    buttons: Buttons | None
    lamps: Lamps | None


@dataclass(slots=True)
class _Use(Generic[T]):
    thing: T
    opened: AsyncExitStack
    users: int = 0


class Shared(Generic[T]):
    """Things with a name, each open as long as somebody uses it."""

    def __init__(self, opening: Callable[[str], AbstractAsyncContextManager[T]]) -> None:
        self._opening = opening
        self._open: dict[str, _Use[T]] = {}
        self._changing = asyncio.Lock()

    @asynccontextmanager
    async def used(self, name: str) -> AsyncIterator[T]:
        """The thing called ``name``; opened here if nobody else uses it."""
        async with self._changing:
            if name not in self._open:
                opened = AsyncExitStack()
                self._open[name] = _Use(await opened.enter_async_context(self._opening(name)), opened)
            use = self._open[name]
            use.users += 1
        try:
            yield use.thing
        finally:
            async with self._changing:
                use.users -= 1
                if not use.users:
                    del self._open[name]
                    await use.opened.aclose()


class Lines:
    """What the units of one station share."""

    def __init__(self) -> None:
        self.buses: Shared[Bus] = Shared(open_bus)
        self.pins: Shared[Pins] = Shared(lambda name: open_gpio() if name == "gpio" else open_pigpiod(name))


OpenHardware = Callable[[str, UnitConfig, Lines, Clock], AbstractAsyncContextManager[Hardware]]
"""As :func:`open_hardware`."""


@asynccontextmanager
async def open_hardware(name: str, unit: UnitConfig, lines: Lines, clock: Clock) -> AsyncIterator[Hardware]:
    """The devices of the unit called ``name``, its board told to offer no current before anything else is opened.

    A silent device is opened all the same. Raises ConfigError for one that can never work, DeviceFault for one that must
    not be used.
    """
    async with AsyncExitStack() as stack:
        try:
            bus = await stack.enter_async_context(lines.buses.used(unit.evse.device))
            evse = await board_on(bus, unit.evse.address, clock=clock)
            await _no_current(name, evse)
            meter = await stack.enter_async_context(open_shelly(unit.meter.url, clock=clock, password=unit.meter.password))
            lock = None if unit.lock is None else await _open_lock(unit.lock, lines, stack)
            buttons = None if unit.buttons is None else await _open_buttons(unit.buttons, lines, stack)
            lamps = None if unit.lamps is None else await _open_lamps(unit.lamps, lines, stack)
        except ConfigError as err:
            raise ConfigError(f"units.{name}.{err.key}", err.why) from err
        yield Hardware(evse, meter, lock, buttons, lamps)


async def _no_current(name: str, evse: Evse) -> None:
    """Whatever keeps the program from going on after this, the board does not go on at its last current."""
    try:
        await evse.set_current(0.0)
    except DeviceError as err:
        _log.warning("%s: %s", name, err)


async def _open_buttons(config: ButtonsConfig, lines: Lines, stack: AsyncExitStack) -> Buttons:
    return await stack.enter_async_context(
        open_push_buttons(
            await stack.enter_async_context(lines.pins.used(config.pins)),
            start_pin=config.start_pin,
            stop_pin=config.stop_pin,
            active_low=config.active_low,
        )
    )


async def _open_lamps(config: LampsConfig, lines: Lines, stack: AsyncExitStack) -> Lamps:
    pins = await stack.enter_async_context(lines.pins.used(config.pins))
    return await stack.enter_async_context(open_indicator_lamps(pins, config.wired(), active_low=config.active_low))


async def _open_lock(config: LockConfig, lines: Lines, stack: AsyncExitStack) -> Lock:
    return await stack.enter_async_context(
        open_motor_lock(
            await stack.enter_async_context(lines.pins.used(config.pins)),
            lock_pin=config.lock_pin,
            unlock_pin=config.unlock_pin,
            drive_s=config.drive_s,
            feedback_pin=config.feedback_pin,
            moves_per_minute=config.moves_per_minute,
            active_low=config.active_low,
        )
    )
