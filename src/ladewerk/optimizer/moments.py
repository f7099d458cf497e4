"""Moments of a problem: text to time, with an offset, and what a named zone says about it.

A time with an offset names one instant. Whether clocks ever showed it can only be known where the problem names its
zone: then a local time that was skipped when the clocks went forward, and an offset that the zone does not have at
that moment, are refused; ``Z`` is fine everywhere.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from ladewerk.errors import PlanError

_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,6}\d*)?)?(?P<offset>[Zz]|[+-]\d{2}:?\d{2})?", re.ASCII
)
_YEARS: Final = range(1970, 2200)
_EXAMPLE: Final = "2026-01-05T17:00:00+01:00"


def zone_from(path: str, name: str) -> tzinfo:
    """The zone called ``name``, for example Europe/Berlin. Raises PlanError."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as err:
        raise PlanError(path, f"a time zone such as Europe/Berlin is expected, not {name[:60]!r}") from err


def moment_from(path: str, text: str, zone: tzinfo | None) -> datetime:
    """``text`` as a time with an offset, in ``zone`` where there is one. Raises PlanError with ``path``."""
    form = _MOMENT.fullmatch(text)
    if form is None:
        raise PlanError(path, f"a time with an offset such as {_EXAMPLE} is expected, not {text[:60]!r}")
    if form["offset"] is None:
        raise PlanError(path, f"an offset behind the time is expected, as in {_EXAMPLE}, not {text!r}")
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as err:
        raise PlanError(path, f"a time that exists is expected, not {text!r} ({err})") from err
    if moment.year not in _YEARS:
        raise PlanError(path, f"a year from {_YEARS[0]} to {_YEARS[-1]} is expected, not {moment.year}")
    if zone is None:
        return moment
    if form["offset"] not in {"Z", "z"}:
        _check_zone(path, text, moment, zone)
    return moment.astimezone(zone)


def _check_zone(path: str, text: str, moment: datetime, zone: tzinfo) -> None:
    """Refuse a local time that clocks in ``zone`` skip, and an offset that they do not have then."""
    local = moment.replace(tzinfo=zone)
    offset, later = local.utcoffset(), local.replace(fold=1).utcoffset()
    # In a gap PEP 495 gives the offset before it first, the one behind it with fold: the other way round than at a fold.
    if offset is not None and later is not None and later > offset:
        begin, end = _gap(local, later - offset)
        raise PlanError(
            path,
            f"a local time that exists is expected: clocks in {zone} go from {begin:%H:%M} to {end:%H:%M} that day,"
            f" past {text}",
        )
    if moment.utcoffset() not in {offset, later}:
        raise PlanError(path, f"the offset that {zone} has at that time, {local.isoformat()[-6:]}, is expected, not {text}")


def _gap(skipped: datetime, width: timedelta) -> tuple[datetime, datetime]:
    """Local times at which the clocks stop and go on, around a time that they skip."""
    low = (skipped.replace(tzinfo=UTC) - (skipped.utcoffset() or timedelta()) - width).replace(microsecond=0, second=0)
    zone = skipped.tzinfo
    before = low.astimezone(zone).utcoffset()
    while low.astimezone(zone).utcoffset() == before:
        low += timedelta(minutes=1)
    end = low.astimezone(zone)
    return end - width, end
