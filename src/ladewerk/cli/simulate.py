"""``ladewerk simulate``: the hardware of one charging unit, to run a station against."""

import argparse
import asyncio
import json
import signal
from datetime import datetime
from pathlib import Path

from ladewerk.cli.pace import REAL_TIME, Pace, faster, speed
from ladewerk.clock import SystemClock
from ladewerk.errors import ConfigError
from ladewerk.simulator.app import Simulator, Unit, running_simulator
from ladewerk.simulator.config import SimulatorConfig, load_config
from ladewerk.simulator.scenario import Course, Scenario, StepReport, described
from ladewerk.simulator.scenario_file import load_scenario


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "simulate",
        help="the hardware simulator: board, meter, lock, vehicle and house",
        description="Serve simulated hardware: an EVSE-WB board on a serial device, a Shelly Pro 3EM, the plug lock's pins.",
    )
    parser.add_argument("config", metavar="CONFIG.toml", type=Path, nargs="?", help="settings; without a file the defaults")
    parser.add_argument("--speed", metavar="N", type=speed, help="let its time run N times as fast as real time")
    parser.add_argument(
        "--start",
        metavar="TIME",
        type=_moment,
        help="what its clock shows at first, such as 2026-01-12T17:30+01:00 (default: now)",
    )
    parser.add_argument(
        "--scenario", metavar="FILE", type=Path, help="acts and faults, one after the other, that it goes through by itself"
    )
    parser.add_argument(
        "--station-config", metavar="FILE", type=Path, help="write a station's configuration for this hardware; replaces it"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C, SIGTERM or the end of the scenario; 1 where something in that did not come in time."""
    config = load_config(arguments.config) if arguments.config else SimulatorConfig()
    scenario = load_scenario(arguments.scenario, config.all_units()) if arguments.scenario else None
    pace = REAL_TIME
    if arguments.speed is not None or arguments.start is not None:
        pace = faster(arguments.speed or 1.0, arguments.start or SystemClock().now())
    with pace.runner() as runner:
        return runner.run(_serve(config, pace, arguments.station_config, scenario))


async def _serve(config: SimulatorConfig, pace: Pace, station_config: Path | None, scenario: Scenario | None) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_simulator(config, pace.clock(), scenario, begin=pace.origin) as simulator:
        settings = station_settings(simulator)
        if station_config is not None:
            _write(station_config, settings)
        print(_greeting(simulator, settings, station_config), flush=True)
        if pace is not REAL_TIME:
            print(f"It keeps a time of its own; start the others with --follow {simulator.panel_url}", flush=True)
        print("Plug the car in on the panel's page. Ctrl-C ends.", flush=True)
        if simulator.course is not None:
            _follow(simulator.course, config, stop)
        await stop.wait()
    print("stopped", flush=True)
    return 1 if simulator.course is not None and simulator.course.failed else 0


def _follow(course: Course, config: SimulatorConfig, stop: asyncio.Event) -> None:
    """Print how each step went, those gone by first, and stop when the scenario says so."""

    def tell(report: StepReport) -> None:
        at = report.at.astimezone(config.zone())
        why = f": {report.why}" if report.why else ""
        seen = f" [{report.seen}]" if report.seen else ""
        place = f"step {report.number} of {len(course.scenario.steps)}"
        print(f"{at:%Y-%m-%d %H:%M:%S} {place}: {described(report.step.act)}: {report.outcome}{why}{seen}", flush=True)
        if course.ended:
            stop.set()

    print(f"Scenario: {course.scenario.title}", flush=True)
    for report in course.reports:
        tell(report)
    course.reported.connect(tell)


def station_settings(simulator: Simulator) -> str:
    """The TOML file of a station for this hardware and a CSMS on this machine."""
    config = simulator.config
    zone = "" if config.time_zone is None else f'time_zone = "{config.time_zone}"\n'
    units = "\n".join(_unit_settings(unit, number) for number, unit in enumerate(simulator.units.values(), 1))
    return f"""\
[station]
identity = "LW-0001"
csms = "ws://127.0.0.1:9000"
web = "127.0.0.1:8081"
open = true                         # no password: simulated hardware, and only this machine reaches the page
data = "~/.local/share/ladewerk/LW-0001"
{zone}
{units}"""


def _unit_settings(unit: Unit, evse_id: int) -> str:
    vehicle = unit.present().vehicle_settings
    wiring, front = unit.config.lock, unit.config.front
    meter = ['driver = "shelly-3em"', f'url = "{unit.meter_url}"']
    if unit.config.meter.password is not None:
        meter.append(f"password = {json.dumps(unit.config.meter.password)}")
    lock = [
        'driver = "motor"',
        f'pins = "{unit.pins_url}"',
        f"lock_pin = {wiring.lock_pin}",
        f"unlock_pin = {wiring.unlock_pin}",
    ]
    if wiring.feedback_pin is not None:
        lock.append(f"feedback_pin = {wiring.feedback_pin}")
    if wiring.active_low:
        lock.append("active_low = true")
    return f"""\
[units.{unit.name}]
evse_id = {evse_id}
phases = {1 if vehicle.phases == 1 else 3}
max_current_a = {vehicle.max_current_a:g}
direct_current_a = {vehicle.max_current_a:g}
evse = {{ driver = "evse-wb", device = "{unit.serial_device}", address = {unit.config.board.address or 1} }}
meter = {{ {", ".join(meter)} }}
lock = {{ {", ".join(lock)} }}
buttons = {{ pins = "{unit.pins_url}", start_pin = {front.start_pin}, stop_pin = {front.stop_pin} }}
lamps = {{ pins = "{unit.pins_url}", ready_pin = {front.ready_pin}, charging_pin = {front.charging_pin}, \
fault_pin = {front.fault_pin} }}
"""


def _greeting(simulator: Simulator, settings: str, station_config: Path | None) -> str:
    lines = []
    for unit in simulator.units.values():
        if len(simulator.units) > 1:
            lines.append(f"{unit.name}:")
        lines += [
            f"{'bridge' if unit.config.board.bridge else 'serial device':<13}  {unit.serial_device}",
            f"meter          {unit.meter_url}",
            f"pins           {unit.pins_url}",
        ]
    if simulator.site_meter_url is not None:
        lines.append(f"site meter     {simulator.site_meter_url}")
    lines += [f"panel          {simulator.panel_url}", ""]
    if station_config is None:
        lines += ["A station's configuration for this hardware:", "", settings]
    else:
        lines += [f"A station's configuration for this hardware is in {station_config}.", ""]
    return "\n".join(lines)


def _write(path: Path, settings: str) -> None:
    try:
        path.write_text(settings, encoding="utf-8")
    except OSError as err:
        raise ConfigError(str(path), f"cannot be written: {err.strerror}") from err


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise argparse.ArgumentTypeError(f"a time has a date and an offset, such as 2026-01-12T17:30+01:00, not {text!r}")
    return moment
