"""What energy costs over time at a site: explicit prices where there are some, the daily tariff where not."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ladewerk.csms.site import Site, Tariff
from ladewerk.timeline import Timeline, combine


def price_line(site: Site, start: datetime, end: datetime) -> Timeline[float]:
    """Money per kWh from ``start`` to ``end``, everywhere said."""
    return combine(_first, site.price_series(), tariff_line(site.tariff, start, end)).within(start, end)


def tariff_line(tariff: Tariff, start: datetime, end: datetime) -> Timeline[float]:
    """The daily tariff from the day before ``start`` on; a tariff that :func:`site_faults` found good."""
    zone = None if tariff.time_zone is None else ZoneInfo(tariff.time_zone)
    first = start.astimezone(zone).date() - timedelta(days=1)
    days = (end.astimezone(zone).date() - first).days + 1
    steps = {
        _moment(first + timedelta(days=day), at, zone): price for day in range(days) for at, price in _daily_steps(tariff)
    }
    return Timeline.of(sorted(steps.items()))


def _daily_steps(tariff: Tariff) -> Iterator[tuple[time, float]]:
    if tariff.steps is not None:
        yield from ((time.fromisoformat(step.from_), step.price_per_kwh) for step in tariff.steps)
    elif tariff.day_price_per_kwh is not None and tariff.night_price_per_kwh is not None:
        yield time.fromisoformat(tariff.night_from or "22:00"), tariff.night_price_per_kwh
        yield time.fromisoformat(tariff.night_to or "06:00"), tariff.day_price_per_kwh


def _moment(day: date, at: time, zone: ZoneInfo | None) -> datetime:
    """That time of that day; without a zone, in the local time of this machine, whatever its offset is on that day."""
    if zone is None:
        return datetime.combine(day, at).astimezone(UTC)
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def _first(values: Sequence[float | None]) -> float | None:
    return next((value for value in values if value is not None), None)
