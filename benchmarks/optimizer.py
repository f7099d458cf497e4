"""How long one exact plan of one car takes through the Python API: an evening and night in quarter-hours, per mode."""

import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.rows import Row
from ladewerk.optimizer import Mode, Need, Problem, Site, solve

_RUNS = 300
_SLOTS = 96


def run() -> list[Row]:
    """Medians over many runs of the same problem."""
    price = tuple(0.34 if slot < 20 else 0.24 if slot < 40 else 0.21 for slot in range(_SLOTS))
    need = Need(id="ev", mode=Mode.BALANCED, energy_wh=20_000.0, max_current_a=16.0, value_of_time_per_h=0.25)
    problem = Problem(
        start=datetime(2026, 1, 12, 17, tzinfo=UTC),
        slot_s=(900.0,) * _SLOTS,
        price_per_kwh=price,
        site=Site(limit_w=(13_000.0,) * _SLOTS, base_load_w=(1500.0,) * _SLOTS),
        evs=(need,),
    )
    rows = []
    for mode in Mode:
        asked = replace(problem, evs=(replace(need, mode=mode),))
        plan = solve(asked)
        took_us = []
        for _ in range(_RUNS):
            began_s = time.perf_counter()
            solve(asked)
            took_us.append(1e6 * (time.perf_counter() - began_s))
        rows.append(
            Row(name=f"{mode.value}, {_SLOTS} slots, 6 A minimum", value=statistics.median(took_us), unit="us", runs=_RUNS)
        )
        rows.append(Row(name=f"{mode.value}, proven gap", value=plan.gap, unit=""))
    return rows
