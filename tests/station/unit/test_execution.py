"""A plan followed through time, with the wall clock set meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.station.moment import Moment
from ladewerk.station.unit.execution import Execution, without_tail
from ladewerk.timeline import Timeline

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def at(second: float, *, wall_off_s: float = 0.0) -> Moment:
    return Moment(START + timedelta(seconds=second + wall_off_s), 1000 + second)


def line(*slots: tuple[float, float], start: float = 0.0) -> Timeline[float]:
    return Timeline.from_slots(START + timedelta(seconds=start), [s for s, _ in slots], [a for _, a in slots])


PLAN = line((60, 16.0), (60, 0.0), (60, 8.0), (600, 0.0))


@pytest.mark.parametrize(
    ("second", "limit_a", "over"), [(0, 16, False), (59.9, 16, False), (60, 0, False), (120, 8, False), (180, 0, True)]
)
def test_each_slot_holds_until_the_next_and_pauses_behind_the_last_do_not_count(
    second: float, limit_a: float, over: bool
) -> None:
    execution = Execution.begin(PLAN, at(0))
    assert execution.limit_a(at(second)) == limit_a
    assert execution.is_over(at(second)) is over


def test_the_end_is_that_of_the_last_current() -> None:
    assert Execution.begin(PLAN, at(0)).ends_at() == START + timedelta(seconds=180)
    assert Execution.begin(Timeline.of([(START, 10.0)]), at(0)).ends_at() is None


def test_what_holds_for_any_car_behind_the_departure_is_no_part_of_the_charging() -> None:
    whole = Timeline.of([*zip(PLAN.starts, PLAN.values, strict=True), (START + timedelta(days=1), 11.0)])
    execution = Execution.begin(whole, at(0))
    assert execution.ends_at() is None
    assert execution.charges_until(START + timedelta(hours=1)) == START + timedelta(seconds=180)
    assert execution.charges_until(START + timedelta(days=2)) is None


def test_a_plan_without_a_current_is_over_at_once() -> None:
    assert Execution.begin(line((600, 0.0)), at(0)).is_over(at(0))
    assert Execution.begin(Timeline(), at(0)).is_over(at(0))
    assert without_tail(Timeline()) == Timeline()


@pytest.mark.parametrize("wall_off_s", [-500.0, -70.0, 70.0, 130.0, 500.0])
def test_S05_setting_the_wall_clock_neither_raises_the_current_nor_shifts_the_end(wall_off_s: float) -> None:
    execution = Execution.begin(PLAN, at(0))
    for second in range(200):
        now = at(second, wall_off_s=wall_off_s)
        assert execution.limit_a(now) <= execution.limit_a(at(second))
        assert execution.is_over(now) is (second >= 180)


def test_slots_move_from_waiting_over_current_to_completed() -> None:
    execution = Execution.begin(PLAN, at(0))
    early, late = execution.actions(at(30)), execution.actions(at(130))
    assert (len(early.waiting), early.current is not None, len(early.completed)) == (2, True, 0)
    assert (len(late.waiting), late.current is not None, len(late.completed)) == (0, True, 2)
    over = execution.actions(at(181))
    assert (len(over.waiting), over.current, len(over.completed)) == (0, None, 3)


def test_a_new_plan_keeps_what_was_done() -> None:
    execution = Execution.begin(PLAN, at(0)).replaced(line((600, 10.0)), at(90))
    assert execution.limit_a(at(90)) == 10
    assert [(slot.value, slot.end) for slot in execution.completed] == [
        (16.0, START + timedelta(seconds=60)),
        (0.0, START + timedelta(seconds=90)),
    ]


def test_a_plan_that_begins_later_is_waited_for() -> None:
    execution = Execution.begin(line((60, 10.0), start=300), at(0))
    assert execution.limit_a(at(0)) == 0
    assert execution.next_current_at(at(0)) == START + timedelta(seconds=300)
    assert execution.next_current_at(at(301)) is None
    assert not execution.is_over(at(0))
    assert execution.replaced(line((60, 6.0)), at(1)).completed == ()
