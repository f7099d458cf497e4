"""The simulator's settings, and reading them from TOML."""

from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from ladewerk.errors import ConfigError
from ladewerk.settings import read_toml
from ladewerk.simulator.bridge import Framing
from ladewerk.simulator.evse_board import FIRMWARE
from ladewerk.simulator.shelly import Firmware, Profile
from ladewerk.simulator.vehicle_settings import VehicleChange, VehicleSettings

Port = Annotated[int, Meta(ge=0, le=65535)]
Watts = Annotated[float, Meta(ge=0, le=1_000_000)]
Gpio = Annotated[int, Meta(ge=0, le=27)]


ONLY_UNIT: Final = "garage"
_LAST_PORT: Final = 65535


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every table of the file: no key that is not known."""


class HouseholdConfig(Settings, frozen=True, kw_only=True):
    """The house; the names of ``household.Household``."""

    night_w: Watts = 280.0
    day_w: Watts = 550.0
    morning_peak_w: Watts = 1400.0
    evening_peak_w: Watts = 4200.0


class PvConfig(Settings, frozen=True, kw_only=True):
    """The modules on the roof; the names of ``photovoltaics.Photovoltaics``. 0 W is no roof."""

    peak_w: Watts = 0.0
    latitude: Annotated[float, Meta(ge=-90, le=90)] = 49.87
    longitude: Annotated[float, Meta(ge=-180, le=180)] = 8.65


class BoardConfig(Settings, frozen=True, kw_only=True):
    """The EVSE-WB board and what is wired to it; address 0 is as it comes, with Modbus off.

    With a ``bridge`` it is reached over TCP; ``paced`` lets its answers take the time they take at 9600 baud.
    """

    address: Annotated[int, Meta(ge=0, le=247)] = 1
    firmware: Annotated[int, Meta(ge=8, le=18)] = FIRMWARE
    bridge: Framing | None = None
    paced: bool = False
    cable_limit_a: Literal[13, 20, 32, 63] = 20
    rcd_wired: bool = False
    power_on_a: Annotated[int, Meta(ge=6, le=80)] = 32


class MeterConfig(Settings, frozen=True, kw_only=True):
    """The Shelly Pro 3EM; ``register_wh`` is what each phase has counted before."""

    profile: Profile = "triphase"
    firmware: Firmware = "1.4.4"
    password: str | None = None
    mac: Annotated[str, Meta(pattern="^[0-9A-F]{12}$")] = "A0DD6C9E4F10"
    register_wh: Annotated[float, Meta(ge=0)] = 412_345.67


class SiteMeterConfig(Settings, frozen=True, kw_only=True):
    """Another Shelly Pro 3EM, in the grid connection."""

    port: Port = 8099
    mac: Annotated[str, Meta(pattern="^[0-9A-F]{12}$")] = "A0DD6C9E4FFF"
    register_wh: Annotated[float, Meta(ge=0)] = 1_234_567.89


class LockConfig(Settings, frozen=True, kw_only=True):
    """The lock's motor and its wiring; ``active_low`` as most relay boards are."""

    lock_pin: Gpio = 23
    unlock_pin: Gpio = 24
    feedback_pin: Gpio | None = None
    active_low: bool = False
    travel_s: Annotated[float, Meta(gt=0, le=10)] = 0.6


class FrontConfig(Settings, frozen=True, kw_only=True):
    """Push-buttons (contacts to ground) and lamps beside the socket."""

    start_pin: Gpio = 5
    stop_pin: Gpio = 6
    ready_pin: Gpio = 16
    charging_pin: Gpio = 20
    fault_pin: Gpio = 21


class UnitConfig(Settings, frozen=True, kw_only=True):
    """One charging unit: its hardware, and the vehicle at its plug."""

    vehicle: VehicleChange = VehicleChange()
    board: BoardConfig = BoardConfig()
    meter: MeterConfig = MeterConfig()
    lock: LockConfig = LockConfig()
    front: FrontConfig = FrontConfig()


class EventConfig(Settings, frozen=True, kw_only=True):
    """Something that happens when the clock first shows ``at`` (HH:MM) after the start."""

    at: Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    do: Literal["plug in", "unplug"]
    unit: str | None = None
    """None where there is one only."""

    def moment(self, start: datetime, zone: tzinfo | None) -> datetime:
        """When that is, for a world that begins at ``start``; zone None is the machine's own."""
        local = start.astimezone(zone)
        due = datetime.combine(local.date(), time.fromisoformat(self.at), tzinfo=local.tzinfo)
        return due if due >= local else due + timedelta(days=1)


