"""Batteries that rest little and cars that are kept awake."""

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.errors import PlanError
from ladewerk.optimizer import Mode, Need, Problem, Reason, Site, solve, summarize
from ladewerk.optimizer.battery import Battery, LowRate, V2g

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
CAR = Need(id="ev", energy_wh=5520, max_current_a=16, mode=Mode.CHEAPEST)
V2G = V2g(max_current_a=10)


def problem(*prices: float, need: Need = CAR, **site: object) -> Problem:
    return Problem(
        start=START,
        slot_s=(900.0,) * len(prices),
        price_per_kwh=prices,
        site=Site(**site),  # type: ignore[arg-type]
        evs=(need,),
    )


def resting(cost: float, **fields: object) -> Need:
    return replace(CAR, battery=Battery(rest_cost_per_kwh_h=cost), **fields)  # type: ignore[arg-type]


def test_t5_energy_comes_late_where_rest_has_a_price() -> None:
    assert solve(problem(*(0.2,) * 6)).evs[0].current_a == pytest.approx((16.0, 16.0, 0.0, 0.0, 0.0, 0.0))
    late = solve(problem(*(0.2,) * 6, need=resting(0.001)))
    assert late.evs[0].current_a == pytest.approx((0.0, 0.0, 0.0, 0.0, 16.0, 16.0))
    assert late.evs[0].cost == pytest.approx(5.52 * 0.2)
    assert late.objective == pytest.approx(5.52 * 0.2 + 2.76 * 0.001 * (0.125 + 0.375))
    assert late.gap == 0.0


def test_rest_is_weighed_against_the_price_and_ends_at_the_departure() -> None:
    stays = resting(0.01, energy_wh=2760, departure=START + timedelta(hours=1))
    # An hour of rest at 0.01 is as dear as 0.01 more a kWh.
    assert solve(problem(0.190, 0.2, 0.2, 0.2, 0.2, need=stays)).evs[0].current_a[0] == pytest.approx(16.0)
    assert solve(problem(0.195, 0.2, 0.2, 0.2, 0.2, need=stays)).evs[0].current_a[3] == pytest.approx(16.0)


def test_reasons_and_sentence_count_the_rest_as_part_of_the_price() -> None:
    asked = problem(*(0.2,) * 4, need=resting(0.001, energy_wh=2760))
    plan = solve(asked)
    assert plan.evs[0].reasons == (Reason.PRICE, Reason.PRICE, Reason.PRICE, Reason.CAR_LIMIT)
    assert summarize(asked, plan, "ev") == "Waits until 17:45 because of the price; full at 18:00"


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_of_whole_steps_rests_cheaper(seed: int) -> None:
    dice = random.Random(seed)
    prices = tuple(round(dice.uniform(-0.1, 0.4), 2) for _ in range(5))
    need = resting(round(dice.uniform(0, 0.1), 3), current_step_a=8.0, min_current_a=8, energy_wh=dice.choice([2760, 4140]))
    plan = solve(problem(*prices, need=need))
    rest = 0.0 if need.battery is None else need.battery.rest_cost_per_kwh_h
    slot_kwh = [need.power_w(amps) / 4000 for amps in (0.0, 8.0, 16.0)]
    each = [price + rest * (4.5 - slot) / 4 for slot, price in enumerate(prices)]
    costs = [
        sum(kwh * one for kwh, one in zip(drawn, each, strict=True))
        for drawn in itertools.product(slot_kwh, repeat=5)
        if sum(drawn) == pytest.approx(need.energy_wh / 1000)
    ]
    assert plan.objective == pytest.approx(min(costs))


def test_several_cars_rest_little_together() -> None:
    asked = replace(
        problem(*(0.2,) * 4, limit_w=(11_040.0,) * 4),
        evs=(replace(resting(0.01), id="late"), replace(CAR, id="early")),
    )
    plan = solve(asked)
    assert plan.ev("late").current_a == pytest.approx((0.0, 0.0, 16.0, 16.0))
    assert plan.ev("early").current_a == pytest.approx((16.0, 16.0, 0.0, 0.0))
    assert plan.gap < 1e-6


