"""The three programs of the demonstration in one process, each as it is started by its own command, on loopback."""

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ladewerk.clock import Clock
from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.config import CsmsConfig, sqlite_url
from ladewerk.demo.scenario import IDENTITY, TIME_ZONE, UNIT, Scenario
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import BoardConfig, SimulatorConfig
from ladewerk.station.app import Station, running_station
from ladewerk.station.config import EvseConfig, LockConfig, MeterConfig, StationConfig, StationTable, UnitConfig

HOST: Final = "127.0.0.1"
_POLL_S: Final = 5.0
"""A fast night is polled less densely than real life, and still well inside every deadline on silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programs:
    """What runs, and its folder of data."""

    simulator: Simulator
    csms: Csms
    station: Station


@asynccontextmanager
async def wired_up(scenario: Scenario, clock: Clock, folder: Path, *, for_people: bool) -> AsyncIterator[Programs]:
    """Run simulator, CSMS and station with their data in ``folder`` until the context ends.

    ``for_people`` takes the usual ports, where they are free, and polls as densely as real life.
    """
    ports = {name: usual_port(port) if for_people else 0 for name, port in _USUAL_PORTS.items()}
    hardware = SimulatorConfig(
        seed=scenario.seed,
        meter_port=ports["meter"],
        pins_port=ports["pins"],
        panel_port=ports["panel"],
        serial_link=None,
        time_zone=TIME_ZONE,
        board=BoardConfig(power_on_a=6),
    )
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(running_simulator(hardware, clock))
        csms = await stack.enter_async_context(
            running_csms(
                CsmsConfig(
                    open=True,
                    listen=f"{HOST}:{ports['ocpp']}",
                    web=f"{HOST}:{ports['csms']}",
                    database=sqlite_url(folder / "csms.sqlite3"),
                    accept_unknown=True,
                ),
                clock,
            )
        )
        station = await stack.enter_async_context(
            running_station(_station_config(simulator, csms, folder, ports["station"], for_people=for_people), clock)
        )
        yield Programs(simulator=simulator, csms=csms, station=station)


_USUAL_PORTS: Final = {"meter": 8091, "pins": 8888, "panel": 8090, "ocpp": 9000, "csms": 8080, "station": 8081}


def usual_port(port: int) -> int:
    """``port``, or 0 for any where another program has it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return 0
    return port


def _station_config(simulator: Simulator, csms: Csms, folder: Path, port: int, *, for_people: bool) -> StationConfig:
    lock = simulator.config.lock
    return StationConfig(
        station=StationTable(
            identity=IDENTITY,
            time_zone=TIME_ZONE,
            csms=f"ws://{HOST}:{csms.ocpp_port}",
            data=str(folder / "station"),
            web=f"{HOST}:{port}",
            open=True,
            poll_s=1.0 if for_people else _POLL_S,
        ),
        units={
            UNIT: UnitConfig(
                evse_id=1,
                evse=EvseConfig(driver="evse-wb", device=simulator.serial_device),
                meter=MeterConfig(driver="shelly-3em", url=simulator.meter_url),
                lock=LockConfig(driver="motor", pins=simulator.pins_url, lock_pin=lock.lock_pin, unlock_pin=lock.unlock_pin),
            )
        },
    )
