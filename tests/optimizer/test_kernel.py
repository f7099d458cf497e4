"""The compiled search: the plans of Python's whole numbers, many cars in one call, and a build that follows the source.

``LADEWERK_KERNEL_PROBLEMS=5000 pytest tests/optimizer/test_kernel.py`` compares more plans.
"""

import importlib.util
import os
import random
import shutil
from array import array
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from ladewerk.errors import PlanError
from ladewerk.optimizer import kernel, solve
from ladewerk.optimizer.kernel.library import loaded
from ladewerk.optimizer.problem import Mode, Need, Problem, Site
from ladewerk.optimizer.single import optimum_of, plan_in_python
from tests.optimizer.random_problems import START, random_problem, rooms_alone

PROBLEMS = int(os.environ.get("LADEWERK_KERNEL_PROBLEMS", "240"))
PARTS = 8
ROOT = Path(__file__).parents[2]

compiled = pytest.mark.skipif(not kernel.IS_THERE, reason="there was no C compiler: nothing compiled to compare")


@compiled
@pytest.mark.parametrize("part", range(PARTS))
def test_the_plan_is_that_of_pythons_whole_numbers(part: int) -> None:
    for seed in range(part, PROBLEMS, PARTS):
        problem = random_problem(seed, slots=(3, 6, 12))
        need, found = problem.evs[0], rooms_alone(problem)
        # Many steps in slots of odd lengths take Python seconds.
        riddle = need.current_step_a is not None and len(set(problem.slot_s)) > 1
        if riddle and len(found) > 3:
            continue
        numbers = kernel.plan_alone(problem)
        assert numbers is not None, seed
        expected = plan_in_python(need, found)
        assert numbers.missing_wh == pytest.approx(expected.missing_wh, abs=1e-6), seed
        if expected.bound < expected.objective:
            # Python gave up before the proof.
            assert numbers.objective <= expected.objective + 1e-12, seed
            continue
        assert numbers.objective == pytest.approx(expected.objective, rel=1e-12, abs=1e-12), seed
        assert numbers.bound == numbers.objective, seed
        assert numbers.complete_s == expected.complete_s, seed
        if not riddle:
            assert numbers.current_a == pytest.approx(expected.current_a, abs=1e-9), seed


@compiled
@pytest.mark.parametrize("equal", [True, False])
def test_steps_in_slots_of_whole_minutes_give_pythons_plan(equal: bool) -> None:
    """Where a programme over units of energy decides: prices close together, starts that cost, a last plan."""
    for seed in range(24):
        dice = random.Random(seed)
        count = 20 if equal else 9
        slot_s = tuple(900.0 if equal else dice.choice([300.0, 600.0, 900.0]) for _ in range(count))
        last_a = tuple(float(dice.choice([0, 0, 8, 16])) for _ in range(count))
        need = Need(
            id="ev", energy_wh=dice.uniform(0.2, 0.7) * 3680 * sum(slot_s) / 3600, max_current_a=16, phases=(1,),
            mode=list(Mode)[seed % 3], value_of_time_per_h=0.1, current_step_a=dice.choice([1.0, 2.0]),
            start_cost=dice.choice([0.0, 0.01]), last_current_a=dice.choice([None, last_a]),
        )  # fmt: skip
        site = Site(limit_w=tuple(dice.choice([1000.0, 2500.0, 3680.0, 3680.0]) for _ in range(count)))
        site = replace(site, pv_w=tuple(dice.choice([0.0, 0.0, 2000.0]) for _ in range(count)), export_price_per_kwh=0.25)
        prices = tuple(dice.choice([0.2, 0.21, 0.3]) for _ in range(count))
        problem = Problem(start=START, slot_s=slot_s, price_per_kwh=prices, site=site, evs=(need,))
        numbers, expected = kernel.plan_alone(problem), plan_in_python(need, rooms_alone(problem))
        assert numbers is not None
        assert numbers.objective == pytest.approx(expected.objective, rel=1e-12, abs=1e-12), seed
        assert numbers.bound == numbers.objective, seed
        assert numbers.complete_s == expected.complete_s, seed
        if equal:
            assert numbers.current_a == pytest.approx(expected.current_a, abs=1e-9), seed


@compiled
def test_a_plan_in_rooms_is_the_plan_of_the_problem() -> None:
    for seed in range(60):
        problem = random_problem(seed)
        in_rooms, alone = kernel.plan_in_rooms(problem.evs[0], rooms_alone(problem)), kernel.plan_alone(problem)
        assert in_rooms is not None
        assert alone is not None
        assert optimum_of(in_rooms) == optimum_of(alone)
        assert in_rooms.cost == alone.cost


