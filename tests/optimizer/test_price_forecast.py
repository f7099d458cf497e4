"""Prices that nobody has published yet."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.optimizer.price_forecast import LEAST_DAYS, forecast_prices
from ladewerk.timeline import Timeline

BERLIN = ZoneInfo("Europe/Berlin")
MIDNIGHT = datetime(2026, 2, 3, tzinfo=BERLIN)
"""Where the prices end: the night to a Tuesday."""
DAY = timedelta(days=1)


def published(days: int, rise: float = 0.0, noise: float = 0.0, end: datetime = MIDNIGHT) -> Timeline[float]:
    """Hourly prices up to ``end``: cheap at noon, cheaper on Sundays, dearer by ``rise`` each day."""
    dice = random.Random(7)
    until = end.astimezone(UTC)
    steps: list[tuple[datetime, float | None]] = []
    for hours in range(24 * days, 0, -1):
        at = until - timedelta(hours=hours)
        local = at.astimezone(BERLIN)
        price = 0.05 if 11 <= local.hour < 15 else 0.12
        steps.append((at, price - 0.04 * (local.weekday() == 6) - rise * hours / 24 + dice.gauss(0, noise)))
    return Timeline.of([*steps, (until, None)])


def test_the_next_day_is_like_the_last_ones() -> None:
    forecast = forecast_prices(published(14), MIDNIGHT, MIDNIGHT + DAY, BERLIN)
    assert forecast is not None
    line = forecast.price_per_kwh
    assert [line.at(MIDNIGHT + timedelta(hours=hour)) for hour in (0, 10.9, 11, 14.9, 15)] == pytest.approx(
        [0.12, 0.12, 0.05, 0.05, 0.12], abs=0.01
    )
    assert (line.starts[0], line.end) == (MIDNIGHT, MIDNIGHT + DAY)
    assert (forecast.history_days, forecast.tried_days) == (14, 7)


def test_a_sunday_is_forecast_from_sundays() -> None:
    sunday = MIDNIGHT + 5 * DAY
    forecast = forecast_prices(published(28, end=sunday), sunday, sunday + DAY, BERLIN)
    assert forecast is not None
    assert forecast.price_per_kwh.at(sunday + timedelta(hours=12)) == pytest.approx(0.01, abs=0.005)


def test_dear_weeks_stay_dear() -> None:
    flat = forecast_prices(published(21), MIDNIGHT, MIDNIGHT + DAY, BERLIN)
    risen = forecast_prices(published(21, rise=0.01), MIDNIGHT, MIDNIGHT + DAY, BERLIN)
    assert flat is not None
    assert risen is not None
    assert risen.mae_per_kwh is not None
    assert risen.last_week_mae_per_kwh == pytest.approx(0.07)
    assert risen.mae_per_kwh < 0.6 * 0.07


def test_the_error_is_stated_beside_that_of_last_week() -> None:
    forecast = forecast_prices(published(40, noise=0.02), MIDNIGHT, MIDNIGHT + DAY, BERLIN)
    assert forecast is not None
    assert forecast.mae_per_kwh is not None
    assert forecast.last_week_mae_per_kwh is not None
    assert 0.012 < forecast.mae_per_kwh < forecast.last_week_mae_per_kwh
    assert forecast.tried_days == 14


def test_without_a_week_nothing_is_forecast_and_with_just_one_no_error_stated() -> None:
    assert forecast_prices(published(LEAST_DAYS - 1), MIDNIGHT, MIDNIGHT + DAY, BERLIN) is None
    forecast = forecast_prices(published(LEAST_DAYS), MIDNIGHT, MIDNIGHT + DAY, BERLIN)
    assert forecast is not None
    assert (forecast.mae_per_kwh, forecast.last_week_mae_per_kwh, forecast.tried_days) == (None, None, 0)


def test_what_is_said_after_the_end_of_the_known_prices_is_not_used() -> None:
    more = Timeline.of([*zip(published(14).starts[:-1], published(14).values[:-1], strict=True), (MIDNIGHT, 9.0)])
    assert forecast_prices(more, MIDNIGHT, MIDNIGHT + DAY, BERLIN) == forecast_prices(
        published(14), MIDNIGHT, MIDNIGHT + DAY, BERLIN
    )


@pytest.mark.parametrize("sunday", [datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN)])
def test_days_of_23_and_25_hours_are_forecast_by_the_clock(sunday: datetime) -> None:
    forecast = forecast_prices(published(21, end=sunday), sunday, sunday + DAY, BERLIN)
    assert forecast is not None
    line = forecast.price_per_kwh
    assert line.end == (sunday + DAY).astimezone(UTC)
    prices = [line.at(sunday.replace(hour=hour)) for hour in (10, 11, 14, 15)]
    assert prices == pytest.approx([0.08, 0.01, 0.01, 0.08], abs=0.02)


def test_an_hour_that_was_never_published_has_the_price_of_the_last_day() -> None:
    holes = Timeline.of(
        (start, None if start.astimezone(BERLIN).hour in (3, 4) else value)
        for start, value in zip(hourly_steps(14), [0.1, 0.2] * 168, strict=True)
    )
    forecast = forecast_prices(holes, MIDNIGHT, MIDNIGHT + DAY, BERLIN)
    assert forecast is not None
    assert forecast.price_per_kwh.at(MIDNIGHT + timedelta(hours=3)) == pytest.approx(0.15, abs=0.01)


def hourly_steps(days: int) -> list[datetime]:
    return [MIDNIGHT.astimezone(UTC) - timedelta(hours=hours) for hours in range(24 * days, 0, -1)]
