"""aWATTar's JSON."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats import read_awattar
from ladewerk.optimizer.prices import Surcharge

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def entry(start: datetime, price: object, minutes: int = 60) -> dict[str, Any]:
    begin_ms = int(start.timestamp() * 1000)
    return {
        "start_timestamp": begin_ms,
        "end_timestamp": begin_ms + minutes * 60_000,
        "marketprice": price,
        "unit": "Eur/MWh",
    }


def document(*entries: object) -> bytes:
    return json.dumps({"object": "list", "data": entries, "url": "/de/v1/marketdata"}).encode()


def test_prices_become_money_per_kwh_and_end_with_the_last_hour() -> None:
    published = read_awattar(document(entry(START, 96.41), entry(START + timedelta(hours=1), -6)))
    line = published.market_per_kwh
    assert line is not None
    assert [line.at(START + timedelta(minutes=minutes)) for minutes in (0, 59, 60, 120)] == [0.09641, 0.09641, -0.006, None]
    assert (published.currency, published.total_per_kwh) == ("EUR", None)


def test_quarter_hours_and_any_order_are_read_and_what_is_missing_says_nothing() -> None:
    late, early = entry(START + timedelta(minutes=45), 20, 15), entry(START, 10, 15)
    line = read_awattar(document(late, early)).market_per_kwh
    assert line is not None
    assert [line.at(START + timedelta(minutes=minutes)) for minutes in (0, 15, 45, 60)] == [0.01, None, 0.02, None]


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 3, 29, tzinfo=BERLIN), 23), (datetime(2026, 10, 25, tzinfo=BERLIN), 25)]
)
def test_days_of_23_and_25_hours_are_whole(day: datetime, hours: int) -> None:
    midnight = day.astimezone(UTC)
    line = read_awattar(document(*(entry(midnight + timedelta(hours=hour), hour) for hour in range(hours)))).market_per_kwh
    assert line is not None
    assert line.end == (day + timedelta(days=1)).astimezone(UTC)
    assert [line.at(midnight + timedelta(hours=hour)) for hour in range(hours)] == [hour / 1000 for hour in range(hours)]


def test_taxes_and_fees_come_on_top() -> None:
    line = read_awattar(document(entry(START, 100))).market_per_kwh
    assert line is not None
    paid = Surcharge(share=0.03, per_kwh=0.15, tax=0.19).on(line)
    assert paid.at(START) == pytest.approx((0.1 * 1.03 + 0.15) * 1.19)


@pytest.mark.parametrize(
    ("said", "key", "why"),
    [
        (b"", "", "JSON is expected"),
        (b"\xff", "", "JSON is expected"),
        (b'{"data": ' + b"[" * 100_000, "$.data[0]", "expected `object`"),
        (b"[]", "$", "expected `object`"),
        (b"{}", "$.data", "is expected and missing"),
        (b'{"data": []}', "", "holds no price"),
        (document({"start_timestamp": 1}), "$.data[0].end_timestamp", "is expected and missing"),
        (document(entry(START, 1), entry(START, "2")), "$.data[1].marketprice", "expected `float`, got `str`"),
        (document(entry(START, None)), "$.data[0].marketprice", "expected `float`, got `null`"),
        (b'{"data": [{"start_timestamp": 0, "end_timestamp": 1, "marketprice": NaN}]}', "", "JSON is expected"),
        (document(entry(START, 1) | {"unit": "ct/kWh"}), "$.data[0].unit", "'Eur/MWh' is expected, not 'ct/kWh'"),
        (document(entry(START, 1) | {"start_timestamp": 1767600000}), "$.data[0].start_timestamp", "milliseconds"),
        (document(entry(START, 1, 0)), "$.data[0].end_timestamp", "a time after"),
        (
            document(entry(START, 1), entry(START + timedelta(minutes=30), 2)),
            "$.data[1]",
            r"a start at or after 2026-01-05T09:00:00\+00:00 is expected, where \$.data\[0\] ends",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(said: bytes, key: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        read_awattar(said)
    assert refused.value.key == key
