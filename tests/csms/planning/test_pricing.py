"""What energy costs over time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import msgspec
import pytest

from ladewerk.csms.planning.outlook import price_line
from ladewerk.csms.planning.site import PriceStep, Site, Tariff, TariffStep
from ladewerk.csms.planning.zones import machine_zone_name, named_zone, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
IN_BERLIN = Site(
    time_zone="Europe/Berlin",
    tariff=Tariff(day_price_per_kwh=0.3, night_price_per_kwh=0.2, night_from="22:00", night_to="06:00"),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def test_night_begins_and_ends_on_the_local_clock() -> None:
    line = price_line(IN_BERLIN, at("2026-01-05T17:00"), at("2026-01-06T12:00"))
    prices = [line.at(at(f"2026-01-{moment}")) for moment in ("05T17:00", "05T21:59", "05T22:00", "06T05:59", "06T06:00")]
    assert prices == [0.3, 0.3, 0.2, 0.2, 0.3]
    assert line.end == at("2026-01-06T12:00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-01-05", 8)])
def test_the_night_in_which_the_clock_changes_is_an_hour_shorter_or_longer(day: str, hours: int) -> None:
    start = at(f"{day}T12:00")
    line = price_line(IN_BERLIN, start, start + timedelta(days=1))
    (night,) = (segment for segment in line.segments() if segment.value == 0.2)
    assert night.end is not None
    assert night.end.astimezone(UTC) - night.start.astimezone(UTC) == timedelta(hours=hours)


def test_a_weekend_may_have_a_price_of_its_own() -> None:
    site = msgspec.structs.replace(IN_BERLIN, tariff=msgspec.structs.replace(IN_BERLIN.tariff, weekend_price_per_kwh=0.15))
    line = price_line(site, at("2026-01-09T12:00"), at("2026-01-12T12:00"))
    assert [line.at(at(f"2026-01-{moment}")) for moment in ("09T23:00", "10T00:00", "11T23:59", "12T00:00", "12T07:00")] == [
        0.2,
        0.15,
        0.15,
        0.2,
        0.3,
    ]


def test_steps_of_the_day_reach_over_midnight() -> None:
    steps = (TariffStep(from_="06:00", price_per_kwh=0.3), TariffStep(from_="20:00", price_per_kwh=0.25))
    line = price_line(
        Site(time_zone="Europe/Berlin", tariff=Tariff(steps=steps)), at("2026-01-05T00:30"), at("2026-01-06T00:30")
    )
    assert [line.at(at(f"2026-01-05T{hour}:00")) for hour in ("01", "06", "19", "20")] == [0.25, 0.3, 0.3, 0.25]


def test_explicit_prices_win_and_the_tariff_holds_before_them() -> None:
    site = msgspec.structs.replace(IN_BERLIN, prices=(PriceStep(start_at=at("2026-01-05T18:00"), price_per_kwh=0.11),))
    line = price_line(site, at("2026-01-05T17:00"), at("2026-01-05T23:00"))
    assert [line.at(at(f"2026-01-05T{hour}:30")) for hour in (17, 18, 22)] == [0.3, 0.11, 0.11]


@pytest.mark.parametrize(("name", "hours"), [("Asia/Shanghai", 8), (":Europe/Berlin", 1), ("Mars/Base", 0)])
def test_a_site_without_zone_is_in_the_time_of_this_machine(monkeypatch: pytest.MonkeyPatch, name: str, hours: int) -> None:
    monkeypatch.setenv("TZ", name)
    assert datetime(2026, 1, 5, tzinfo=zone_of(None)).utcoffset() == timedelta(hours=hours)
    line = price_line(
        Site(tariff=Tariff(steps=(TariffStep(from_="00:00", price_per_kwh=0.2),))),
        at("2026-01-05T00:30"),
        at("2026-01-06T00:30"),
    )
    assert line.values == (0.2, None)


def test_the_zone_of_a_machine_has_a_name_that_a_browser_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TZ", raising=False)
    assert machine_zone_name() in available_timezones()
    rules = next(file for folder in TZPATH if (file := Path(folder, "Asia/Kathmandu")).exists())
    localtime, timezone = tmp_path / "localtime", tmp_path / "timezone"
    assert named_zone(localtime, timezone) is None
    localtime.symlink_to(rules)
    assert named_zone(localtime, timezone) == "Asia/Kathmandu"
    localtime.unlink()
    # A container has a copy of its host's rules, mostly without the file that names them.
    localtime.write_bytes(rules.read_bytes())
    found = named_zone(localtime, timezone)
    assert found is not None
    assert datetime(2026, 1, 5, tzinfo=ZoneInfo(found)).utcoffset() == timedelta(hours=5, minutes=45)
    timezone.write_text("Asia/Kathmandu\n", encoding="ascii")
    assert named_zone(localtime, timezone) == "Asia/Kathmandu"
    timezone.write_text("nowhere\n", encoding="ascii")
    assert named_zone(localtime, timezone) == found
    localtime.write_bytes(b"no rules at all")
    assert named_zone(localtime, timezone) is None
