"""Base load from history: what is certain, what is usual, and what is stated of it."""

import random
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.optimizer.load_forecast import LEAST_DAYS, forecast_load
from ladewerk.simulator.household import family
from ladewerk.timeline import Timeline

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 2, 2, 12, tzinfo=BERLIN)
DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)


def history(load_w: Callable[[datetime], float | None], days: int, now: datetime = NOW) -> Timeline[float]:
    start = now.astimezone(UTC) - days * DAY
    moments = [start + index * QUARTER for index in range(96 * days)]
    return Timeline.of([*((at, load_w(at.astimezone(BERLIN))) for at in moments), (now.astimezone(UTC), None)])


def evening(at: datetime) -> float:
    return 2000.0 if 18 <= at.hour < 21 else 300.0


def test_a_house_that_does_the_same_every_day_does_it_again() -> None:
    forecast = forecast_load(history(evening, 30), NOW, NOW + DAY, BERLIN)
    assert forecast is not None
    for hour in range(24):
        at = NOW + timedelta(hours=hour, minutes=30)
        assert forecast.median_w.at(at) == evening(at)
    assert (forecast.mae_w, forecast.coverage, forecast.history_days, forecast.tried_days) == (0.0, 1.0, 30, 21)


def test_the_forecast_reaches_from_now_to_the_end_and_no_further() -> None:
    now, end = NOW + timedelta(minutes=7), NOW + timedelta(hours=30, minutes=40)
    forecast = forecast_load(history(evening, 9), now, end, BERLIN)
    assert forecast is not None
    for line in (forecast.median_w, forecast.p95_w):
        assert (line.starts[0], line.end, line.at(now - timedelta(seconds=1))) == (now, end, None)


def test_with_less_than_a_week_nothing_is_forecast_and_soon_after_no_error_is_stated() -> None:
    assert forecast_load(Timeline(), NOW, NOW + DAY, BERLIN) is None
    assert forecast_load(history(evening, LEAST_DAYS - 1), NOW, NOW + DAY, BERLIN) is None
    forecast = forecast_load(history(evening, LEAST_DAYS), NOW, NOW + DAY, BERLIN)
    assert forecast is not None
    assert (forecast.mae_w, forecast.coverage, forecast.tried_days) == (None, None, 0)


def test_a_meter_that_fell_silent_weeks_ago_tells_nothing() -> None:
    old = history(evening, 60).within(NOW - 60 * DAY, NOW - 45 * DAY)
    assert forecast_load(old, NOW, NOW + DAY, BERLIN) is None
    recent = history(evening, 60).within(NOW - 60 * DAY, NOW - 20 * DAY)
    forecast = forecast_load(recent, NOW, NOW + DAY, BERLIN)
    assert forecast is not None
    assert (forecast.median_w.at(NOW + timedelta(hours=7)), forecast.tried_days) == (2000.0, 1)


def test_what_comes_after_now_is_not_known() -> None:
    until_later = history(lambda at: 99_999.0 if at >= NOW else evening(at), 31, NOW + DAY)
    until_now = history(evening, 30)
    assert forecast_load(until_later, NOW, NOW + DAY, BERLIN) == forecast_load(until_now, NOW, NOW + DAY, BERLIN)


def test_readings_that_are_missing_are_left_out() -> None:
    holes = history(lambda at: None if at.day % 5 == 0 or at.hour == 4 else evening(at), 40)
    forecast = forecast_load(holes, NOW, NOW + DAY, BERLIN)
    assert forecast is not None
    assert forecast.median_w.at(NOW + timedelta(hours=7)) == 2000.0
    assert forecast.median_w.at(NOW + timedelta(hours=16, minutes=30)) == 300.0


def test_a_time_of_day_that_was_never_read_is_forecast_from_the_last_day() -> None:
    forecast = forecast_load(history(lambda at: None if at.hour < 6 else evening(at), 20), NOW, NOW + DAY, BERLIN)
    assert forecast is not None
    unknown = NOW + timedelta(hours=15)
    assert 300.0 <= (forecast.median_w.at(unknown) or 0.0) <= 2000.0
    assert (forecast.p95_w.at(unknown) or 0.0) >= (forecast.median_w.at(unknown) or 0.0)


