"""Readings get fewer with their age; energy, time and extremes stay."""

import math
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ladewerk.station.history.gauge import FINEST_S, Gauge, Reading, Sample, merged
from ladewerk.station.history.thinning import TIERS, due_before_s, period_for, thinned
from ladewerk.station.moment import Moment

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)

polls = st.lists(
    st.tuples(
        st.floats(0.5, 40),  # s since the poll before
        st.floats(0, 22_000),  # W
        st.sampled_from([0.0, 6.0, 16.0]),  # A offered
        st.sampled_from([None, 0.0, 4140.0]),  # W planned
        st.booleans(),  # the register was reset
    ),
    min_size=2,
    max_size=200,
)


def followed(rows: list[tuple[float, float, float, float | None, bool]]) -> tuple[list[Reading], float]:
    """The readings of a meter that is polled so, and the energy that its register has counted."""
    gauge, at_s, register_wh, counted_wh = Gauge(), 0.0, 500.0, 0.0
    readings: list[Reading] = []
    last_w = 0.0
    for number, (after_s, power_w, offered_a, planned_w, reset) in enumerate(rows):
        at_s += after_s
        step_wh = last_w * after_s / 3600 if number else 0.0
        register_wh += step_wh
        if reset:
            register_wh = 0.0
        else:
            counted_wh += step_wh
        last_w = power_w
        moment = Moment(START + timedelta(seconds=at_s), at_s)
        finished = gauge.add(
            Sample(at=moment, power_w=power_w, register_wh=register_wh, offered_a=offered_a, planned_w=planned_w)
        )
        if finished is not None:
            readings.append(finished)
    if gauge.open is not None:
        readings.append(gauge.open)
    return readings, counted_wh


@given(polls)
def test_readings_hold_the_energy_of_the_register_and_every_second(
    rows: list[tuple[float, float, float, float | None, bool]],
) -> None:
    readings, counted_wh = followed(rows)
    assert math.isclose(sum(one.energy_wh for one in readings), counted_wh, abs_tol=1e-6)
    assert math.isclose(sum(one.measured_s for one in readings), sum(row[0] for row in rows[1:]), abs_tol=1e-5)
    assert max(one.highest_w for one in readings) == max(row[1] for row in rows)
    assert min(one.lowest_w for one in readings) == min(row[1] for row in rows)
    for earlier, later in pairwise(readings):
        assert math.isclose(earlier.end_s, later.begin_s, abs_tol=1e-5)


