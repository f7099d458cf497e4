"""An afternoon at the car park is judged by what the cars drew, and told so that a person sees why."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ladewerk.demo.car_park import CarPark, Guest
from ladewerk.demo.car_park_recording import Afternoon, Draw, Happening, Spell, Visit, held_back, together
from ladewerk.demo.car_park_report import judge_afternoon, write_afternoon

SCENARIO = CarPark(
    guests=(
        Guest(place=1, comes_min=10, stays_min=60, energy_wh=5000.0, mode="shortest"),
        Guest(place=5, comes_min=20, stays_min=60, energy_wh=5000.0, mode="cheapest"),
    ),
    lasts_min=90,
)


def draw(minute: float, station: str, car_w: float) -> Draw:
    return Draw(at=SCENARIO.at(minute), station=station, car_w=car_w, household_w=1000.0)


def plan(station: str, minute: float, *slots: tuple[float, str]) -> dict[str, Any]:
    """A plan made at ``minute`` with quarters of an hour of (current, reason)."""
    return {
        "station_id": station,
        "transaction_id": station,
        "created_at": SCENARIO.at(minute).isoformat(),
        "slots": [
            {
                "start_at": SCENARIO.at(minute + 15 * number).isoformat(),
                "duration_s": 900.0,
                "current_a": current_a,
                "reason": reason,
            }
            for number, (current_a, reason) in enumerate(slots)
        ],
        "summary": {"en": f"a sentence of minute {minute:g}"},
    }


def afternoon() -> Afternoon:
    """As it has to be: two cars one after the other, and P5 away for a while."""
    visits = [
        Visit(
            guest=guest,
            came_at=SCENARIO.at(guest.comes_min),
            left_at=SCENARIO.at(guest.comes_min + guest.stays_min),
            drawn_wh=4990.0,
        )
        for guest in SCENARIO.guests
    ]
    return Afternoon(
        # As the units are moved on, one after the other.
        draws=[draw(10, "P1", 11_000.0), draw(37, "P1", 0.0), draw(40, "P5", 10_500.0), draw(69, "P5", 0.0)],
        visits=visits,
        happened=[Happening(at=SCENARIO.at(30), station="P5", what="loses <its> connection")],
        plans=[
            plan("P1", 10, (16.0, "car limit"), (16.0, "car limit"), (0.0, "complete")),
            plan("P5", 20, (0.0, "site limit"), (0.0, "price")),
            plan("P5", 32, (9.0, "price")),
            plan("P5", 40, (16.0, "site limit"), (8.0, "site limit")),
            plan("P5", 50, (16.0, "site limit")),
        ],
        allowed=[(SCENARIO.at(10), 12_000.0), (SCENARIO.at(40), 21_000.0)],
        connected=[(SCENARIO.at(0), True), (SCENARIO.at(30), False), (SCENARIO.at(38), True)],
    )


def test_an_afternoon_as_it_has_to_be() -> None:
    judgement = judge_afternoon(SCENARIO, afternoon())
    assert judgement.faults == ()
    assert judgement.peak_w == 12_000
    assert judgement.drawn_wh == 9980
    # 27 and 27 minutes of 11 kW each, of which the first car's last 17 are the other's first.
    assert judgement.peak_at_once_w == pytest.approx(1000 + 2 * 11_040)
    assert judgement.over_at_once_min == 18


def test_draws_are_summed_up_at_one_moment_though_they_were_heard_of_car_by_car() -> None:
    one = Afternoon(draws=[draw(10, "P1", 7000.0), draw(20, "P1", 0.0), draw(5, "P5", 4000.0), draw(15, "P5", 9000.0)])
    assert [(flow.at, flow.grid_w) for flow in one.flows()] == [
        (SCENARIO.at(5), 5000),
        (SCENARIO.at(10), 12_000),
        (SCENARIO.at(15), 17_000),
        (SCENARIO.at(20), 10_000),
    ]


def test_a_limit_that_was_passed_is_seen_by_the_cars_alone() -> None:
    over = afternoon()
    over.draws.append(draw(50, "P1", 10_600.0))
    judgement = judge_afternoon(SCENARIO, over)
    (fault,) = judgement.faults
    assert fault.startswith("FAIL: the limit held: house and cars drew 22.10 of 22.00 kW at most, at 16:40")


@pytest.mark.parametrize(
    ("missing", "fault"),
    [
        ({"draws": []}, "FAIL: the limit held: nothing was recorded"),
        ({"allowed": [(SCENARIO.start, 22_500.0)]}, "22.50 kW at most, as the CSMS counts"),
        ({"allowed": []}, "0.00 kW at most, as the CSMS counts"),
        ({"visits": []}, "of what it asked for: 0 of 2 cars"),
        ({"connected": [(SCENARIO.start, True)]}, "it was never away"),
        ({"connected": [(SCENARIO.start, True), (SCENARIO.at(1), False)]}, "not seen again"),
        ({"plans": []}, "FAIL: P5 dropped off, came back and got a plan"),
        ({"complaints": ["ladewerk.csms: lost it"]}, "FAIL: no error was logged: ladewerk.csms: lost it"),
    ],
)
def test_what_must_not_be_is_a_fault(missing: dict[str, Any], fault: str) -> None:
    (said,) = judge_afternoon(SCENARIO, replace(afternoon(), **missing)).faults
    assert fault in said


def test_a_car_that_is_short_is_named() -> None:
    one = afternoon()
    one.visits[1] = replace(one.visits[1], drawn_wh=4700.0)
    (said,) = judge_afternoon(SCENARIO, one).faults
    assert said.endswith("P5 4.70 of 5.00 kWh")


def test_a_car_is_held_back_while_the_plan_in_force_says_so() -> None:
    found = [(spell.station, spell.start, spell.end) for spell in held_back(afternoon())]
    assert found == [
        ("P5", SCENARIO.at(20), SCENARIO.at(32)),
        ("P5", SCENARIO.at(40), SCENARIO.at(50)),
        ("P5", SCENARIO.at(50), SCENARIO.at(65)),
    ]
    assert together(held_back(afternoon())) == 37


def test_minutes_of_two_cars_at_once_count_once() -> None:
    def spell(start: float, end: float) -> Spell:
        return Spell(station="P1", start=SCENARIO.start + timedelta(minutes=start), end=SCENARIO.at(end))

    assert together([spell(5, 10), spell(0, 20), spell(15, 25), spell(30, 31)]) == 26


def test_the_page_tells_what_happened_and_the_plans_that_changed_something(tmp_path: Path) -> None:
    one = afternoon()
    write_afternoon(tmp_path / "new", SCENARIO, one, judge_afternoon(SCENARIO, one))
    page = (tmp_path / "new" / "report.html").read_text(encoding="utf-8")
    assert "PASS: the limit held: house and cars drew 12.00 of 22.00 kW" in page
    assert "loses &lt;its&gt; connection" in page
    assert "a sentence of minute 20<td>0.0 A<td>site limit" in page
    assert "a sentence of minute 40<td>16.0 A instead of 0.0<td>site limit" in page
    assert "a sentence of minute 32" not in page, "it never came to its station"
    assert "a sentence of minute 50" not in page, "it changes nothing"
    assert "src=" not in page
