import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

from ladewerk.errors import ConfigError
from ladewerk.simulator.config import EventConfig, SimulatorConfig, check, load_config, on_free_ports
from ladewerk.simulator.vehicle_settings import VehicleChange, VehicleSettings


def load(tmp_path: Path, text: str) -> SimulatorConfig:
    path = tmp_path / "simulator.toml"
    path.write_text(text)
    return load_config(path)


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path, "") == SimulatorConfig()


def test_every_part_can_be_set(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        seed = 7
        time_zone = "UTC"
        meter_port = 0
        [vehicle]
        phases = 1
        soc = 0.25
        [household]
        evening_peak_w = 6000
        [board]
        cable_limit_a = 32
        [lock]
        feedback_pin = 25
        [[events]]
        at = "17:40"
        do = "plug in"
        [[events]]
        at = "06:30"
        do = "unplug"
        """,
    )
    assert (config.seed, config.vehicle.phases, config.household.evening_peak_w) == (7, 1, 6000)
    assert [event.do for event in config.events] == ["plug in", "unplug"]


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("sed = 1", "sed", "no such setting"),
        ("[vehicle]\nphasen = 3", "vehicle.phasen", "no such setting"),
        ("[vehicle]\nphases = 4", "vehicle.phases", "expected 1, 2 or 3"),
        ("[vehicle]\nsoc = 1.5", "vehicle.soc", "expected a number <= 1.0"),
        ('[vehicle]\nsoc = "full"', "vehicle.soc", "expected a number, got a text in quotes"),
        ("[board]\ncable_limit_a = 16", "board.cable_limit_a", "expected 13, 20, 32 or 63"),
        ("meter_port = 70000", "meter_port", "expected a whole number <= 65535"),
        ('[[events]]\nat = "7:40"\ndo = "unplug"', "events[0].at", 'expected a time such as "17:40"'),
        ('[[events]]\nat = "17:40"\ndo = "explode"', "events[0].do", 'expected "plug in" or "unplug"'),
        ('[[events]]\nat = "17:40"', "events[0]", "missing key `do`"),
        ('[meter]\nmac = "a0:dd"', "meter.mac", "expected 12 digits"),
        ('[vehicle]\nmodel = "ufo"', "vehicle.model", "there is no vehicle 'ufo'; expected one of vw-id3, "),
        (
            "[vehicle]\nmodel = 'hyundai-kona'\nmin_current_a = 40",
            "vehicle.min_current_a",
            "expected at most max_current_a, 32 A",
        ),
        ('[vehicle]\nsleeps_after_s = "soon"', "vehicle.sleeps_after_s", 'expected seconds or "never"'),
        (
            "[units.left.vehicle]\nmin_current_a = 20",
            "units.left.vehicle.min_current_a",
            "expected at most max_current_a, 16 A",
        ),
        ("[board]\naddress = 3\n[units.left]", "units", "stand in [units.NAME."),
        ("[units.left]\n[units.right]\n[[events]]\nat = '17:40'\ndo = 'unplug'", "events[0].unit", "expected left or right"),
        ("[pv]\nlatitude = 95", "pv.latitude", "expected a number <= 90.0"),
        ("[site_meter]\nport = 8090", "panel_port", "site_meter.port must differ"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(tmp_path: Path, text: str, key: str, why: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    assert refused.value.key == f"{tmp_path / 'simulator.toml'}: {key}"
    assert why in refused.value.why


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[vehicle]\nmin_current_a = 20", "vehicle.min_current_a"),
        ("[lock]\nunlock_pin = 23", "lock"),
        ("meter_port = 8888", "panel_port"),
        ('time_zone = "Mars/Olympus"', "time_zone"),
        ('time_zone = "/etc/passwd"', "time_zone"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    assert refused.value.key == f"{tmp_path / 'simulator.toml'}: {key}"


def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"is not TOML: .*line 2"):
        load(tmp_path, "seed = 1\nhost = = 2")


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "nothing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(tmp_path / "binary.toml")


def test_the_same_world_on_free_ports_is_accepted_beside_others() -> None:
    config = on_free_ports(SimulatorConfig(seed=9))
    check(config)
    assert (config.seed, config.meter_port, config.pins_port, config.panel_port, config.serial_link) == (9, 0, 0, 0, None)


@pytest.mark.parametrize(("at", "after_h"), [("17:40", 1.0), ("16:40", 0.0), ("16:39", 24 - 1 / 60), ("06:30", 13 + 5 / 6)])
def test_an_event_happens_when_the_clock_first_shows_its_time(at: str, after_h: float) -> None:
    start = datetime(2026, 1, 5, 16, 40, tzinfo=UTC)
    assert EventConfig(at=at, do="plug in").moment(start, UTC) - start == timedelta(hours=after_h)


def test_an_event_s_time_is_that_of_the_clock_on_the_wall() -> None:
    start = datetime(2026, 1, 5, 16, 40, tzinfo=UTC)
    east = timezone(timedelta(hours=3))
    assert EventConfig(at="20:00", do="plug in").moment(start, east) == datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def test_every_setting_is_documented_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text()
    block = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert block is not None
    documented = tomllib.loads(block[1])
    assert documented.pop("events")  # an example; there are none by default
    vehicle = documented.pop("vehicle")
    assert {"model", *vehicle} == set(VehicleChange.__struct_fields__)
    assert msgspec.convert(vehicle, VehicleChange).applied(VehicleSettings()) == VehicleSettings()
    assert msgspec.convert(documented, SimulatorConfig) == SimulatorConfig()
    for name, default in msgspec.to_builtins(SimulatorConfig()).items():
        for key in default if isinstance(default, dict) else [name]:
            assert re.search(rf"^(# )?(\[\[)?{key}\b", block[1], re.MULTILINE), f"{key} is not documented"
