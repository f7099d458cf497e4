"""Series in files beside the settings."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ladewerk.csms.config import load_config
from ladewerk.errors import ConfigError

SETTINGS = """
[site]
time_zone = "Europe/Berlin"
prices_file = "prices.csv"
base_load_file = "load.csv"
"""


def written(folder: Path, settings: str = SETTINGS, *, price_at: str = "2026-01-05 17:00") -> Path:
    (folder / "prices.csv").write_text(f"start_at;price_per_kwh\n{price_at};0,31\n", encoding="utf-8-sig")
    (folder / "load.csv").write_text("start_at,power_w\n2026-07-05 17:00,800\n")
    path = folder / "csms.toml"
    path.write_text(settings)
    return path


def test_times_in_files_may_be_those_of_the_site_s_clocks(tmp_path: Path) -> None:
    site = load_config(written(tmp_path)).site
    assert site is not None
    assert [(step.start_at.astimezone(UTC), step.price_per_kwh) for step in site.prices] == [
        (datetime(2026, 1, 5, 16, tzinfo=UTC), 0.31)
    ]
    assert [step.start_at.astimezone(UTC) for step in site.base_load] == [datetime(2026, 7, 5, 15, tzinfo=UTC)]


def test_an_hour_that_the_clocks_skip_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"prices.csv:2: '2026-03-29 02:30' does not exist in Europe/Berlin"):
        load_config(written(tmp_path, price_at="2026-03-29 02:30"))


def test_a_zone_that_is_not_there_is_named_before_its_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"csms.toml: site.time_zone: no time zone 'Mars'"):
        load_config(written(tmp_path, SETTINGS.replace("Europe/Berlin", "Mars")))


def test_what_is_done_for_stations_is_set_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "csms.toml"
    path.write_text(
        "[csms]\n"
        'certificates = { folder = "ca", valid_days = 90, renew_days = 10 }\n'
        'file_hosts = ["10.0.0.0/8"]\n'
        'data_transfer = [{ vendor_id = "com.example", status = "Rejected" }]\n'
    )
    config = load_config(path)
    assert config.authority_folder() == tmp_path / "ca"
    assert (config.certificates.sign, config.certificates.valid_days, config.certificates.renew_days) == (True, 90, 10)
    assert config.file_hosts == ("10.0.0.0/8",)
    assert config.data_transfer[0].status == "Rejected"
    path.write_text("[csms]\ncertificates = { valid_days = 0 }\n")
    with pytest.raises(ConfigError, match=r"csms.certificates.valid_days"):
        load_config(path)
