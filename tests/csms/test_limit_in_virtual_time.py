"""The limit of a site, with real stations and a real CSMS in virtual time, while links, stations and CSMS fail at random."""

import asyncio
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ladewerk.csms.app import Csms
from ladewerk.csms.limit.allocation import SETTLE, passes
from ladewerk.demo.car_park import CarPark, Guest
from ladewerk.demo.car_park_run import car_park
from ladewerk.rehearsal.stage import Stage
from ladewerk.simulator.world import Sample
from ladewerk.station.unit.events import NeedsGiven, StartPressed, StopPressed
from ladewerk.station.unit.needs import Needs, read_needs
from ladewerk.virtual_loop import VirtualLoop

LASTS_S = 3000
MEMORY = Path("/dev/shm")
CARS = tuple(
    Guest(place=place, comes_min=place, stays_min=60, energy_wh=20_000.0, mode="shortest") for place in (1, 2, 3, 4)
)


class Watch:
    """Looks at every change in the world, and each second at what the CSMS believes."""

    def __init__(self, stage: Stage, limit_w: float) -> None:
        self.peak_w = 0.0
        self.over: list[str] = []
        self.looks = 0
        self._stage, self._limit_w = stage, limit_w
        self._unsure_at = stage.casting.start
        for world in stage.site.units.values():
            world.samples.connect(self._sampled)
        stage.csms.started.connect(lambda csms: csms.outlets.changed.connect(lambda _none: self._changed(csms)))

    def _sampled(self, sample: Sample) -> None:
        grid_w = sample.household_w + self._stage.site.ev_power_w
        self.peak_w = max(self.peak_w, grid_w)
        if grid_w > self._limit_w + 1:
            self.over.append(f"{sample.at:%H:%M:%S}: {grid_w:.0f} W flow")

    def _changed(self, csms: Csms) -> None:
        if any(outlet.fallback is None for outlet in csms.outlets.known.values()):
            self._unsure_at = self._stage.clock.now()

    async def believe(self) -> None:
        """For ever: what may be drawn fits, now and later, once every station that started has confirmed its fallback."""
        while True:
            await asyncio.sleep(1)
            now = self._stage.present().at
            csms = self._stage.csms.running
            if csms is None or not csms.outlets.known:
                continue
            self._changed(csms)
            if now - self._unsure_at <= SETTLE + timedelta(seconds=2):
                continue
            self.looks += 1
            for fuse in csms.outlets.fuses(now):
                too_much = passes(fuse, csms.outlets.known, now)
                if too_much.starts:
                    self.over.append(f"{now:%H:%M:%S}: too much may be drawn at {too_much.starts[0]:%H:%M:%S}")


async def drive(stage: Stage, car: Guest, depart_at: datetime) -> None:
    """Press everything again and again: whatever fails, the driver tries again."""
    await asyncio.sleep(60.0 * car.comes_min)
    stage.world(car.unit).plug_in()
    while True:
        control = stage.control(car.unit)
        if control is not None:
            body = {"mode": car.mode, "energy_wh": car.energy_wh, "depart_at": depart_at.isoformat()}
            needs = read_needs(body, now=control.now.at, max_current_a=16.0)
            if isinstance(needs, Needs):
                control.handle(NeedsGiven(needs))
            await asyncio.sleep(5)
            control.handle(StartPressed())
        await asyncio.sleep(30)


async def fail(stage: Stage, random: Random) -> None:
    """One thing after the other goes wrong for a while."""
    await asyncio.sleep(400)
    while True:
        await asyncio.sleep(random.uniform(5, 200))
        name = random.choice(list(stage.stations))
        lasts_s = random.choice([0.5, 3, 20, 45, 120, 400])
        what = random.choice(["cut", "cut", "stall", "lose", "CSMS", "station", "stop"])
        link = stage.network.link(name)
        if what == "lose":
            link.lose("it broke off")
        elif what in ("cut", "stall"):
            link.cut() if what == "cut" else link.stall()
            await asyncio.sleep(lasts_s)
            link.restore()
        elif what == "CSMS":
            await stage.csms.kill()
            await asyncio.sleep(min(lasts_s, 60))
            stage.csms.start()
        elif what == "station":
            await stage.kill_station(name)
            await asyncio.sleep(1)
            stage.supervise(name)
            await asyncio.sleep(lasts_s)
            stage.stations[name].start()
        else:
            control = stage.control(stage.casting.stations[name][0])
            if control is not None:
                control.handle(StopPressed())


async def rehearse(seed: int, limit_w: float, fallback_a: float, folder: Path) -> Watch:
    scenario = CarPark(seed=seed, limit_w=limit_w, guests=CARS)
    async with car_park(scenario, folder, site={"fallback_a": fallback_a}) as stage:
        watch = Watch(stage, scenario.limit_w)
        stage.csms.start()
        for station in stage.stations.values():
            station.start()
        loop = asyncio.get_running_loop()
        depart_at = scenario.start + timedelta(hours=5)
        work: list[Any] = [drive(stage, car, depart_at) for car in CARS]
        tasks = [loop.create_task(one) for one in (*work, watch.believe(), fail(stage, Random(seed)))]
        await asyncio.sleep(LASTS_S)
        stage.present()
        for task in tasks:
            assert not task.done() or task.exception() is None
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert stage.csms.died == []
        return watch


@pytest.mark.parametrize(("seed", "limit_w", "fallback_a"), [(1, 18_000.0, 0.0), (2, 24_000.0, 6.0)])
def test_the_limit_holds_whatever_fails(seed: int, limit_w: float, fallback_a: float) -> None:
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        watch = runner.run(rehearse(seed, limit_w, fallback_a, Path(folder)))
    assert watch.over == [], watch.over
    assert watch.peak_w > 12_000, "the cars did charge"
    assert watch.looks > 500
