from datetime import UTC, datetime, timedelta
from math import degrees

import pytest

from ladewerk.simulator.photovoltaics import Photovoltaics, sun_height

DARMSTADT = Photovoltaics(seed=1, peak_w=8000, latitude=49.87, longitude=8.65)
JUNE = datetime(2026, 6, 21, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 21, tzinfo=UTC)


def minutes(day: datetime) -> list[datetime]:
    return [day + timedelta(minutes=minute) for minute in range(1440)]


# 90 degrees less the latitude, plus or less the tilt of the Earth's axis.
@pytest.mark.parametrize(("day", "highest"), [(JUNE, 63.6), (DECEMBER, 16.7)])
def test_the_sun_is_highest_at_solar_noon_and_as_high_as_the_season_lets_it(day: datetime, highest: float) -> None:
    heights = {at: degrees(sun_height(at, latitude=49.87, longitude=8.65)) for at in minutes(day)}
    noon = max(heights, key=lambda at: heights[at])
    assert heights[noon] == pytest.approx(highest, abs=0.6)
    assert abs(noon - (day + timedelta(hours=12 - 8.65 / 15))) < timedelta(minutes=6)


def test_a_clear_day_in_june_gives_several_times_one_in_december_and_nothing_at_night() -> None:
    june, december = (sum(DARMSTADT.clear_sky_w(at) for at in minutes(day)) / 60_000 for day in (JUNE, DECEMBER))
    assert 50 < june < 65
    assert 5 < december < 12
    assert DARMSTADT.power_w(JUNE) == 0


def test_clouds_only_take_away_and_some_days_are_greyer_than_others() -> None:
    shares = []
    for day in range(20):
        at = JUNE + timedelta(days=day)
        power = [(DARMSTADT.power_w(minute), DARMSTADT.clear_sky_w(minute)) for minute in minutes(at)[::5]]
        assert all(0 <= given <= 1.03 * clear for given, clear in power)
        shares.append(sum(given for given, _ in power) / sum(clear for _, clear in power))
    assert min(shares) < 0.4
    assert max(shares) > 0.9


def test_the_same_seed_gives_the_same_sky() -> None:
    def day(seed: int) -> list[float]:
        roof = Photovoltaics(seed=seed, peak_w=5000, latitude=52.5, longitude=13.4)
        return [roof.power_w(at) for at in minutes(JUNE)]

    assert day(3) == day(3) != day(4)
