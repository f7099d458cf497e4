"""A station: its settings, page, boards, meters, and its CSMS; while it runs, its devices are left to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

from ladewerk.cli.checks.finding import Finding, ok, wrong
from ladewerk.cli.checks.ports import health, look_at_port
from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, DeviceError, Disconnected
from ladewerk.ocpp import connect
from ladewerk.station.config import StationConfig, UnitConfig, load_config
from ladewerk.station.drivers.evse_wb import EvseWb
from ladewerk.station.drivers.modbus_bus import open_bus
from ladewerk.station.drivers.shelly import Shelly
from ladewerk.station.drivers.shelly_rpc import open_rpc

_PATIENCE_S = 5.0


async def look_at_station(path: Path, clock: Clock) -> AsyncIterator[Finding]:
    """The station of the settings at ``path``."""
    try:
        config = load_config(path)
    except ConfigError as err:
        yield wrong("station settings", str(err))
        return
    yield ok("station settings", f"{path} can be used")
    runs = await health(config.station.web) is not None
    if runs:
        yield ok("station", f"runs at {config.station.web}; its page tells how its boards and meters are")
    else:
        yield look_at_port("station, port of its page", "station.web", config.station.web)
        for name, unit in config.units.items():
            yield await _look_at_board(name, unit, clock)
            yield await _look_at_meter(name, unit, clock)
    yield await (_look_at_way if runs else _look_at_csms)(config)


async def _look_at_board(name: str, unit: UnitConfig, clock: Clock) -> Finding:
    what = f"unit {name}, board at {unit.evse.board}"
    try:
        async with asyncio.timeout(_PATIENCE_S), open_bus(unit.evse.device) as bus:
            await EvseWb(bus, unit.evse.address, clock).identify()
    except ConfigError as err:
        return wrong(what, err.why)
    except TimeoutError:
        return wrong(what, "does not answer; see its wires, its address and its power")
    except DeviceError as err:
        return wrong(what, str(err))
    return ok(what, "answers")


async def _look_at_meter(name: str, unit: UnitConfig, clock: Clock) -> Finding:
    what = f"unit {name}, meter at {unit.meter.url}"
    try:
        async with asyncio.timeout(_PATIENCE_S), open_rpc(unit.meter.url, unit.meter.password) as rpc:
            reading = await Shelly(rpc, clock).read()
    except ConfigError as err:
        return wrong(what, err.why)
    except TimeoutError:
        return wrong(what, "does not answer; see its address and its power")
    except DeviceError as err:
        return wrong(what, str(err))
    volts = ", ".join(f"{volt:.0f} V" for volt in reading.voltage_v if volt is not None)
    return ok(what, f"measures {volts}")


async def _look_at_csms(config: StationConfig) -> Finding:
    """As the station itself would call it; the CSMS sees a station that comes and goes."""
    table = config.station
    what = f"station, CSMS at {table.csms}"
    calling = connect(
        table.csms,
        identity=table.identity,
        versions=table.versions(),
        password=table.password,
        tls=config.client_tls(),
        open_timeout_s=_PATIENCE_S,
    )
    try:
        async with calling as channel:
            return ok(what, f"lets {table.identity} in and speaks {channel.version}")
    except (Disconnected, ConfigError) as err:
        return wrong(what, f"{err}; see station.csms, identity and password, and whether it is approved there")


async def _look_at_way(config: StationConfig) -> Finding:
    """Whether somebody listens: a second connection as the station would end that of the one that runs."""
    what = f"station, CSMS at {config.station.csms}"
    address = urlsplit(config.station.csms)
    port = address.port or (443 if address.scheme == "wss" else 80)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            _, writer = await asyncio.open_connection(address.hostname, port)
    except (OSError, TimeoutError) as err:
        return wrong(what, f"cannot be reached ({err or 'no answer'}); see station.csms and the network")
    writer.close()
    await writer.wait_closed()
    return ok(what, "can be reached; the station's page tells whether it is let in")
