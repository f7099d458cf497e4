"""The time zone of a site, always one with a name: what a plan says of a time and what a page shows of it are the same."""

import os
from datetime import tzinfo
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError, available_timezones

from ladewerk.csms.planning.site import Site

_LOCALTIME: Final = Path("/etc/localtime")
_TIMEZONE: Final = Path("/etc/timezone")


def site_zone(site: Site) -> tzinfo:
    """The time zone of a site that ``site_faults`` found good."""
    return zone_of(site.time_zone)


def site_zone_name(site: Site) -> str:
    """The IANA name of :func:`site_zone`."""
    return site.time_zone or machine_zone_name()


def zone_of(name: str | None) -> tzinfo:
    """The zone of that IANA name, which there is; None is that of this machine."""
    return ZoneInfo(name or machine_zone_name())


def machine_zone_name() -> str:
    """The zone of this machine's clock, which a site without one means; UTC where it has none with a name."""
    said = os.environ.get("TZ", "").removeprefix(":")
    name = said or named_zone(_LOCALTIME, _TIMEZONE)
    return name if name and _is_known(name) else "UTC"


def named_zone(localtime: Path, timezone: Path) -> str | None:
    """The name of a machine's zone: that of the rules ``localtime`` links to; of a copy what ``timezone`` says it is."""
    _, found, name = os.path.realpath(localtime).partition("/zoneinfo/")
    if found:
        return name.removeprefix("posix/")
    try:
        rules = localtime.read_bytes()
    except OSError:
        return None
    try:
        said = timezone.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        said = ""
    return said if said and _is_known(said) else _name_of(rules)


@lru_cache(maxsize=1)
def _name_of(rules: bytes) -> str | None:
    """A zone with the same rules: containers are given those of their host without the name."""
    for name in sorted(available_timezones()):
        for folder in TZPATH:
            file = Path(folder, name)
            if file.is_file() and file.read_bytes() == rules:
                return name
    return None


def _is_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return False
    return True
