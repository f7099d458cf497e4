"""The afternoon at the car park, played: real stations and their CSMS in one process, hardware and network in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.views import plan_view
from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.app import Surroundings as CsmsSurroundings
from ladewerk.csms.config import CsmsConfig, sqlite_url
from ladewerk.csms.planning.site import LoadStep
from ladewerk.csms.records import station_key
from ladewerk.demo.car_park import MOST_A, TIME_ZONE, CarPark, Guest
from ladewerk.demo.car_park_recording import Afternoon, Draw, Happening, Visit
from ladewerk.errors import LadewerkError
from ladewerk.rehearsal.programs import Program
from ladewerk.rehearsal.stage import Casting, Stage, set_stage
from ladewerk.signals import Signal
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, UnitConfig
from ladewerk.simulator.vehicle_settings import VehicleChange
from ladewerk.simulator.world import Sample
from ladewerk.station.unit.events import NeedsGiven, StartPressed, StopPressed
from ladewerk.station.unit.needs import Needs, read_needs
from ladewerk.station.unit.state import SelfTest

_PATIENCE_S: Final = 60.0
_LOOKS_EVERY_S: Final = 5.0
_DRAIN_S: Final = 60.0


class GuestFailed(LadewerkError):
    """Something did not go as it has to; the reason is what the driver saw."""


@asynccontextmanager
async def car_park(
    scenario: CarPark, folder: Path, *, web: str | None = None, site: Mapping[str, Any] | None = None
) -> AsyncIterator[Stage]:
    """The stage of the afternoon, with some settings of ``site`` as they are given.

    The CSMS's page is at the address ``web`` for those who watch; None: nobody does.
    """
    unit = UnitConfig(vehicle=VehicleChange(soc=0.3), board=BoardConfig(power_on_a=6, cable_limit_a=20))
    casting = Casting(
        start=scenario.start,
        seed=scenario.seed,
        simulator=SimulatorConfig(
            seed=scenario.seed, time_zone=TIME_ZONE, units={guest.unit: unit for guest in scenario.guests}
        ),
        stations={guest.station: (guest.unit,) for guest in scenario.guests},
        site=scenario.site(),
        unit={"self_test": SelfTest.NEVER},
        table={"poll_s": 5.0},
    )
    async with set_stage(casting, folder) as stage:
        load = stage.site.house.household.forecast(scenario.start, scenario.end + timedelta(hours=3))
        steps = tuple(LoadStep(start_at=one.start, power_w=float(round(one.value))) for one in load.segments())
        config = CsmsConfig(
            listen="csms:9000",
            web=web or "127.0.0.1:0",
            database=sqlite_url(folder / "csms.sqlite3"),
            accept_unknown=True,
            open=True,
            site=msgspec.structs.replace(casting.site, base_load=steps, **(site or {})),
        )

        surroundings = CsmsSurroundings(serve=stage.network.serve)
        if web is None:
            surroundings = CsmsSurroundings(serve=stage.network.serve, serve_page=_nobody_looks)
        stage.csms = Program("csms", lambda: running_csms(config, stage.clock, surroundings=surroundings))
        try:
            yield stage
        finally:
            for station in stage.stations.values():
                await station.end()
            await stage.csms.end()


@asynccontextmanager
async def _nobody_looks(_config: CsmsConfig, _desk: Desk) -> AsyncIterator[str]:
    yield ""


class Play:
    """Everybody's part, taken down as it happens. ``happened`` announces what is to be told."""

    def __init__(self, scenario: CarPark, stage: Stage, seen: Callable[[datetime, str], None]) -> None:
        self.afternoon = Afternoon()
        self.happened: Signal[Happening] = Signal()
        self.happened.connect(self.afternoon.happened.append)
        self._scenario = scenario
        self._stage = stage
        self._seen = seen

    async def play(self) -> None:
        """The whole afternoon. Raises GuestFailed where it goes another way."""
        stage, scenario = self._stage, self._scenario
        stage.csms.started.connect(self._csms_started)
        for unit in stage.unit_names:
            stage.site.units[unit].samples.connect(partial(self._sampled, stage.station_of(unit)))
        stage.csms.start()
        for station in stage.stations.values():
            station.start()
        async with asyncio.TaskGroup() as parts:
            parts.create_task(self._look())
            parts.create_task(self._break_the_link())
            for guest in scenario.guests:
                parts.create_task(self._visit(guest))
        await asyncio.sleep(_DRAIN_S)
        stage.present()

    def _csms_started(self, csms: Csms) -> None:
        known: set[int] = set()

        def note_plans(_none: None) -> None:
            for plan in csms.ledger.plans.values():
                if plan.number not in known:
                    known.add(plan.number)
                    self.afternoon.plans.append(msgspec.to_builtins(plan_view(plan)))

        csms.ledger.changed.connect(note_plans)

    def _sampled(self, station: str, sample: Sample) -> None:
        self.afternoon.draws.append(
            Draw(at=sample.at, station=station, car_w=sample.ev_power_w, household_w=sample.household_w)
        )

    async def _look(self) -> None:
        while self._stage.clock.now() < self._scenario.end:
            site = self._stage.present()
            charging = sum(unit.vehicle.power_w > 0 for unit in site.units.values())
            self._seen(site.at, f"{charging} cars charge, {site.grid_w / 1000:.1f} of {self._scenario.limit_w / 1000:g} kW")
            self._note_counted(site.at, site.household_w)
            await asyncio.sleep(_LOOKS_EVERY_S)

    def _note_counted(self, now: datetime, household_w: float) -> None:
        csms, connected = self._stage.csms.running, self.afternoon.connected
        here = csms is not None and csms.connections.of(self._scenario.cut_off) is not None
        if not connected or connected[-1][1] != here:
            connected.append((now, here))
        if csms is None or now < self._scenario.at(self._scenario.guests[0].comes_min):
            return  # the stations start, and have not confirmed what they are left with
        load = csms.outlets.taken_beside((), (), now).at(now)
        self.afternoon.allowed.append((now, household_w + (0.0 if load is None else load.power_w)))

    async def _break_the_link(self) -> None:
        scenario, link = self._scenario, self._stage.network.link(self._scenario.cut_off)
        await self._until(scenario.at(scenario.cut_min))
        link.cut()
        self._note(scenario.cut_off, "loses its connection. It goes on with the plan that it has, which the CSMS counts")
        await self._until(scenario.at(scenario.back_min))
        link.restore()
        self._note(scenario.cut_off, "can be reached again")

    async def _visit(self, guest: Guest) -> None:
        scenario, stage = self._scenario, self._stage
        await self._until(scenario.at(guest.comes_min))
        stage.world(guest.unit).plug_in()
        came_at, before_wh = stage.clock.now(), stage.world(guest.unit).drawn_wh
        self._note(
            guest.station,
            f"a car comes: {guest.energy_wh / 1000:g} kWh within {guest.stays_min} min, {guest.mode}",
        )
        leaves_at = scenario.at(guest.comes_min + guest.stays_min)
        body = {"mode": guest.mode, "energy_wh": guest.energy_wh, "depart_at": leaves_at.isoformat()}
        needs = read_needs(body, now=stage.clock.now(), max_current_a=MOST_A)
        if not isinstance(needs, Needs):
            raise GuestFailed(f"{guest.station} refuses {body}")
        if not await self._press(guest, NeedsGiven(needs), _PATIENCE_S):
            raise GuestFailed(f"{guest.station} takes no needs")
        if not await self._press(guest, StartPressed(), _PATIENCE_S):
            self._note(guest.station, f"no plan can come, so the car is left with the fallback: {self._fallback(guest)}")
            await self._press(guest, StartPressed(), (leaves_at - stage.clock.now()).total_seconds())
        await self._until(leaves_at)
        control = stage.control(guest.unit)
        if control is not None:
            control.handle(StopPressed())
        await self._until(leaves_at + timedelta(minutes=1))
        world = stage.world(guest.unit)
        if not world.unplug():
            raise GuestFailed(f"{guest.station}: the plug could not be pulled")
        visit = Visit(guest=guest, came_at=came_at, left_at=stage.clock.now(), drawn_wh=world.drawn_wh - before_wh)
        self.afternoon.visits.append(visit)
        self._note(guest.station, f"the car leaves with {visit.drawn_wh / 1000:.1f} kWh")

    async def _press(self, guest: Guest, event: NeedsGiven | StartPressed, patience_s: float) -> bool:
        """Again and again; whether the station has taken it before patience was out."""
        until = self._stage.clock.now() + timedelta(seconds=patience_s)
        while self._stage.clock.now() < until:
            control = self._stage.control(guest.unit)
            if control is not None and control.handle(event) is None:
                return True
            await asyncio.sleep(1.0)
        return False

    def _fallback(self, guest: Guest) -> str:
        """What the station goes on with by itself, as it has confirmed it."""
        csms = self._stage.csms.running
        known = {} if csms is None else csms.outlets.known
        rates = [outlet.fallback for (station, _), outlet in known.items() if station == station_key(guest.station)]
        return "unknown" if not rates or rates[0] is None else f"{rates[0].current_a:g} A"

    def _note(self, station: str, what: str) -> None:
        self.happened.emit(Happening(at=self._stage.clock.now(), station=station, what=what))

    async def _until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self._stage.clock.now()).total_seconds()))
