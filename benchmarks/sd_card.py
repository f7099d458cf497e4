"""What a station writes to its disk in a day of charging without a break, polled once per second: ``write_bytes`` of its
process in ``/proc/PID/io``, which is what the kernel hands to the disk of the folder this is started in.

Five minutes in real time, times 288; and thinning, which happens once an hour, measured by itself, times 24.
"""

import asyncio
import sqlite3
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.footprint import programs
from benchmarks.rows import Row
from ladewerk.station.database_file import DatabaseFile, transaction
from ladewerk.station.history import tables
from ladewerk.station.history.bound import thin_step
from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.thinning import TIERS

_SECONDS = 300
_DAY_S = 86_400
_NOW_S = 1_800_000_000.0


def run() -> list[Row]:
    """Charge directly and look at what was written."""
    # Not in a folder of the system's, which may lie in memory.
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name, programs(Path(name)) as (_, station):
        before = station.io_counters().write_bytes
        time.sleep(_SECONDS)
        written = station.io_counters().write_bytes - before
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        thinned = asyncio.run(_hour_of_thinning(Path(name)))
    charging_mb, thinning_mb = written * _DAY_S / _SECONDS / 1e6, thinned * 24 / 1e6
    return [
        Row(name="station, written in a day of charging", value=charging_mb, unit="MB"),
        Row(name="station, written in a day by thinning", value=thinning_mb, unit="MB"),
        Row(name="station, written in a day", value=charging_mb + thinning_mb, unit="MB", aim=200),
    ]


async def _hour_of_thinning(folder: Path) -> int:
    """Bytes written when an hour has come of age in a history of months."""
    file = DatabaseFile(folder / "history.sqlite3", tables.SCHEMA, durable=False)
    for tier, days in ((0, 2), (1, 60), (2, 365)):
        period_s = TIERS[tier].period_s
        count = int(days * _DAY_S / period_s)
        await file.run(_fill, tier, [(_NOW_S - (count - i) * period_s, period_s) for i in range(count)])
    await _thin(file, _NOW_S)
    await file.run(lambda database: database.execute("pragma wal_checkpoint(truncate)").fetchall())
    before = psutil.Process().io_counters().write_bytes
    await _thin(file, _NOW_S + 3600)
    file.close()  # which moves what is in the log into the file
    return int(psutil.Process().io_counters().write_bytes - before)


def _fill(database: sqlite3.Connection, tier: int, spans: list[tuple[float, float]]) -> None:
    readings = [
        Reading(
            begin_s=begin_s,
            end_s=begin_s + span_s,
            measured_s=span_s,
            energy_wh=3.07 * span_s,
            lowest_w=11_012.3,
            highest_w=11_087.9,
            offered_a=16.0,
        )
        for begin_s, span_s in spans
    ]
    with transaction(database):
        tables.put_readings(database, tier, [("garage", one) for one in readings])


async def _thin(file: DatabaseFile, now_s: float) -> None:
    while await file.run(thin_step, now_s):
        pass
