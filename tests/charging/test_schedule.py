"""Schedules on their way to an EVSE: whatever happens to them, no current is raised."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.charging.rates import Limit, Rate, Unit
from ladewerk.charging.schedule import aligned, currents, lasting, offerable, shortened, stepped, trimmed, where_said
from ladewerk.timeline import Segment, Timeline
from tests.charging.profiles import START, at


def segments(line: Timeline[float]) -> list[tuple[float, float | None, float]]:
    def seconds(segment: Segment[float]) -> float | None:
        return None if segment.end is None else (segment.end - START).total_seconds()

    return [((segment.start - START).total_seconds(), seconds(segment), segment.value) for segment in line.segments()]


def slots(*values: float | None, length_s: float = 60) -> Timeline[float]:
    return Timeline.from_slots(START, [length_s] * len(values), values)


def test_trimming_drops_what_is_over_and_aligning_the_start_up_too() -> None:
    assert segments(trimmed(slots(16.0, 8.0), at(30))) == [(30, 60, 16.0), (60, 120, 8.0)]
    assert segments(aligned(slots(16.0, 8.0), at(30), 32)) == [(62, 120, 8.0)]


def test_what_no_pilot_can_offer_becomes_a_pause() -> None:
    assert segments(offerable(slots(0.1, 5.99, 6.0, 16.0))) == [(0, 120, 0.0), (120, 180, 6.0), (180, 240, 16.0)]


def test_currents_are_rounded_down_to_whole_steps() -> None:
    assert segments(stepped(slots(16.0, 9.99, 6.3), 1.0)) == [(0, 60, 16.0), (60, 120, 9.0), (120, 180, 6.0)]
    assert segments(stepped(slots(0.3), 0.1))[0][2] == pytest.approx(0.3)


def test_neighbours_are_merged_at_the_lower_current_where_least_is_lost() -> None:
    line = slots(16.0, 15.0, 6.0, 16.0)
    assert shortened(line, 4) == line
    assert segments(shortened(line, 3)) == [(0, 120, 15.0), (120, 180, 6.0), (180, 240, 16.0)]
    assert segments(shortened(line, 1)) == [(0, 240, 6.0)]


def test_what_lasts_for_ever_is_given_up_last() -> None:
    endless: Timeline[float] = Timeline.of([(at(0), 6.0), (at(60), 8.0), (at(120), 16.0)])
    assert segments(shortened(endless, 2)) == [(0, 120, 6.0), (120, None, 16.0)]
    assert segments(shortened(endless, 1)) == [(0, None, 6.0)]


def test_stretches_that_nothing_joins_stay_apart() -> None:
    apart = slots(6.0, None, 8.0, None, 10.0, 16.0)
    assert segments(shortened(apart, 3)) == [(0, 60, 6.0), (120, 180, 8.0), (240, 360, 10.0)]
    with pytest.raises(ValueError, match="3 stretches apart from each other do not go into 2 periods"):
        shortened(apart, 2)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 6.0, 7.3, 16.0]), min_size=1, max_size=12), st.integers(1, 6))
def test_nothing_is_raised_and_nothing_lost_but_where_it_must(values: list[float], most: int) -> None:
    line = slots(*values)
    short = shortened(line, most)
    assert len(list(short.segments())) <= max(most, 1)
    assert short.end == line.end
    for second in range(30, 60 * len(values), 60):
        assert (short.at(at(second)) or 0.0) <= (line.at(at(second)) or 0.0)


def test_limits_become_currents_of_a_vehicle_that_draws_alike_on_its_phases() -> None:
    limits = Timeline.of(
        [(at(0), Limit(phases=3, limit=(10, 20, 8))), (at(60), Limit(phases=3, limit=(-6,))), (at(90), None)]
    )
    assert segments(currents(limits)) == [(0, 60, 8), (60, 90, 0.0)]


def test_limits_hold_where_a_profile_says_something() -> None:
    said = Timeline.of([(at(30), Rate(unit=Unit.A, limit=(6,))), (at(90), None)])
    assert segments(where_said(slots(16.0, 8.0), said)) == [(30, 60, 16.0), (60, 90, 8.0)]


def test_what_holds_at_the_horizon_goes_on_and_what_ends_before_ends() -> None:
    assert segments(lasting(slots(16.0), at(60))) == [(0, None, 16.0)]
    assert segments(lasting(slots(16.0), at(61))) == [(0, 60, 16.0)]
    assert lasting(Timeline(), at(60)) == Timeline()
