"""The table of good and bad files is the one that the page's reader is held to as well."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ladewerk.errors import ConfigError
from ladewerk.optimizer.series_file import SAMPLE, parse_series, read_series, series_text
from ladewerk.timeline import Timeline

BERLIN = ZoneInfo("Europe/Berlin")
FILES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "series_files.json").read_text("utf-8"))


@pytest.mark.parametrize("file", [file for file in FILES if "steps" in file], ids=lambda file: file["name"])
def test_a_good_file_is_read(tmp_path: Path, file: dict[str, Any]) -> None:
    path = tmp_path / "series.csv"
    path.write_bytes(file["text"].encode())
    steps = read_series(path, file["column"], BERLIN)
    assert [[at.astimezone(UTC).isoformat(), value] for at, value in steps] == file["steps"]


@pytest.mark.parametrize("file", [file for file in FILES if "code" in file], ids=lambda file: file["name"])
def test_a_bad_line_is_named(tmp_path: Path, file: dict[str, Any]) -> None:
    path = tmp_path / "series.csv"
    path.write_bytes(file["text"].encode())
    with pytest.raises(ConfigError, match=file["words"]) as refused:
        read_series(path, file["column"], BERLIN)
    assert refused.value.key == (str(path) if file["line"] is None else f"{path}:{file['line']}")


def test_where_the_zone_is_not_known_a_time_without_offset_is_refused() -> None:
    with pytest.raises(ConfigError, match="file:2: '2026-01-05 17:00' lacks an offset"):
        parsed("2026-01-05 17:00;1", zone=None)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_series(tmp_path / "none.csv", "power_w")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_series(tmp_path / "binary.csv", "power_w")


def parsed(*lines: str, zone: ZoneInfo | None = BERLIN) -> list[tuple[str, float]]:
    document = "\n".join(("start_at;price_per_kwh", *lines)).encode("utf-8-sig")
    return [(at.isoformat(), value) for at, value in parse_series(document, "price_per_kwh", "file", zone)]


def test_where_the_zone_is_known_times_may_be_those_of_its_clocks() -> None:
    assert parsed("2026-01-05 17:00;0,34", "2026-07-05 17:00;0,2", "2026-07-05T16:00Z;0,1") == [
        ("2026-01-05T17:00:00+01:00", 0.34),
        ("2026-07-05T17:00:00+02:00", 0.2),
        ("2026-07-05T16:00:00+00:00", 0.1),
    ]


def test_an_hour_that_does_not_come_in_spring_is_refused_with_its_line() -> None:
    assert parsed("2026-03-29 01:59;1", "2026-03-29 03:00;2")[1][0] == "2026-03-29T03:00:00+02:00"
    with pytest.raises(ConfigError, match=r"file:3: '2026-03-29 02:30' does not exist in Europe/Berlin"):
        parsed("2026-03-29 01:00;1", "2026-03-29 02:30;2")


def test_an_hour_that_comes_twice_in_autumn_is_read_in_order() -> None:
    times = ("01:30", "02:00", "02:30", "02:00", "02:30", "03:00")
    assert [at[11:] for at, _ in parsed(*(f"2026-10-25 {at};1" for at in times))] == [
        "01:30:00+02:00",
        "02:00:00+02:00",
        "02:30:00+02:00",
        "02:00:00+01:00",
        "02:30:00+01:00",
        "03:00:00+01:00",
    ]
    with pytest.raises(ConfigError, match="file:4: 2026-10-25 02:00 is not after the line before it"):
        parsed("2026-10-25 02:00;1", "2026-10-25 02:00;1", "2026-10-25 02:00;1")


def test_a_whole_day_of_25_hours_by_the_clock_is_25_hours_long() -> None:
    clocks = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in (0, 15, 30, 45)]
    clocks[12:12] = clocks[8:12]
    steps = parsed(*(f"2026-10-25 {clock};{index}" for index, clock in enumerate(clocks)), "2026-10-26 00:00;0")
    times = [datetime.fromisoformat(at) for at, _ in steps]
    assert {(after - before) / timedelta(minutes=15) for before, after in pairwise(times)} == {1.0}


def test_what_is_written_can_be_read_also_over_a_night_of_25_hours() -> None:
    start = datetime(2026, 10, 24, 22, tzinfo=UTC)
    line = Timeline.of((start + timedelta(hours=hour), 0.1 + hour / 100) for hour in range(6))
    text = series_text("price_per_kwh", line, BERLIN)
    assert [row[11:25] for row in text.splitlines()[2:5]] == ["01:00:00+02:00", "02:00:00+02:00", "02:00:00+01:00"]
    assert Timeline.of(parse_series(text.encode(), "price_per_kwh", "file")) == line


def test_the_sample_can_be_read() -> None:
    assert len(parse_series(SAMPLE.encode(), "price_per_kwh", "sample")) == 6
    assert (Path(__file__).parents[2] / "docs" / "prices-sample.csv").read_text() == SAMPLE
