"""Many cars at one site: against HiGHS, within every limit, with a true bound, and a shortfall shared as it should be.

``LADEWERK_SITE_PROBLEMS=1000`` tries that many random sites instead of some tens.
"""

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from ladewerk.optimizer import Mode, Need, Plan, Problem, Reason, Site, solve
from tests.optimizer.site_cases import START, random_site
from tests.optimizer.site_oracle import Oracle
from tests.optimizer.site_oracle_free import money, violations

SITES = int(os.environ.get("LADEWERK_SITE_PROBLEMS", "45"))
COUNTS = (2, 3, 5, 8, 12, 20, 30, 45, 60)


def weighted_missing_kwh(problem: Problem, plan: Plan) -> float:
    return sum(ev.missing_wh / 1000 * need.priority for need, ev in zip(problem.evs, plan.evs, strict=True))


@pytest.mark.parametrize("seed", range(SITES))
def test_t3_cars_of_any_current_get_the_optimum_of_a_linear_programme(seed: int) -> None:
    problem = random_site(seed, cars=COUNTS[seed % len(COUNTS)])
    plan = solve(problem)
    assert violations(problem, plan) == []
    assert plan.objective == pytest.approx(money(problem, plan), abs=1e-6)
    oracle = Oracle(problem)
    least = oracle.least_missing()
    assert weighted_missing_kwh(problem, plan) == pytest.approx(least, rel=1e-4, abs=1e-4)
    best = oracle.least_cost([ev.missing_wh / 1000 + 2e-6 for ev in plan.evs])
    assert plan.objective == pytest.approx(best, rel=1e-4, abs=1e-4)
    assert plan.bound <= best + 1e-5
    # Near an objective of 0 a relative distance says nothing.
    assert plan.gap <= 1e-4 or plan.objective - plan.bound <= 1e-4


@pytest.mark.parametrize("seed", range(12))
def test_t3_equals_miss_equally_much_where_that_costs_no_energy(seed: int) -> None:
    problem = random_site(seed, cars=COUNTS[seed % 5], tight=1.5)
    plan = solve(problem)
    oracle = Oracle(problem)
    least = oracle.least_missing()
    first = max(need.priority for need in problem.evs)
    cars = [number for number, need in enumerate(problem.evs) if need.priority == first]
    worst = max(plan.evs[number].missing_wh / 1000 for number in cars)
    assert worst == pytest.approx(oracle.least_worst(least, cars), abs=1e-3)


