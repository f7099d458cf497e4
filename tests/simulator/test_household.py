from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ladewerk.simulator.appliances import Appliance
from ladewerk.simulator.household import Household, family
from ladewerk.timeline import mean_over

HOUSE = Household(seed=5, time_zone=UTC)
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)


def mean_w(house: Household, hour: float, hours: float) -> float:
    start = MIDNIGHT + timedelta(hours=hour)
    loads = [house.load_w(start + timedelta(minutes=minute)) for minute in range(int(hours * 60))]
    return sum(loads) / len(loads)


def test_the_day_has_its_rhythm() -> None:
    night, noon, evening = mean_w(HOUSE, 1, 4), mean_w(HOUSE, 11, 3), mean_w(HOUSE, 19, 1)
    assert 200 < night < 400
    assert night < noon < 1000
    assert 3500 < evening < 5000
    assert mean_w(HOUSE, 7, 0.5) > 1000  # the morning


def test_the_peak_is_over_when_the_night_tariff_begins() -> None:
    assert mean_w(HOUSE, 22, 0.5) < 0.25 * mean_w(HOUSE, 19, 1)


def test_the_same_seed_gives_the_same_load_and_another_one_another() -> None:
    moments = [MIDNIGHT + timedelta(minutes=minute) for minute in range(0, 1440, 7)]
    assert [HOUSE.load_w(at) for at in moments] == [Household(seed=5, time_zone=UTC).load_w(at) for at in moments]
    assert [HOUSE.load_w(at) for at in moments] != [Household(seed=6, time_zone=UTC).load_w(at) for at in moments]


def test_the_load_is_constant_within_a_minute() -> None:
    at = MIDNIGHT + timedelta(hours=19)
    assert HOUSE.load_w(at) == HOUSE.load_w(at + timedelta(seconds=59.9))
    assert HOUSE.load_w(at) != HOUSE.load_w(at + timedelta(seconds=60))


def test_the_rhythm_follows_the_clock_on_the_wall() -> None:
    east = timezone(timedelta(hours=3))
    moved = Household(seed=5, time_zone=east)
    assert mean_w(moved, 16, 1) == pytest.approx(mean_w(HOUSE, 19, 1), rel=0.05)


def test_without_a_time_zone_the_machine_s_own_counts() -> None:
    own = MIDNIGHT.astimezone().tzinfo
    at = MIDNIGHT + timedelta(hours=19)
    assert Household(seed=5).load_w(at) == Household(seed=5, time_zone=own).load_w(at)


@pytest.mark.parametrize("seed", range(5))
def test_the_forecast_is_never_below_the_load(seed: int) -> None:
    house = Household(seed=seed, time_zone=UTC)
    start, end = MIDNIGHT + timedelta(hours=17, minutes=40), MIDNIGHT + timedelta(hours=30, minutes=30)
    forecast = house.forecast(start, end)
    at = start
    while at < end:
        envelope_w = forecast.at(at)
        assert envelope_w is not None
        assert house.load_w(at) <= envelope_w
        at += timedelta(seconds=20)


def test_the_forecast_is_by_quarter_hours_and_ends() -> None:
    start, end = MIDNIGHT + timedelta(hours=17, minutes=40), MIDNIGHT + timedelta(hours=19)
    forecast = HOUSE.forecast(start, end)
    assert forecast.starts == (start, *(MIDNIGHT + timedelta(minutes=m) for m in (1065, 1080, 1095, 1110, 1125)), end)
    assert forecast.end == end
    assert forecast.at(start - timedelta(seconds=1)) is None


def test_the_forecast_is_not_much_above_the_load() -> None:
    forecast = HOUSE.forecast(MIDNIGHT, MIDNIGHT + timedelta(days=1))
    moments = [MIDNIGHT + timedelta(minutes=minute) for minute in range(1440)]
    assert sum(forecast.at(at) or 0 for at in moments) < 1.5 * sum(HOUSE.load_w(at) for at in moments)


FAMILY = family(3, UTC)


def test_a_family_cooks_on_most_days_and_never_at_night() -> None:
    evenings = [
        max(FAMILY.load_w(MIDNIGHT + timedelta(days=day, hours=17, minutes=m)) for m in range(180)) for day in range(10)
    ]
    nights = [
        max(FAMILY.load_w(MIDNIGHT + timedelta(days=day, hours=2, minutes=m)) for m in range(0, 120, 5)) for day in range(10)
    ]
    assert sum(load_w > 3000 for load_w in evenings) >= 5
    assert max(nights) < 700


def test_a_family_sleeps_longer_on_sundays_and_uses_more_in_winter() -> None:
    house = replace(FAMILY, away_share=0.0, appliances=())
    monday, sunday = mean_w(house, 6.5, 1), mean_w(house, 6 * 24 + 6.5, 1)
    assert sunday < 0.7 * monday
    summer = [house.load_w(MIDNIGHT + timedelta(days=182, hours=13, minutes=m)) for m in range(60)]
    assert sum(summer) / 60 < 0.9 * mean_w(house, 13, 1)


def test_a_family_is_away_on_some_days() -> None:
    house = replace(FAMILY, away_share=0.3)
    evenings = [mean_w(house, 24 * day + 19, 1) for day in range(14)]
    assert 2 <= sum(load_w < 0.6 * max(evenings) for load_w in evenings) <= 10


def test_families_differ_and_each_is_the_same_again() -> None:
    start, end = MIDNIGHT, MIDNIGHT + timedelta(hours=6)
    assert family(1, UTC).load_line(start, end) == family(1, UTC).load_line(start, end)
    assert family(1, UTC).load_line(start, end) != family(2, UTC).load_line(start, end)


def test_a_load_line_is_the_mean_of_its_minutes_and_ends() -> None:
    start, end = MIDNIGHT + timedelta(hours=18), MIDNIGHT + timedelta(hours=19)
    quarters, minutes = FAMILY.load_line(start, end), FAMILY.load_line(start, end, 60)
    assert len(list(quarters.segments())) == 4
    assert quarters.end == minutes.end == end
    for quarter in range(4):
        begin = start + timedelta(minutes=15 * quarter)
        assert quarters.at(begin) == pytest.approx(mean_over(minutes, begin, begin + timedelta(minutes=15)))


def test_a_family_s_forecast_is_never_below_its_load() -> None:
    forecast = FAMILY.forecast(MIDNIGHT, MIDNIGHT + timedelta(days=1))
    for minute in range(1440):
        at = MIDNIGHT + timedelta(minutes=minute)
        assert FAMILY.load_w(at) <= (forecast.at(at) or 0.0)


def test_a_course_that_is_not_over_at_midnight_goes_on() -> None:
    late = Appliance(course=((100.0, 60), (50.0, 60)), usual_hour=23.5, spread_h=0.0, on_workdays=1.0, on_weekends=0.0)
    monday, tuesday = MIDNIGHT.date(), (MIDNIGHT + timedelta(days=1)).date()
    assert [late.power_w(monday, minute, 1) for minute in (1409, 1410)] == [0.0, 100.0]
    assert [late.power_w(tuesday, minute, 1) for minute in (29, 30, 89, 90)] == [100.0, 50.0, 50.0, 0.0]
    assert late.power_w(MIDNIGHT.date() - timedelta(days=1), 1420, 1) == 0.0  # a Sunday
