"""Prices and base load as CSV files."""

from pathlib import Path

import pytest

from ladewerk.csms.series_files import read_base_load, read_prices
from ladewerk.errors import ConfigError


def test_a_series_is_read_with_its_offsets(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("start_at,price_per_kwh\n2026-01-05T17:00:00+01:00,0.31\n\n2026-01-05T22:00:00+01:00,-0.02\n")
    first, second = read_prices(path)
    assert first.start_at.isoformat() == "2026-01-05T17:00:00+01:00"
    assert (first.price_per_kwh, second.price_per_kwh) == (0.31, -0.02)


def test_a_spreadsheet_may_put_a_mark_before_the_header(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    path.write_bytes(b"\xef\xbb\xbfstart_at,power_w\r\n2026-01-05T17:00:00Z,800\r\n")
    assert read_base_load(path)[0].power_w == 800


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", ":1", "header start_at,power_w"),
        ("time,power\n", ":1", "header start_at,power_w"),
        ("start_at,power_w\n", "", "no line of values"),
        ("start_at,power_w\n2026-01-05T17:00:00Z\n", ":2", "two columns"),
        ("start_at,power_w\nyesterday,5\n", ":2", "not a time"),
        ("start_at,power_w\n2026-01-05T17:00:00,5\n", ":2", "offset"),
        ("start_at,power_w\n2026-01-05T17:00:00Z,five\n", ":2", "not a number"),
        ("start_at,power_w\n2026-01-05T17:00:00Z,5\n2026-01-05T17:00:00Z,6\n", ":3", "not after"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, place: str, words: str) -> None:
    path = tmp_path / "load.csv"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as refused:
        read_base_load(path)
    assert refused.value.key == f"{path}{place}"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_prices(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_prices(tmp_path / "binary.csv")