@compiled
def test_numbers_that_are_too_large_are_left_to_python() -> None:
    need = Need(id="ev", energy_wh=9e6, max_current_a=10_000, voltage_v=1000, mode=Mode.CHEAPEST)
    count = 40
    problem = Problem(start=START, slot_s=(604_800.0,) * count, price_per_kwh=(1e9, *(0.1,) * (count - 1)), evs=(need,))
    assert kernel.plan_alone(problem) is None
    plan = solve(problem)
    assert plan.gap == 0.0
    assert plan.evs[0].energy_wh == pytest.approx(9e6, rel=1e-6)


@pytest.mark.parametrize("lengths", [(2, 1), (1, 2), (2, 3)])
def test_series_of_other_lengths_are_no_problem(lengths: tuple[int, int]) -> None:
    need = Need(id="ev", energy_wh=100.0, max_current_a=16)
    problem = Problem(start=START, slot_s=(900.0,) * lengths[0], price_per_kwh=(0.3,) * lengths[1], evs=(need,))
    assert kernel.plan_alone(problem) is None
    with pytest.raises(PlanError):
        solve(problem)


# --- many cars at given prices


@compiled
def test_each_of_many_cars_is_planned_as_if_alone() -> None:
    problems = [random_problem(seed, slots=(12,)) for seed in range(40)]
    slot_s = problems[0].slot_s
    problems = [replace(one, slot_s=slot_s, evs=(replace(one.evs[0], last_current_a=None),)) for one in problems]
    problems = [replace(one, site=replace(one.site, pv_w=None)) for one in problems]
    rooms = [rooms_alone(one) for one in problems]
    cars, most_a, prices = array("d"), array("d"), array("d")
    modes = {Mode.BALANCED: 0, Mode.SHORTEST: 1, Mode.CHEAPEST: 2}
    for one, found in zip(problems, rooms, strict=True):
        need = one.evs[0]
        cars.extend([need.energy_wh, need.power_w(1.0), need.min_current_a, need.current_step_a or 0.0, need.start_cost])
        cars.extend([need.value_of_time_per_h, modes[need.mode], 0])
        most_a.extend(room.most_a for room in found)
        prices.extend(one.price_per_kwh)
    batch = kernel.best_plans(array("d", slot_s), cars, prices, most_a)
    assert batch is not None
    for number, (one, found) in enumerate(zip(problems, rooms, strict=True)):
        alone = kernel.plan_in_rooms(one.evs[0], found)
        assert alone is not None
        assert tuple(batch.current_a[12 * number : 12 * number + 12]) == pytest.approx(alone.current_a, abs=1e-9)
        objective, bound, energy_wh, missing_wh, complete_s = batch.told[5 * number : 5 * number + 5]
        assert (energy_wh, missing_wh) == pytest.approx((alone.energy_wh, alone.missing_wh))
        assert objective == pytest.approx(alone.objective, abs=1e-12)
        assert bound <= objective
        assert complete_s == (-1.0 if alone.complete_s is None else alone.complete_s)


@compiled
def test_one_row_of_prices_may_serve_all_cars() -> None:
    cars = array("d", [2760.0, 690.0, 6.0, 0.0, 0.0, 0.0, 2.0, 0.0] * 3)
    batch = kernel.best_plans(array("d", [900.0] * 3), cars, array("d", [0.3, 0.1, 0.2]), array("d", [16.0] * 3))
    assert batch is not None
    assert list(batch.current_a) == pytest.approx([0.0, 16.0, 0.0] * 3)
    with pytest.raises(ValueError, match="price_per_kwh: 3 values, or that for each of 3 cars, are expected, not 2"):
        kernel.best_plans(array("d", [900.0] * 3), cars, array("d", [0.3, 0.1]), array("d", [16.0] * 3))


# --- the build


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_the_library_is_made_again_when_its_source_changed(hook: ModuleType, tmp_path: Path) -> None:
    source = tmp_path / "one.c"
    source.write_text("int answer(void) { return 1; }\n")
    assert hook.compile_kernel(tmp_path, tmp_path) is True
    assert hook.compile_kernel(tmp_path, tmp_path) is False
    source.write_text("int answer(void) { return 2; }\n")
    assert hook.compile_kernel(tmp_path, tmp_path) is True
    source.write_text("nothing\n")
    with pytest.raises(hook.KernelError, match="error"):
        hook.compile_kernel(tmp_path, tmp_path)
    assert (tmp_path / hook.LIBRARY).is_file()


def test_another_machine_than_the_two_is_refused(hook: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(hook.KernelError, match="aarch64 or x86_64 is expected, not sparc"):
        hook.compile_kernel(tmp_path, tmp_path, "sparc")


def test_without_the_library_there_is_none(tmp_path: Path) -> None:
    assert loaded(tmp_path / "none.so") is None
    (tmp_path / "none.so").write_bytes(b"for another machine")
    assert loaded(tmp_path / "none.so") is None
