"""From what is known to the optimizer's problem, and from its answer to a plan with reasons."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from ladewerk.csms.limit.loads import Load
from ladewerk.csms.planning.problem import OPEN_STAY, Waiting, is_kept, moved_wh, planning_problem, stored_plan
from ladewerk.csms.planning.site import LoadStep, Site, Tariff, TariffStep
from ladewerk.csms.records import ChargingNeed, Mode
from ladewerk.csms.transactions import Transaction
from ladewerk.optimizer import solve
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 7, 30, tzinfo=UTC)
TARIFF = Tariff(steps=(TariffStep(from_="00:00", price_per_kwh=0.3),))
EV_ID = "S/1"
TRANSACTION = Transaction(station_id="S", transaction_id="tx", updated_at=NOW, seq_no=3, register_wh=3000.0)
NEED = ChargingNeed(
    station_id="S",
    evse_id=1,
    transaction_id="tx",
    mode=Mode.SHORTEST,
    energy_wh=8000.0,
    depart_at=NOW + timedelta(hours=3),
    min_current_a=6.0,
    max_current_a=16.0,
    phases=3,
    max_periods=100,
    received_at=NOW,
    register_wh=1000.0,
)

NOBODY: Timeline[Load] = Timeline()


def test_the_problem_says_what_is_missing_until_when_and_what_else_draws_power() -> None:
    site = Site(limit_w=9000.0, tariff=TARIFF, base_load=(LoadStep(start_at=NOW + timedelta(hours=1), power_w=500.0),))
    other = Timeline.from_slots(NOW, [7200.0], [Load(4000.0, 6.0, 6.0, 6.0)])
    problem = planning_problem([Waiting(NEED, TRANSACTION)], site, other, NOW)
    ev = problem.need(EV_ID)
    assert (ev.energy_wh, ev.departure, ev.max_current_a, ev.phases) == (6000.0, NEED.depart_at, 16.0, (1, 2, 3))
    assert sum(problem.slot_s) == 3 * 3600
    assert max(problem.slot_s) <= 900
    loads = problem.site.base_load_w
    assert loads is not None
    by_start = dict(zip(problem.slot_starts(), loads, strict=False))
    assert by_start[NOW] == 4000
    assert by_start[NOW + timedelta(hours=1)] == 4500
    assert by_start[NOW + timedelta(hours=2)] == 500
    assert set(problem.price_per_kwh) == {0.3}


def test_a_car_that_has_not_said_when_it_leaves_is_planned_for_a_day() -> None:
    problem = planning_problem([Waiting(replace(NEED, depart_at=None), TRANSACTION)], Site(tariff=TARIFF), NOBODY, NOW)
    assert problem.slot_starts()[-1] == NOW + OPEN_STAY


@pytest.mark.parametrize("mode", list(Mode))
def test_a_plan_is_kept_with_all_that_explains_it(mode: Mode) -> None:
    site = Site(limit_w=9000.0, tariff=TARIFF, base_load_constant_w=600.0)
    need = replace(NEED, mode=mode)
    problem = planning_problem([Waiting(need, TRANSACTION)], site, NOBODY, NOW)
    plan = stored_plan(problem, solve(problem), Waiting(need, TRANSACTION), site, number=7, created_at=NOW)
    assert (plan.number, plan.mode, plan.transaction_id, plan.voltage_v) == (7, mode, "tx", 230.0)
    assert plan.energy_wh == pytest.approx(6000, abs=1)
    assert plan.missing_wh == 0
    assert len(plan.slots) == len(problem.slot_s)
    for slot in plan.slots:
        assert slot.power_w + slot.base_load_w <= slot.limit_w + 1e-6
        assert slot.reason
    assert set(plan.summary) == {"en", "de", "zh"}
    assert all(plan.summary.values())


@pytest.mark.parametrize(
    ("zone", "depart_at"),
    [
        ("Europe/Berlin", datetime(2026, 1, 6, 5, 30, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 1, 6, 11, 0, tzinfo=UTC)),
    ],
)
def test_the_sentences_are_in_the_time_of_the_site(zone: str, depart_at: datetime) -> None:
    site = Site(time_zone=zone)
    need = replace(NEED, mode=Mode.CHEAPEST, depart_at=depart_at)
    problem = planning_problem([Waiting(need, TRANSACTION)], site, NOBODY, NOW)
    plan = stored_plan(problem, solve(problem), Waiting(need, TRANSACTION), site, number=1, created_at=NOW)
    assert all("22:00" in sentence and "22:45" in sentence for sentence in plan.summary.values())
    assert {moment.utcoffset() for moment in [*(slot.start_at for slot in plan.slots), plan.complete_at] if moment} == {
        timedelta(0)
    }


def test_where_nothing_is_better_any_more_a_car_stays_with_its_plan() -> None:
    """Planned for a cheaper hour; then every hour costs the same, and only the plan so far speaks for that one."""
    need = replace(NEED, mode=Mode.CHEAPEST)
    steps = (TariffStep(from_="00:00", price_per_kwh=0.3), TariffStep(from_="18:30", price_per_kwh=0.2))
    cheaper_later = Site(limit_w=9000.0, tariff=Tariff(steps=steps), time_zone="UTC")
    first = planning_problem([Waiting(need, TRANSACTION)], cheaper_later, NOBODY, NOW)
    kept = stored_plan(first, solve(first), Waiting(need, TRANSACTION), cheaper_later, number=1, created_at=NOW)
    assert kept.slots[0].current_a == 0

    flat = structs.replace(cheaper_later, tariff=TARIFF)
    second = planning_problem([Waiting(need, TRANSACTION, kept)], flat, NOBODY, NOW)
    again = stored_plan(second, solve(second), Waiting(need, TRANSACTION), flat, number=2, created_at=NOW)
    assert [slot.current_a for slot in again.slots] == pytest.approx([slot.current_a for slot in kept.slots])
    unbound = planning_problem([Waiting(need, TRANSACTION)], flat, NOBODY, NOW)
    assert solve(unbound).ev(EV_ID).current_a[0] > 0


def test_the_plan_of_a_transaction_before_is_no_reason_to_stay_with() -> None:
    site = Site(limit_w=9000.0, tariff=TARIFF)
    problem = planning_problem([Waiting(NEED, TRANSACTION)], site, NOBODY, NOW)
    other = replace(NEED, transaction_id="another")
    old = stored_plan(problem, solve(problem), Waiting(other, TRANSACTION), site, number=1, created_at=NOW)
    assert planning_problem([Waiting(NEED, TRANSACTION, old)], site, NOBODY, NOW).need(EV_ID).last_current_a is None


def test_t3_cars_are_planned_together_each_up_to_its_departure() -> None:
    site = Site(limit_w=9000.0, tariff=TARIFF)
    second = replace(NEED, evse_id=2, transaction_id="tx-2", depart_at=NOW + timedelta(hours=1, minutes=3))
    cars = [Waiting(NEED, TRANSACTION), Waiting(second, structs.replace(TRANSACTION, transaction_id="tx-2"))]
    problem = planning_problem(cars, site, NOBODY, NOW)
    assert [need.id for need in problem.evs] == ["S/1", "S/2"]
    answer = solve(problem)
    plans = [stored_plan(problem, answer, car, site, number=1, created_at=NOW) for car in cars]
    for car, plan in zip(cars, plans, strict=True):
        end = plan.slots[-1].start_at + timedelta(seconds=plan.slots[-1].duration_s)
        assert end == car.need.depart_at
    for slots in zip(plans[0].slots, plans[1].slots, strict=False):
        assert sum(slot.power_w for slot in slots) <= 9000.0
    kept = replace(cars[0], last=plans[0])
    assert is_kept(kept, plans[0])
    assert not is_kept(cars[0], plans[0])
    again = planning_problem([kept, replace(cars[1], last=plans[1])], site, NOBODY, NOW)
    assert is_kept(kept, stored_plan(again, solve(again), kept, site, number=2, created_at=NOW))


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("later_min", [0, 5, 22])
def test_two_equal_cars_do_not_change_places(mode: Mode, later_min: int) -> None:
    """There is room for one at a time: who goes first is a tie, and stays as it was, in whatever order they are asked."""
    site = Site(limit_w=12_000.0, tariff=TARIFF)
    need = replace(NEED, mode=mode, energy_wh=6000.0, register_wh=3000.0)
    cars = [
        Waiting(
            replace(need, evse_id=number, transaction_id=f"tx-{number}"),
            structs.replace(TRANSACTION, transaction_id=f"tx-{number}"),
        )
        for number in (1, 2)
    ]
    first = planning_problem(cars, site, NOBODY, NOW)
    answer = solve(first)
    plans = [stored_plan(first, answer, car, site, number=1, created_at=NOW) for car in cars]
    assert plans[0].slots[0].current_a != plans[1].slots[0].current_a
    now = NOW + timedelta(minutes=later_min)
    charged = [
        sum(
            slot.power_w * max(0.0, min(slot.duration_s, (now - slot.start_at).total_seconds())) / 3600
            for slot in plan.slots
        )
        for plan in plans
    ]
    again = [
        replace(car, last=plan, transaction=structs.replace(car.transaction, register_wh=3000.0 + wh))
        for car, plan, wh in zip(cars, plans, charged, strict=True)
    ]
    second = planning_problem(again[::-1], site, NOBODY, now)
    new = solve(second)
    for car in again:
        again_plan = stored_plan(second, new, car, site, number=2, created_at=now)
        # Slots near the end may lie otherwise; who changes places moves all that it needs.
        assert moved_wh(car, again_plan) < 600.0, car.ev_id
        assert later_min or is_kept(car, again_plan)
