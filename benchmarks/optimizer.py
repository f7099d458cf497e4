"""One car: exact plans through ``solve`` beside scipy's SLSQP, as the prototype used it, and scipy's MILP (HiGHS).

Instances as in the prototype's measurements: 96 slots from 17:00, two prices, base load under a limit. Processor time of
one thread; every problem is a new object, solved a few times, of which the quickest counts; a gap is the distance of a
peer's objective from the proven optimum.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
from scipy.optimize import minimize

from benchmarks.rows import Row
from ladewerk.optimizer import Mode, Need, Problem, Site, kernel, solve
from ladewerk.optimizer.bounds import Taken, rooms
from ladewerk.optimizer.single import plan_in_python
from tests.optimizer.milp_oracle import least_objective

SLOTS = 96
_PROBLEMS = 100
_PEER_PROBLEMS = 12
_START = datetime(2026, 1, 12, 17, tzinfo=UTC)


def instance(
    seed: int, mode: Mode, *, unequal: bool = False, dynamic: bool = False, slots: int = SLOTS, **need: float
) -> Problem:
    """An evening and a night with random prices, base load, limit, car and energy."""
    dice = random.Random(seed)
    slot_s = [dice.choice([300.0, 600.0, 900.0, 1800.0]) if unequal else 86_400.0 / slots for _ in range(slots)]
    night, day, price, hour = dice.uniform(0.08, 0.18), dice.uniform(0.22, 0.40), [], 17.0
    for length_s in slot_s:
        by_clock = night if hour % 24 >= 22 or hour % 24 < 6 else day
        price.append(round(dice.uniform(0.1, 0.4), 5) if dynamic else by_clock)
        hour += length_s / 3600
    limit_w = dice.choice([9200.0, 11_000.0, 13_800.0, 17_300.0])
    base_load_w = tuple(min(max(dice.gammavariate(1.5, 800), 100.0), limit_w - 1500) for _ in range(slots))
    phases = dice.choice([(1,), (1, 2, 3)])
    value_of_time = dice.choice([0.02, 0.1, 0.5])
    car = Need(id="ev", energy_wh=1.0, max_current_a=16.0, mode=mode, phases=phases, value_of_time_per_h=value_of_time)
    car = replace(car, **need)  # type: ignore[arg-type]  # numbers alone
    site = Site(limit_w=(limit_w,) * slots, base_load_w=base_load_w)
    problem = Problem(start=_START, slot_s=tuple(slot_s), price_per_kwh=tuple(price), site=site, evs=(car,))
    found = rooms(problem, car, Taken.nothing(slots))
    possible_wh = sum(car.power_w(one.most_a) * one.length_s / 3600 for one in found if one.most_a >= car.min_current_a)
    return replace(problem, evs=(replace(car, energy_wh=dice.uniform(0.15, 0.85) * min(possible_wh, 70_000.0)),))


def _took_us(work: Callable[[], object], runs: int) -> float:
    took: list[int] = []
    for _ in range(runs):
        began = time.process_time_ns()
        work()
        took.append(time.process_time_ns() - began)
    return min(took) / 1000


def _slsqp(problem: Problem) -> tuple[float, float]:
    """Microseconds and objective of the prototype's formulation: weights on completion and money, a penalty for nothing."""
    need = problem.evs[0]
    found = rooms(problem, need, Taken.nothing(len(problem.slot_s)))
    hours = np.array(problem.slot_s) / 3600
    price, most = np.array(problem.price_per_kwh), np.array([need.power_w(one.most_a) / 1000 for one in found])
    ends, wanted = np.cumsum(hours), need.energy_wh / 1000
    waiting = need.value_of_time_per_h if need.mode is Mode.BALANCED else float(need.mode is Mode.SHORTEST)
    paying = float(need.mode is not Mode.SHORTEST)

    def objective(power: np.ndarray) -> float:
        reached = np.cumsum(power * hours)
        done = ends[int(np.argmax(reached >= wanted - 1e-9))] if reached[-1] >= wanted - 1e-9 else ends[-1]
        return float(waiting * done + paying * (power * price * hours).sum())

    constraint = {"type": "ineq", "fun": lambda power: float((power * hours).sum() - wanted)}
    began = time.process_time_ns()
    answer = minimize(
        objective, np.full(len(most), most.mean()), method="SLSQP", bounds=[(0.0, m) for m in most], constraints=[constraint]
    )
    return (time.process_time_ns() - began) / 1000, float(answer.fun)


