"""The station by itself: eight units at once, what a control step costs, and how soon a change at the board is acted on.

A step is one second of a unit that charges by a plan: a reading of the meter, one of the board, and the passing of time,
through the unit's table. Its instructions are the difference of two runs, so that starting Python and importing are none
of them: counted by the processor (``perf``) where it may be asked, else by valgrind.
"""

import asyncio
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.control_step import charge
from benchmarks.footprint import programs
from benchmarks.rows import Row, median_row
from ladewerk.clock import SystemClock
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports
from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.station.app import Station, running_station
from ladewerk.station.config import EvseConfig, MeterConfig, StationConfig, StationTable, UnitConfig
from ladewerk.station.unit.events import DirectPressed, ResetPressed
from ladewerk.station.unit.state import Phase, SelfTest, allowed

_SECONDS = 60
_UNITS = 8
_NO_PILOT_DELAY = 0x0009
"""Register 2005 as it comes, 0x0209, without bit 9."""
_STEPS = 1000
_CHANGES = 40


def run() -> list[Row]:
    """All of it; about five minutes."""
    cpu, resident = _eight_units()
    by, instructions = _instructions()
    took_ms = asyncio.run(_reactions())
    return [
        Row(name=f"station with {_UNITS} units, resident while all charge", value=resident, unit="MiB"),
        Row(name=f"station with {_UNITS} units, of one core while all charge", value=cpu, unit="%", aim=10),
        Row(name=f"instructions of a control step, by {by}", value=instructions, unit="instructions"),
        median_row("processor time of a control step", [_step_us() for _ in range(5)], "us"),
        median_row("from a fault in a register to 0 A in register 1000, median", took_ms, "ms"),
        Row(name="the same, p99", value=statistics.quantiles(took_ms, n=100)[98], unit="ms", runs=len(took_ms)),
    ]


def _eight_units() -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as name, programs(Path(name), _UNITS) as (_, station):
        before = station.cpu_times()
        time.sleep(_SECONDS)
        after = station.cpu_times()
        used = 100 * (after.user + after.system - before.user - before.system) / _SECONDS
        return used, station.memory_info().rss / 2**20


def _step_us() -> float:
    began_s = time.process_time()
    charge(_STEPS)
    return 1e6 * (time.process_time() - began_s) / _STEPS


def _instructions() -> tuple[str, float]:
    """How they were counted, and how many one step takes; nan where nothing here can count."""
    for by, command, says in (
        ("perf", ["perf", "stat", "-x", ",", "-e", "instructions:u"], r"(\d+),,instructions"),
        ("valgrind", ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], r"Collected : (\d+)"),
    ):
        if shutil.which(command[0]) is None:
            continue
        counts = []
        for steps in (_STEPS // 10, _STEPS // 10 + _STEPS // 4):
            program = f"from benchmarks.control_step import charge; charge({steps})"
            said = subprocess.run([*command, sys.executable, "-c", program], capture_output=True, text=True, check=True)
            counts += [int(count) for count in re.findall(says, said.stderr)]
        if len(counts) == 2:
            return by, (counts[1] - counts[0]) / (_STEPS // 4)
    return "nothing here", float("nan")


# From a register to an action


async def _reactions() -> list[float]:
    """Times in ms from a diode fault that the board shows to 0 A that it was told, at random moments between two polls."""
    clock, chance = SystemClock(), random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        async with running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator:
            table = StationTable(identity="B", csms="ws://127.0.0.1:1", web="127.0.0.1:0", open=True, data=folder)
            unit = UnitConfig(
                evse_id=1,
                evse=EvseConfig(driver="evse-wb", device=simulator.serial_device),
                meter=MeterConfig(driver="shelly-3em", url=simulator.meter_url),
                self_test=SelfTest.NEVER,
            )
            async with running_station(StationConfig(station=table, units={"a": unit}), clock) as station:
                simulator.world.board.write(2005, [_NO_PILOT_DELAY])  # else each repair takes ten seconds more
                simulator.world.plug_in()
                return [await _reaction(station, simulator, chance.random()) for _ in range(_CHANGES)]


async def _reaction(station: Station, simulator: Simulator, wait_s: float) -> float:
    (unit,) = station.units
    world = simulator.world

    def fail(failure: BoardFailure | None) -> None:
        world.set_faults(msgspec.structs.replace(world.faults, board_failure=failure))

    fail(None)
    await _until(lambda: unit.handle(ResetPressed()) is None or unit.state.phase is not Phase.FAULT)
    await _until(lambda: allowed(unit.state, unit.now).direct)
    unit.handle(DirectPressed())
    await _until(lambda: unit.state.meter is not None and unit.state.meter.total_power_w > 1000)
    await asyncio.sleep(wait_s)
    began_s = time.perf_counter()
    fail(BoardFailure.DIODE)
    await _until(lambda: world.board.configured_a <= 0, look_s=0.002)
    took_ms = 1000 * (time.perf_counter() - began_s)
    await _until(lambda: unit.state.phase is Phase.FAULT)
    return took_ms


async def _until(holds: Callable[[], bool], look_s: float = 0.05) -> None:
    while True:
        if holds():
            return
        await asyncio.sleep(look_s)
