"""What energy costs over time at a site: explicit prices where there are some, the daily tariff where not."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime, time, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ladewerk.csms.site import Site, Tariff
from ladewerk.optimizer.prices import TimeOfDayTariff, price_timeline
from ladewerk.timeline import Timeline, combine

_MACHINE_ZONE: Final = Path("/etc/localtime")


def price_line(site: Site, start: datetime, end: datetime) -> Timeline[float]:
    """Money per kWh from ``start`` to ``end``, everywhere said; of a site that ``site_faults`` found good."""
    return combine(_first, site.price_series(), price_timeline(_tariff(site.tariff, site_zone(site)), start, end)).within(
        start, end
    )


def _tariff(tariff: Tariff, zone: tzinfo) -> TimeOfDayTariff:
    if tariff.steps is not None:
        return TimeOfDayTariff({time.fromisoformat(step.from_): step.price_per_kwh for step in tariff.steps}, zone)
    return TimeOfDayTariff.day_night(
        day_price=tariff.day_price_per_kwh or 0.0,
        night_price=tariff.night_price_per_kwh or 0.0,
        night_from=time.fromisoformat(tariff.night_from or ""),
        night_to=time.fromisoformat(tariff.night_to or ""),
        zone=zone,
    )


def site_zone(site: Site) -> tzinfo:
    """The time zone of a site that ``site_faults`` found good."""
    return machine_zone() if site.time_zone is None else ZoneInfo(site.time_zone)


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


def _first(values: Sequence[float | None]) -> float | None:
    return next((value for value in values if value is not None), None)