def _row(name: str, took_us: Sequence[float], *, aim: float | None = None, aim_p99: float | None = None) -> list[Row]:
    p99 = sorted(took_us)[min(len(took_us) - 1, round(0.99 * len(took_us)))]
    return [
        Row(name=f"{name}, median", value=statistics.median(took_us), unit="us", aim=aim, runs=len(took_us)),
        Row(name=f"{name}, p99", value=p99, unit="us", aim=aim_p99, runs=len(took_us)),
    ]


def _ours(problems: Sequence[Problem]) -> tuple[list[float], float]:
    """Microseconds each, and the largest gap."""
    return [_took_us(partial(solve, problem), 5) for problem in problems], max(solve(p).gap for p in problems)


def _beside_slsqp(mode: Mode) -> list[Row]:
    problems = [instance(seed, mode, min_current_a=0.0) for seed in range(_PROBLEMS)]
    took_us, gap = _ours(problems)
    rows = _row(f"{mode.value}, any current", took_us, aim=20.0)
    theirs = [_slsqp(problem) for problem in problems[:_PEER_PROBLEMS]]
    their_us = statistics.median(us for us, _ in theirs)
    rows.append(Row(name=f"{mode.value}, any current, largest gap", value=gap, unit=""))
    rows.append(Row(name=f"{mode.value}, SLSQP", value=their_us, unit="us", runs=len(theirs)))
    rows.append(
        Row(name=f"{mode.value}, SLSQP takes", value=their_us / statistics.median(took_us), unit="x", at_least=1000.0)
    )
    return rows


def _with_everything() -> list[Row]:
    rows: list[Row] = []
    for name, more in {
        "6 A minimum": {},
        "6 A minimum, 0.05 a start": {"start_cost": 0.05},
        "6 A minimum, 1 A steps, 0.05 a start": {"start_cost": 0.05, "current_step_a": 1.0},
        "6 A minimum, 0.1 A steps": {"current_step_a": 0.1},
    }.items():
        for dynamic in (False, True):
            problems = [
                instance(seed, list(Mode)[seed % 3], dynamic=dynamic, **more)  # type: ignore[arg-type]  # numbers alone
                for seed in range(_PROBLEMS)
            ]
            took_us, gap = _ours(problems)
            label = f"{name}, {'96' if dynamic else '2'} prices"
            rows += _row(label, took_us, aim_p99=500.0)
            rows.append(Row(name=f"{label}, largest gap", value=gap, unit=""))
    return rows


def _odd() -> list[Row]:
    unequal = [instance(seed, list(Mode)[seed % 3], unequal=True) for seed in range(_PROBLEMS)]
    stepped = [instance(seed, list(Mode)[seed % 3], unequal=True, current_step_a=1.0) for seed in range(_PROBLEMS // 2)]
    minutes = [instance(seed, Mode.CHEAPEST, slots=1440) for seed in range(10)]
    rows = _row("6 A minimum, unequal slots", _ours(unequal)[0], aim_p99=500.0)
    rows += _row("6 A minimum, 1 A steps, unequal slots", _ours(stepped)[0], aim_p99=500.0)
    rows += _row("6 A minimum, 1,440 slots of 60 s, cheapest", _ours(minutes)[0])
    return rows


def _peers() -> list[Row]:
    problems = [instance(seed, Mode.CHEAPEST, start_cost=0.05, current_step_a=1.0) for seed in range(_PEER_PROBLEMS)]
    ours = statistics.median(_ours(problems)[0])
    milp_us, python_us = [], []
    for problem in problems:
        need = problem.evs[0]
        found = rooms(problem, need, Taken.nothing(SLOTS))
        milp_us.append(_took_us(partial(least_objective, need, found), 1))
        python_us.append(_took_us(partial(plan_in_python, need, found), 1))
    name = "cheapest, 6 A minimum, 1 A steps, 0.05 a start"
    return [
        Row(name=f"{name}, scipy MILP", value=statistics.median(milp_us), unit="us", runs=len(milp_us)),
        Row(name=f"{name}, scipy MILP takes", value=statistics.median(milp_us) / ours, unit="x"),
        Row(name=f"{name}, without the compiled kernel", value=statistics.median(python_us), unit="us", runs=len(python_us)),
    ]


def run() -> list[Row]:
    """Medians and the slowest in a hundred."""
    rows = [Row(name="compiled kernel in use", value=float(kernel.IS_THERE), unit="")]
    for mode in Mode:
        rows += _beside_slsqp(mode)
    return rows + _with_everything() + _odd() + _peers()
