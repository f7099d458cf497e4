"""``ladewerk station``: what is wrong is one line and exit status 2."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from ladewerk.cli import station
from ladewerk.errors import ConfigError
from ladewerk.station.config import EvseConfig, MeterConfig, StationConfig, StationTable, UnitConfig

FILE = """
[station]
identity = "LW-0001"
csms = "ws://127.0.0.1:9"
web = "127.0.0.1:0"
data = "data"
[units.garage]
evse_id = 1
evse = { driver = "evse-wb", device = "/dev/nothing-here" }
meter = { driver = "shelly-3em", url = "http://127.0.0.1:9" }
"""


def config(*names: str) -> StationConfig:
    return StationConfig(
        station=StationTable(identity="LW-0001", csms="ws://127.0.0.1:9", data="data"),
        units={
            name: UnitConfig(
                evse_id=number,
                evse=EvseConfig(driver="evse-wb", device=f"/dev/{name}"),
                meter=MeterConfig(driver="shelly-3em", url="http://127.0.0.1:9"),
            )
            for number, name in enumerate(names, start=1)
        },
    )


def test_the_command_is_added() -> None:
    parser = argparse.ArgumentParser()
    station.add_parser(parser.add_subparsers())
    args = parser.parse_args(["station", "a.toml", "--needs", "needs.json"])
    assert (args.config, args.needs, args.run) == (Path("a.toml"), ["needs.json"], station.run)


def test_needs_are_for_the_only_unit_or_for_the_named_one(tmp_path: Path) -> None:
    file = tmp_path / "needs.json"
    file.write_text("{}")
    assert station.with_needs(config("garage"), [str(file)]).units["garage"].needs_file == str(file)
    two = station.with_needs(config("garage", "street"), [f"street={file}"]).units
    assert (two["garage"].needs_file, two["street"].needs_file) == (None, str(file))


@pytest.mark.parametrize(
    ("names", "given", "expected"),
    [
        (("garage", "street"), "needs.json", "say which unit: garage=needs.json"),
        (("garage",), "attic=needs.json", "there is no unit 'attic'; there is garage"),
        (("garage",), "nowhere.json", "nowhere.json is not there"),
    ],
)
def test_needs_that_cannot_be_placed_are_told(names: tuple[str, ...], given: str, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        station.with_needs(config(*names), [given])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FILE, "units.garage.evse.device: /dev/nothing-here is not there"),
        (FILE.replace("evse_id = 1", "evse = 1\nevse_id = 1"), "is not TOML"),
        (FILE.replace("evse_id", "evse_nr"), "units.garage.evse_nr: no such setting"),
    ],
)
def test_a_station_that_cannot_work_exits_2_with_one_line_and_nothing_started(
    tmp_path: Path, text: str, expected: str
) -> None:
    (tmp_path / "station.toml").write_text(text)
    command = [sys.executable, "-c", "import sys; from ladewerk.cli import main; sys.exit(main(sys.argv[1:]))"]
    done = subprocess.run([*command, "station", str(tmp_path / "station.toml")], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert expected in done.stderr
    assert not (tmp_path / "data").exists()
