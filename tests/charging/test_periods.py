"""Timelines told in whole seconds."""

import pytest

from ladewerk.charging.periods import Period, periods, split
from ladewerk.timeline import Timeline
from tests.charging.profiles import START, at


def told(*steps: tuple[float, float | None], duration_s: int = 100, start_s: float = 0) -> list[tuple[int, float]]:
    line: Timeline[float] = Timeline.of((at(second), value) for second, value in steps)
    return [(one.start_s, one.value) for one in periods(line, at(start_s), duration_s)]


def test_the_first_period_starts_at_0_and_the_end_is_left_out() -> None:
    assert told((-50, 1.0), (20, 2.0), (100, 3.0)) == [(0, 1.0), (20, 2.0)]


def test_no_duration_is_what_holds_now() -> None:
    assert told((0, 1.0), (1, 2.0), duration_s=0) == [(0, 1.0)]


def test_a_change_between_two_seconds_counts_from_the_second_after_it() -> None:
    assert told((0, 1.0), (10, 2.0), start_s=0.5) == [(0, 1.0), (10, 2.0)]
    assert told((0, 1.0), (10.2, 2.0), (10.7, 3.0)) == [(0, 1.0), (11, 3.0)]


def test_a_change_that_is_over_before_the_second_leaves_no_period() -> None:
    assert told((0, 1.0), (10.2, 2.0), (10.7, 1.0)) == [(0, 1.0)]


def test_of_what_is_not_said_there_is_no_period() -> None:
    assert told((10, 1.0), (20, None), (30, 1.0)) == [(10, 1.0), (30, 1.0)]
    assert told() == []


@pytest.mark.parametrize(
    ("borders_s", "expected"),
    [
        ([], [(0, 1.0), (60, 2.0)]),
        ([30], [(0, 1.0), (30, 1.0), (60, 2.0)]),
        ([0, 60, 90, 90], [(0, 1.0), (60, 2.0), (90, 2.0)]),
    ],
)
def test_periods_are_split_at_borders(borders_s: list[int], expected: list[tuple[int, float]]) -> None:
    found = split([Period(0, 1.0), Period(60, 2.0)], borders_s)
    assert [(one.start_s, one.value) for one in found] == expected


def test_of_no_periods_nothing_is_split_and_nothing_begins_before_the_first() -> None:
    assert split([], [10]) == []
    assert split([Period(20, 1.0)], [10]) == [Period(20, 1.0)]
    assert at(0) == START
