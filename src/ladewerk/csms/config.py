"""The settings of a CSMS: from a TOML file, or none at all."""

from datetime import datetime
from pathlib import Path

import msgspec

from ladewerk.csms.site import DAY_AND_NIGHT, LoadStep, PriceStep, Site, Tariff, site_faults
from ladewerk.errors import ConfigError
from ladewerk.optimizer.series_file import Column, read_series
from ladewerk.settings import data_folder, read_toml, split_address


class SiteTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[site]``: the parameters of the site, with series in CSV files beside the settings."""

    limit_w: float = 17_250.0
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
        site = Site(
            limit_w=self.limit_w,
            voltage_v=self.voltage_v,
            currency=self.currency,
            time_zone=self.time_zone,
            value_of_time_per_h=self.value_of_time_per_h,
            tariff=self.tariff,
            prices=tuple(
                PriceStep(start_at=at, price_per_kwh=price)
                for at, price in _series(folder, self.prices_file, "price_per_kwh")
            ),
            base_load=tuple(
                LoadStep(start_at=at, power_w=power_w) for at, power_w in _series(folder, self.base_load_file, "power_w")
            ),
            base_load_constant_w=self.base_load_w or 0.0,
        )
        faults = site_faults(site)
        if faults:
            name = "base_load_w" if faults[0].field == "base_load_constant_w" else faults[0].field
            raise ConfigError(f"site.{name}", faults[0].text)
        return site


def _series(folder: Path, name: str | None, column: Column) -> tuple[tuple[datetime, float], ...]:
    return () if name is None else read_series(folder / Path(name).expanduser(), column)


class CsmsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What a CSMS is started with; ``database`` is an SQLAlchemy URL, None the file in the user's data folder.

    ``site`` is None where nobody configured one: then what the database remembers holds, or else the defaults.
    """

    listen: str = "127.0.0.1:9000"
    web: str = "127.0.0.1:8080"
    database: str | None = None
    accept_unknown: bool = False
    site: Site | None = None

    def database_url(self) -> str:
        """The URL of the database, wherever it was said."""
        return self.database or sqlite_url(data_folder() / "csms.sqlite3")


class _CsmsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    listen: str = "127.0.0.1:9000"
    web: str = "127.0.0.1:8080"
    database: str | None = None
    accept_unknown: bool = False


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    csms: _CsmsTable = msgspec.field(default_factory=_CsmsTable)
    site: SiteTable | None = None


def load_config(path: Path) -> CsmsConfig:
    """Read the TOML file at ``path``. Raises ConfigError that names the file and the line or key."""
    read = read_toml(path, _File)
    table = read.csms
    try:
        split_address("csms.listen", table.listen)
        split_address("csms.web", table.web)
        site = None if read.site is None else read.site.site(path.parent)
    except ConfigError as err:
        # A CSV file names itself.
        raise err if err.key.startswith("/") else ConfigError(f"{path}: {err.key}", err.why) from err
    return CsmsConfig(
        listen=table.listen, web=table.web, database=table.database, accept_unknown=table.accept_unknown, site=site
    )


def sqlite_url(path: Path) -> str:
    """The database URL of an SQLite file."""
    return f"sqlite:///{path}"