def test_a_weekend_is_forecast_from_weekends() -> None:
    load = history(lambda at: 1500.0 if at.weekday() >= 5 and 9 <= at.hour < 15 else 300.0, 35)
    forecast = forecast_load(load, NOW, NOW + 7 * DAY, BERLIN)
    assert forecast is not None
    noon = NOW.replace(minute=30)
    assert [forecast.median_w.at(noon + day * DAY) for day in (1, 4, 5, 6)] == [300.0, 300.0, 1500.0, 1500.0]


def test_the_habit_stays_on_the_clock_when_it_is_turned() -> None:
    for now in (datetime(2026, 3, 29, 12, tzinfo=BERLIN), datetime(2026, 10, 25, 12, tzinfo=BERLIN)):
        forecast = forecast_load(history(evening, 28, now), now, now + DAY, BERLIN)
        assert forecast is not None
        assert [forecast.median_w.at(now.replace(hour=hour, minute=30)) for hour in (17, 18, 20, 21)] == [
            300,
            2000,
            2000,
            300,
        ]


def test_what_is_drawn_just_now_fades_out() -> None:
    calm = forecast_load(history(evening, 21), NOW, NOW + DAY, BERLIN)
    oven = forecast_load(history(lambda at: 3300.0 if at >= NOW - QUARTER else evening(at), 21), NOW, NOW + DAY, BERLIN)
    assert calm is not None
    assert oven is not None
    usual, then, later = ((line.at(NOW) or 0.0) for line in (calm.median_w, oven.median_w, oven.p95_w))
    assert usual == 300.0
    assert then > 2000.0
    assert later >= then
    assert oven.median_w.at(NOW + timedelta(hours=5)) == pytest.approx(300.0, abs=100.0)


def test_the_percentile_is_never_below_the_median_and_nothing_is_below_0() -> None:
    load = family(2, BERLIN).load_line(NOW - 15 * DAY, NOW, 900)
    forecast = forecast_load(load, NOW, NOW + 2 * DAY, BERLIN)
    assert forecast is not None
    for index in range(192):
        at = NOW + index * QUARTER
        assert (forecast.p95_w.at(at) or 0.0) >= (forecast.median_w.at(at) or -1.0) >= 0.0


def test_on_days_not_seen_it_beats_the_median_of_28_days_and_covers_as_it_states() -> None:
    """The real figures are those of the benchmark; this is a small house with known noise."""
    dice = random.Random(11)
    level = {day: dice.uniform(0.6, 1.6) for day in range(500)}

    def load_w(at: datetime) -> float:
        week = level[at.timetuple().tm_yday // 7]
        return week * evening(at) * dice.lognormvariate(0, 0.3)

    whole = [
        (at, load_w(at.astimezone(BERLIN))) for at in (NOW.astimezone(UTC) + index * QUARTER for index in range(96 * 70))
    ]
    ours, median_28, covered, stated = [], [], [], []
    for day in range(36, 70, 5):
        now = whole[96 * day][0]
        forecast = forecast_load(Timeline.of([*whole[: 96 * day], (now, None)]), now, now + DAY, BERLIN)
        assert forecast is not None
        for index in range(96 * day, 96 * (day + 1)):
            at, came = whole[index]
            ours.append(abs(came - (forecast.median_w.at(at) or 0.0)))
            median_28.append(abs(came - statistics.median(whole[index - 96 * back][1] for back in range(1, 29))))
            covered.append(came <= (forecast.p95_w.at(at) or 0.0))
        stated.append(forecast.coverage or 0.0)
    assert statistics.fmean(ours) < 0.97 * statistics.fmean(median_28)
    assert 0.92 < statistics.fmean(covered) < 0.98
    assert 0.92 < statistics.fmean(stated) < 0.98
