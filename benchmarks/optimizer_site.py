"""Joint plans of many cars with three phases, cold, beside highspy, cvxpy with Clarabel and scipy on the same programme.

``LADEWERK_SITE_PEERS=all`` also lets the peers take part where they need half a minute and more.
"""

import math
import os
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import cvxpy
import highspy
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csc_matrix

from benchmarks.rows import Row
from ladewerk.optimizer import Mode, Need, Problem, Site, solve
from ladewerk.optimizer.site_free import plan_free
from ladewerk.optimizer.site_highs import site_lp
from ladewerk.optimizer.site_kernel import SiteKernel, library
from ladewerk.optimizer.site_model import SiteModel

_SLOTS = 96
_START = datetime(2026, 1, 12, 12, tzinfo=UTC)
_MISSING = 15.0
"""What a kWh missing costs in the peers' programme: more than any plan would save by it."""


def run() -> list[Row]:
    """Medians of processor time, one thread."""
    rows: list[Row] = []
    for cars, runs in ((100, 9), (1000, 7), (10_000, 3)):
        problem = fleet(cars)
        mine = _kernel_rows(problem, cars, runs, rows)
        if cars <= 1000:
            _peer_rows(problem, cars, mine, rows)
    _home_rows(rows)
    return rows


def fleet(cars: int, seed: int = 0) -> Problem:
    """``cars`` of one, three and rotated phases that come and go through a day, on a connection that is tight but enough."""
    dice = random.Random(seed)
    hours = [(slot / 4 + 12) % 24 for slot in range(_SLOTS)]
    price = [
        0.16 + 0.1 * math.exp(-(((h - 19) / 2.5) ** 2)) - 0.05 * math.exp(-(((h - 3) / 3) ** 2)) + dice.gauss(0, 0.006)
        for h in hours
    ]
    evs = tuple(_car(dice, number) for number in range(cars))
    base_w = [cars * 350 * (1 + 0.5 * math.exp(-(((h - 19) / 2) ** 2))) * dice.uniform(0.8, 1.2) + 1000 for h in hours]
    wanted_w = sum(need.energy_wh for need in evs) / 24
    limit_w = max(statistics.mean(base_w) + wanted_w / 0.75 + statistics.pstdev(base_w), 1.02 * max(base_w))
    return Problem(
        start=_START,
        slot_s=(900.0,) * _SLOTS,
        price_per_kwh=tuple(price),
        site=Site(limit_w=(limit_w,) * _SLOTS, base_load_w=tuple(base_w), phase_limit_a=(1.12 * limit_w / 690,) * 3),
        evs=evs,
    )


def _car(dice: random.Random, number: int) -> Need:
    evening = dice.random() < 0.6
    first = int(min(max(dice.gauss(24, 8) if evening else dice.uniform(0, 70), 0), _SLOTS - 9))
    last = min(_SLOTS, int(first + min(max(dice.gauss(52, 8) if evening else dice.uniform(6, 40), 4), _SLOTS)))
    kw = dice.choices([3.68, 7.36, 11.04, 22.08], [0.15, 0.3, 0.45, 0.1])[0]
    phases = (number % 3 + 1,) if kw < 8 else (1, 2, 3)
    kwh = min(max(dice.gammavariate(3, 7), 2.0), 75.0, 0.95 * kw * (last - first) / 4)
    return Need(
        id=f"ev-{number}",
        mode=Mode.CHEAPEST,
        energy_wh=1000 * kwh,
        max_current_a=kw * 1000 / 230 / len(phases),
        min_current_a=0.0,
        phases=phases,
        arrival=_START + timedelta(minutes=15 * first),
        departure=_START + timedelta(minutes=15 * last),
        priority=2.0 if dice.random() < 0.1 else 1.0,
    )


def _median_ms(work: Callable[[], object], runs: int) -> float:
    took = []
    for _ in range(runs):
        began_s = time.process_time()
        work()
        took.append(1000 * (time.process_time() - began_s))
    return statistics.median(took)


