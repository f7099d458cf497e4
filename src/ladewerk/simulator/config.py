"""The simulator's settings, and reading them from TOML."""

from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from ladewerk.errors import ConfigError
from ladewerk.settings import read_toml

Port = Annotated[int, Meta(ge=0, le=65535)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
InsideFraction = Annotated[float, Meta(gt=0, lt=1)]
Watts = Annotated[float, Meta(ge=0, le=1_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=60)]
Amps = Annotated[float, Meta(ge=6, le=80)]
Gpio = Annotated[int, Meta(ge=0, le=27)]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every table of the file: no key that is not known."""


class VehicleConfig(Settings, frozen=True, kw_only=True):
    """The one vehicle and its battery; the names of ``vehicle.VehicleModel`` and ``battery.Battery``."""

    phases: Literal[1, 3] = 3
    min_current_a: Amps = 6.0
    max_current_a: Amps = 16.0
    shortfall_a: Annotated[float, Meta(ge=0, le=5)] = 0.2
    wake_up_s: Seconds = 2.0
    reaction_s: Annotated[float, Meta(ge=0, le=5)] = 2.0
    fall_back_s: Seconds = 3.0
    capacity_wh: Annotated[float, Meta(gt=0, le=1_000_000)] = 58_000.0
    soc: Fraction = 0.4
    stop_soc: Fraction = 1.0
    efficiency: Annotated[float, Meta(gt=0, le=1)] = 0.92
    taper_from_soc: InsideFraction = 0.9
    end_power_fraction: InsideFraction = 0.1


class HouseholdConfig(Settings, frozen=True, kw_only=True):
    """The house; the names of ``household.Household``."""

    night_w: Watts = 280.0
    day_w: Watts = 550.0
    morning_peak_w: Watts = 1400.0
    evening_peak_w: Watts = 4200.0


class BoardConfig(Settings, frozen=True, kw_only=True):
    """The EVSE-WB board and what is wired to it."""

    address: Annotated[int, Meta(ge=1, le=247)] = 1
    cable_limit_a: Literal[13, 20, 32, 63] = 20
    rcd_wired: bool = False
    power_on_a: Annotated[int, Meta(ge=6, le=80)] = 32


class MeterConfig(Settings, frozen=True, kw_only=True):
    """The Shelly Pro 3EM; ``register_wh`` is what each phase has counted before."""

    mac: Annotated[str, Meta(pattern="^[0-9A-F]{12}$")] = "A0DD6C9E4F10"
    register_wh: Annotated[float, Meta(ge=0)] = 412_345.67


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


class EventConfig(Settings, frozen=True, kw_only=True):
    """Something that happens when the clock first shows ``at`` (HH:MM) after the start."""

    at: Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    do: Literal["plug in", "unplug"]

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
    serial_link: str | None = "~/.local/share/ladewerk/simulated-evse"
    voltage_v: Annotated[float, Meta(ge=100, le=260)] = 230.0
    time_zone: str | None = None
    vehicle: VehicleConfig = VehicleConfig()
    household: HouseholdConfig = HouseholdConfig()
    board: BoardConfig = BoardConfig()
    meter: MeterConfig = MeterConfig()
    lock: LockConfig = LockConfig()
    front: FrontConfig = FrontConfig()
    events: tuple[EventConfig, ...] = ()

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
    return msgspec.structs.replace(config, meter_port=0, pins_port=0, panel_port=0, serial_link=None)


_EXPECTED: Final = {
    "vehicle.phases": "expected 1 or 3",
    "board.cable_limit_a": "expected 13, 20, 32 or 63",
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
    if config.vehicle.min_current_a > config.vehicle.max_current_a:
        raise ConfigError("vehicle.min_current_a", f"expected at most max_current_a, {config.vehicle.max_current_a:g} A")
    lock = [config.lock.lock_pin, config.lock.unlock_pin, config.lock.feedback_pin]
    if len(set(lock)) < len(lock):
        raise ConfigError("lock", "lock_pin, unlock_pin and feedback_pin must differ")
    front = msgspec.structs.astuple(config.front)
    if len({*front, *lock}) < len(front) + len(lock):
        raise ConfigError("front", "its pins must differ from each other and from the lock's")
    ports = [port for port in (config.meter_port, config.pins_port, config.panel_port) if port]
    if len(set(ports)) < len(ports):
        raise ConfigError("panel_port", "meter_port, pins_port and panel_port must differ")
