"""``ladewerk station``: the charging station of one configuration file."""

import argparse
import asyncio
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from ladewerk.cli.pace import Pace, add_follow, following
from ladewerk.errors import ConfigError, DeviceUnreachable
from ladewerk.ocpp import v21
from ladewerk.station.app import Station, running_station
from ladewerk.station.config import StationConfig
from ladewerk.station.config_file import ConfigFile
from ladewerk.station.dead_man import watched
from ladewerk.station.machine_time import MachineTime

_RESET_GRACE_S = 30.0


def add_parser(subparsers: Any) -> None:
    """Add the command to ``ladewerk``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "station", help="the charging station", description="Run the charging station that CONFIG.toml describes."
    )
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="the station's settings")
    parser.add_argument(
        "--needs",
        action="append",
        default=[],
        metavar="[UNIT=]FILE.json",
        help="take a unit's needs from this file each time a vehicle is plugged in; as needs_file in its settings",
    )
    add_follow(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until interrupted; 0 then."""
    file = ConfigFile(args.config, lambda config: with_needs(config, args.needs))
    file.load()
    pace = following(args.follow)
    with pace.runner() as runner:
        runner.run(_run(file, pace))
    return 0


def with_needs(config: StationConfig, given: list[str]) -> StationConfig:
    """``config`` with the files of ``--needs``. Raises ConfigError for a unit or a file that is not there."""
    units = dict(config.units)
    for argument in given:
        name, equals, file = argument.rpartition("=")
        if not equals:
            if len(units) > 1:
                raise ConfigError("--needs", f"say which unit: {next(iter(units))}={file}")
            name = next(iter(units))
        if name not in units:
            raise ConfigError("--needs", f"there is no unit {name!r}; there is {', '.join(units)}")
        path = Path(file).resolve()
        if not path.is_file():
            raise ConfigError("--needs", f"{file} is not there")
        units[name] = msgspec.structs.replace(units[name], needs_file=str(path))
    return msgspec.structs.replace(config, units=units)


async def _run(file: ConfigFile, pace: Pace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    reason = v21.BootReasonEnumType.POWER_UP
    while not stop.is_set():
        config = file.load()
        clock = pace.clock()
        trusted = config.station.trust_clock or pace.origin is not None
        is_set = (lambda: True) if trusted else MachineTime(clock, config.data_path).is_set
        with watched(config) as watch:
            async with running_station(
                config, clock, boot_reason=reason, watch=watch, file=file, time_is_set=is_set
            ) as station:
                print(f"{config.station.identity}: page and API at {station.web_url}", flush=True)
                if station.elsewhere:
                    print(f"From other machines: {', '.join(station.elsewhere)}", flush=True)
                if station.first_code is not None:
                    print(
                        f"Open the page and choose its password there; the code for that is {station.first_code}", flush=True
                    )
                await _until_over(station, stop)
            left_on = [unit.unit_id for unit in station.units if not unit.safe]
            if left_on:
                raise DeviceUnreachable(
                    f"the board of {', '.join(left_on)} does not answer and may offer a current; the supervisor goes on"
                )
        reason = station.next_boot


async def _until_over(station: Station, stop: asyncio.Event) -> None:
    """Until the user interrupts or the CSMS resets the station; a reset lets running sessions end first."""
    waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(station.reset_asked.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
    if station.reset_asked.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(_RESET_GRACE_S):
                await station.settled()
