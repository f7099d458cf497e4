"""``ladewerk simulate``: the hardware of one charging unit, to run a station against."""

import argparse
import asyncio
import signal
from datetime import datetime
from pathlib import Path

from ladewerk.cli.pace import REAL_TIME, Pace, faster, speed
from ladewerk.clock import SystemClock
from ladewerk.errors import ConfigError
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig, load_config


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
        "--station-config", metavar="FILE", type=Path, help="write a station's configuration for this hardware; replaces it"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    config = load_config(arguments.config) if arguments.config else SimulatorConfig()
    pace = REAL_TIME
    if arguments.speed is not None or arguments.start is not None:
        pace = faster(arguments.speed or 1.0, arguments.start or SystemClock().now())
    with pace.runner() as runner:
        runner.run(_serve(config, pace, arguments.station_config))
    return 0


async def _serve(config: SimulatorConfig, pace: Pace, station_config: Path | None) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with running_simulator(config, pace.clock()) as simulator:
        settings = station_settings(simulator)
        if station_config is not None:
            _write(station_config, settings)
        print(_greeting(simulator, settings, station_config), flush=True)
        if pace is not REAL_TIME:
            print(f"It keeps a time of its own; start the others with --follow {simulator.panel_url}", flush=True)
        print("Plug the car in on the panel's page. Ctrl-C ends.", flush=True)
        await stop.wait()
    print("stopped", flush=True)


def station_settings(simulator: Simulator) -> str:
    """The TOML file of a station for this hardware and a CSMS on this machine."""
    config = simulator.config
    lock = [
        'driver = "motor"',
        f'pins = "{simulator.pins_url}"',
        f"lock_pin = {config.lock.lock_pin}",
        f"unlock_pin = {config.lock.unlock_pin}",
    ]
    if config.lock.feedback_pin is not None:
        lock.append(f"feedback_pin = {config.lock.feedback_pin}")
    if config.lock.active_low:
        lock.append("active_low = true")
    zone = "" if config.time_zone is None else f'time_zone = "{config.time_zone}"\n'
    return f"""\
[station]
identity = "LW-0001"
csms = "ws://127.0.0.1:9000"
web = "127.0.0.1:8081"
data = "~/.local/share/ladewerk/LW-0001"
{zone}
[units.garage]
evse_id = 1
phases = {config.vehicle.phases}
max_current_a = {config.vehicle.max_current_a:g}
direct_current_a = {config.vehicle.max_current_a:g}
evse = {{ driver = "evse-wb", device = "{simulator.serial_device}", address = {config.board.address} }}
meter = {{ driver = "shelly-3em", url = "{simulator.meter_url}" }}
lock = {{ {", ".join(lock)} }}
"""


def _greeting(simulator: Simulator, settings: str, station_config: Path | None) -> str:
    lines = [
        f"serial device  {simulator.serial_device}",
        f"meter          {simulator.meter_url}",
        f"pins           {simulator.pins_url}",
        f"panel          {simulator.panel_url}",
        "",
    ]
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
