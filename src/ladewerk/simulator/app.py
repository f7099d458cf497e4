"""The composition root: one world and the ports its hardware is reached by."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from ladewerk.clock import Clock, SystemClock
from ladewerk.paced_loop import PacedLoop, ScaledLoop
from ladewerk.signals import Signal
from ladewerk.simulator.battery import Battery
from ladewerk.simulator.config import SimulatorConfig, VehicleConfig, check
from ladewerk.simulator.evse_board import EvseBoard
from ladewerk.simulator.household import Household
from ladewerk.simulator.http_server import serving_http
from ladewerk.simulator.meter import EnergyMeter
from ladewerk.simulator.panel import ClockView, Panel
from ladewerk.simulator.pins import Pins, serving_pins
from ladewerk.simulator.plug_lock import PlugLock
from ladewerk.simulator.serial_line import serving_serial
from ladewerk.simulator.shelly import Shelly
from ladewerk.simulator.vehicle import Vehicle, VehicleModel
from ladewerk.simulator.world import Sample, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """Running hardware, and where to reach it."""

    config: SimulatorConfig
    serial_device: str
    meter_url: str
    pins_url: str
    """``pigpiod://HOST:PORT``."""
    panel_url: str
    front: Pins
    """Its buttons and lamps."""
    present: Callable[[], World]
    """The world, brought up to now."""

    @property
    def world(self) -> World:
        """The world, brought up to now."""
        return self.present()

    @property
    def samples(self) -> Signal[Sample]:
        """What flows, at every change and every minute."""
        return self.present().samples


@asynccontextmanager
async def running_simulator(config: SimulatorConfig, clock: Clock) -> AsyncIterator[Simulator]:
    """Serve the hardware until the context ends. ConfigError with the key where a setting or a port cannot be used."""
    check(config)
    start = clock.now()
    world = build_world(config, start)
    started_s = clock.monotonic()

    def present() -> World:
        world.advance_to_s(clock.monotonic() - started_s)
        return world

    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        shelly = Shelly(present, mac=config.meter.mac)
        meter_url = await enter(serving_http(shelly.handle, config.host, config.meter_port, key="meter_port"))
        pins = Pins(present, config.lock, config.front)
        pins_port = await enter(serving_pins(pins, config.host, config.pins_port))
        panel = Panel(present, pins, lambda: _clock_view(clock))
        panel_url = await enter(serving_http(panel.handle, config.host, config.panel_port, key="panel_port"))
        # Last, so that a second simulator, refused its ports, does not take the name away from the first.
        serial_device = await enter(
            serving_serial(_Registers(present), link=config.serial_link, faults=lambda: world.faults)
        )
        yield Simulator(
            config=config,
            serial_device=serial_device,
            meter_url=meter_url,
            pins_url=f"pigpiod://{config.host}:{pins_port}",
            panel_url=panel_url,
            front=pins,
            present=present,
        )


def build_world(config: SimulatorConfig, start: datetime) -> World:
    """The world at ``start`` with its events before it; no ports."""
    world = World(
        start,
        vehicle=_vehicle(config.vehicle, config.voltage_v),
        board=EvseBoard(
            address=config.board.address,
            cable_limit_a=config.board.cable_limit_a,
            rcd_wired=config.board.rcd_wired,
            power_on_a=config.board.power_on_a,
        ),
        meter=EnergyMeter(seed=config.seed, start_wh=config.meter.register_wh),
        lock=PlugLock(travel_s=config.lock.travel_s),
        household=Household(
            seed=config.seed,
            night_w=config.household.night_w,
            day_w=config.household.day_w,
            morning_peak_w=config.household.morning_peak_w,
            evening_peak_w=config.household.evening_peak_w,
            time_zone=config.zone(),
        ),
    )
    for event in config.events:
        world.schedule(event.moment(start, config.zone()), world.plug_in if event.do == "plug in" else world.unplug)
    return world


def _vehicle(config: VehicleConfig, voltage_v: float) -> Vehicle:
    model = VehicleModel(
        phases=config.phases,
        min_current_a=config.min_current_a,
        max_current_a=config.max_current_a,
        shortfall_a=config.shortfall_a,
        wake_up_s=config.wake_up_s,
        reaction_s=config.reaction_s,
        fall_back_s=config.fall_back_s,
        voltage_v=voltage_v,
    )
    battery = Battery(
        capacity_wh=config.capacity_wh,
        soc=config.soc,
        max_power_w=config.max_current_a * config.phases * voltage_v,
        efficiency=config.efficiency,
        taper_from_soc=config.taper_from_soc,
        end_power_fraction=config.end_power_fraction,
        stop_soc=config.stop_soc,
    )
    return Vehicle(model, battery)


class _Registers:
    """The board on the wire: whoever asks finds the world at its present."""

    def __init__(self, present: Callable[[], World]) -> None:
        self._present = present

    @property
    def address(self) -> int:
        return self._present().board.address

    def read(self, first: int, count: int) -> list[int]:
        return self._present().board.read(first, count)

    def write(self, first: int, values: Sequence[int]) -> None:
        world = self._present()
        world.board.write(first, values)
        world.settle()


def _clock_view(clock: Clock) -> ClockView:
    loop = asyncio.get_running_loop()
    loop_s = loop.time()
    return ClockView(
        loop_s=loop_s,
        real_monotonic_s=SystemClock().monotonic(),
        speed=loop.speed if isinstance(loop, PacedLoop | ScaledLoop) else 1.0,
        origin=(clock.now() - timedelta(seconds=loop_s)).isoformat(),
    )
