"""``ladewerk station reset-meter``: set a meter's energy counters to 0, for who wants that; nothing here needs it."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from ladewerk.clock import SystemClock
from ladewerk.errors import ConfigError, DeviceFault
from ladewerk.station.config import StationConfig, load_config
from ladewerk.station.drivers.shelly import open_shelly
from ladewerk.station.transactions.journal import open_journal


def add_parser(subparsers: Any) -> None:
    """Add the command to ``ladewerk``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "station reset-meter",
        help="set the energy counters of a unit's meter to 0; not while it charges",
        description="Set the energy counters of a unit's meter to 0; refused while a transaction of the unit is open.",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="the station's settings")
    parser.add_argument("unit", metavar="UNIT", help="the unit's name in them")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 once the counters are 0; the station may run or not."""
    config = load_config(args.config)
    if args.unit not in config.units:
        raise ConfigError("UNIT", f"there is no unit {args.unit!r}; there is {', '.join(config.units)}")
    asyncio.run(_reset(config, args.unit))
    print(f"{args.unit}: the counters of its meter are 0")
    return 0


async def _reset(config: StationConfig, name: str) -> None:
    unit = config.units[name]
    # The journal has a transaction from its first event on, whether or not the station runs.
    async with open_journal(config.data_path) as journal:
        open_here = [one for one in await journal.open_transactions() if one.evse_id == unit.evse_id]
    if open_here:
        raise DeviceFault(
            f"{name}: transaction {open_here[0].transaction_id} is open; end it, or start the station once if it was cut off"
        )
    async with open_shelly(unit.meter.url, clock=SystemClock(), password=unit.meter.password) as meter:
        await meter.reset_counters()
