"""Tibber's answers."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats import read_tibber

BERLIN = ZoneInfo("Europe/Berlin")
PATH = "$.data.viewer.homes[0].currentSubscription"


def price(at: str, total: float | None = 0.3) -> dict[str, Any]:
    energy = None if total is None else round(total - 0.2, 4)
    return {"total": total, "energy": energy, "tax": 0.2, "startsAt": at, "level": "NORMAL"}


def day(year: int, month: int, number: int, step_minutes: int = 60) -> list[dict[str, Any]]:
    """A local day as Tibber says it: local times with the offset that holds."""
    at = datetime(year, month, number, tzinfo=BERLIN).timestamp()
    end = datetime(year, month, number + 1, tzinfo=BERLIN).timestamp()
    starts = [at + 60 * minute for minute in range(0, int(end - at) // 60, step_minutes)]
    return [
        price(datetime.fromtimestamp(start, BERLIN).isoformat(timespec="milliseconds"), round(0.25 + index / 1000, 4))
        for index, start in enumerate(starts)
    ]


def home(today: object, tomorrow: object = (), **more: object) -> dict[str, Any]:
    info = {"current": {"currency": "EUR", "total": 0.3}, "today": today, "tomorrow": tomorrow}
    return {"currentSubscription": {"priceInfo": info}, **more}


def answer(*homes: object, **more: object) -> bytes:
    return json.dumps({"data": {"viewer": {"homes": homes}}, **more}).encode()


@pytest.mark.parametrize("step_minutes", [60, 15])
def test_today_and_tomorrow_are_read_with_and_without_taxes(step_minutes: int) -> None:
    published = read_tibber(answer(home(day(2026, 1, 5, step_minutes), day(2026, 1, 6, step_minutes))))
    total, market = published.total_per_kwh, published.market_per_kwh
    assert total is not None
    assert market is not None
    noon = datetime(2026, 1, 5, 12, tzinfo=BERLIN)
    assert total.at(noon) == pytest.approx(0.25 + 12 * 60 // step_minutes / 1000)
    assert market.at(noon) == pytest.approx((total.at(noon) or 0) - 0.2)
    assert total.end == datetime(2026, 1, 7, tzinfo=BERLIN)
    assert published.currency == "EUR"


@pytest.mark.parametrize("nothing", [None, []])
def test_before_noon_there_is_no_tomorrow(nothing: object) -> None:
    line = read_tibber(answer(home(day(2026, 1, 5), nothing))).total_per_kwh
    assert line is not None
    assert line.end == datetime(2026, 1, 6, tzinfo=BERLIN)


@pytest.mark.parametrize(("date", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_days_of_23_and_25_hours_are_whole(date: tuple[int, int, int], hours: int) -> None:
    line = read_tibber(answer(home(day(*date)))).total_per_kwh
    assert line is not None
    spans = list(line.segments())
    assert len(spans) == hours
    assert sum(((span.end or span.start) - span.start for span in spans), timedelta()) == timedelta(hours=hours)


def test_a_missing_price_says_nothing() -> None:
    said = day(2026, 1, 5)
    said[3] = price(said[3]["startsAt"], None)
    line = read_tibber(answer(home(said))).total_per_kwh
    assert line is not None
    assert [line.at(datetime(2026, 1, 5, hour, tzinfo=BERLIN)) for hour in (2, 3, 4)] == [0.252, None, 0.254]


def test_one_price_alone_holds_for_an_hour() -> None:
    line = read_tibber(answer(home([price("2026-01-05T17:00:00+01:00")]))).total_per_kwh
    assert line is not None
    assert line.end == datetime(2026, 1, 5, 18, tzinfo=BERLIN)


def test_a_range_and_today_may_overlap() -> None:
    both = home(day(2026, 1, 5))
    both["currentSubscription"]["priceInfo"]["range"] = {"nodes": [*day(2026, 1, 4), *day(2026, 1, 5)]}
    line = read_tibber(answer(both)).total_per_kwh
    assert line is not None
    assert (line.starts[0], line.end) == (datetime(2026, 1, 4, tzinfo=BERLIN), datetime(2026, 1, 6, tzinfo=BERLIN))


def test_one_home_asked_for_by_its_id_is_read_and_currency_may_stand_at_the_price() -> None:
    info = {"today": [price("2026-01-05T17:00:00+01:00") | {"currency": "SEK"}]}
    said = {"data": {"viewer": {"home": {"id": "b", "currentSubscription": {"priceInfo": info}}}}}
    published = read_tibber(json.dumps(said).encode())
    assert published.currency == "SEK"
    homes = answer(home(day(2026, 1, 5), id="a"), home([price("2026-01-05T17:00:00+01:00", 0.9)], id="b"), None)
    line = read_tibber(homes, home_id="b").total_per_kwh
    assert line is not None
    assert line.values == (0.9, None)


def test_only_what_was_asked_for_is_there() -> None:
    said = [{"startsAt": "2026-01-05T17:00:00+01:00", "total": 0.3}]
    published = read_tibber(answer(home(said)))
    assert published.market_per_kwh is None


@pytest.mark.parametrize(
    ("said", "key", "why"),
    [
        (b"nothing", "", "JSON is expected"),
        (b"{}", "$.data", "is expected and missing"),
        (b'{"data": null, "errors": [{"message": "invalid token"}]}', "$.errors[0]", "Tibber refuses: invalid token"),
        (b'{"errors": [{}]}', "$.errors[0]", "no message"),
        (b'{"data": {}}', "$.data.viewer", "is expected and missing"),
        (answer(), "$.data.viewer.homes", "a home is expected"),
        (answer({"currentSubscription": None}), PATH, "a subscription with its priceInfo is expected"),
        (answer(home(None)), f"{PATH}.priceInfo.today", "prices are expected"),
        (answer(home([{"total": 1}])), f"{PATH}.priceInfo.today[0].startsAt", "missing"),
        (answer(home([price("today")])), f"{PATH}.priceInfo.today[0].startsAt", "invalid RFC3339"),
        (answer(home([price("2026-01-05T17:00:00")])), f"{PATH}.priceInfo.today[0].startsAt", "lacks an offset"),
        (
            answer(home([price("9999-12-31T23:00:00-01:00")])),
            f"{PATH}.priceInfo.today[0].startsAt",
            "a time of this century",
        ),
        (answer(home([], [price("2026-01-05T17:00:00Z") | {"total": "1"}])), f"{PATH}.priceInfo.tomorrow[0].total", "float"),
        (answer(home(day(2026, 1, 5)), home(day(2026, 1, 5))), "$.data.viewer.homes", "2 homes have prices"),
    ],
)
def test_what_does_not_fit_is_named_by_its_path(said: bytes, key: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        read_tibber(said)
    assert refused.value.key == key


def test_an_unknown_home_is_refused() -> None:
    with pytest.raises(ConfigError, match="no home has the id 'x'"):
        read_tibber(answer(home(day(2026, 1, 5))), home_id="x")
