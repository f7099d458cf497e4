"""Asked again at unchanged inputs, after a slot or a part of one, a car gets the currents it has."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ladewerk.optimizer import Mode, Plan, Problem, solve
from tests.optimizer.random_problems import random_problem, rooms_alone

PROBLEMS = 300
PARTS = 4


def rest_of(problem: Problem, plan: Plan, done_s: float) -> Problem:
    """What is left to plan after ``done_s`` of the first slot."""
    need, site, [ev] = problem.evs[0], problem.site, plan.evs
    whole = done_s == problem.slot_s[0]
    first = 1 if whole else 0
    slot_s = problem.slot_s[1:] if whole else (problem.slot_s[0] - done_s, *problem.slot_s[1:])
    drawn_wh = ev.power_w[0] * done_s / 3600

    def cut(series: tuple[float, ...] | None) -> tuple[float, ...] | None:
        return None if series is None else series[first:]

    site = replace(site, limit_w=cut(site.limit_w), base_load_w=cut(site.base_load_w), pv_w=cut(site.pv_w))
    need = replace(need, energy_wh=max(0.0, need.energy_wh - drawn_wh), last_current_a=ev.current_a[first:])
    return replace(
        problem,
        start=problem.start + timedelta(seconds=done_s),
        slot_s=slot_s,
        price_per_kwh=problem.price_per_kwh[first:],
        site=site,
        evs=(need,),
    )


def is_exact(problem: Problem, plan: Plan) -> bool:
    """Whether nothing is drawn beyond the need: that is only as long as there is no other way, which time may open."""
    return abs(plan.evs[0].energy_wh + plan.evs[0].missing_wh - problem.evs[0].energy_wh) < 1e-6


def begins_next(plan: Plan) -> bool:
    """Whether the car begins in the second slot: a last plan with a current there would say that it charges already."""
    first_a, second_a = plan.evs[0].current_a[:2]
    return first_a == 0.0 and second_a > 0.0


@pytest.mark.parametrize("part", range(PARTS))
def test_t1_after_a_slot_no_current_changes(part: int) -> None:
    compared = 0
    for seed in range(part, PROBLEMS, PARTS):
        problem = random_problem(seed, slots=(6, 12, 24), smooth=True)
        if problem.evs[0].current_step_a is not None and len(set(problem.slot_s)) > 1:
            continue
        plan = solve(problem)
        while len(problem.slot_s) > 1 and is_exact(problem, plan) and not begins_next(plan):
            rest = rest_of(problem, plan, problem.slot_s[0])
            again = solve(rest)
            assert again.evs[0].current_a == pytest.approx(plan.evs[0].current_a[1:], abs=1e-6), (seed, len(rest.slot_s))
            problem, plan = rest, again
            compared += 1
    assert compared > PROBLEMS // PARTS // 2


@pytest.mark.parametrize("mode", list(Mode))
def test_t1_after_a_part_of_a_slot_no_current_changes(mode: Mode) -> None:
    """While the car draws all it can: else what is left of the slot, being shorter, allows what was not to be had before."""
    compared = 0
    for seed in range(160):
        problem = random_problem(seed, slots=(6, 12, 24), smooth=True)
        problem = replace(problem, evs=(replace(problem.evs[0], mode=mode, last_current_a=None, current_step_a=None),))
        plan = solve(problem)
        if not is_exact(problem, plan) or plan.evs[0].current_a[0] < max(1e-3, rooms_alone(problem)[0].most_a - 1e-6):
            continue
        for done_s in (problem.slot_s[0] / 3, problem.slot_s[0] - 10.0):
            again = solve(rest_of(problem, plan, float(round(done_s))))
            assert again.evs[0].current_a == pytest.approx(plan.evs[0].current_a, abs=1e-6), seed
            compared += 1
    assert compared > 20
