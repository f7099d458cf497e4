"""The settings of a CSMS: from a TOML file, or none at all."""

import os
import tomllib
from pathlib import Path
from urllib.parse import quote

import msgspec

from ladewerk.csms.series_files import read_base_load, read_prices
from ladewerk.csms.site import DAY_AND_NIGHT, Site, Tariff, site_faults
from ladewerk.errors import ConfigError


class SiteConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[site]`` of the file: the parameters of the site, with series in CSV files beside it."""

    limit_w: float = 17_250.0
    voltage_v: float = 230.0
    currency: str = "EUR"
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
            value_of_time_per_h=self.value_of_time_per_h,
            tariff=self.tariff,
            prices=() if self.prices_file is None else read_prices(folder / Path(self.prices_file).expanduser()),
            base_load=() if self.base_load_file is None else read_base_load(folder / Path(self.base_load_file).expanduser()),
            base_load_constant_w=self.base_load_w or 0.0,
        )
        faults = site_faults(site)
        if faults:
            name = "base_load_w" if faults[0].field == "base_load_constant_w" else faults[0].field
            raise ConfigError(f"site.{name}", faults[0].text)
        return site


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
    site: SiteConfig | None = None


def load_config(path: Path) -> CsmsConfig:
    """Read the TOML file at ``path``. Raises ConfigError that names the file and the line or key."""
    try:
        text = path.read_text(encoding="utf-8")
        read = msgspec.convert(tomllib.loads(text), _File, strict=True)
        site = None if read.site is None else read.site.site(path.parent)
    except OSError as err:
        raise ConfigError(str(path), f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ConfigError(str(path), "is not UTF-8 text") from err
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(str(path), f"is not TOML: {err}") from err
    except msgspec.ValidationError as err:
        raise ConfigError(str(path), _in_toml_words(str(err))) from err
    except ConfigError as err:
        raise ConfigError(f"{path}: {err.key}", err.why) from err
    table = read.csms
    split_address("csms.listen", table.listen)
    split_address("csms.web", table.web)
    return CsmsConfig(
        listen=table.listen, web=table.web, database=table.database, accept_unknown=table.accept_unknown, site=site
    )


def split_address(key: str, text: str) -> tuple[str, int]:
    """``"HOST:PORT"`` or ``"[V6]:PORT"`` in its two parts. Raises ConfigError with ``key``."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(key, f"{text!r} is not HOST:PORT, such as 127.0.0.1:9000")
    return host.removeprefix("[").removesuffix("]"), int(port)


def data_folder() -> Path:
    """Where a user's programs keep their data (XDG base directory specification)."""
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".local" / "share") / "ladewerk"


def sqlite_url(path: Path) -> str:
    """The database URL of an SQLite file."""
    return f"sqlite:///{quote(str(path))}"


def _in_toml_words(message: str) -> str:
    """A msgspec message with the place first, and as TOML writes it: ``site.limit_w: expected a number``."""
    text, _, place = message.partition(" - at `$")
    place = place.rstrip("`").lstrip(".")
    text = text.replace("Object contains unknown field", "unknown key").replace("`object`", "a table")
    text = text.replace("Expected", "expected").replace("`float`", "a number").replace("`str`", "a text in quotes")
    return f"{place}: {text}" if place else text