class SimulatorConfig(Settings, frozen=True, kw_only=True):
    """Everything; a port of 0 is any free one. ``serial_link`` is a name for the serial device that stays the same."""

    seed: int = 1
    host: str = "127.0.0.1"
    meter_port: Port = 8091
    pins_port: Port = 8888
    panel_port: Port = 8090
    bridge_port: Port = 8502
    serial_link: str | None = "~/.local/share/ladewerk/simulated-evse"
    voltage_v: Annotated[float, Meta(ge=100, le=260)] = 230.0
    time_zone: str | None = None
    household: HouseholdConfig = HouseholdConfig()
    pv: PvConfig = PvConfig()
    site_meter: SiteMeterConfig | None = None
    vehicle: VehicleChange = VehicleChange()
    board: BoardConfig = BoardConfig()
    meter: MeterConfig = MeterConfig()
    lock: LockConfig = LockConfig()
    front: FrontConfig = FrontConfig()
    events: tuple[EventConfig, ...] = ()
    units: dict[Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,40}$")], UnitConfig] = {}
    """By name; without any there is one of the tables above, which is called :data:`ONLY_UNIT`."""

    def all_units(self) -> dict[str, UnitConfig]:
        """Each charging unit by its name."""
        return self.units or {ONLY_UNIT: self.only_unit()}

    def only_unit(self) -> UnitConfig:
        """The one that the tables of the file itself describe."""
        return UnitConfig(vehicle=self.vehicle, board=self.board, meter=self.meter, lock=self.lock, front=self.front)

    def port(self, first: int, number: int) -> int:
        """That of the unit with this number, from 0 on: the next ones; 0 stays any free one."""
        return first + number if first else 0

    def link(self, name: str) -> str | None:
        """The name of a unit's serial device."""
        return self.serial_link if self.serial_link is None or name == ONLY_UNIT else f"{self.serial_link}-{name}"

    def zone(self) -> tzinfo | None:
        """The place's time zone; None is the machine's own. ConfigError where it is unknown."""
        if self.time_zone is None:
            return None
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as err:
            raise ConfigError(
                "time_zone", f"{self.time_zone!r} is no time zone of this machine; expected e.g. Europe/Berlin"
            ) from err


def on_free_ports(config: SimulatorConfig) -> SimulatorConfig:
    """The same world on ports that are free and a device without a name of its own, so that many can run side by side."""
    site_meter = None if config.site_meter is None else msgspec.structs.replace(config.site_meter, port=0)
    return msgspec.structs.replace(
        config, meter_port=0, pins_port=0, panel_port=0, bridge_port=0, serial_link=None, site_meter=site_meter
    )


_EXPECTED: Final = {
    "vehicle.phases": "expected 1, 2 or 3",
    "vehicle.woken_by": 'expected "pause", "interruption" or "replug"',
    "vehicle.sleeps_after_s": 'expected seconds or "never"',
    "vehicle.most_pauses": 'expected a whole number or "any"',
    "board.cable_limit_a": "expected 13, 20, 32 or 63",
    "board.bridge": 'expected "rtu" or "modbus-tcp"',
    "meter.profile": 'expected "triphase" or "monophase"',
    "meter.firmware": 'expected "1.4.4" or "2.0.0"',
    "meter.mac": "expected 12 digits 0-9 A-F",
    "events[...].at": 'expected a time such as "17:40"',
    "events[...].do": 'expected "plug in" or "unplug"',
}
"""What msgspec's own words leave unclear."""


def load_config(path: Path) -> SimulatorConfig:
    """Read a TOML file; ConfigError with file and line or key."""
    config = read_toml(path, SimulatorConfig, _EXPECTED)
    try:
        check(config)
    except ConfigError as err:
        raise ConfigError(f"{path}: {err.key}", err.why) from err
    return config


def check(config: SimulatorConfig) -> None:
    """Refuse settings that contradict each other; ConfigError with the key."""
    config.zone()
    if config.units and config.only_unit() != UnitConfig():
        raise ConfigError("units", "with units by name, vehicle, board, meter, lock and front stand in [units.NAME.…]")
    for name, unit in config.all_units().items():
        _check_unit(unit, f"units.{name}." if config.units else "")
    _check_ports(config)
    for number, event in enumerate(config.events):
        known = config.all_units()
        if event.unit is not None and event.unit not in known:
            raise ConfigError(f"events[{number}].unit", f"there is no unit {event.unit!r}; expected {' or '.join(known)}")
        if event.unit is None and len(known) > 1:
            raise ConfigError(f"events[{number}].unit", f"which unit? expected {' or '.join(known)}")


def _check_unit(unit: UnitConfig, prefix: str) -> None:
    try:
        unit.vehicle.applied(VehicleSettings())
    except ValueError as err:
        key, _, why = str(err).partition(": ")
        raise ConfigError(f"{prefix}vehicle.{key}", why) from err
    lock = [unit.lock.lock_pin, unit.lock.unlock_pin, unit.lock.feedback_pin]
    if len(set(lock)) < len(lock):
        raise ConfigError(f"{prefix}lock", "lock_pin, unlock_pin and feedback_pin must differ")
    front = msgspec.structs.astuple(unit.front)
    if len({*front, *lock}) < len(front) + len(lock):
        raise ConfigError(f"{prefix}front", "its pins must differ from each other and from the lock's")


def _check_ports(config: SimulatorConfig) -> None:
    numbers = range(len(config.all_units()))
    bridged = [n for n, unit in enumerate(config.all_units().values()) if unit.board.bridge is not None]
    ports = [config.port(first, n) for first in (config.meter_port, config.pins_port) for n in numbers]
    ports += [config.port(config.bridge_port, n) for n in bridged]
    ports += [] if config.site_meter is None else [config.site_meter.port]
    taken = [port for port in (*ports, config.panel_port) if port]
    if len(set(taken)) < len(taken):
        raise ConfigError("panel_port", "meter_port, pins_port, bridge_port, panel_port and site_meter.port must differ")
    if max(taken, default=0) > _LAST_PORT:
        raise ConfigError("meter_port", f"expected room for a port of each unit up to {_LAST_PORT}")
