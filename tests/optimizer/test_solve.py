"""The evening that a house knows, in three modes; and the plan as a whole."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from ladewerk.errors import PlanError
from ladewerk.optimizer import Mode, Need, Plan, Problem, Reason, Site, solve

Evening = Callable[[Mode], Problem]


def hours(plan: Plan, problem: Problem) -> list[str]:
    """When the first car draws: start of the first and end of the last slot."""
    used = [slot for slot, amps in enumerate(plan.evs[0].current_a) if amps > 0]
    starts = problem.slot_starts()
    return [f"{starts[used[0]]:%H:%M}", f"{starts[used[-1] + 1]:%H:%M}"]


def test_shortest_charges_through_the_household_peak_under_the_limit(evening: Evening) -> None:
    problem = evening(Mode.SHORTEST)
    plan = solve(problem)
    assert hours(plan, problem) == ["17:40", "20:00"]
    assert plan.site.peak_w == pytest.approx(14_500.0, abs=0.01)
    assert plan.site.peak_w <= 14_500.0
    assert plan.evs[0].cost == pytest.approx(6.80)


def test_balanced_waits_for_the_first_drop(evening: Evening) -> None:
    problem = evening(Mode.BALANCED)
    plan = solve(problem)
    assert hours(plan, problem) == ["22:00", "00:00"]
    assert plan.evs[0].cost == pytest.approx(4.80)
    assert plan.objective == pytest.approx(4.80 + 0.25 * (6 + 20 / 60))


def test_cheapest_waits_for_the_lowest_price(evening: Evening) -> None:
    problem = evening(Mode.CHEAPEST)
    plan = solve(problem)
    assert hours(plan, problem) == ["01:00", "03:00"]
    assert plan.evs[0].cost == plan.objective == pytest.approx(4.20)


@pytest.mark.parametrize("mode", list(Mode))
def test_the_car_has_its_energy_and_the_proof_is_complete(evening: Evening, mode: Mode) -> None:
    problem = evening(mode)
    plan = solve(problem)
    ev = plan.evs[0]
    assert ev.energy_wh == pytest.approx(20_000.0, abs=1e-6)
    assert ev.missing_wh == 0.0
    assert isinstance(ev.complete_at, datetime)
    assert (plan.bound, plan.gap) == (plan.objective, 0.0)
    assert ev.cost_if_at_once == pytest.approx(6.80)
    assert all(amps == 0.0 or 6.0 <= amps <= 16.0 for amps in ev.current_a)
    assert max(plan.site.power_w) <= 14_500.0


def test_a_contradiction_is_refused(evening: Evening) -> None:
    with pytest.raises(PlanError, match="price_per_kwh"):
        solve(replace(evening(Mode.BALANCED), price_per_kwh=(0.3,)))


def test_a_search_that_is_cut_short_reports_its_gap() -> None:
    # One price, PV that comes and goes, a cost of starts: nearly everything costs nearly the same.
    dice = random.Random(31)
    count = 96
    site = Site(
        limit_w=(17_300.0,) * count,
        base_load_w=tuple(dice.gammavariate(1.5, 800) for _ in range(count)),
        pv_w=tuple(dice.choice([0.0, dice.uniform(0, 9000)]) for _ in range(count)),
        export_price_per_kwh=0.08,
    )
    need = Need(id="ev", mode=Mode.CHEAPEST, energy_wh=40_000, max_current_a=16, start_cost=0.05, current_step_a=0.37)
    slot_s = tuple(float(dice.choice([301, 433, 601, 907, 1801])) for _ in range(count))
    problem = Problem(
        start=datetime.fromisoformat("2026-06-01T06:00+02:00"),
        slot_s=slot_s,
        price_per_kwh=(0.3,) * count,
        site=site,
        evs=(need,),
    )
    plan = solve(problem)
    assert plan.bound <= plan.objective
    assert plan.gap == pytest.approx((plan.objective - plan.bound) / plan.objective)
    assert plan.evs[0].missing_wh == 0.0
    assert plan.gap < 0.05


def test_two_cars_share_the_limit(evening: Evening) -> None:
    problem = evening(Mode.SHORTEST)
    first = problem.evs[0]
    second = replace(first, id="ev-2", departure=None, energy_wh=8000)
    plan = solve(replace(problem, evs=(second, first)))
    assert [ev.id for ev in plan.evs] == ["ev-2", "ev-1"]
    assert max(plan.site.power_w) <= 14_500.0
    assert [ev.missing_wh for ev in plan.evs] == [0.0, 0.0]
    assert plan.bound <= plan.objective


def test_energy_that_two_cars_cannot_have_is_shared(evening: Evening) -> None:
    problem = evening(Mode.SHORTEST)
    first = replace(problem.evs[0], energy_wh=100_000)
    plan = solve(replace(problem, evs=(first, replace(first, id="ev-2"))))
    missing = [ev.missing_wh for ev in plan.evs]
    assert missing[0] == pytest.approx(missing[1], rel=0.1)
    assert Reason.SITE_LIMIT in plan.evs[0].reasons
    assert max(plan.site.power_w) <= 14_500.0


def test_a_site_without_anything_but_a_car() -> None:
    need = Need(id="ev", energy_wh=500, max_current_a=16, min_current_a=0, phases=(2,), voltage_v=240)
    plan = solve(
        Problem(start=datetime.fromisoformat("2026-06-01T06:00Z"), slot_s=(3600.0,), price_per_kwh=(0.0,), evs=(need,))
    )
    assert plan.evs[0].power_w == pytest.approx((500.0,))
    assert plan.objective == pytest.approx(0.1)
