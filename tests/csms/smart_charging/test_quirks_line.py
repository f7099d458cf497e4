"""What of a plan a station with quirks is told."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ladewerk.csms.limit.allocation import Outlet
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, Quirks
from ladewerk.csms.smart_charging.quirks_line import asked_of, lowers, next_turn, told_line, told_until
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(*currents_a: float) -> Timeline[Rate]:
    return Timeline.from_slots(NOW, [3600.0] * len(currents_a), [Rate(value_a, 3) for value_a in currents_a])


currents = st.lists(st.sampled_from([0.0, 6.0, 8.0, 10.0, 16.0]), min_size=1, max_size=9)


@given(
    currents=currents, most=st.integers(1, 6), minutes=st.integers(0, 8 * 60), kind=st.sampled_from(["Absolute", "Relative"])
)
def test_no_more_periods_than_it_takes_and_nowhere_more_than_meant(
    currents: list[float], most: int, minutes: int, kind: str
) -> None:
    quirks, now = Quirks(kind="Relative") if kind == "Relative" else NO_QUIRKS, NOW + timedelta(minutes=minutes)
    line = hours(*currents)
    told = told_line(line, quirks, most, now)
    segments = list(told.within(now).segments())
    assert len(segments) <= (1 if kind == "Relative" else most)
    for moment in (now + timedelta(minutes=15 * step) for step in range(60)):
        means, says = line.at(moment), told.at(moment)
        if means is not None and says is not None:
            assert says.current_a <= means.current_a
    if kind == "Absolute" and line.at(now) is not None:
        assert told.at(now) == line.at(now)


def test_what_is_joined_loses_the_least_energy() -> None:
    assert told_line(hours(16, 15, 6, 0, 10), NO_QUIRKS, 3, NOW) == hours(16, 15, 0, 0, 0)
    assert told_line(hours(16, 15, 6), NO_QUIRKS, 3, NOW) == hours(16, 15, 6)


def test_a_station_of_one_period_is_told_each_in_its_turn() -> None:
    line = hours(16, 0, 10)
    assert told_line(line, NO_QUIRKS, 1, NOW) == hours(16)
    assert told_until(hours(16), line, NOW) == NOW + HOUR
    assert told_line(line, NO_QUIRKS, 1, NOW + HOUR) == hours(16, 0).within(NOW + HOUR, NOW + 2 * HOUR)
    assert told_until(line, line, NOW) is None


def test_zero_becomes_the_least_that_it_takes() -> None:
    assert asked_of(hours(16, 0, 4), Quirks(least_limit_a=6.0), NOW) == hours(16, 6, 6)


def test_without_periods_in_time_it_is_asked_for_what_holds_now_and_told_the_least_that_is_granted() -> None:
    relative = Quirks(kind="Relative")
    asked = asked_of(hours(10, 0), relative, NOW + HOUR / 2)
    assert asked == Timeline.of([(NOW + HOUR / 2, Rate(10.0, 3))])
    part = Timeline.of([(NOW, Rate(10.0, 3)), (NOW + HOUR, Rate(6.0, 3))])
    assert told_line(part, relative, 1024, NOW) == Timeline.of([(NOW, Rate(6.0, 3))])
    assert told_until(asked, hours(10, 0), NOW + HOUR / 2) == NOW + HOUR
    assert asked_of(hours(10), relative, NOW + 2 * HOUR) == Timeline()


def test_a_profile_that_lowers_something_waits_for_no_turn() -> None:
    outlet = Outlet(rating=Rate(32.0, 3), fallback=Rate(6.0, 3)).accepted(hours(16, 10), NOW)
    assert not lowers(hours(16, 16), outlet, NOW, NOW + 2 * HOUR)
    assert lowers(hours(16, 9), outlet, NOW, NOW + 2 * HOUR)
    assert not lowers(hours(16, 9), outlet, NOW, NOW + HOUR)
    assert next_turn(NOW, Quirks(min_interval_s=300)) == NOW + timedelta(minutes=5)
    assert next_turn(None, Quirks(min_interval_s=300)) is None
