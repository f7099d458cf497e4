"""What is refused, where, and with which remedy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.errors import PlanError
from ladewerk.optimizer.problem import EvPlan, Need, Plan, Problem, Site, SitePlan, check

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
NEED = Need(id="ev", energy_wh=1000, max_current_a=16)
GOOD = Problem(start=START, slot_s=(900.0, 420.0), price_per_kwh=(0.3, -0.2), evs=(NEED,))


class Nothing:
    """The account of a plan of nothing."""

    cost_if_at_once = 0.0
    complete_if_at_once = None
    reasons = ()

    def sentence(self, ev: EvPlan) -> str:
        return f"{ev.id} stands"


def with_need(**fields: object) -> Problem:
    return replace(GOOD, evs=(replace(NEED, **fields),))  # type: ignore[arg-type]


def with_site(**fields: object) -> Problem:
    return replace(GOOD, site=Site(**fields))  # type: ignore[arg-type]


def test_a_good_problem_passes() -> None:
    check(GOOD)
    check(
        replace(
            GOOD,
            site=Site(limit_w=(17_000.0, 0.0), base_load_w=(1.0, 2.0), phase_limit_a=(25, 25, 25), pv_w=(0.0, 10.0)),
            evs=(
                replace(
                    NEED, arrival=START, departure=START + timedelta(hours=1), last_current_a=(0.0, 6.0), current_step_a=1.0
                ),
            ),
        )
    )


@pytest.mark.parametrize(
    ("problem", "path", "expected"),
    [
        (replace(GOOD, start=datetime(2026, 1, 5)), "$.start", "with an offset"),  # noqa: DTZ001
        (replace(GOOD, slot_s=()), "$.slot_s", "at least one slot"),
        (replace(GOOD, slot_s=(900.0, 0.0)), "$.slot_s[1]", "at least 1"),
        (replace(GOOD, slot_s=(900.0, 1e7)), "$.slot_s[1]", "at most 604800"),
        (replace(GOOD, price_per_kwh=(0.3,)), "$.price_per_kwh", "one value per slot, 2, is expected, not 1"),
        (replace(GOOD, price_per_kwh=(0.3, float("nan"))), "$.price_per_kwh[1]", "finite"),
        (replace(GOOD, price_per_kwh=(0.3, float("inf"))), "$.price_per_kwh[1]", "finite"),
        (replace(GOOD, evs=()), "$.evs", "at least one EV"),
        (replace(GOOD, evs=(NEED, NEED)), "$.evs[1].id", "no other EV has"),
        (with_need(id=""), "$.evs[0].id", "that can be printed"),
        (with_site(limit_w=(1.0,)), "$.site.limit_w", "one value per slot"),
        (with_site(base_load_w=(1.0, -2.0)), "$.site.base_load_w[1]", "at least 0"),
        (with_site(pv_w=(-1.0, 0.0)), "$.site.pv_w[0]", "at least 0"),
        (with_site(phase_limit_a=(25.0, 25.0)), "$.site.phase_limit_a", "three limits"),
        (with_site(phase_limit_a=(25.0, -1.0, 25.0)), "$.site.phase_limit_a[1]", "at least 0"),
        (with_site(export_price_per_kwh=float("nan")), "$.site.export_price_per_kwh", "finite"),
        (with_site(peak_price_per_kw=-5.0), "$.site.peak_price_per_kw", "at least 0"),
        (with_need(energy_wh=-1.0), "$.evs[0].energy_wh", "at least 0"),
        (with_need(energy_wh=1e9), "$.evs[0].energy_wh", "at most"),
        (with_need(max_current_a=0.0), "$.evs[0].max_current_a", "at least 0.1"),
        (with_need(min_current_a=-1.0), "$.evs[0].min_current_a", "at least 0"),
        (with_need(min_current_a=17.0), "$.evs[0].min_current_a", r"at most max_current_a \(16 A\) is expected, not 17 A"),
        (with_need(voltage_v=0.0), "$.evs[0].voltage_v", "at least 1"),
        (with_need(priority=0.0), "$.evs[0].priority", "above 0"),
        (with_need(value_of_time_per_h=-0.1), "$.evs[0].value_of_time_per_h", "at least 0"),
        (with_need(start_cost=-0.1), "$.evs[0].start_cost", "at least 0"),
        (with_need(current_step_a=0.0), "$.evs[0].current_step_a", "at least 0.01"),
        (with_need(current_step_a=17.0), "$.evs[0].current_step_a", "at most 16"),
        (with_need(phases=()), "$.evs[0].phases", "different ones of 1, 2, 3"),
        (with_need(phases=(1, 1)), "$.evs[0].phases", "different ones of 1, 2, 3"),
        (with_need(phases=(4,)), "$.evs[0].phases", "different ones of 1, 2, 3"),
        (with_need(arrival=datetime(2026, 1, 5)), "$.evs[0].arrival", "with an offset"),  # noqa: DTZ001
        (with_need(departure=datetime(2026, 1, 5)), "$.evs[0].departure", "with an offset"),  # noqa: DTZ001
        (with_need(arrival=START, departure=START), "$.evs[0].departure", "after the arrival"),
        (with_need(last_current_a=(1.0,)), "$.evs[0].last_current_a", "one value per slot"),
        (with_need(last_current_a=(1.0, -1.0)), "$.evs[0].last_current_a[1]", "at least 0"),
    ],
)
def test_a_contradiction_is_named_with_its_place(problem: Problem, path: str, expected: str) -> None:
    with pytest.raises(PlanError, match=expected) as refused:
        check(problem)
    assert refused.value.path == path


def test_slots_follow_each_other_through_the_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    problem = replace(GOOD, start=datetime(2026, 3, 29, 1, 45, tzinfo=berlin), slot_s=(900.0, 900.0))
    assert [f"{moment:%H:%M%z}" for moment in problem.slot_starts()] == ["01:45+0100", "03:00+0200", "03:15+0200"]


def test_a_car_is_found_by_its_name() -> None:
    assert GOOD.need("ev") is NEED
    with pytest.raises(KeyError):
        GOOD.need("other")
    assert NEED.power_w(16) == 11_040
    plan = Plan(evs=(), site=SitePlan(power_w=(), peak_w=0.0), objective=0.0, bound=0.0, gap=0.0, solver="")
    with pytest.raises(KeyError):
        plan.ev("ev")
    ev = EvPlan(
        id="ev", current_a=(), power_w=(), energy_wh=0.0, missing_wh=0.0, complete_at=None, cost=0.0,
        account=Nothing(),
    )  # fmt: skip
    assert replace(plan, evs=(replace(ev, id="other"), ev)).ev("ev") is ev
    assert (ev.cost_if_at_once, ev.complete_if_at_once, ev.reasons, ev.summary) == (0.0, None, (), "ev stands")
    assert replace(GOOD, evs=(replace(NEED, id="other"), NEED)).need("ev") is NEED
