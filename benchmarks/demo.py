"""How long the demonstration's evening and night takes, headless, as the command that a user types."""

import subprocess
import sys
import time

from benchmarks.rows import Row, median_row

_RUNS = 3


def run() -> list[Row]:
    """Median of a few runs of ``ladewerk demo --headless``."""
    took_s = []
    for _ in range(_RUNS):
        began_s = time.perf_counter()
        subprocess.run([sys.executable, "-m", "ladewerk", "demo", "--headless"], check=True, stdout=subprocess.DEVNULL)
        took_s.append(time.perf_counter() - began_s)
    return [median_row("ladewerk demo --headless: 13 hours", took_s, "s", aim=120)]
