"""How long a day of one unit takes in virtual time: station, CSMS and world in one process, polled each second."""

import tempfile
import time
from pathlib import Path

from benchmarks.rows import Row, median_row
from ladewerk.rehearsal.day import live_a_day

_RUNS = 3
_ENERGY_WH = 20_000.0


def run() -> list[Row]:
    """Median of a few days, each with its data on a disk in memory where there is one.

    Processor time: nothing waits for anything, so on an idle machine it is the time that passes.
    """
    memory = Path("/dev/shm")
    took_s = []
    for seed in range(_RUNS):
        with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
            began_s = time.process_time()
            live_a_day(seed, _ENERGY_WH, Path(folder))
            took_s.append(time.process_time() - began_s)
    return [median_row("a day of one unit in virtual time", took_s, "s", aim=10)]
