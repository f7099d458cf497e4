"""What a slot allows, and which limit says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.optimizer.bounds import Taken, draw_w, rooms
from ladewerk.optimizer.problem import Need, Problem, Reason, Site

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
NEED = Need(id="ev", energy_wh=1000, max_current_a=16)


def problem(**site: object) -> Problem:
    return Problem(
        start=START,
        slot_s=(900.0, 900.0, 420.0),
        price_per_kwh=(0.3, 0.2, 0.1),
        site=Site(**site),  # type: ignore[arg-type]
        evs=(NEED,),
    )


def limits(asked: Problem, need: Need = NEED, taken: Taken | None = None) -> list[tuple[float, Reason]]:
    return [(round(room.most_a, 6), room.limit) for room in rooms(asked, need, taken or Taken.nothing(3))]


def test_without_a_limit_the_car_decides() -> None:
    assert limits(problem()) == [(16.0, Reason.CAR_LIMIT)] * 3


def test_base_load_counts_against_the_limit_and_pv_for_it() -> None:
    asked = problem(limit_w=(11_040.0, 11_040.0, 11_040.0), base_load_w=(0.0, 4140.0, 20_000.0), pv_w=(0.0, 690.0, 0.0))
    assert limits(asked) == [(16.0, Reason.CAR_LIMIT), (11.0, Reason.SITE_LIMIT), (0.0, Reason.SITE_LIMIT)]
    assert [draw_w(asked, slot) for slot in range(3)] == [0.0, 3450.0, 20_000.0]


def test_base_load_counts_a_third_on_each_phase() -> None:
    asked = problem(phase_limit_a=(25.0, 20.0, 10.0), base_load_w=(0.0, 6900.0, 6900.0), pv_w=(0.0, 9000.0, 0.0))
    assert limits(asked) == [(10.0, Reason.PHASE_LIMIT), (0.0, Reason.PHASE_LIMIT), (0.0, Reason.PHASE_LIMIT)]
    assert limits(asked, replace(NEED, phases=(1,)))[1] == (15.0, Reason.PHASE_LIMIT)


def test_a_slot_counts_only_if_it_lies_wholly_inside() -> None:
    stay = replace(NEED, arrival=START + timedelta(seconds=1), departure=START + timedelta(minutes=30))
    assert limits(problem(), stay) == [(0.0, Reason.ABSENT), (16.0, Reason.CAR_LIMIT), (0.0, Reason.ABSENT)]
    whole = replace(NEED, arrival=START, departure=START + timedelta(seconds=2220))
    assert limits(problem(), whole) == [(16.0, Reason.CAR_LIMIT)] * 3


def test_presence_holds_through_the_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    asked = replace(problem(), start=datetime(2026, 3, 29, 1, 45, tzinfo=berlin))
    stay = replace(NEED, departure=datetime(2026, 3, 29, 3, 15, tzinfo=berlin))
    assert [limit for _, limit in limits(asked, stay)] == [Reason.CAR_LIMIT, Reason.CAR_LIMIT, Reason.ABSENT]


def test_what_others_take_is_their_priority() -> None:
    asked = problem(limit_w=(15_000.0,) * 3, phase_limit_a=(25.0, 25.0, 25.0))
    taken = Taken.nothing(3).plus(NEED, (16.0, 0.0, 3.0))
    assert limits(asked, NEED, taken)[0] == (round((15_000 - 11_040) / 690, 6), Reason.PRIORITY)
    assert limits(asked, NEED, taken)[1:] == [(16.0, Reason.CAR_LIMIT)] * 2
    single = Taken.nothing(3).plus(replace(NEED, phases=(2,)), (20.0, 0.0, 0.0))
    assert limits(asked, NEED, single)[0] == (5.0, Reason.PRIORITY)
    assert limits(asked, replace(NEED, phases=(1,)), single)[0] == (16.0, Reason.CAR_LIMIT)


def test_surplus_is_what_pv_leaves() -> None:
    asked = problem(base_load_w=(1000.0, 1000.0, 0.0), pv_w=(3000.0, 500.0, 0.0), export_price_per_kwh=0.08)
    room = rooms(asked, NEED, Taken.nothing(3))[0]
    assert room.surplus_w == 2000.0
    assert [one.end_s for one in rooms(asked, NEED, Taken.nothing(3))] == [900.0, 1800.0, 2220.0]
    assert rooms(asked, NEED, Taken.nothing(3))[1].surplus_w == 0.0
    assert room.money(1000.0) == pytest.approx(0.25 * 0.08)
    assert room.money(5000.0) == pytest.approx(0.25 * (2 * 0.08 + 3 * 0.3))
    taken = Taken.nothing(3).plus(replace(NEED, phases=(1,)), (6.0, 0.0, 0.0))
    assert rooms(asked, NEED, taken)[0].surplus_w == pytest.approx(2000 - 1380)
