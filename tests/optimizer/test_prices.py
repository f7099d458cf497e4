"""Tariffs through the year."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.errors import ConfigError
from ladewerk.optimizer.prices import Surcharge, TimeOfDayTariff, price_timeline, published_until
from ladewerk.timeline import Timeline

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = TimeOfDayTariff.day_night(day_price=0.34, night_price=0.21, night_from=time(22), night_to=time(6), zone=BERLIN)


def hours_at(price: float, tariff: TimeOfDayTariff, day: datetime) -> float:
    line = price_timeline(tariff, day, day + timedelta(days=1))
    spans = (segment for segment in line.segments() if segment.value == price)
    return sum(
        ((span.end or span.start).astimezone(UTC) - span.start.astimezone(UTC)) / timedelta(hours=1) for span in spans
    )


def test_a_night_runs_from_evening_to_morning() -> None:
    line = price_timeline(NIGHT, datetime(2026, 1, 5, 17, 40, tzinfo=BERLIN), datetime(2026, 1, 6, 8, tzinfo=BERLIN))
    assert [(f"{segment.start.astimezone(BERLIN):%H:%M}", segment.value) for segment in line.segments()] == [
        ("17:40", 0.34),
        ("22:00", 0.21),
        ("06:00", 0.34),
    ]
    assert line.end == datetime(2026, 1, 6, 8, tzinfo=BERLIN)


@pytest.mark.parametrize(("day", "night_hours"), [(28, 8.0), (29, 7.0), (30, 8.0)])
def test_the_night_of_a_spring_day_of_23_hours_is_an_hour_shorter(day: int, night_hours: float) -> None:
    assert hours_at(0.21, NIGHT, datetime(2026, 3, day, tzinfo=BERLIN)) == night_hours


def test_the_night_of_an_autumn_day_of_25_hours_is_an_hour_longer() -> None:
    assert hours_at(0.21, NIGHT, datetime(2026, 10, 25, tzinfo=BERLIN)) == 9.0


def test_an_hour_that_comes_twice_has_its_price_twice() -> None:
    tariff = TimeOfDayTariff({time(0): 0.3, time(2): 0.1, time(2, 30): 0.2, time(3): 0.3}, BERLIN)
    assert hours_at(0.1, tariff, datetime(2026, 10, 25, tzinfo=BERLIN)) == 1.0
    assert hours_at(0.2, tariff, datetime(2026, 10, 25, tzinfo=BERLIN)) == 1.0
    assert hours_at(0.1, tariff, datetime(2026, 3, 29, tzinfo=BERLIN)) == 0.0
    assert hours_at(0.1, tariff, datetime(2026, 6, 1, tzinfo=BERLIN)) == 0.5


def test_at_every_moment_the_local_clock_decides() -> None:
    tariff = TimeOfDayTariff({time(2, 15): 0.1, time(2, 45): 0.2, time(14): 0.3}, BERLIN)
    for start in (datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)):
        line = price_timeline(tariff, start, start + timedelta(hours=30))
        for minute in range(0, 30 * 60, 5):
            moment = start + timedelta(minutes=minute)
            assert line.at(moment) == tariff.at(moment)


def test_one_price_round_the_clock_is_one_segment() -> None:
    line = price_timeline(
        TimeOfDayTariff({time(8): 0.3}, BERLIN), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC)
    )
    assert len(list(line.segments())) == 1


def test_an_impossible_tariff_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one price"):
        TimeOfDayTariff({}, BERLIN)
    with pytest.raises(ConfigError, match=r"tariff 08:00: a finite price"):
        TimeOfDayTariff({time(8): float("nan")}, BERLIN)
    with pytest.raises(ConfigError, match="ends at another time than 22:00"):
        TimeOfDayTariff.day_night(day_price=0.3, night_price=0.2, night_from=time(22), night_to=time(22), zone=BERLIN)


def test_a_weekend_may_be_night_all_day() -> None:
    tariff = TimeOfDayTariff(NIGHT.price_from, BERLIN, weekend_price_from={time(0): 0.21})
    friday = datetime(2026, 1, 9, 17, tzinfo=BERLIN)
    line = price_timeline(tariff, friday, friday + timedelta(days=3))
    assert [(f"{segment.start.astimezone(BERLIN):%a %H:%M}", segment.value) for segment in line.segments()] == [
        ("Fri 17:00", 0.34),
        ("Fri 22:00", 0.21),
        ("Mon 06:00", 0.34),
    ]
    assert all(line.at(friday + timedelta(hours=hour)) == tariff.at(friday + timedelta(hours=hour)) for hour in range(72))


def test_a_weekend_ends_at_midnight_also_when_the_clocks_are_turned() -> None:
    tariff = TimeOfDayTariff({time(8): 0.3}, BERLIN, weekend_price_from={time(8): 0.1})
    for saturday in (datetime(2026, 3, 28, tzinfo=BERLIN), datetime(2026, 10, 24, tzinfo=BERLIN)):
        monday = (saturday + timedelta(days=2)).astimezone(UTC)
        line = price_timeline(tariff, saturday - timedelta(hours=5), saturday + timedelta(days=3))
        assert [segment.start.astimezone(UTC) for segment in line.segments()][1:] == [saturday.astimezone(UTC), monday]


def test_an_impossible_weekend_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one price"):
        TimeOfDayTariff({time(8): 0.3}, BERLIN, weekend_price_from={})
    with pytest.raises(ConfigError, match=r"tariff 09:00: a finite price"):
        TimeOfDayTariff({time(8): 0.3}, BERLIN, weekend_price_from={time(9): float("inf")})


START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def hourly(*values: float | None) -> Timeline[float]:
    return Timeline.of((START + timedelta(hours=hour), value) for hour, value in enumerate(values))


def test_a_surcharge_is_a_share_then_a_fee_then_the_tax() -> None:
    paid = Surcharge(share=0.1, per_kwh=0.2, tax=0.5).on(hourly(0.1, None, -0.1, None))
    assert paid.at(START) == pytest.approx((0.11 + 0.2) * 1.5)
    assert paid.at(START + timedelta(hours=1)) is None
    assert paid.at(START + timedelta(hours=2)) == pytest.approx((-0.11 + 0.2) * 1.5)
    earned = Surcharge(share=-0.1, per_kwh=-0.005).on(hourly(0.1, None))
    assert earned.at(START) == pytest.approx(0.085)


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ({"tax": float("nan")}, "tax: a finite number"),
        ({"per_kwh": float("inf")}, "per_kwh: a finite number"),
        ({"tax": -1.19}, "tax: a share of 1 is expected, at least -1"),
        ({"share": -3.0}, "share: a share of 1"),
    ],
)
def test_an_impossible_surcharge_is_refused(numbers: dict[str, float], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        Surcharge(**numbers)


def test_prices_end_where_they_say_or_a_step_after_the_last_of_a_file() -> None:
    assert published_until(Timeline()) is None
    assert published_until(hourly(0.1)) is None
    assert published_until(hourly(0.1, 0.2, None)) == START + timedelta(hours=2)
    assert published_until(hourly(0.1, 0.2, 0.3)) == START + timedelta(hours=3)
    # Hours alike are one step; the shortest one tells the resolution.
    assert published_until(hourly(0.1, 0.2, 0.2, 0.2, 0.3)) == START + timedelta(hours=5)
    turned = [datetime(2026, 10, 25, hour, tzinfo=BERLIN) for hour in (0, 2, 3)]
    assert published_until(Timeline.of(zip(turned, (0.1, 0.2, 0.3), strict=True))) == datetime(
        2026, 10, 25, 5, tzinfo=BERLIN
    )
    sparse = Timeline.of([(START, 0.1), (START + timedelta(days=20), 0.2)])
    assert published_until(sparse) == START + timedelta(days=40)
