"""Timelines against what they say at every moment."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.timeline import Segment, Timeline, combine, first, later, lowest, mean_over, total

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTES = range(-5, 65)
NOTHING: Timeline[float] = Timeline()


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def line(*steps: tuple[int, float | None]) -> Timeline[float]:
    return Timeline.of((at(minute), value) for minute, value in steps)


values = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 2.5, -3.0]))
steps = st.dictionaries(st.integers(0, 60), values, max_size=8)
lines = steps.map(lambda chosen: line(*sorted(chosen.items())))


# --- building


@settings(deadline=None)
@given(steps)
def test_it_says_the_last_value_that_began(chosen: dict[int, float | None]) -> None:
    built = line(*sorted(chosen.items()))
    for minute in MINUTES:
        begun = [start for start in chosen if start <= minute]
        assert built.at(at(minute)) == (chosen[max(begun)] if begun else None)


@settings(deadline=None)
@given(lines)
def test_neighbours_differ_and_it_begins_with_something_said(built: Timeline[float]) -> None:
    assert all(a != b for a, b in pairwise(built.values))
    assert not built.values or built.values[0] is not None


@settings(deadline=None)
@given(steps)
def test_two_that_say_the_same_are_equal(chosen: dict[int, float | None]) -> None:
    built = line(*sorted(chosen.items()))
    every_minute = line(*((minute, built.at(at(minute))) for minute in range(61)))
    assert every_minute == built


@pytest.mark.parametrize(
    ("moment", "after_s", "then"),
    [
        (START, 90, START + timedelta(seconds=90)),
        (START, 2**63, datetime.max.replace(tzinfo=UTC)),
        (START, -(2**63), datetime.min.replace(tzinfo=UTC)),
        (datetime(9999, 12, 31, 18, tzinfo=timezone(timedelta(hours=-5))), 7200, datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_what_lies_behind_the_calendar_is_its_last_moment(moment: datetime, after_s: float, then: datetime) -> None:
    assert later(moment, after_s) == then


def test_zero_is_said_and_none_is_not() -> None:
    built = line((0, 0.0), (10, None))
    assert built.at(at(5)) == 0.0
    assert built.at(at(15)) is None


def test_two_values_at_one_moment_are_refused() -> None:
    with pytest.raises(ValueError, match="two values start at"):
        line((0, 1.0), (0, 2.0))


def test_what_is_no_timeline_is_refused() -> None:
    with pytest.raises(ValueError, match="1 starts but 0 values"):
        Timeline((START,), ())
    with pytest.raises(ValueError, match="carry an offset"):
        Timeline((datetime(2026, 1, 5),), (1.0,))  # noqa: DTZ001
    with pytest.raises(ValueError, match="starts increase"):
        Timeline((at(1), at(0)), (1.0, 2.0))


def test_slots_follow_each_other_and_end() -> None:
    built = Timeline.from_slots(START, [60, 60, 30], [1.0, 1.0, None])
    assert built == line((0, 1.0), (2, None))
    assert built.end == at(2)
    with pytest.raises(ValueError, match="2 slots but 1 values"):
        Timeline.from_slots(START, [60, 60], [1.0])


# --- reading


@settings(deadline=None)
@given(lines, st.integers(-5, 65))
def test_the_next_change_is_the_first_moment_that_differs(built: Timeline[float], minute: int) -> None:
    change = built.next_change(at(minute))
    later = [at(m) for m in range(minute + 1, 65) if built.at(at(m)) != built.at(at(minute))]
    assert change == (later[0] if later else None)


def test_the_end_is_where_nothing_is_said_any_more() -> None:
    assert line((0, 1.0), (10, None)).end == at(10)
    assert line((0, 1.0)).end is None
    assert NOTHING.end is None


@settings(deadline=None)
@given(lines)
def test_segments_are_what_is_said(built: Timeline[float]) -> None:
    segments = list(built.segments())
    for minute in MINUTES:
        found = [s.value for s in segments if s.start <= at(minute) and (s.end is None or at(minute) < s.end)]
        assert found == ([] if built.at(at(minute)) is None else [built.at(at(minute))])


def test_the_last_segment_of_an_endless_line_has_no_end() -> None:
    assert list(line((0, 1.0), (5, None), (10, 2.0)).segments()) == [
        Segment(at(0), at(5), 1.0),
        Segment(at(10), None, 2.0),
    ]
    assert list(NOTHING.segments()) == []


# --- changing


@settings(deadline=None)
@given(lines, st.integers(-5, 60), st.one_of(st.none(), st.integers(-5, 65)))
def test_a_cut_says_the_same_inside_and_nothing_outside(built: Timeline[float], first: int, last: int | None) -> None:
    cut = built.within(at(first), None if last is None else at(last))
    for minute in MINUTES:
        inside = first <= minute and (last is None or minute < last)
        assert cut.at(at(minute)) == (built.at(at(minute)) if inside else None)


@settings(deadline=None)
@given(lines)
def test_a_change_of_values_leaves_the_unsaid_unsaid(built: Timeline[float]) -> None:
    changed = built.map(lambda value: None if value < 0 else value * 2)
    for minute in MINUTES:
        value = built.at(at(minute))
        assert changed.at(at(minute)) == (None if value is None or value < 0 else value * 2)


@settings(deadline=None)
@given(st.lists(lines, max_size=4))
def test_the_lowest_and_the_total_hold_at_every_moment(several: list[Timeline[float]]) -> None:
    least, summed = combine(lowest, *several), combine(total, *several)
    for minute in MINUTES:
        said = [value for one in several if (value := one.at(at(minute))) is not None]
        assert least.at(at(minute)) == (min(said) if said else None)
        assert summed.at(at(minute)) == (sum(said) if said else None)


def test_a_line_overrules_those_behind_it() -> None:
    assert combine(first, line((5, 1.0), (9, None)), line((0, 2.0))) == line((0, 2.0), (5, 1.0), (9, 2.0))
    assert combine(first, NOTHING, NOTHING) == NOTHING


# --- the mean


def test_the_mean_is_weighted_by_time() -> None:
    assert mean_over(line((0, 1.0), (10, 4.0)), at(5), at(20)) == pytest.approx(3.0)


def test_where_a_part_says_nothing_there_is_no_mean() -> None:
    assert mean_over(line((0, 1.0), (10, None)), at(5), at(20)) is None
    assert mean_over(line((0, 1.0)), at(-1), at(20)) is None
    assert mean_over(NOTHING, at(0), at(20)) is None


def test_no_time_has_no_mean() -> None:
    assert mean_over(line((0, 1.0)), at(5), at(5)) is None


@settings(deadline=None)
@given(lines, st.integers(0, 50), st.integers(1, 10))
def test_a_mean_lies_between_the_values(built: Timeline[float], first: int, length: int) -> None:
    mean = mean_over(built, at(first), at(first + length))
    said = [value for m in range(first, first + length) if (value := built.at(at(m))) is not None]
    if len(said) < length:
        assert mean is None
    else:
        assert mean == pytest.approx(sum(said) / length)