def _kernel_rows(problem: Problem, cars: int, runs: int, rows: list[Row]) -> float:
    """Cold, from the numbers of the site to currents with their bound, and through the Python API; returns the former."""
    kernel = library()
    if kernel is None:
        raise SystemExit("this benchmark needs the compiled kernel")
    model = SiteModel.of(problem)
    mine = _median_ms(lambda: plan_free(SiteKernel(model, kernel)), runs)
    aim = {1000: 50.0, 10_000: 500.0}.get(cars)
    rows.append(Row(name=f"{cars} EVs, site in numbers to proven currents", value=mine, unit="ms", aim=aim, runs=runs))
    whole = _median_ms(lambda: solve(problem), runs)
    rows.append(
        Row(name=f"{cars} EVs, `solve`: the same from and to Python objects", value=whole, unit="ms", aim=aim, runs=runs)
    )
    rows.append(Row(name=f"{cars} EVs, proven gap", value=solve(problem).gap, unit="", aim=1e-4))
    changed = replace(problem, evs=(*problem.evs[:-1], replace(problem.evs[-1], energy_wh=problem.evs[-1].energy_wh / 2)))
    again = SiteModel.of(changed)
    event = _median_ms(lambda: plan_free(SiteKernel(again, kernel)), runs)
    rows.append(Row(name=f"{cars} EVs, planned again after one has changed", value=event, unit="ms", aim=5.0, runs=runs))
    return mine


def _peer_rows(problem: Problem, cars: int, mine: float, rows: list[Row]) -> None:
    everything = os.environ.get("LADEWERK_SITE_PEERS") == "all"
    peers: dict[str, Callable[[SiteModel], float]] = {"highspy, interior point": lambda model: _highs(model, "ipm")}
    peers["highspy, its choice (simplex)"] = lambda model: _highs(model, "choose")
    peers["cvxpy with Clarabel"] = _clarabel
    if cars <= 100 or everything:
        peers["scipy linprog (HiGHS)"] = _scipy
    best = SiteModel.of(problem)
    objective = solve(problem).objective
    for name, ask in peers.items():
        found: list[float] = []
        took = _median_ms(lambda ask=ask, found=found: found.append(ask(best)), 3 if cars <= 100 else 1)  # type: ignore[misc]  # bound
        rows.append(Row(name=f"{cars} EVs, {name}", value=took, unit="ms", runs=3 if cars <= 100 else 1))
        rows.append(Row(name=f"{cars} EVs, {name}: times as long", value=took / mine, unit="x"))
        rows.append(Row(name=f"{cars} EVs, {name}: its objective against ours", value=found[0] / objective - 1, unit=""))


def _highs(model: SiteModel, solver: str) -> float:
    highs = highspy.Highs()  # type: ignore[no-untyped-call]  # highspy says no types
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("solver", solver)
    highs.passModel(site_lp(model, missing_cost=_MISSING))
    highs.run()
    return float(highs.getInfo().objective_function_value)


def _matrices(model: SiteModel) -> tuple[highspy.HighsLp, csc_matrix]:
    lp = site_lp(model, missing_cost=_MISSING)
    matrix = lp.a_matrix_
    return lp, csc_matrix((matrix.value_, matrix.index_, matrix.start_), shape=(lp.num_row_, lp.num_col_))


def _clarabel(model: SiteModel) -> float:
    lp, matrix = _matrices(model)
    lower, upper = np.array(lp.row_lower_), np.array(lp.row_upper_)
    equal = lower == upper
    x = cvxpy.Variable(lp.num_col_)
    most = np.minimum(np.array(lp.col_upper_), 1e6)
    limits = [
        matrix[equal] @ x == upper[equal],
        matrix[~equal] @ x <= upper[~equal],
        x >= np.array(lp.col_lower_),
        x <= most,
    ]
    asked = cvxpy.Problem(cvxpy.Minimize(np.array(lp.col_cost_) @ x), limits)
    asked.solve(solver=cvxpy.CLARABEL)  # type: ignore[no-untyped-call]  # cvxpy says no types
    return float(asked.value)


def _scipy(model: SiteModel) -> float:
    lp, matrix = _matrices(model)
    lower, upper = np.array(lp.row_lower_), np.array(lp.row_upper_)
    equal = lower == upper
    bounds = np.column_stack([np.array(lp.col_lower_), np.array(lp.col_upper_)])
    answer = linprog(lp.col_cost_, matrix[~equal], upper[~equal], matrix[equal], upper[equal], bounds=bounds, method="highs")
    return float(answer.fun)


def _home_rows(rows: list[Row]) -> None:
    """What most sites are: a few cars with a minimum of 6 A, balanced."""
    for cars in (2, 5, 20):
        problem = fleet(cars, seed=cars)
        evs = tuple(replace(need, min_current_a=6.0, mode=Mode.BALANCED) for need in problem.evs)
        asked = replace(problem, evs=evs)
        took = _median_ms(partial(solve, asked), 5)
        rows.append(Row(name=f"{cars} EVs, balanced, 6 A minimum", value=took, unit="ms", runs=5))
        rows.append(Row(name=f"{cars} EVs, balanced, 6 A minimum: proven gap", value=solve(asked).gap, unit=""))
