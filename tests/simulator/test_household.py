from datetime import UTC, datetime, timedelta, timezone

import pytest

from ladewerk.simulator.household import Household

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
