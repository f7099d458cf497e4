"""The devices of the units, opened as the configuration names them: the one place that knows the drivers."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError
from ladewerk.station.config import LockConfig, StationConfig
from ladewerk.station.drivers.evse_wb import Bus, board_on, open_bus
from ladewerk.station.drivers.gpio import open_gpio
from ladewerk.station.drivers.motor_lock import open_motor_lock
from ladewerk.station.drivers.pigpiod import open_pigpiod
from ladewerk.station.drivers.pins import Pins
from ladewerk.station.drivers.ports import Evse, Lock, Meter
from ladewerk.station.drivers.shelly import open_shelly


@dataclass(frozen=True, slots=True)
class Hardware:
    """The devices of one unit."""

    evse: Evse
    meter: Meter
    lock: Lock | None


@asynccontextmanager
async def open_hardware(config: StationConfig, clock: Clock) -> AsyncIterator[Mapping[str, Hardware]]:
    """The devices by unit; a silent one is opened all the same. Raises ConfigError for one that can never work.

    Boards on one serial line share its bus.
    """
    async with AsyncExitStack() as stack:
        buses: dict[str, Bus] = {}
        pins: dict[str, Pins] = {}
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
            except ConfigError as err:
                raise ConfigError(f"units.{name}.{err.key}", err.why) from err
            opened[name] = Hardware(evse, meter, lock)
        yield opened


async def _open_lock(config: LockConfig, pins: dict[str, Pins], stack: AsyncExitStack) -> Lock:
    if config.pins not in pins:
        opening = open_gpio() if config.pins == "gpio" else open_pigpiod(config.pins)
        pins[config.pins] = await stack.enter_async_context(opening)
    return await stack.enter_async_context(
        open_motor_lock(
            pins[config.pins],
            lock_pin=config.lock_pin,
            unlock_pin=config.unlock_pin,
            drive_s=config.drive_s,
            feedback_pin=config.feedback_pin,
            active_low=config.active_low,
        )
    )