@pytest.mark.parametrize("seed", range(max(12, SITES // 10)))
def test_t3_with_a_minimum_current_the_plan_is_possible_and_the_bound_true(seed: int) -> None:
    problem = random_site(seed, cars=COUNTS[seed % 3], slots=12, min_current_a=6.0)
    plan = solve(problem)
    assert violations(problem, plan) == []
    oracle = Oracle(problem, whole=True)
    missing_kwh = [ev.missing_wh / 1000 + 2e-6 for ev in plan.evs]
    best = oracle.least_cost(missing_kwh)
    assert plan.bound <= best + 1e-4 * (1.0 + abs(best))
    assert plan.objective >= best - 1e-4
    assert weighted_missing_kwh(problem, plan) >= oracle.least_missing() - 1e-4


@pytest.mark.parametrize("seed", range(6))
def test_t3_every_mode_with_steps_and_start_costs_keeps_every_limit(seed: int) -> None:
    problem = random_site(seed, cars=COUNTS[seed % 3], slots=12, min_current_a=6.0, mode=None)
    stepped = tuple(replace(need, current_step_a=1.0, start_cost=0.05) for need in problem.evs)
    plan = solve(replace(problem, evs=stepped))
    assert violations(problem, plan) == []
    assert all(amps == round(amps) for ev in plan.evs for amps in ev.current_a)
    assert plan.bound <= plan.objective
    assert 0.0 <= plan.gap <= 1.0


def continued(problem: Problem, plan: Plan, slots: int) -> Problem:
    """``problem`` after ``slots`` slots of ``plan``: what was drawn is no longer wanted, what was planned is known."""
    site = problem.site
    rest = replace(
        site,
        limit_w=site.limit_w and site.limit_w[slots:],
        base_load_w=site.base_load_w and site.base_load_w[slots:],
        pv_w=site.pv_w and site.pv_w[slots:],
    )
    hours = [length_s / 3600 for length_s in problem.slot_s[:slots]]
    evs = tuple(
        replace(
            need,
            energy_wh=max(0.0, need.energy_wh - sum(w * h for w, h in zip(ev.power_w, hours, strict=False))),
            last_current_a=ev.current_a[slots:],
        )
        for need, ev in zip(problem.evs, plan.evs, strict=True)
    )
    return replace(
        problem,
        start=problem.slot_starts()[slots],
        slot_s=problem.slot_s[slots:],
        price_per_kwh=problem.price_per_kwh[slots:],
        site=rest,
        evs=evs,
    )


@pytest.mark.parametrize("min_current_a", [0.0, 6.0])
@pytest.mark.parametrize("seed", range(6))
def test_t3_planned_again_with_nothing_new_no_set_point_changes(seed: int, min_current_a: float) -> None:
    problem = random_site(seed, cars=COUNTS[seed % 4], slots=16, min_current_a=min_current_a, tight=0.6, flat=seed % 2 == 0)
    problem = replace(problem, site=replace(problem.site, peak_price_per_kw=0.0))
    plan = solve(problem)
    for slots in (0, 1):
        again = continued(problem, plan, slots)
        told = solve(again)
        assert violations(again, told) == []
        for need, ev in zip(again.evs, told.evs, strict=True):
            assert ev.current_a == pytest.approx(need.last_current_a, abs=1e-3)


def two(limit_w: float, *, priority: float = 1.0, **changes: object) -> Problem:
    """Two cars that both want all of an hour; ``priority`` is the second one's."""
    car = Need(id="a", energy_wh=8_000, max_current_a=16, mode=Mode.CHEAPEST)
    car = replace(car, **changes)  # type: ignore[arg-type]
    return Problem(
        start=START,
        slot_s=(900.0,) * 4,
        price_per_kwh=(0.3,) * 4,
        site=Site(limit_w=(limit_w,) * 4),
        evs=(car, replace(car, id="b", priority=priority)),
    )


def test_t3_two_equal_cars_share_what_there_is() -> None:
    plan = solve(two(10_000.0, min_current_a=0.0))
    assert [ev.missing_wh for ev in plan.evs] == pytest.approx([3000.0, 3000.0], abs=0.1)
    assert {reason for ev in plan.evs for reason in ev.reasons} == {Reason.SITE_LIMIT}
    assert plan.gap <= 1e-4
    assert "site limit" in plan.evs[0].summary


def test_t3_two_equal_cars_share_with_a_minimum_current_too() -> None:
    plan = solve(two(10_000.0))
    assert sum(ev.missing_wh for ev in plan.evs) == pytest.approx(6000.0, abs=0.1)
    assert abs(plan.evs[0].missing_wh - plan.evs[1].missing_wh) < 600


def test_t3_the_higher_priority_is_served_first_and_the_other_told_so() -> None:
    plan = solve(two(10_000.0, priority=2.0, min_current_a=0.0))
    assert [ev.missing_wh for ev in plan.evs] == pytest.approx([6000.0, 0.0], abs=0.1)
    assert Reason.PRIORITY in plan.evs[0].reasons
    assert "priority" in plan.evs[0].summary


def test_t3_a_phase_that_is_full_is_named() -> None:
    problem = two(100_000.0, min_current_a=0.0, phases=(1,), energy_wh=3000.0)
    problem = replace(problem, site=replace(problem.site, phase_limit_a=(16.0, 100.0, 100.0)))
    plan = solve(problem)
    assert sum(ev.missing_wh for ev in plan.evs) == pytest.approx(6000 - 16 * 230, abs=0.1)
    reasons = {reason for ev in plan.evs for reason in ev.reasons}
    assert Reason.PHASE_LIMIT in reasons
    assert reasons <= {Reason.PHASE_LIMIT, Reason.CAR_LIMIT}


def test_t2_a_price_on_the_peak_flattens_it() -> None:
    problem = two(100_000.0, min_current_a=0.0, energy_wh=4000.0)
    problem = replace(problem, price_per_kwh=(0.2, 0.3, 0.3, 0.3))
    eager = solve(problem)
    calm = solve(replace(problem, site=replace(problem.site, peak_price_per_kw=1.0)))
    assert eager.site.peak_w > 12_000
    assert calm.site.peak_w == pytest.approx(8000.0, abs=1.0)
    assert calm.objective == pytest.approx(4 * 0.5 + 6 * 0.3 - 4 * 0.3 + 8.0 + 2 * 0.2 - 1.0 - 0.0, abs=1.0)
    assert calm.gap <= 1e-4


def test_t2_one_car_alone_pays_for_its_peak_too() -> None:
    problem = two(100_000.0, energy_wh=8000.0)
    alone = replace(problem, evs=problem.evs[:1], site=replace(problem.site, peak_price_per_kw=0.5))
    plan = solve(alone)
    assert plan.site.peak_w == pytest.approx(8000.0, rel=0.01)
    assert plan.objective == pytest.approx(8 * 0.3 + 0.5 * plan.site.peak_w / 1000)


def test_t4_the_sun_is_used_by_all_and_paid_for_once() -> None:
    problem = two(20_000.0, min_current_a=0.0, energy_wh=1500.0, departure=START + timedelta(hours=1))
    sunny = replace(problem.site, pv_w=(0.0, 12_000.0, 0.0, 0.0), export_price_per_kwh=0.05)
    plan = solve(replace(problem, site=sunny))
    assert plan.objective == pytest.approx(3 * 0.05, abs=1e-4)
    assert sum(ev.cost for ev in plan.evs) == pytest.approx(plan.objective, abs=1e-6)
    assert plan.site.power_w[1] == pytest.approx(0.0, abs=1.0)
