"""From series to slots."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.errors import PlanError
from ladewerk.optimizer.horizon import horizon_slots, per_slot
from ladewerk.timeline import Timeline, mean_over

START = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
HOUR = timedelta(hours=1)


def line(*steps: tuple[float, float | None]) -> Timeline[float]:
    return Timeline.of((START + timedelta(minutes=minutes), value) for minutes, value in steps)


def test_slots_end_on_the_quarter_hour() -> None:
    assert horizon_slots(START, START + HOUR) == (300.0, 900.0, 900.0, 900.0, 600.0)


def test_slots_end_where_a_series_changes_or_a_car_comes_and_goes() -> None:
    prices = line((-60, 0.3), (10, 0.2), (300, 0.1))
    slots = horizon_slots(START, START + HOUR / 2, prices, moments=[START + timedelta(minutes=7), START - HOUR])
    assert slots == (300.0, 120.0, 180.0, 600.0, 600.0)


def test_a_horizon_without_length_is_refused() -> None:
    with pytest.raises(PlanError, match="an end after the start"):
        horizon_slots(START, START)


def test_the_mean_over_a_slot_is_weighted_by_time() -> None:
    assert per_slot(line((0, 100.0), (5, 400.0)), START, (900.0, 300.0)) == (300.0, 400.0)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.none() | st.floats(-10, 10)), max_size=30),
    st.lists(st.integers(1, 5400), min_size=1, max_size=30),
    st.integers(-300, 300),
)
def test_the_means_are_those_of_each_slot_by_itself(
    steps: list[tuple[int, float | None]], slot_s: list[int], before_s: int
) -> None:
    minute, said = -10, list[tuple[float, float | None]]()
    for length, value in steps:
        said.append((minute, value))
        minute += length
    prices, start = line(*said), START + timedelta(seconds=before_s)
    borders = [start + timedelta(seconds=sum(slot_s[:count])) for count in range(len(slot_s) + 1)]
    means = [mean_over(prices, begin, end) for begin, end in pairwise(borders)]
    if None in means:
        with pytest.raises(PlanError, match="a series is expected to reach"):
            per_slot(prices, start, slot_s)
    else:
        assert per_slot(prices, start, slot_s) == pytest.approx(means)


def test_a_value_that_holds_all_the_time_is_not_rounded() -> None:
    assert per_slot(line((0, 0.1), (5, 0.1 + 0.2)), START, (300.0, 1 / 3, 1 / 7)) == (0.1, 0.1 + 0.2, 0.1 + 0.2)


def test_a_series_that_ends_too_early_is_refused() -> None:
    with pytest.raises(PlanError, match="a series is expected to reach"):
        per_slot(line((0, 100.0), (5, None)), START, (900.0,))


@settings(deadline=None)
@given(
    st.integers(1, 48 * 3600),
    st.dictionaries(st.integers(-100, 3000), st.floats(0, 1), min_size=1, max_size=8),
)
def test_slots_cover_the_horizon_and_prices_are_constant_in_each(length_s: int, steps: dict[int, float]) -> None:
    prices = line(*sorted({-1000: 0.5, **steps}.items()))
    slots = horizon_slots(START, START + timedelta(seconds=length_s), prices)
    assert sum(slots) == pytest.approx(length_s)
    assert all(0 < slot <= 900 for slot in slots)
    at = START
    for slot, mean in zip(slots, per_slot(prices, START, slots), strict=True):
        assert mean == pytest.approx(prices.at(at))
        at += timedelta(seconds=slot)
