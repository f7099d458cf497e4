"""What energy costs at a site by its daily tariff, and the zone in which its days are."""

import os
from dataclasses import replace
from datetime import UTC, datetime, time, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ladewerk.csms.planning.site import Site, Tariff
from ladewerk.optimizer.prices import TimeOfDayTariff, price_timeline
from ladewerk.timeline import Timeline

_MACHINE_ZONE: Final = Path("/etc/localtime")


def tariff_line(site: Site, start: datetime, end: datetime) -> Timeline[float]:
    """Money per kWh from ``start`` to ``end`` by the tariff of a site that ``site_faults`` found good."""
    return price_timeline(_tariff(site.tariff, site_zone(site)), start, end)


def _tariff(tariff: Tariff, zone: tzinfo) -> TimeOfDayTariff:
    if tariff.steps is not None:
        return TimeOfDayTariff({time.fromisoformat(step.from_): step.price_per_kwh for step in tariff.steps}, zone)
    workday = TimeOfDayTariff.day_night(
        day_price=tariff.day_price_per_kwh or 0.0,
        night_price=tariff.night_price_per_kwh or 0.0,
        night_from=time.fromisoformat(tariff.night_from or ""),
        night_to=time.fromisoformat(tariff.night_to or ""),
        zone=zone,
    )
    weekend = tariff.weekend_price_per_kwh
    return workday if weekend is None else replace(workday, weekend_price_from={time(): weekend})


def site_zone(site: Site) -> tzinfo:
    """The time zone of a site that ``site_faults`` found good."""
    return zone_of(site.time_zone)


def zone_of(name: str | None) -> tzinfo:
    """The zone of that IANA name, which there is; None is that of this machine."""
    return machine_zone() if name is None else ZoneInfo(name)


def machine_zone() -> tzinfo:
    """The zone of this machine's clock, which a site without one means; UTC where it has none."""
    name = os.environ.get("TZ", "").removeprefix(":")
    try:
        if name:
            return ZoneInfo(name)
        with _MACHINE_ZONE.open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return UTC
