"""The devices of the units, opened as the configuration names them: the one place that knows the drivers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError
from ladewerk.station.config import ButtonsConfig, LampsConfig, LockConfig, StationConfig
from ladewerk.station.drivers.evse_wb import Bus, board_on, open_bus
from ladewerk.station.drivers.gpio import open_gpio
from ladewerk.station.drivers.indicator_lamps import open_indicator_lamps
from ladewerk.station.drivers.motor_lock import open_motor_lock
from ladewerk.station.drivers.pigpiod import open_pigpiod
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Buttons, Evse, Lamps, Lock, Meter
from ladewerk.station.drivers.push_buttons import open_push_buttons
from ladewerk.station.drivers.shelly import open_shelly


@dataclass(frozen=True, slots=True)
class Hardware:
    """The devices of one unit."""

    evse: Evse
    meter: Meter
    lock: Lock | None
    buttons: Buttons | None
    lamps: Lamps | None


@asynccontextmanager
async def open_hardware(config: StationConfig, clock: Clock) -> AsyncIterator[Mapping[str, Hardware]]:
    """The devices by unit; a silent one is opened all the same. Raises ConfigError for one that can never work.

    Boards on one serial line share its bus.
    """
    async with AsyncExitStack() as stack:
        buses: dict[str, Bus] = {}
        pins = _Boards(stack)
        opened: dict[str, Hardware] = {}
        for name, unit in config.units.items():
            try:
                if unit.evse.device not in buses:
                    buses[unit.evse.device] = await stack.enter_async_context(open_bus(unit.evse.device))
                evse = await board_on(buses[unit.evse.device], unit.evse.address, clock=clock)
                meter = await stack.enter_async_context(
                    open_shelly(unit.meter.url, clock=clock, password=unit.meter.password)
                )
                lock = None if unit.lock is None else await _open_lock(unit.lock, pins, stack)
                buttons = None if unit.buttons is None else await _open_buttons(unit.buttons, pins, stack)
                lamps = None if unit.lamps is None else await _open_lamps(unit.lamps, pins, stack)
            except ConfigError as err:
                raise ConfigError(f"units.{name}.{err.key}", err.why) from err
            opened[name] = Hardware(evse, meter, lock, buttons, lamps)
        yield opened


class _Boards:
    """Each board with pins, opened once."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._opened: dict[str, Pins] = {}

    async def at(self, name: str) -> Pins:
        """The pins at ``gpio`` or ``pigpiod://HOST:PORT``."""
        if name not in self._opened:
            opening = open_gpio() if name == "gpio" else open_pigpiod(name)
            self._opened[name] = await self._stack.enter_async_context(opening)
        return self._opened[name]


async def _open_buttons(config: ButtonsConfig, pins: _Boards, stack: AsyncExitStack) -> Buttons:
    return await stack.enter_async_context(
        open_push_buttons(
            await pins.at(config.pins),
            start_pin=config.start_pin,
            stop_pin=config.stop_pin,
            active_low=config.active_low,
        )
    )


async def _open_lamps(config: LampsConfig, pins: _Boards, stack: AsyncExitStack) -> Lamps:
    return await stack.enter_async_context(
        open_indicator_lamps(await pins.at(config.pins), config.wired(), active_low=config.active_low)
    )


async def _open_lock(config: LockConfig, pins: _Boards, stack: AsyncExitStack) -> Lock:
    return await stack.enter_async_context(
        open_motor_lock(
            await pins.at(config.pins),
            lock_pin=config.lock_pin,
            unlock_pin=config.unlock_pin,
            drive_s=config.drive_s,
            feedback_pin=config.feedback_pin,
            active_low=config.active_low,
        )
    )
