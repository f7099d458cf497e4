"""The stage of a rehearsal: a site with its units, the stations on it and their CSMS, and a hand on each of them."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from ladewerk.clock import Clock
from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.app import Surroundings as CsmsSurroundings
from ladewerk.csms.config import CsmsConfig, sqlite_url
from ladewerk.csms.planning.site import Site as CsmsSite
from ladewerk.ocpp.loopback import LoopbackNetwork
from ladewerk.rehearsal.devices import MemoryMeter, MemoryPins, Plug, Present, SerialLine
from ladewerk.rehearsal.ids import Ids
from ladewerk.rehearsal.programs import Program
from ladewerk.rehearsal.settable_clock import SettableClock
from ladewerk.signals import Signal
from ladewerk.simulator.app import build_site
from ladewerk.simulator.config import FrontConfig, LockConfig, SimulatorConfig
from ladewerk.simulator.pins import Pins as Wiring
from ladewerk.simulator.site import Site
from ladewerk.simulator.world import World
from ladewerk.station import config as station_config
from ladewerk.station.app import Station, running_station
from ladewerk.station.app import Surroundings as StationSurroundings
from ladewerk.station.config import StationConfig, StationTable, UnitConfig
from ladewerk.station.control import UnitControl
from ladewerk.station.drivers.evse_wb import board_on
from ladewerk.station.drivers.motor_lock import open_motor_lock
from ladewerk.station.drivers.push_buttons import open_push_buttons
from ladewerk.station.hardware import Hardware
from ladewerk.station.web.live import Live
from ladewerk.station.web.page_server import Served
from ladewerk.station.web.seen import Seen

_CSMS: Final = "csms"
_PORT: Final = 9000
_LOCK: Final = LockConfig(feedback_pin=25)
_FRONT: Final = FrontConfig()
_SET_CURRENT: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Casting:
    """Who takes part: the stations by their identities, each with the names of its units in the simulated site."""

    start: datetime
    seed: int
    simulator: SimulatorConfig
    stations: Mapping[str, tuple[str, ...]]
    site: CsmsSite
    unit: Mapping[str, Any]
    """Settings of every station's units, as :class:`~ladewerk.station.config.UnitConfig` has them."""
    table: Mapping[str, Any]
    """Settings of every station, as :class:`~ladewerk.station.config.StationTable` has them."""
    buttons: Collection[str] = ()
    """The units that have push-buttons: ``world(unit).press("start")``."""


@dataclass(frozen=True, slots=True)
class BoardWrite:
    """A register that was written to the board of a unit."""

    unit: str
    register: int
    value: int


