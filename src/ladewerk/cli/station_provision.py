"""``ladewerk station provision``: look at what the boards have stored, and with ``--write`` make it safe."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from ladewerk.errors import DeviceError, DeviceFault
from ladewerk.station.config import StationConfig, load_config
from ladewerk.station.drivers.modbus_bus import Bus, open_bus
from ladewerk.station.provisioning import carry_out, changes, firmware_of, hints, stored_in


def add_parser(subparsers: Any) -> None:
    """Add the command to ``ladewerk``."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "station provision",
        help="what the station's boards have stored, and make it safe",
        description="Show what the boards of a station have stored and should have; with --write, write that.",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG.toml", help="the station's settings")
    parser.add_argument("--write", action="store_true", help="write what is not as it should be; else nothing changes")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """0 where every board is as it should be, 1 where one is not or does not answer."""
    return asyncio.run(_provision(load_config(args.config), write=args.write))


async def _provision(config: StationConfig, *, write: bool) -> int:
    sound = True
    for name, unit in config.units.items():
        async with open_bus(unit.evse.device) as bus:
            print(f"{name}: board at {unit.evse.device}, address {unit.evse.address}")
            try:
                sound &= await _one(bus, unit.evse.address, write=write)
            except DeviceError as err:
                print(f"  {err}")
                sound = False
    return 0 if sound else 1


async def _one(bus: Bus, address: int, *, write: bool) -> bool:
    firmware = await firmware_of(bus, address)
    # Reading from 2000 on has an effect too: a board whose Modbus was only just switched on stores that.
    stored = await stored_in(bus, address)
    wanted = changes(stored)
    print(f"  firmware {firmware}")
    for change in wanted:
        print(f"  register {change.register}: {change.now} -> {change.safe}: {change.why}")
    for hint in hints(firmware, stored):
        print(f"  {hint}")
    if not wanted:
        print("  as it should be")
        return True
    if not write:
        print("  nothing was written; run it again with --write")
        return False
    refused = await carry_out(bus, address, wanted)
    if refused:
        registers = ", ".join(str(change.register) for change in refused)
        raise DeviceFault(f"the board did not keep register {registers}; power it off and on, and try again")
    print("  written")
    return True
