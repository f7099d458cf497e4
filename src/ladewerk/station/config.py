"""The settings of a station, from a TOML file; everything is checked before any device is opened."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ladewerk.errors import ConfigError
from ladewerk.ocpp import ClientTls, Leniency, Version
from ladewerk.ocpp.link_settings import ClientTlsTable, LenientTable, PingSeconds, warn_of_open_key
from ladewerk.settings import parse_toml, read_toml, split_address
from ladewerk.station.drivers.ports import Lamp
from ladewerk.station.unit.safety import Thresholds
from ladewerk.station.unit.state import Rules, SelfTest
from ladewerk.station.unit.wake_up import WakeUp
from ladewerk.web.https import HttpsTable, is_loopback

Seconds = Annotated[float, msgspec.Meta(gt=0)]
OcppVersions = Annotated[tuple[Literal["2.1", "2.0.1", "1.6"], ...], msgspec.Meta(min_length=1)]
Amps = Annotated[float, msgspec.Meta(ge=6, le=80)]


class EvseConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``evse = {…}`` of a unit."""

    driver: Literal["evse-wb"]
    device: str
    address: Annotated[int, msgspec.Meta(ge=1, le=247)] = 1

    @property
    def board(self) -> str:
        """Line and address, as the supervisor takes them."""
        return f"{self.device}:{self.address}"


class MeterConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``meter = {…}`` of a unit."""

    driver: Literal["shelly-3em"]
    url: str
    password: str | None = None


class LockConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lock = {…}`` of a unit; pins are numbered as the processor does (BCM)."""

    driver: Literal["motor"]
    pins: str
    lock_pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    unlock_pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    feedback_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    drive_s: Annotated[float, msgspec.Meta(gt=0, le=5)] = 1.0
    moves_per_minute: Annotated[int, msgspec.Meta(ge=2, le=60)] = 10
    active_low: bool = False

    @property
    def relays(self) -> str:
        """The pins of the motor's relays and the level at which they are off, as the supervisor takes them."""
        off = int(self.active_low)
        return f"{self.pins}#{self.lock_pin}={off},{self.unlock_pin}={off}"


class ButtonsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``buttons = {…}`` of a unit; ``active_low`` is a contact to ground."""

    pins: str
    start_pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    stop_pin: Annotated[int, msgspec.Meta(ge=0, le=27)]
    active_low: bool = True


class LampsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lamps = {…}`` of a unit; a lamp without a pin is not there."""

    pins: str
    ready_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    charging_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    fault_pin: Annotated[int, msgspec.Meta(ge=0, le=27)] | None = None
    active_low: bool = False

    def wired(self) -> dict[Lamp, int]:
        """Lamp to pin."""
        pins = {Lamp.READY: self.ready_pin, Lamp.CHARGING: self.charging_pin, Lamp.FAULT: self.fault_pin}
        return {lamp: pin for lamp, pin in pins.items() if pin is not None}


class SafetyConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[units.NAME.safety]``: when a deviation becomes a fault; see :class:`~ladewerk.station.unit.safety.Thresholds`."""

    tolerance_a: Annotated[float, msgspec.Meta(ge=0)] = 0.5
    soft_factor: Annotated[float, msgspec.Meta(ge=1)] = 1.10
    soft_for_s: Seconds = 7.0
    hard_factor: Annotated[float, msgspec.Meta(ge=1)] = 1.25
    hard_for_s: Seconds = 2.0
    settle_s: Seconds = 6.0
    welded_a: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    welded_for_s: Seconds = 5.0
    evse_silent_s: Seconds = 10.0
    meter_hold_s: Seconds = 10.0
    meter_silent_s: Seconds = 30.0
    meter_frozen_s: Seconds = 60.0
    band_a: Annotated[float, msgspec.Meta(gt=0)] = 3.0
    band_for_s: Seconds = 30.0
    imbalance_a: Annotated[float, msgspec.Meta(gt=0)] = 20.0


class WakeUpConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``wake_up = {…}`` of a unit; see :class:`~ladewerk.station.unit.wake_up.WakeUp`."""

    after_s: Seconds = 60.0
    pause_s: Seconds = 10.0
    attempts: Annotated[int, msgspec.Meta(ge=0, le=10)] = 3


class UnitConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[units.NAME]``."""

    evse_id: Annotated[int, msgspec.Meta(ge=1, le=99)]
    evse: EvseConfig
    meter: MeterConfig
    lock: LockConfig | None = None
    buttons: ButtonsConfig | None = None
    lamps: LampsConfig | None = None
    phases: Literal[1, 3] = 3
    max_current_a: Amps = 16.0
    direct_current_a: Amps = 16.0
    autostart: bool = False
    self_test: SelfTest = SelfTest.BEFORE_EACH
    calibration_s: Seconds = 3600.0
    needs_file: str | None = None
    wake_up: WakeUpConfig = WakeUpConfig()
    safety: SafetyConfig = SafetyConfig()

    @property
    def guarded(self) -> list[str]:
        """What has to be made safe when the program dies, as the supervisor takes it."""
        return [self.evse.board, *([] if self.lock is None else [self.lock.relays])]

    def needs_path(self, folder: Path) -> Path | None:
        """The file the unit's needs are read from, if any; ``folder`` is where relative names begin."""
        return None if self.needs_file is None else folder / Path(self.needs_file).expanduser()

    def rules(self) -> Rules:
        """The settings as the unit's table takes them."""
        thresholds = Thresholds(**msgspec.structs.asdict(self.safety))
        return Rules(
            phases=self.phases,
            max_current_a=self.max_current_a,
            direct_current_a=min(self.direct_current_a, self.max_current_a),
            autostart=self.autostart,
            self_test=self.self_test,
            has_lock=self.lock is not None,
            calibration_s=self.calibration_s,
            thresholds=thresholds,
            wake_up=WakeUp(**msgspec.structs.asdict(self.wake_up)),
        )


class AuthorizationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[station.authorization]``: whether a token is needed, and for whom a charging counts where none is."""

    required: bool = False
    token: Annotated[str, msgspec.Meta(max_length=36)] = "LOCAL"
    token_type: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] = "Local"


class StationTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[station]``; ``time_zone`` is an IANA name, None the zone of whoever looks at the page."""

    identity: str
    csms: str
    data: str
    time_zone: str | None = None
    password: str | None = None
    tls: ClientTlsTable | None = None
    authorization: AuthorizationConfig = AuthorizationConfig()
    ocpp_versions: OcppVersions = ("2.1", "2.0.1", "1.6")
    compression: bool = True
    ping_s: PingSeconds = 60.0
    lenient: LenientTable | None = None
    web: str = "127.0.0.1:8081"
    https: HttpsTable | None = None
    open: bool = False
    poll_s: Seconds = 1.0
    meter_values_s: Seconds = 60.0
    spacing_s: Seconds = 2.0
    supervisor_s: Seconds = 5.0
    history_mb: Annotated[int, msgspec.Meta(ge=10, le=100_000)] = 200
    trust_clock: bool = False
    vendor: Annotated[str, msgspec.Meta(min_length=1, max_length=50)] = "Ladewerk"
    model: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] = "Station"

    def versions(self) -> tuple[Version, ...]:
        """What is offered to the CSMS, the best first."""
        return tuple(Version(f"ocpp{name}") for name in self.ocpp_versions)

    def leniency(self) -> Leniency | None:
        """What the CSMS is forgiven. Raises ConfigError."""
        return None if self.lenient is None else self.lenient.leniency("station.lenient")


class StationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file; ``folder`` is where relative file names begin."""

    station: StationTable
    units: dict[str, UnitConfig]
    folder: str = "."

    @property
    def data_path(self) -> Path:
        """The folder of the journal."""
        return Path(self.folder) / Path(self.station.data).expanduser()

    def client_tls(self) -> ClientTls | None:
        """The certificate files of the link, None where nothing is said of them. Raises ConfigError."""
        return None if self.station.tls is None else self.station.tls.tls("station.tls", Path(self.folder))


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    station: StationTable
    units: dict[str, UnitConfig]


def load_config(path: Path) -> StationConfig:
    """Read the TOML file at ``path``. Raises ConfigError with the file and the key, or the line."""
    return _checked(read_toml(path, _File), path)


def parse_config(text: str, path: Path) -> StationConfig:
    """The same for a ``text`` that is to be the content of the file at ``path``."""
    return _checked(parse_toml(text, path, _File), path)


def _checked(read: _File, path: Path) -> StationConfig:
    config = StationConfig(station=read.station, units=read.units, folder=str(path.parent))
    try:
        check(config)
    except ConfigError as err:
        raise ConfigError(f"{path}: {err.key}", err.why) from err
    warn_of_open_key(config.client_tls())
    return config


def check(config: StationConfig) -> None:
    """What types alone cannot say. Raises ConfigError."""
    table = config.station
    if not re.fullmatch(r"[A-Za-z0-9*\-_=+|@.]{1,48}", table.identity):
        raise ConfigError("station.identity", f"{table.identity!r}: 1 to 48 of the characters A-Z a-z 0-9 * - _ = + | @ .")
    url = urlsplit(table.csms)
    if url.scheme not in ("ws", "wss") or not url.hostname:
        raise ConfigError("station.csms", f"{table.csms!r} is no address such as ws://127.0.0.1:9000")
    if table.tls is not None and url.scheme != "wss":
        raise ConfigError("station.csms", f"{table.csms} would not be encrypted, but there is a [station.tls]: wss:// is")
    if len(set(table.ocpp_versions)) != len(table.ocpp_versions):
        raise ConfigError("station.ocpp_versions", "names each version once, the best first")
    table.leniency()
    config.client_tls()
    host, _ = split_address("station.web", table.web)
    if table.open and not is_loopback(host):
        raise ConfigError("station.open", f"a page without a password is for this machine alone, not for {table.web}")
    if table.time_zone is not None:
        _check_zone(table.time_zone)
    if not config.units:
        raise ConfigError("units", "name at least one unit, such as [units.garage]")
    seen: dict[object, str] = {}
    for name, unit in config.units.items():
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
            raise ConfigError(f"units.{name}", "a unit's name has 1 to 40 letters, digits, - or _")
        for key, value in _own(unit):
            other = seen.setdefault(value, f"units.{name}.{key}")
            if other != f"units.{name}.{key}":
                raise ConfigError(f"units.{name}.{key}", f"is the same as {other}")
        _check_unit(name, unit, table.poll_s)


def _own(unit: UnitConfig) -> Iterator[tuple[str, object]]:
    """What a unit has for itself, each by its key: its number, board and meter, and every pin."""
    yield "evse_id", ("number", unit.evse_id)
    yield "evse", ("board", unit.evse.board)
    yield "meter.url", ("meter", unit.meter.url.rstrip("/").lower())
    for table, wired in (("lock", unit.lock), ("buttons", unit.buttons), ("lamps", unit.lamps)):
        if wired is not None:
            for key, pin in msgspec.structs.asdict(wired).items():
                if key.endswith("_pin") and pin is not None:
                    yield f"{table}.{key}", ("pin", wired.pins, pin)


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        why = f"{name!r} is no time zone of this machine; such as Europe/Berlin"
        raise ConfigError("station.time_zone", why) from err


def _check_unit(name: str, unit: UnitConfig, poll_s: float) -> None:
    meter = urlsplit(unit.meter.url)
    if meter.scheme not in ("http", "https") or not meter.hostname:
        raise ConfigError(f"units.{name}.meter.url", f"{unit.meter.url!r} is no address such as http://192.168.1.20")
    if unit.direct_current_a > unit.max_current_a:
        raise ConfigError(
            f"units.{name}.direct_current_a", f"{unit.direct_current_a:g} A is above max_current_a {unit.max_current_a:g} A"
        )
    for key, wired in (("lock", unit.lock), ("buttons", unit.buttons), ("lamps", unit.lamps)):
        if wired is not None and wired.pins != "gpio" and not wired.pins.startswith("pigpiod://"):
            raise ConfigError(f"units.{name}.{key}.pins", f'{wired.pins!r}: "gpio" or "pigpiod://HOST:PORT" was expected')
    shortest_s = min(unit.safety.evse_silent_s, unit.safety.meter_hold_s)
    if 2 * poll_s > shortest_s:
        raise ConfigError(
            "station.poll_s", f"at most {shortest_s / 2:g} s, half of the silence that units.{name}.safety allows"
        )
    if unit.safety.meter_silent_s < unit.safety.meter_hold_s:
        raise ConfigError(f"units.{name}.safety.meter_silent_s", "is not less than meter_hold_s")
