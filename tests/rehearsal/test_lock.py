"""A plug lock that comes open while its car charges."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from ladewerk.csms.planning.site import Site
from ladewerk.rehearsal.stage import Casting, Stage, set_stage
from ladewerk.simulator.config import SimulatorConfig, UnitConfig
from ladewerk.station.unit.events import DirectPressed
from ladewerk.station.unit.state import Phase
from ladewerk.virtual_loop import VirtualLoop

UNIT, STATION = "garage", "LW-1"


def casting() -> Casting:
    return Casting(
        start=datetime(2026, 1, 12, 6, 0, tzinfo=UTC),
        seed=1,
        simulator=SimulatorConfig(seed=1, time_zone="Europe/Berlin", units={UNIT: UnitConfig()}),
        stations={STATION: (UNIT,)},
        site=Site(limit_w=20_000.0, time_zone="Europe/Berlin"),
        unit={"self_test": "never"},
        table={"time_zone": "Europe/Berlin"},
    )


def test_S4_a_lock_whose_switch_says_open_under_load_ends_the_current(tmp_path: Path) -> None:
    async def go() -> None:
        async with set_stage(casting(), tmp_path) as stage:
            stage.csms.start()
            stage.stations[STATION].start()
            await asyncio.sleep(10)
            stage.world(UNIT).plug_in()
            await asyncio.sleep(10)
            unit = stage.control(UNIT)
            assert unit is not None
            assert unit.handle(DirectPressed()) is None
            await asyncio.sleep(60)
            assert drawn_w(stage) > 1000
            world = stage.world(UNIT)
            world.set_faults(replace(world.faults, lock_feedback="open"))
            await asyncio.sleep(8)
            assert unit.state.phase is Phase.FAULT
            assert unit.state.fault is not None
            assert unit.state.fault.code == "lock_open"
            assert drawn_w(stage) == 0

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(go())


def drawn_w(stage: Stage) -> float:
    return stage.world(UNIT).vehicle.power_w
