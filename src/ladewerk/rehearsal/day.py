"""A day of one unit: a car comes home in the evening, asks for energy, charges by the plan of the CSMS and leaves."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ladewerk.csms.planning.site import Site
from ladewerk.rehearsal.record import Record
from ladewerk.rehearsal.stage import Casting, Stage, set_stage
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, UnitConfig
from ladewerk.station.unit.events import NeedsGiven, StartPressed
from ladewerk.station.unit.needs import Mode, Needs
from ladewerk.station.unit.state import Phase
from ladewerk.virtual_loop import VirtualLoop

_START: Final = datetime(2026, 1, 12, 6, 0, tzinfo=UTC)
_COMES_AFTER_S: Final = 11 * 3600.0
_LEAVES_AFTER_S: Final = 23.5 * 3600.0
_DAY_S: Final = 24 * 3600.0
_PATIENCE_S: Final = 60.0
_UNIT: Final = "garage"
_STATION: Final = "LW-DAY"


@dataclass(frozen=True, slots=True)
class Day:
    """``energy_wh`` is what the car drew; ``record`` is every frame, write, state and flow as JSON lines."""

    energy_wh: float
    record: str


def live_a_day(seed: int, energy_wh: float, folder: Path) -> Day:
    """A day in virtual time, from six to six, with boards and meters polled every second; data in ``folder``."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_day(seed, energy_wh, folder))


async def _day(seed: int, energy_wh: float, folder: Path) -> Day:
    casting = Casting(
        start=_START,
        seed=seed,
        simulator=SimulatorConfig(
            seed=seed, time_zone="Europe/Berlin", units={_UNIT: UnitConfig(board=BoardConfig(power_on_a=6))}
        ),
        stations={_STATION: (_UNIT,)},
        site=Site(limit_w=13_000.0, time_zone="Europe/Berlin"),
        unit={},
        table={"time_zone": "Europe/Berlin"},
    )
    async with set_stage(casting, folder) as stage:
        record = Record(stage)
        stage.csms.start()
        stage.stations[_STATION].start()
        await asyncio.sleep(_COMES_AFTER_S)
        stage.world(_UNIT).plug_in()
        await _ask_and_start(stage, energy_wh)
        await asyncio.sleep(_LEAVES_AFTER_S - stage.clock.monotonic())
        stage.world(_UNIT).unplug()
        await asyncio.sleep(_DAY_S - stage.clock.monotonic())
        return Day(stage.world(_UNIT).drawn_wh, record.text())


async def _ask_and_start(stage: Stage, energy_wh: float) -> None:
    await asyncio.sleep(_PATIENCE_S)
    unit = stage.control(_UNIT)
    assert unit is not None
    depart_at = _START + timedelta(seconds=_LEAVES_AFTER_S)
    refused = unit.handle(
        NeedsGiven(
            Needs(mode=Mode.CHEAPEST, energy_wh=energy_wh, depart_at=depart_at, min_current_a=6.0, max_current_a=16.0)
        )
    )
    await asyncio.sleep(_PATIENCE_S)
    assert refused is None, refused
    assert unit.state.phase is Phase.PLANNED, unit.state
    assert unit.handle(StartPressed()) is None
