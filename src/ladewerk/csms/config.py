"""The settings of a CSMS: from a TOML file, or none at all."""

from datetime import tzinfo
from pathlib import Path
from typing import Annotated

import msgspec

from ladewerk.csms.certificates.issuing import CertificatesTable
from ladewerk.csms.data_transfer_rules import DataTransferRule
from ladewerk.csms.planning.site import DAY_AND_NIGHT, LoadStep, PriceStep, Site, SubFuse, Tariff, Wiring, site_faults
from ladewerk.csms.planning.zones import site_zone
from ladewerk.csms.records import station_key
from ladewerk.csms.retention import Keep
from ladewerk.csms.stations.networks import Networks
from ladewerk.csms.stations.station_rules import PING_S, Rules, StationRules
from ladewerk.csms.tokens import UnknownTokens
from ladewerk.csms.watching.message_log import MessageKeep
from ladewerk.entrance import DOOR, Room
from ladewerk.errors import ConfigError
from ladewerk.ocpp import SecurityProfile, ServerTls
from ladewerk.ocpp.link_settings import LenientTable, PingSeconds, ServerTlsTable, warn_of_open_key
from ladewerk.ocpp.websocket import checked_identity
from ladewerk.optimizer.series_file import Column, Steps, read_series
from ladewerk.settings import data_folder, read_toml, split_address
from ladewerk.web.https import HttpsTable, is_loopback


class SiteTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[site]``: the parameters of the site, with series in CSV files beside the settings."""

    limit_w: float = 17_250.0
    limit_a: float | None = None
    fuses: tuple[SubFuse, ...] = ()
    wiring: dict[str, Wiring] = {}
    evse_max_current_a: float = 32.0
    fallback_a: float | None = None
    voltage_v: float = 230.0
    currency: str = "EUR"
    time_zone: str | None = None
    value_of_time_per_h: float = 0.10
    tariff: Tariff = DAY_AND_NIGHT
    prices_file: str | None = None
    base_load_w: float | None = None
    base_load_file: str | None = None

    def site(self, folder: Path) -> Site:
        """The site these settings describe; files are looked for in ``folder``. Raises ConfigError."""
        if self.base_load_w is not None and self.base_load_file is not None:
            raise ConfigError("site.base_load_file", "give either base_load_w or base_load_file, not both")
        alone = Site(
            limit_w=self.limit_w,
            limit_a=self.limit_a,
            fuses=self.fuses,
            wiring=self.wiring,
            evse_max_current_a=self.evse_max_current_a,
            fallback_a=self.fallback_a,
            voltage_v=self.voltage_v,
            currency=self.currency,
            time_zone=self.time_zone,
            value_of_time_per_h=self.value_of_time_per_h,
            tariff=self.tariff,
            base_load_constant_w=self.base_load_w or 0.0,
        )
        # First without the files: times in these may be on the clocks of the zone.
        zone = site_zone(_faultless(alone))
        prices = _series(folder, self.prices_file, "price_per_kwh", zone)
        load = _series(folder, self.base_load_file, "power_w", zone)
        return _faultless(
            msgspec.structs.replace(
                alone,
                prices=tuple(PriceStep(start_at=at, price_per_kwh=price) for at, price in prices),
                base_load=tuple(LoadStep(start_at=at, power_w=power_w) for at, power_w in load),
            )
        )


def _faultless(site: Site) -> Site:
    faults = site_faults(site)
    if faults:
        name = "base_load_w" if faults[0].field == "base_load_constant_w" else faults[0].field
        raise ConfigError(f"site.{name}", faults[0].text)
    return site


def _series(folder: Path, name: str | None, column: Column, zone: tzinfo) -> Steps:
    return () if name is None else read_series(folder / Path(name).expanduser(), column, zone)


Number = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class CrowdTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[csms.crowd]``: how many connections there may be, in all and of one address."""

    half_open: Number = DOOR.most
    half_open_per_address: Number = 500
    web: Number = 1000
    web_per_address: Number = 200

    @property
    def door(self) -> Room:
        """Of those at the stations' port and at the page's that have not said what they want."""
        return Room(most=self.half_open, most_per_address=self.half_open_per_address)

    @property
    def house(self) -> Room:
        """Of all at the page's port."""
        return Room(most=self.web, most_per_address=self.web_per_address)


class CsmsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a CSMS is started with; ``database`` is an SQLAlchemy URL, None the file in the user's data folder.

    ``site`` is None where nobody configured one: then what the database remembers holds, or else the defaults. ``tls`` None
    serves stations unencrypted.
    """

    listen: str = "127.0.0.1:9000"
    web: str = "127.0.0.1:8080"
    database: str | None = None
    accept_unknown: bool = False
    unknown_tokens: UnknownTokens = UnknownTokens.ACCEPT
    open: bool = False
    site: Site | None = None
    tls: ServerTls | None = None
    compression: bool = True
    rules: Rules = Rules()
    https: HttpsTable | None = None
    keep: Keep = Keep()
    crowd: CrowdTable = CrowdTable()
    metrics_from: tuple[str, ...] = ()
    certificates: CertificatesTable = CertificatesTable()
    file_hosts: tuple[str, ...] = ()
    data_transfer: tuple[DataTransferRule, ...] = ()
    messages: MessageKeep = MessageKeep()
    folder: str = "."

    def check(self) -> None:
        """Raises ConfigError for settings that do not go together."""
        host, _ = split_address("csms.web", self.web)
        if self.open and not is_loopback(host):
            raise ConfigError("csms.open", f"a page without users is for this machine alone, not for {self.web}")
        self.metrics_networks()

    def metrics_networks(self) -> Networks:
        """Where ``/metrics`` is read without a key. Raises ConfigError."""
        return Networks("csms.metrics_from", self.metrics_from)

    def authority_folder(self) -> Path:
        """Where the CA of the stations' certificates is kept."""
        said = self.certificates.folder
        return data_folder() / "authority" if said is None else Path(self.folder) / Path(said).expanduser()

    def database_url(self) -> str:
        """The URL of the database, wherever it was said."""
        return self.database or sqlite_url(data_folder() / "csms.sqlite3")

    def messages_file(self) -> Path:
        """Where OCPP messages are kept: beside the database, where that is a file."""
        if self.messages.file is not None:
            return Path(self.folder) / Path(self.messages.file).expanduser()
        scheme, _, place = self.database_url().partition(":///")
        beside = Path(place.partition("?")[0]) if scheme.startswith("sqlite") else data_folder() / "csms.sqlite3"
        return beside.with_name(f"{beside.stem}.messages.sqlite3")


Profile = Annotated[int, msgspec.Meta(ge=0, le=3)]


class StationTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[csms.stations.IDENTITY]``: what holds for this station instead of what is said in ``[csms]``."""

    ping_s: PingSeconds | None = None
    security_profile: Profile | None = None
    common_name: str | None = None
    lenient: LenientTable | None = None


class CsmsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[csms]``."""

    listen: str = "127.0.0.1:9000"
    web: str = "127.0.0.1:8080"
    database: str | None = None
    accept_unknown: bool = False
    unknown_tokens: UnknownTokens = UnknownTokens.ACCEPT
    open: bool = False
    https: HttpsTable | None = None
    keep: Keep = Keep()
    crowd: CrowdTable = CrowdTable()
    metrics_from: tuple[str, ...] = ()
    certificates: CertificatesTable = CertificatesTable()
    file_hosts: tuple[str, ...] = ()
    data_transfer: tuple[DataTransferRule, ...] = ()
    messages: MessageKeep = MessageKeep()
    tls: ServerTlsTable | None = None
    compression: bool = True
    ping_s: PingSeconds = PING_S
    security_profile: Profile = 0
    lenient: LenientTable | None = None
    stations: dict[str, StationTable] = {}

    def rules(self) -> Rules:
        """What is asked of stations. Raises ConfigError."""
        others = StationRules(
            ping_s=self.ping_s or None,
            least=self._least("csms", self.security_profile),
            leniency=None if self.lenient is None else self.lenient.leniency("csms.lenient"),
        )
        return Rules(
            others=others, each={station_key(name): self._own(others, name, table) for name, table in self.stations.items()}
        )

    def _own(self, others: StationRules, name: str, table: StationTable) -> StationRules:
        key = f"csms.stations.{name}"
        try:
            checked_identity(name)
        except ConfigError as err:
            raise ConfigError(key, err.why) from err
        asked = table.security_profile
        return StationRules(
            ping_s=others.ping_s if table.ping_s is None else table.ping_s or None,
            least=others.least if asked is None else self._least(key, asked),
            may_go_back=asked is not None,
            common_name=table.common_name,
            leniency=others.leniency if table.lenient is None else table.lenient.leniency(f"{key}.lenient"),
        )

    def _least(self, key: str, number: int) -> SecurityProfile:
        least = SecurityProfile(number)
        if least >= SecurityProfile.TLS_BASIC and self.tls is None:
            raise ConfigError(f"{key}.security_profile", f"{number} is encrypted: give [csms.tls] a certificate and a key")
        if least is SecurityProfile.TLS_CERTIFICATE and (self.tls is None or self.tls.client_ca is None):
            raise ConfigError(f"{key}.security_profile", "3 needs csms.tls.client_ca, the CA of the stations' certificates")
        return least


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    csms: CsmsTable = CsmsTable()
    site: SiteTable | None = None


def load_config(path: Path) -> CsmsConfig:
    """Read the TOML file at ``path``. Raises ConfigError that names the file and the line or key."""
    read = read_toml(path, _File)
    table = read.csms
    try:
        split_address("csms.listen", table.listen)
        split_address("csms.web", table.web)
        Networks("csms.metrics_from", table.metrics_from)
        site = None if read.site is None else read.site.site(path.parent)
        rules = table.rules()
        tls = None if table.tls is None else table.tls.tls("csms.tls", path.parent)
    except ConfigError as err:
        # A CSV file names itself.
        raise err if err.key.startswith("/") else ConfigError(f"{path}: {err.key}", err.why) from err
    warn_of_open_key(tls)
    return CsmsConfig(
        listen=table.listen,
        web=table.web,
        database=table.database,
        accept_unknown=table.accept_unknown,
        unknown_tokens=table.unknown_tokens,
        open=table.open,
        site=site,
        tls=tls,
        compression=table.compression,
        rules=rules,
        https=table.https,
        keep=table.keep,
        certificates=table.certificates,
        file_hosts=table.file_hosts,
        data_transfer=table.data_transfer,
        crowd=table.crowd,
        metrics_from=table.metrics_from,
        messages=table.messages,
        folder=str(path.parent),
    )


def sqlite_url(path: Path) -> str:
    """The database URL of an SQLite file."""
    return f"sqlite:///{path}"
