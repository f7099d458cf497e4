"""K16: what a car says it will draw is held against its plan."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from ladewerk.csms.limit.loads import Load
from ladewerk.csms.planning.ev_schedule import exceeded_at
from ladewerk.csms.planning.problem import Waiting, planning_problem, stored_plan
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import PlanSlot, StoredPlan
from ladewerk.ocpp import v21
from ladewerk.optimizer import solve
from ladewerk.timeline import Timeline
from tests.csms.planning.test_planning import NEED, NOW, TRANSACTION

HOUR_S = 3600


def slot(start: datetime, current_a: float) -> PlanSlot:
    power_w = current_a * 690
    limits: dict[str, Any] = {"base_load_w": 0.0, "limit_w": 17_250.0, "price_per_kwh": 0.3, "reason": "price"}
    return PlanSlot(start_at=start, duration_s=HOUR_S, current_a=current_a, power_w=power_w, **limits)


@pytest.fixture(scope="module")
def plan() -> StoredPlan:
    """An hour at 16 A, then one at 8 A."""
    car = Waiting(NEED, TRANSACTION)
    nobody: Timeline[Load] = Timeline()
    problem = planning_problem([car], Site(), nobody, NOW)
    made = stored_plan(problem, solve(problem), car, Site(), number=1, created_at=NOW)
    return replace(made, slots=(slot(NOW, 16.0), slot(NOW + timedelta(hours=1), 8.0)))


def says(*periods: tuple[int, float], unit: str = "A", start: datetime | None = None) -> v21.NotifyEVChargingScheduleRequest:
    return v21.NotifyEVChargingScheduleRequest(
        time_base=NOW,
        evse_id=1,
        charging_schedule=v21.ChargingScheduleType(
            id=1,
            start_schedule=UNSET if start is None else start,
            charging_rate_unit=v21.ChargingRateUnitEnumType(unit),
            charging_schedule_period=tuple(
                v21.ChargingSchedulePeriodType(start_period=start_s, limit=limit) for start_s, limit in periods
            ),
        ),
    )


def test_k16_fr06_a_car_that_keeps_within_its_plan_is_accepted(plan: StoredPlan) -> None:
    assert exceeded_at(says((0, 16), (HOUR_S, 8)), plan) is None
    assert exceeded_at(says((0, 10), (HOUR_S, 0)), plan) is None
    assert exceeded_at(says((0, 11_000), (HOUR_S, 5_500), unit="W"), plan) is None


def test_periods_that_no_calendar_has_do_not_break_the_answer(plan: StoredPlan) -> None:
    assert exceeded_at(says((0, 5), (2**63 - 1, 99), (5, 99)), plan) is None
    assert exceeded_at(says((-(2**63), 99)), plan) is not None
    without_phases = says((0, 11_000), unit="W").charging_schedule.charging_schedule_period[0]
    request = says((0, 5))
    period = msgspec.structs.replace(without_phases, number_phases=0)
    schedule = msgspec.structs.replace(request.charging_schedule, charging_schedule_period=(period,))
    assert exceeded_at(msgspec.structs.replace(request, charging_schedule=schedule), plan) is not None


def test_k16_fr06_one_that_means_to_draw_more_is_not(plan: StoredPlan) -> None:
    assert exceeded_at(says((0, 16)), plan) == NOW + timedelta(hours=1)
    assert exceeded_at(says((0, 12_000), unit="W"), plan) == NOW


def test_borders_need_not_meet_to_the_second(plan: StoredPlan) -> None:
    assert exceeded_at(says((0, 16), (HOUR_S + 50, 8)), plan) is None
    assert exceeded_at(says((0, 16), (HOUR_S + 70, 8)), plan) == NOW + timedelta(hours=1)


def test_a_schedule_counts_from_its_own_start_where_it_says_one(plan: StoredPlan) -> None:
    assert exceeded_at(says((0, 8), start=NOW + timedelta(hours=1)), plan) is None
    assert exceeded_at(says((0, 16), start=NOW + timedelta(minutes=30)), plan) == NOW + timedelta(hours=1)
