"""From series to slots."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.errors import PlanError
from ladewerk.optimizer.horizon import horizon_slots, per_slot
from ladewerk.timeline import Timeline

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