def test_t5_a_full_car_is_kept_awake_until_it_leaves() -> None:
    held = replace(CAR, battery=Battery(hold_current_a=6), departure=START + timedelta(hours=1))
    asked = problem(*(0.2,) * 5, need=held)
    plan = solve(asked)
    [ev] = plan.evs
    assert ev.current_a == pytest.approx((16.0, 16.0, 6.0, 6.0, 0.0))
    assert ev.power_w[2] == plan.site.power_w[2] == 4140.0
    assert (ev.energy_wh, ev.cost) == pytest.approx((5520, 5.52 * 0.2))
    assert ev.reasons[2:] == (Reason.COMPLETE, Reason.COMPLETE, Reason.ABSENT)
    assert summarize(asked, plan, "ev", now=START + timedelta(minutes=40)) == "Charging is over; full since 17:30"


def test_keeping_awake_takes_room_from_no_other_car() -> None:
    first = replace(CAR, id="first", battery=Battery(hold_current_a=6), energy_wh=2760, priority=2)
    second = replace(CAR, id="second")
    asked = replace(problem(0.2, 0.2, 0.2, limit_w=(11_040.0, 11_040.0, 16_000.0)), evs=(first, second))
    plan = solve(asked)
    bare = solve(replace(asked, evs=(replace(first, battery=None), second)))
    assert plan.ev("second").current_a == pytest.approx(bare.ev("second").current_a)
    assert all(watts <= limit for watts, limit in zip(plan.site.power_w, asked.site.limit_w or (), strict=True))
    assert 6.0 in plan.ev("first").current_a


def test_a_car_that_is_not_filled_is_not_held() -> None:
    held = replace(CAR, battery=Battery(hold_current_a=6), energy_wh=9000, departure=START + timedelta(minutes=15))
    assert solve(problem(0.2, 0.2, need=held)).evs[0].current_a == pytest.approx((16.0, 0.0))
    sated = replace(held, energy_wh=0, departure=None)
    assert solve(problem(0.2, 0.2, need=sated)).evs[0].current_a == pytest.approx((6.0, 6.0))


@pytest.mark.parametrize(
    ("battery", "path", "expected"),
    [
        (Battery(capacity_wh=0), "capacity_wh", "at least 100"),
        (Battery(soc=1.2), "soc", "at most 1"),
        (Battery(soc=-0.1), "soc", "at least 0"),
        (Battery(low_rate=LowRate(above_a=-1, cost_per_kwh=0)), "low_rate.above_a", "at least 0"),
        (Battery(low_rate=LowRate(above_a=8, cost_per_kwh=float("nan"))), "low_rate.cost_per_kwh", "finite"),
        (Battery(rest_cost_per_kwh_h=-1), "rest_cost_per_kwh_h", "at least 0"),
        (Battery(hold_current_a=17), "hold_current_a", "at most 16"),
        (Battery(v2g=V2G, soc=0.5), "capacity_wh", "v2g needs to know"),
        (Battery(v2g=V2G, capacity_wh=40_000), "soc", "v2g needs to know"),
        (Battery(v2g=replace(V2G, max_current_a=0), soc=0.5, capacity_wh=40_000), "v2g.max_current_a", "at least 0.1"),
        (Battery(v2g=replace(V2G, min_current_a=11), soc=0.5, capacity_wh=40_000), "v2g.min_current_a", "at most 10"),
        (
            Battery(v2g=replace(V2G, round_trip_efficiency=0), soc=0.5, capacity_wh=40_000),
            "v2g.round_trip_efficiency",
            "at least 0.1",
        ),
        (
            Battery(v2g=replace(V2G, wear_cost_per_kwh=-1), soc=0.5, capacity_wh=40_000),
            "v2g.wear_cost_per_kwh",
            "at least 0",
        ),
        (Battery(v2g=replace(V2G, max_soc=0.4), soc=0.5, capacity_wh=40_000), "soc", "at most v2g.max_soc"),
        (Battery(v2g=replace(V2G, max_soc=0.1), soc=0.1, capacity_wh=40_000), "v2g.min_soc", "at most 0.1"),
        (Battery(v2g=V2G, soc=0.9, capacity_wh=40_000), "soc", "room for energy_wh"),
    ],
)
def test_a_battery_that_contradicts_itself_is_named(battery: Battery, path: str, expected: str) -> None:
    with pytest.raises(PlanError, match=expected) as refused:
        solve(problem(0.2, need=replace(CAR, battery=battery)))
    assert refused.value.path == f"$.evs[0].battery.{path}"