class Stage:
    """Made by :func:`set_stage`. ``board_written`` announces what a station writes to its boards."""

    def __init__(self, casting: Casting, folder: Path, clocks: Callable[[str], SettableClock]) -> None:
        self.casting = casting
        self.clock = clocks("true")
        self.clocks = {name: clocks(name) for name in (_CSMS, *casting.stations)}
        self.site: Site = build_site(casting.simulator, casting.start)
        delays = Random(f"{casting.seed}/delays")
        self.network = LoopbackNetwork(delay_s=lambda: delays.uniform(0.01, 0.2))
        self.board_written: Signal[BoardWrite] = Signal()
        self._folder = folder
        self._ids = {name: Ids(f"{casting.seed}/{name}") for name in self.clocks}
        self._plugs: dict[str, Plug] = {}
        self.seen: dict[str, Seen] = {}
        """What the API of each running station acts on."""
        self.csms: Program[Csms] = Program(_CSMS, self._open_csms)
        self.stations = {name: Program(name, partial(self._open_station, name)) for name in casting.stations}

    @property
    def unit_names(self) -> tuple[str, ...]:
        """All units, in order."""
        return tuple(self.site.units)

    def present(self) -> Site:
        """The site, brought up to now."""
        self.site.advance_to_s(self.clock.monotonic())
        return self.site

    def world(self, unit: str) -> World:
        """A unit's world, brought up to now."""
        return self.present().units[unit]

    def station_of(self, unit: str) -> str:
        """The identity of the station that a unit belongs to."""
        return next(name for name, units in self.casting.stations.items() if unit in units)

    def control(self, unit: str) -> UnitControl | None:
        """The running unit, None while its station does not run."""
        station = self.stations[self.station_of(unit)].running
        return None if station is None else station.units.named(unit)

    async def kill_station(self, name: str) -> None:
        """As kill -9 does: not another byte leaves it. Its supervisor is :meth:`supervise`."""
        if name in self._plugs:
            self._plugs[name].pulled = True
        self.network.link(name).lose("the station was killed")
        await self.stations[name].kill()

    def supervise(self, name: str) -> bool:
        """What the supervisor of a station does once it finds the program gone; whether every board has confirmed."""
        confirmed = True
        for unit in self.casting.stations[name]:
            world = self.world(unit)
            if world.faults.board_silent or world.faults.board_unpowered:
                confirmed = False
                continue
            world.board.write(_SET_CURRENT, [0])
            world.settle()
            self.board_written.emit(BoardWrite(unit, _SET_CURRENT, 0))
        return confirmed

    # The programs

    @asynccontextmanager
    async def _open_csms(self) -> AsyncIterator[Csms]:
        config = CsmsConfig(
            open=True,
            listen=f"{_CSMS}:{_PORT}",
            database=sqlite_url(self._folder / "csms.sqlite3"),
            accept_unknown=True,
            site=self.casting.site,
        )
        surroundings = CsmsSurroundings(serve=self.network.serve, serve_page=_nobody_looks, new_id=self._ids[_CSMS])
        async with running_csms(config, self.clocks[_CSMS], surroundings=surroundings) as csms:
            yield csms

    @asynccontextmanager
    async def _open_station(self, name: str) -> AsyncIterator[Station]:
        plug, clock = Plug(), self.clocks[name]
        self._plugs[name] = plug
        line = SerialLine("line", plug)
        units = self.casting.stations[name]
        line.written.connect(lambda told: self.board_written.emit(BoardWrite(units[told[0] - 1], told[1], told[2])))
        surroundings = StationSurroundings(
            open_hardware=lambda unit, config, _lines, clock: self._hardware(unit, config, clock, line, plug),
            connect=self.network.connect,
            serve_page=partial(self._no_page, name),
            new_id=self._ids[name],
        )
        async with running_station(
            self._station_config(name), clock, time_is_set=lambda: clock.is_set, surroundings=surroundings
        ) as station:
            yield station

    def _station_config(self, name: str) -> StationConfig:
        units = {
            unit: UnitConfig(
                evse_id=number,
                evse=station_config.EvseConfig(driver="evse-wb", device="line", address=number),
                meter=station_config.MeterConfig(driver="shelly-3em", url=f"http://{unit}"),
                lock=station_config.LockConfig(
                    driver="motor",
                    pins=f"pigpiod://{unit}",
                    lock_pin=_LOCK.lock_pin,
                    unlock_pin=_LOCK.unlock_pin,
                    feedback_pin=_LOCK.feedback_pin,
                ),
                **self.casting.unit,
            )
            for number, unit in enumerate(self.casting.stations[name], 1)
        }
        data = str(self._folder / name)
        table = StationTable(identity=name, csms=f"ws://{_CSMS}:{_PORT}", data=data, **self.casting.table)
        return StationConfig(station=table, units=units)

    @asynccontextmanager
    async def _hardware(
        self, name: str, unit: UnitConfig, clock: Clock, line: SerialLine, plug: Plug
    ) -> AsyncIterator[Hardware]:
        present = self._present(name)
        line.connect(unit.evse.address, present)
        pins = MemoryPins(Wiring(present, _LOCK, _FRONT), plug)
        evse = await board_on(line, unit.evse.address, clock=clock)
        async with AsyncExitStack() as stack:
            lock = await stack.enter_async_context(
                open_motor_lock(pins, lock_pin=_LOCK.lock_pin, unlock_pin=_LOCK.unlock_pin, feedback_pin=_LOCK.feedback_pin)
            )
            buttons = None
            if name in self.casting.buttons:
                buttons = await stack.enter_async_context(
                    open_push_buttons(pins, start_pin=_FRONT.start_pin, stop_pin=_FRONT.stop_pin, active_low=True)
                )
            yield Hardware(evse, MemoryMeter(name, present, clock, plug), lock, buttons, None)

    @asynccontextmanager
    async def _no_page(
        self, name: str, _config: StationConfig, _clock: Clock, seen: Seen, _live: Live
    ) -> AsyncIterator[Served]:
        self.seen[name] = seen
        try:
            yield Served("", None)
        finally:
            del self.seen[name]

    def _present(self, unit: str) -> Present:
        return lambda: self.world(unit)


@asynccontextmanager
async def _nobody_looks(*_: object) -> AsyncIterator[str]:
    """No page is served: people act on the programs directly, as the API's handlers do."""
    yield ""


@asynccontextmanager
async def set_stage(casting: Casting, folder: Path) -> AsyncIterator[Stage]:
    """Everything ready and nothing started, with the data of the programs in ``folder``; all is ended with the context."""
    import asyncio

    loop = asyncio.get_running_loop()
    stage = Stage(casting, folder, lambda _name: SettableClock(loop, casting.start))
    try:
        yield stage
    finally:
        for station in stage.stations.values():
            await station.end()
        await stage.csms.end()
