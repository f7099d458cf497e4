"""The composition root: one world and the ports its hardware is reached by."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from ladewerk.clock import Clock, SystemClock
from ladewerk.paced_loop import PacedLoop, ScaledLoop
from ladewerk.signals import Signal
from ladewerk.simulator.bridge import serving_bridge
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, UnitConfig, check
from ladewerk.simulator.evse_board import EvseBoard
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.grid_meter import GridMeter
from ladewerk.simulator.house import House
from ladewerk.simulator.household import Household
from ladewerk.simulator.http_server import serving_http
from ladewerk.simulator.meter import EnergyMeter
from ladewerk.simulator.panel import Panel
from ladewerk.simulator.panel_views import ClockView, Connected, ReachedView
from ladewerk.simulator.photovoltaics import Photovoltaics
from ladewerk.simulator.pins import Pins, serving_pins
from ladewerk.simulator.plug_lock import PlugLock
from ladewerk.simulator.scenario import Course, Scenario
from ladewerk.simulator.serial_line import serving_serial
from ladewerk.simulator.shelly import CHANNELS, Shelly
from ladewerk.simulator.site import Site
from ladewerk.simulator.vehicle_settings import VehicleSettings
from ladewerk.simulator.world import Sample, World

_LEAST_WAIT_S = 0.01
"""What is due now happens when time has passed: without this a loop whose time stands still would never get there."""
_TICK_S = 1.0
"""How long nobody may look at a scenario: somebody may have changed when something happens next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The running hardware of one charging unit, and where to reach it."""

    name: str
    config: UnitConfig
    serial_device: str
    """Or the address of the bridge, such as ``tcp://127.0.0.1:8502``."""
    meter_url: str
    pins_url: str
    """``pigpiod://HOST:PORT``."""
    front: Pins
    """Its buttons and lamps."""
    present: Callable[[], World]
    """Its world, brought up to now."""

    def connected(self) -> Connected:
        """What the panel shows of it besides its world."""
        reached = ReachedView(board=self.serial_device, meter=self.meter_url, pins=self.pins_url)
        return Connected(pins=self.front, reached=reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """Running hardware. What is asked of it without naming a unit is the first one's."""

    config: SimulatorConfig
    panel_url: str
    units: Mapping[str, Unit]
    site: Callable[[], Site]
    """All of it, brought up to now."""
    course: Course | None
    """The scenario that it goes through."""
    site_meter_url: str | None
    """Of the meter in the grid connection, where there is one."""

    @property
    def first(self) -> Unit:
        """The first unit, or the only one."""
        return next(iter(self.units.values()))

    @property
    def serial_device(self) -> str:
        return self.first.serial_device

    @property
    def meter_url(self) -> str:
        return self.first.meter_url

    @property
    def pins_url(self) -> str:
        return self.first.pins_url

    @property
    def front(self) -> Pins:
        return self.first.front

    @property
    def world(self) -> World:
        """The world, brought up to now."""
        return self.first.present()

    @property
    def samples(self) -> Signal[Sample]:
        """What flows, at every change and every minute."""
        return self.world.samples


@asynccontextmanager
async def running_simulator(
    config: SimulatorConfig, clock: Clock, scenario: Scenario | None = None, *, begin: datetime | None = None
) -> AsyncIterator[Simulator]:
    """Serve the hardware until the context ends. ConfigError with the key where a setting or a port cannot be used.

    The world begins now, or at ``begin``, a moment just gone by: on a fast clock the first seconds are soon over.
    """
    check(config)
    now = clock.now()
    start = now if begin is None else begin
    site = build_site(config, start)
    course = Course(scenario, site, config.zone()) if scenario is not None else None
    started_s = clock.monotonic() - (now - start).total_seconds()

    def present() -> Site:
        site.advance_to_s(clock.monotonic() - started_s)
        return site

    async with AsyncExitStack() as stack:
        units: dict[str, Unit] = {}
        for number, (name, unit) in enumerate(config.all_units().items()):
            units[name] = await _serve_unit(stack, config, number, name, unit, present)
        panel = Panel(
            present,
            {name: unit.connected() for name, unit in units.items()},
            lambda: _clock_view(clock),
            course=course,
            time_zone=config.time_zone,
        )
        panel_url = await stack.enter_async_context(
            serving_http(panel.handle, config.host, config.panel_port, key="panel_port")
        )
        if course is not None:
            stack.push_async_callback(_stop, asyncio.create_task(_keep_going(present)))
        yield Simulator(
            config=config,
            panel_url=panel_url,
            units=units,
            site=present,
            course=course,
            site_meter_url=await _serve_site_meter(stack, config, present),
        )


async def _serve_unit(
    stack: AsyncExitStack, config: SimulatorConfig, number: int, name: str, unit: UnitConfig, site: Callable[[], Site]
) -> Unit:
    def present() -> World:
        return site().units[name]

    enter = stack.enter_async_context
    shelly = Shelly(
        present,
        mac=unit.meter.mac,
        profile=unit.meter.profile,
        firmware=unit.meter.firmware,
        password=unit.meter.password,
    )
    meter_port = config.port(config.meter_port, number)
    meter_url = await enter(serving_http(shelly.handle, config.host, meter_port, key="meter_port", channels=CHANNELS))
    pins = Pins(present, unit.lock, unit.front)
    pins_port = await enter(serving_pins(pins, config.host, config.port(config.pins_port, number)))
    # Last, so that a second simulator, refused its ports, does not take the name away from the first.
    serial_device = await enter(_serving_board(config, number, name, unit.board, _Registers(site, name)))
    return Unit(
        name=name,
        config=unit,
        serial_device=serial_device,
        meter_url=meter_url,
        pins_url=f"pigpiod://{config.host}:{pins_port}",
        front=pins,
        present=present,
    )


def _serving_board(
    config: SimulatorConfig, number: int, name: str, board: BoardConfig, registers: "_Registers"
) -> AbstractAsyncContextManager[str]:
    def faults() -> Faults:
        return registers.world.faults

    if board.bridge is None:
        return serving_serial(registers, link=config.link(name), faults=faults, paced=board.paced)
    port = config.port(config.bridge_port, number)
    return serving_bridge(registers, board.bridge, config.host, port, faults=faults, paced=board.paced)


async def _serve_site_meter(stack: AsyncExitStack, config: SimulatorConfig, site: Callable[[], Site]) -> str | None:
    settings = config.site_meter
    if settings is None:
        return None
    grid = GridMeter(site(), seed=config.seed, start_wh=settings.register_wh)

    def present() -> GridMeter:
        site()
        return grid

    shelly = Shelly(present, mac=settings.mac)
    serving = serving_http(shelly.handle, config.host, settings.port, key="site_meter.port", channels=CHANNELS)
    return await stack.enter_async_context(serving)


async def _keep_going(present: Callable[[], Site]) -> None:
    """A scenario must not wait for somebody to look."""
    while True:
        site = present()
        await asyncio.sleep(min(_TICK_S, max(_LEAST_WAIT_S, site.next_event_s() - site.at_s)))


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def build_site(config: SimulatorConfig, start: datetime) -> Site:
    """All units at ``start`` with their events before them; no ports."""
    house = _house(config)
    site = Site(
        start,
        house,
        {name: _world(config, start, house, unit, n) for n, (name, unit) in enumerate(config.all_units().items())},
    )
    for event in config.events:
        world = next(iter(site.units.values())) if event.unit is None else site.units[event.unit]
        world.schedule(event.moment(start, config.zone()), world.plug_in if event.do == "plug in" else world.unplug)
    return site


def build_world(config: SimulatorConfig, start: datetime) -> World:
    """The world of the first unit at ``start`` with its events before it; no ports."""
    return next(iter(build_site(config, start).units.values()))


def _world(config: SimulatorConfig, start: datetime, house: House, unit: UnitConfig, number: int) -> World:
    return World(
        start,
        vehicle=unit.vehicle.applied(VehicleSettings()),
        voltage_v=config.voltage_v,
        board=EvseBoard(
            address=unit.board.address,
            cable_limit_a=unit.board.cable_limit_a,
            rcd_wired=unit.board.rcd_wired,
            power_on_a=unit.board.power_on_a,
            firmware=unit.board.firmware,
        ),
        meter=EnergyMeter(seed=config.seed + number, start_wh=unit.meter.register_wh),
        lock=PlugLock(travel_s=unit.lock.travel_s),
        house=house,
    )


def _house(config: SimulatorConfig) -> House:
    household = Household(
        seed=config.seed,
        night_w=config.household.night_w,
        day_w=config.household.day_w,
        morning_peak_w=config.household.morning_peak_w,
        evening_peak_w=config.household.evening_peak_w,
        time_zone=config.zone(),
    )
    pv = config.pv
    roof = Photovoltaics(seed=config.seed, peak_w=pv.peak_w, latitude=pv.latitude, longitude=pv.longitude)
    return House(household, roof if pv.peak_w else None)


class _Registers:
    """The board on the wire: whoever asks finds its world at the present."""

    def __init__(self, present: Callable[[], Site], name: str) -> None:
        self._present = present
        self._name = name

    @property
    def world(self) -> World:
        return self._present().units[self._name]

    @property
    def address(self) -> int:
        return self.world.board.address

    def read(self, first: int, count: int) -> list[int]:
        return self.world.board.read(first, count)

    def write(self, first: int, values: Sequence[int]) -> None:
        site = self._present()
        world = site.units[self._name]
        world.board.write(first, values)
        world.settle()
        site.look()


def _clock_view(clock: Clock) -> ClockView:
    loop = asyncio.get_running_loop()
    loop_s = loop.time()
    return ClockView(
        loop_s=loop_s,
        real_monotonic_s=SystemClock().monotonic(),
        speed=loop.speed if isinstance(loop, PacedLoop | ScaledLoop) else 1.0,
        origin=(clock.now() - timedelta(seconds=loop_s)).isoformat(),
    )