@given(polls, st.sampled_from([tier.period_s for tier in TIERS] + [3600.0]))
def test_thinning_keeps_energy_time_extremes_and_means(
    rows: list[tuple[float, float, float, float | None, bool]], period_s: float
) -> None:
    readings, _ = followed(rows)
    fewer = list(thinned(readings, period_s))
    assert len(fewer) <= len(readings)
    assert [one.begin_s // period_s for one in fewer] == sorted({one.begin_s // period_s for one in readings})
    for total in (
        lambda one: one.energy_wh,
        lambda one: one.measured_s,
        lambda one: one.planned_s,
        lambda one: one.offered_a * one.measured_s,
        lambda one: (one.planned_w or 0.0) * one.planned_s,
    ):
        assert math.isclose(sum(map(total, fewer)), sum(map(total, readings)), rel_tol=1e-9, abs_tol=1e-6)
    assert max(one.highest_w for one in fewer) == max(one.highest_w for one in readings)
    assert min(one.lowest_w for one in fewer) == min(one.lowest_w for one in readings)
    assert (fewer[0].begin_s, fewer[-1].end_s) == (readings[0].begin_s, readings[-1].end_s)


@given(polls)
def test_thinning_in_two_steps_is_thinning_in_one(rows: list[tuple[float, float, float, float | None, bool]]) -> None:
    readings, _ = followed(rows)
    at_once = list(thinned(readings, 900.0))
    in_steps = list(thinned(thinned(readings, 60.0), 900.0))
    assert [(one.begin_s, one.end_s) for one in in_steps] == [(one.begin_s, one.end_s) for one in at_once]
    for one, other in zip(in_steps, at_once, strict=True):
        assert math.isclose(one.energy_wh, other.energy_wh, abs_tol=1e-9)
        assert math.isclose(one.offered_a, other.offered_a, abs_tol=1e-9)


def sample(at_s: float, *, wall_s: float | None = None, offered_a: float = 16.0, power_w: float = 11_000.0) -> Sample:
    moment = Moment(START + timedelta(seconds=at_s if wall_s is None else wall_s), at_s)
    return Sample(at=moment, power_w=power_w, register_wh=at_s, offered_a=offered_a, planned_w=None)


def test_a_new_current_begins_a_new_reading() -> None:
    gauge = Gauge()
    assert gauge.add(sample(0)) is None
    assert gauge.add(sample(1)) is None
    finished = gauge.add(sample(2, offered_a=6.0))
    assert finished is not None
    assert (finished.offered_a, finished.measured_s) == (16.0, 2.0)
    gauge.add(sample(3, offered_a=6.0))
    assert gauge.open is not None
    assert gauge.open.offered_a == 6.0


def test_a_clock_that_was_set_makes_no_energy_and_no_hour() -> None:
    gauge = Gauge()
    gauge.add(sample(0))
    gauge.add(sample(1))
    finished = gauge.add(sample(2, wall_s=3600))
    assert finished is not None
    assert finished.measured_s == 1.0
    gauge.add(sample(3, wall_s=3601))
    assert gauge.open is not None
    assert gauge.open.begin_s == START.timestamp() + 3600
    assert gauge.open.measured_s == 1.0


def test_the_mean_is_over_the_time_that_was_measured() -> None:
    first = Reading(begin_s=0, end_s=10, measured_s=10, energy_wh=10, lowest_w=3600, highest_w=3600, offered_a=16)
    later = Reading(begin_s=50, end_s=60, measured_s=10, energy_wh=0, lowest_w=0, highest_w=0, offered_a=0)
    assert merged(first, later).mean_w == 1800
    assert merged(first, later).offered_a == 8


def test_the_mean_is_no_power_that_nobody_saw() -> None:
    """A meter that steps by the minute tells behind a restart what had flowed before it."""
    behind = Reading(begin_s=0, end_s=10, measured_s=10, energy_wh=115, lowest_w=0, highest_w=20, offered_a=0)
    assert behind.mean_w == 20
    assert merged(behind, behind).energy_wh == 230


def test_each_period_divides_the_next_and_the_last_is_for_ever() -> None:
    for finer, coarser in pairwise(TIERS):
        assert coarser.period_s % finer.period_s == 0
    assert [tier.keep_s is None for tier in TIERS] == [False] * (len(TIERS) - 1) + [True]


@given(st.floats(1.7e9, 1.9e9), st.sampled_from(TIERS[:-1]))
def test_what_is_due_ends_between_two_coarser_periods_and_is_old_enough(now_s: float, tier: object) -> None:
    assert tier in TIERS
    index = TIERS.index(tier)
    coarser_s = TIERS[index + 1].period_s
    before_s = due_before_s(TIERS[index], now_s, coarser_s)
    keep_s = TIERS[index].keep_s
    assert before_s is not None
    assert keep_s is not None
    assert before_s % coarser_s == 0
    assert now_s - keep_s - coarser_s < before_s <= now_s - keep_s


@given(st.floats(1, 1e9), st.integers(1, 10_000))
def test_a_span_is_shown_in_as_many_readings_as_asked_for(span_s: float, at_most: int) -> None:
    period_s = period_for(span_s, at_most)
    assert period_s % FINEST_S == 0
    assert span_s / period_s <= at_most
    assert period_s == FINEST_S or span_s / (period_s - FINEST_S) > at_most
