"""``ladewerk simulate`` as a process of its own, in real time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from ladewerk.cli import main
from ladewerk.station.config import load_config

QUIET = """
meter_port = 0
pins_port = 0
panel_port = 0
serial_link = "{link}"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings on free ports, with a name for the serial device."""
    path = tmp_path / "simulator.toml"
    path.write_text(QUIET.format(link=tmp_path / "evse"))
    return path


class Program:
    """The running command and what it has printed up to the line that says how to end it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self.process = process
        self.lines = []
        for line in process.stdout:
            self.lines.append(line.rstrip("\n"))
            if "Ctrl-C" in line:
                break

    def address(self, name: str) -> str:
        """What was printed behind ``name``."""
        return next(line.removeprefix(name).strip() for line in self.lines if line.startswith(name))

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; the exit status and all that was still printed, on both channels."""
        self.process.send_signal(number)
        rest, errors = self.process.communicate(timeout=120)
        return self.process.returncode, rest + errors


@contextmanager
def simulate(*arguments: str | Path) -> Iterator[Program]:
    command = [sys.executable, "-m", "ladewerk", "simulate", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Program(process)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_end_and_ends_clean(config: Path, tmp_path: Path, number: int) -> None:
    with simulate(config) as program:
        assert (tmp_path / "evse").exists()
        assert httpx.get(program.address("meter") + "/shelly", trust_env=False).json()["gen"] == 2
        assert program.end(number) == (0, "stopped\n")
    assert not os.path.lexists(tmp_path / "evse")


def test_it_prints_a_station_s_configuration_that_the_station_understands(config: Path, tmp_path: Path) -> None:
    with simulate(config) as program:
        begin = program.lines.index("[station]")
        written = tmp_path / "station.toml"
        written.write_text("\n".join(program.lines[begin:-1]))
        unit = load_config(written).units["garage"]
        assert unit.evse.device == program.address("serial device") == str(tmp_path / "evse")
        assert unit.meter.url == program.address("meter")
        assert unit.lock is not None
        assert unit.lock.pins == program.address("pins")
        assert unit.buttons is not None
        assert unit.lamps is not None
        assert (unit.buttons.pins, unit.buttons.start_pin, unit.lamps.fault_pin) == (unit.lock.pins, 5, 21)


def test_it_writes_a_station_s_configuration_when_asked_to(config: Path, tmp_path: Path) -> None:
    config.write_text(
        config.read_text()
        + 'time_zone = "Europe/Berlin"\n'
        + "[lock]\nfeedback_pin = 25\nactive_low = true\n[vehicle]\nphases = 1\n"
    )
    with simulate(config, "--station-config", tmp_path / "station.toml"):
        settings = load_config(tmp_path / "station.toml")
        assert settings.station.time_zone == "Europe/Berlin"
        unit = settings.units["garage"]
        assert unit.lock is not None
        assert (unit.lock.feedback_pin, unit.lock.active_low, unit.phases) == (25, True, 1)


def test_a_bridge_and_a_password_are_told_to_the_station(config: Path, tmp_path: Path) -> None:
    with config.open("a") as more:
        more.write('bridge_port = 0\n[board]\nbridge = "modbus-tcp"\naddress = 0\n[meter]\npassword = "say \\"please\\""\n')
    station = tmp_path / "station.toml"
    with simulate(config, "--station-config", station) as program:
        assert program.address("bridge").startswith("modbus-tcp://127.0.0.1:")
        unit = load_config(station).units["garage"]
        assert (unit.evse.device, unit.evse.address) == (program.address("bridge"), 1)
        assert unit.meter.password == 'say "please"'
        program.end(signal.SIGTERM)


def test_with_a_speed_its_time_runs_faster(config: Path) -> None:
    with simulate(config, "--speed", "500") as program:
        panel = program.address("panel")
        assert f"It keeps a time of its own; start the others with --follow {panel}" in program.lines
        httpx.post(panel + "/api/acts", json={"do": "plug in"}, trust_env=False)
        while httpx.get(panel + "/api/state", trust_env=False).json()["units"]["garage"]["drawn_wh"] < 100:
            pass  # half a minute of its time, less than a second of ours
        assert httpx.get(panel + "/api/clock", trust_env=False).json()["speed"] == 500


def test_it_begins_when_it_is_told_to(config: Path) -> None:
    with simulate(config, "--start", "2026-01-12T17:30+01:00") as program:
        state = httpx.get(program.address("panel") + "/api/state", trust_env=False).json()
        assert datetime.fromisoformat(state["at"]) - datetime(2026, 1, 12, 16, 30, tzinfo=UTC) < timedelta(minutes=1)


@pytest.mark.parametrize("start", ["17:30", "2026-01-12T17:30", "tonight"])
def test_a_start_without_date_or_offset_is_refused(start: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["simulate", "--start", start])
    assert refused.value.code == 2
    assert "a time has a date and an offset" in capsys.readouterr().err


def test_a_second_one_on_the_same_ports_is_refused_and_the_first_goes_on(config: Path, tmp_path: Path) -> None:
    with simulate(config) as program:
        port = program.address("pins").rsplit(":", 1)[1]
        second = tmp_path / "second.toml"
        second.write_text(config.read_text().replace("pins_port = 0", f"pins_port = {port}"))
        refused = subprocess.run(
            [sys.executable, "-m", "ladewerk", "simulate", str(second)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == (
            f"ladewerk simulate: pins_port: port {port} of 127.0.0.1 is in use; choose another, or 0 for any free one\n"
        )
        assert (tmp_path / "evse").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[vehicle]\nphasen = 3", "vehicle.phasen: no such setting"),
        ("[vehicle]\nphases = 4", "vehicle.phases: expected 1, 2 or 3"),
        ("[vehicle", "is not TOML"),
        ('host = "nowhere.invalid"', "host: nowhere.invalid is no address of this machine"),
        ('serial_link = "/etc/hostname"\nmeter_port = 0\npins_port = 0\npanel_port = 0', "choose another name"),
    ],
)
def test_bad_settings_are_one_line_and_exit_status_2(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    path = tmp_path / "simulator.toml"
    path.write_text(text)
    assert main(["simulate", str(path)]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_station_s_configuration_that_cannot_be_written_is_one_line(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", str(config), "--station-config", str(tmp_path / "no" / "station.toml")]) == 2
    assert "cannot be written: No such file or directory" in capfd.readouterr().err
    assert not os.path.lexists(tmp_path / "evse")


@pytest.mark.parametrize("speed", ["0", "-3", "fast", "inf", "nan"])
def test_a_speed_that_is_none_is_refused(capfd: pytest.CaptureFixture[str], speed: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", f"--speed={speed}"])
    assert ended.value.code == 2
    assert "a speed is a number above 0" in capfd.readouterr().err


def finished(*arguments: str | Path) -> tuple[int, str]:
    """One that ends by itself: exit status and all that it printed."""
    command = [sys.executable, "-m", "ladewerk", "simulate", *map(str, arguments)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout


SCENARIOS = Path(__file__).parents[2] / "examples" / "scenarios"


@pytest.mark.parametrize(
    ("name", "start", "steps", "among"),
    [
        ("solar_noon", "2026-06-20T11:30+02:00", 7, "12:30:00 step 6 of 7: unplug unit=right: done [A, 0.0 A, 40.0 %]"),
        (
            "bad_evening",
            "2026-01-12T18:00+01:00",
            9,
            "18:05:05 step 3 of 9: set faults unit=left meter_frozen=true for_s=90",
        ),
    ],
)
def test_a_scenario_of_the_documents_takes_the_same_course_each_time(
    tmp_path: Path, name: str, start: str, steps: int, among: str
) -> None:
    site = tmp_path / "site.toml"
    site.write_text(QUIET.format(link=tmp_path / "evse") + (SCENARIOS / "site.toml").read_text())
    courses = []
    for speed in ("4000", "1500"):
        status, out = finished(site, "--scenario", SCENARIOS / f"{name}.toml", "--start", start, "--speed", speed)
        assert status == 0
        courses.append(out[out.index("Scenario: ") :].splitlines())
    assert courses[0] == courses[1]
    assert len(courses[0]) == steps + 2  # its title, and that it stopped
    assert any(among in line for line in courses[0])


def test_a_scenario_in_which_something_is_late_fails(config: Path, tmp_path: Path) -> None:
    scenario = tmp_path / "late.toml"
    scenario.write_text('[[steps]]\nwhen = { plugged = true }\nwithin_s = 5\ndo = "unplug"\n')
    status, out = finished(config, "--scenario", scenario, "--speed", "100")
    assert status == 1
    assert "step 1 of 1: unplug: late: plugged=true did not come within 5 s" in out


def test_a_scenario_with_a_mistake_is_one_line_before_anything_starts(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "wrong.toml"
    scenario.write_text('[[steps]]\ndo = "set faults"\nfaults = { bord_silent = true }\n')
    assert main(["simulate", str(config), "--scenario", str(scenario)]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert f"{scenario}: line 3: steps[0].faults.bord_silent: no such setting" in err


def test_a_station_has_three_phases_at_a_vehicle_with_two(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + "[vehicle]\nmodel = 'vw-id3-pure'\n")
    with simulate(config, "--station-config", tmp_path / "station.toml"):
        assert load_config(tmp_path / "station.toml").units["garage"].phases == 3


def test_several_units_are_served_side_by_side(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text() + "[units.left]\n[units.right.vehicle]\nmodel = 'hyundai-kona'\n")
    with simulate(config, "--station-config", tmp_path / "station.toml"):
        units = load_config(tmp_path / "station.toml").units
        assert {name: (unit.evse_id, unit.phases) for name, unit in units.items()} == {"left": (1, 3), "right": (2, 1)}
        assert len({unit.meter.url for unit in units.values()}) == 2
        assert {Path(str(unit.evse.device)).name for unit in units.values()} == {"evse-left", "evse-right"}
