"""What the site expects beyond what it was told: prices nobody has published yet, and base load after the last reading.

Series of prices and base load may hold the past as well. With a week of it or more, what comes after their last step is
forecast from it; with less the last value holds. Of the base load the 95th percentile is taken, since it counts against the
limit.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from ladewerk.csms.planning.pricing import tariff_line
from ladewerk.csms.planning.site import LoadStep, PriceStep, Site
from ladewerk.csms.planning.zones import zone_of
from ladewerk.optimizer.load_forecast import forecast_load
from ladewerk.optimizer.price_forecast import forecast_prices
from ladewerk.optimizer.prices import published_until
from ladewerk.timeline import Timeline, combine, first

_AHEAD: Final = timedelta(days=9)
"""Further than any car is planned for."""


def price_line(site: Site, start: datetime, end: datetime) -> Timeline[float]:
    """Money per kWh from ``start`` to ``end``, everywhere said; of a site that ``site_faults`` found good.

    Explicit prices win, then their forecast, then the tariff.
    """
    foretold = _prices(site.prices, site.time_zone, _horizon(start))
    # Cut before they are put together: a series may hold years.
    told = (site.price_series().within(start, end), tariff_line(site, start, end))
    return combine(first, *(told if foretold is None else (foretold, *told))).within(start, end)


def base_load_line(site: Site, start: datetime) -> Timeline[float]:
    """What the site draws besides the cars, from ``start`` on, in watts."""
    foretold = _base_load(site.base_load, site.time_zone, _horizon(start))
    said = site.base_load_line(start)
    return said if foretold is None else combine(first, foretold.within(start), said)


# Kept, since a plan is made anew with every event and a forecast takes longer than most plans.
@lru_cache(maxsize=4)
def _prices(steps: tuple[PriceStep, ...], zone: str | None, horizon: datetime) -> Timeline[float] | None:
    """The forecast after the last of ``steps``; None where they are too few, or reach to the horizon themselves."""
    said = Timeline.of((step.start_at, step.price_per_kwh) for step in steps)
    until = published_until(said)
    if until is None or until >= horizon:
        return None
    forecast = forecast_prices(said, until, horizon, zone_of(zone))
    return None if forecast is None else forecast.price_per_kwh


@lru_cache(maxsize=4)
def _base_load(steps: tuple[LoadStep, ...], zone: str | None, horizon: datetime) -> Timeline[float] | None:
    """The upper bound after the last of ``steps``; None as for prices."""
    said = Timeline.of((step.start_at, step.power_w) for step in steps)
    until = published_until(said)
    if until is None or until >= horizon:
        return None
    forecast = forecast_load(said, until, horizon, zone_of(zone))
    return None if forecast is None else forecast.p95_w


def _horizon(start: datetime) -> datetime:
    """Far enough from ``start``, and the same for a whole day: what was forecast is kept."""
    day = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + _AHEAD
