"""What is expected where nobody has said anything yet."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.csms.planning.outlook import base_load_line, price_line
from ladewerk.csms.planning.site import LoadStep, PriceStep, Site, Tariff, TariffStep
from ladewerk.simulator.household import family

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 2, 2, 17, 40, tzinfo=BERLIN)
DAY = timedelta(days=1)
TARIFF = Tariff(steps=(TariffStep(from_="00:00", price_per_kwh=0.5),))


def hourly(days: int) -> tuple[PriceStep, ...]:
    """Up to midnight, cheap at noon."""
    midnight = datetime(2026, 2, 3, tzinfo=BERLIN).astimezone(UTC)
    starts = [midnight - timedelta(hours=hours) for hours in range(24 * days, 0, -1)]
    return tuple(
        PriceStep(start_at=at, price_per_kwh=(0.1 if at.astimezone(BERLIN).hour == 12 else 0.3) + index / 1e6)
        for index, at in enumerate(starts)
    )


def test_prices_go_on_as_a_forecast_where_a_week_of_them_is_known() -> None:
    site = Site(time_zone="Europe/Berlin", tariff=TARIFF, prices=hourly(10))
    line = price_line(site, NOW, NOW + 3 * DAY)
    assert line.at(NOW) == pytest.approx(0.3, abs=0.01)
    tomorrow = NOW.replace(minute=30) + DAY
    assert [line.at(tomorrow.replace(hour=hour)) for hour in (11, 12, 13)] == pytest.approx([0.3, 0.1, 0.3], abs=0.01)
    assert (line.starts[0], line.end) == (NOW, NOW + 3 * DAY)


def test_with_less_than_a_week_the_last_price_holds_and_the_tariff_before_the_first() -> None:
    site = Site(time_zone="Europe/Berlin", tariff=TARIFF, prices=hourly(1))
    line = price_line(site, NOW - 3 * DAY, NOW + 3 * DAY)
    assert line.at(NOW - 3 * DAY) == 0.5
    assert line.at(NOW + 2 * DAY) == site.prices[-1].price_per_kwh


def test_prices_that_reach_far_enough_are_left_alone() -> None:
    later = tuple(PriceStep(start_at=NOW + day * DAY, price_per_kwh=0.1 + day / 100) for day in range(-10, 12))
    line = price_line(Site(prices=later), NOW, NOW + 7 * DAY)
    assert [line.at(NOW + day * DAY) for day in range(7)] == [0.1 + day / 100 for day in range(7)]


def measured(days: int) -> tuple[LoadStep, ...]:
    line = family(1, BERLIN).load_line(NOW - days * DAY, NOW - timedelta(minutes=10))
    return tuple(LoadStep(start_at=segment.start, power_w=segment.value) for segment in line.segments())


def test_after_weeks_of_readings_the_base_load_is_expected_with_its_peaks() -> None:
    site = Site(time_zone="Europe/Berlin", base_load=measured(14))
    line = base_load_line(site, NOW)
    night, evening = line.at(NOW + timedelta(hours=10)), line.at(NOW + timedelta(hours=25))
    assert night is not None
    assert evening is not None
    assert night < 500 < 1000 < evening
    assert all(line.at(NOW + hours * timedelta(hours=1)) is not None for hours in range(7 * 24))


def test_the_expectation_is_rarely_exceeded() -> None:
    site = Site(time_zone="Europe/Berlin", base_load=measured(20))
    line = base_load_line(site, NOW)
    comes = family(1, BERLIN).load_line(NOW, NOW + DAY)
    moments = [NOW + index * timedelta(minutes=15) for index in range(96)]
    exceeded = sum((comes.at(at) or 0.0) > (line.at(at) or 0.0) for at in moments)
    assert exceeded <= 10


def test_with_few_readings_the_last_one_holds_and_without_any_the_constant() -> None:
    steps = measured(3)
    site = Site(base_load=steps)
    assert base_load_line(site, NOW).at(NOW + DAY) == steps[-1].power_w
    assert base_load_line(Site(base_load_constant_w=400.0), NOW).at(NOW + DAY) == 400.0


def test_readings_that_ended_long_ago_still_say_something_of_every_moment() -> None:
    site = Site(time_zone="Europe/Berlin", base_load=measured(10))
    much_later = NOW + 40 * DAY
    line = base_load_line(site, much_later)
    assert all(line.at(much_later + hours * timedelta(hours=1)) is not None for hours in range(7 * 24))
