"""What energy costs at a site by its daily tariff."""

from dataclasses import replace
from datetime import datetime, time, tzinfo

from ladewerk.csms.planning.site import Site, Tariff
from ladewerk.csms.planning.zones import site_zone
from ladewerk.optimizer.prices import TimeOfDayTariff, price_timeline
from ladewerk.timeline import Timeline


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
