"""The past in comparable days."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.optimizer.similar_days import Distribution, local_slots, read_past, slot_line, slots_between
from ladewerk.timeline import Timeline, mean_over

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def minutes(*steps: tuple[float, float | None]) -> Timeline[float]:
    return Timeline.of((MONDAY + timedelta(minutes=at), value) for at, value in steps)


def test_history_is_cut_into_quarter_hours_of_the_clock_backwards_from_the_moment() -> None:
    past = read_past(minutes((-15, 100.0), (-5, 400.0), (0, 9999.0)), MONDAY + timedelta(minutes=7), UTC, days=2)
    assert past.values[-2:] == [None, pytest.approx(200.0)]
    assert len(past.values) == 192
    assert (past.slots[-1], past.weekdays[-1], past.origin_s) == (95, 6, int(MONDAY.timestamp()))
    assert [past.window(index) for index in (0, 95, 96, 191)] == [1, 1, 0, 0]


def test_a_quarter_hour_of_which_less_than_half_is_known_is_not_known() -> None:
    past = read_past(minutes((-15, None), (-8, 100.0), (-3, None)), MONDAY, UTC, days=1)
    assert past.values[-1] is None
    past = read_past(minutes((-10, 100.0), (-2, None)), MONDAY, UTC, days=1)
    assert past.values[-1] == 100.0


def test_a_day_of_which_less_than_half_is_known_has_no_level() -> None:
    past = read_past(minutes((-48 * 60, 100.0), (-34 * 60, None), (-11 * 60, 50.0)), MONDAY, UTC, days=4)
    assert past.levels == [None, 100.0, None, None]
    assert [past.known_days(0, 4), past.known_days(1, 1), past.known_days(2, 9)] == [1, 1, 0]


@pytest.mark.parametrize(
    ("start", "twice"), [(datetime(2026, 3, 28, tzinfo=UTC), 0), (datetime(2026, 10, 24, tzinfo=UTC), 8), (MONDAY, 4)]
)
def test_slots_are_those_of_the_local_clock(start: datetime, twice: int) -> None:
    slots, weekdays = local_slots(int(start.timestamp()), 3 * 96, BERLIN)
    for index, (slot, weekday) in enumerate(zip(slots, weekdays, strict=True)):
        local = (start + timedelta(minutes=15 * index)).astimezone(BERLIN)
        assert (slot, weekday) == (local.hour * 4 + local.minute // 15, local.weekday())
    # Over three days every slot comes three times; at two o'clock it depends on the clocks.
    assert sum(slots.count(slot) for slot in range(8, 12)) == {0: 8, 8: 16, 4: 12}[twice]


@given(st.lists(st.tuples(st.integers(1, 400), st.none() | st.floats(0, 1e4)), min_size=1, max_size=40))
def test_a_quarter_hour_is_the_mean_of_what_is_known_of_it(steps: list[tuple[int, float | None]]) -> None:
    at, said = -3000, list[tuple[float, float | None]]()
    for length, value in steps:
        said.append((at, value))
        at += length
    line = minutes(*said)
    past = read_past(line, MONDAY, UTC, days=2)
    for index, value in enumerate(past.values):
        begin = MONDAY - timedelta(minutes=15 * (192 - index))
        mean = mean_over(line, begin, begin + timedelta(minutes=15))
        if mean is not None:
            assert value == pytest.approx(mean)


def test_a_line_of_slots_begins_and_ends_where_it_is_asked_to() -> None:
    start, end = MONDAY + timedelta(minutes=7), MONDAY + timedelta(minutes=40)
    assert slots_between(start, end) == 3
    assert slots_between(start, start) == 1
    assert slots_between(MONDAY, MONDAY) == 0
    line = slot_line(start, end, [1.0, 2.0, 3.0])
    assert (line.starts, line.values) == (
        (start, MONDAY + timedelta(minutes=15), MONDAY + timedelta(minutes=30), end),
        (1.0, 2.0, 3.0, None),
    )


def test_a_quantile_is_the_least_value_that_enough_weight_is_not_above() -> None:
    dice = Distribution.of([(3.0, 1.0), (1.0, 2.0), (2.0, 1.0)])
    assert [dice.quantile(level) for level in (0.0, 0.5, 0.51, 0.75, 0.76, 1.0)] == [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
    assert dice.quantile(1.5) == 4.5
    assert [dice.level_of(value) for value in (0.5, 1.0, 1.5, 2.0, 3.0, 6.0)] == [0.0, 0.0, 0.5, 0.5, 0.75, 2.0]
    assert Distribution.of([(0.0, 1.0)]).level_of(5.0) == 1.0


@given(
    st.lists(st.tuples(st.floats(0, 100), st.floats(0, 1)), min_size=1).filter(
        lambda pairs: sum(w for _, w in pairs) > 0.01
    ),
    st.floats(0, 200),
    st.floats(0.01, 3),
)
def test_a_value_is_covered_by_just_the_levels_above_its_own(
    pairs: list[tuple[float, float]], value: float, level: float
) -> None:
    distribution = Distribution.of(pairs)
    own = distribution.level_of(value)
    if level > own + 1e-9 and distribution.quantile(1.0) > 0:
        assert distribution.quantile(level) >= value * (1 - 1e-9)
    if level < own - 1e-9:
        assert distribution.quantile(level) < value
