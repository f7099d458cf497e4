"""The site: what is refused, and what it draws besides the cars."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ladewerk.csms.planning.site import LoadStep, Site, SiteChange, site_faults

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def test_the_site_one_gets_without_asking_is_good() -> None:
    assert site_faults(Site()) == []


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"limit_w": -1}, "limit_w", "out-of-range"),
        ({"voltage_v": 12}, "voltage_v", "out-of-range"),
        ({"currency": "Euro"}, "currency", "not-a-currency"),
        ({"prices": [{"start_at": "2026-01-05T17:00:00", "price_per_kwh": 1}]}, "prices[0].start_at", "no-offset"),
        (
            {"prices": [{"start_at": "2026-01-05T17:00:00Z", "price_per_kwh": 999}]},
            "prices[0].price_per_kwh",
            "out-of-range",
        ),
        (
            {"base_load": [{"start_at": "2026-01-05T17:00:00Z", "power_w": w} for w in (1, 2)]},
            "base_load[1].start_at",
            "not-later",
        ),
        ({"base_load": [{"start_at": "2026-01-05T17:00:00Z", "power_w": -5}]}, "base_load[0].power_w", "out-of-range"),
        (
            {"tariff": {"day_price_per_kwh": 0.3, "night_from": "22:00", "night_to": "06:00"}},
            "tariff.night_price_per_kwh",
            "missing",
        ),
        (
            {"tariff": {"day_price_per_kwh": 0.3, "night_price_per_kwh": 999, "night_from": "22:00", "night_to": "06:00"}},
            "tariff.night_price_per_kwh",
            "out-of-range",
        ),
        (
            {"tariff": {"day_price_per_kwh": 0.3, "night_price_per_kwh": 0.2, "night_from": "25:00", "night_to": "06:00"}},
            "tariff.night_from",
            "not-a-time",
        ),
        (
            {"tariff": {"day_price_per_kwh": 0.3, "night_price_per_kwh": 0.2, "night_from": "06:00", "night_to": "06:00"}},
            "tariff.night_to",
            "same-time",
        ),
        ({"tariff": {"steps": []}}, "tariff.steps", "out-of-range"),
        ({"tariff": {"steps": [{"from": "7:00", "price_per_kwh": 0.3}]}}, "tariff.steps[0].from", "not-a-time"),
        ({"tariff": {"steps": [{"from": "07:00", "price_per_kwh": 999}]}}, "tariff.steps[0].price_per_kwh", "out-of-range"),
        (
            {"tariff": {"steps": [{"from": "07:00", "price_per_kwh": p} for p in (0.1, 0.2)]}},
            "tariff.steps[1].from",
            "not-later",
        ),
        (
            {"tariff": {"weekend_price_per_kwh": 0.3, "steps": [{"from": "07:00", "price_per_kwh": 0.1}]}},
            "tariff.steps",
            "two-tariffs",
        ),
        (
            {
                "tariff": {
                    "day_price_per_kwh": 0.3,
                    "night_price_per_kwh": 0.2,
                    "night_from": "22:00",
                    "night_to": "06:00",
                    "weekend_price_per_kwh": 101,
                }
            },
            "tariff.weekend_price_per_kwh",
            "out-of-range",
        ),
        (
            {"tariff": {"day_price_per_kwh": 0.3, "steps": [{"from": "07:00", "price_per_kwh": 0.1}]}},
            "tariff.steps",
            "two-tariffs",
        ),
        ({"time_zone": "Mars/Base"}, "time_zone", "unknown-zone"),
        ({"time_zone": "/etc/localtime"}, "time_zone", "unknown-zone"),
        ({"time_zone": ""}, "time_zone", "unknown-zone"),
    ],
)
def test_what_cannot_be_planned_with_is_named(change: dict[str, Any], field: str, code: str) -> None:
    site = msgspec.convert(change, SiteChange).applied_to(Site())
    assert [(fault.field, fault.code) for fault in site_faults(site)] == [(field, code)]


def test_nan_is_in_no_range() -> None:
    assert [fault.field for fault in site_faults(Site(limit_w=float("nan")))] == ["limit_w"]


def test_too_long_a_series_is_refused() -> None:
    steps = tuple(LoadStep(start_at=NOW + timedelta(minutes=minute), power_w=1.0) for minute in range(20_001))
    assert [fault.code for fault in site_faults(Site(base_load=steps))] == ["too-many"]


def test_a_change_keeps_what_it_does_not_name() -> None:
    assert SiteChange(limit_w=5000.0).applied_to(Site(voltage_v=240.0)) == Site(limit_w=5000.0, voltage_v=240.0)


def test_a_time_zone_can_be_taken_back() -> None:
    assert msgspec.convert({"time_zone": None}, SiteChange).applied_to(Site(time_zone="Europe/Berlin")) == Site()


def test_where_the_series_says_nothing_the_constant_load_holds() -> None:
    step = LoadStep(start_at=NOW + timedelta(hours=1), power_w=800.0)
    line = Site(base_load_constant_w=300.0, base_load=(step,)).base_load_line(NOW)
    assert [line.at(NOW), line.at(step.start_at)] == [300.0, 800.0]
    assert Site(base_load_constant_w=300.0).base_load_line(NOW).at(NOW) == 300.0
    assert Site(base_load=(step,)).base_load_line(NOW + timedelta(hours=2)).at(NOW + timedelta(hours=2)) == 800.0
