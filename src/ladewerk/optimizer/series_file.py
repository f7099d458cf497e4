"""Prices and base load as CSV files: a header, then lines of a time and the value that holds from it on.

::

    start_at,price_per_kwh
    2026-01-05T17:00:00+01:00,0.34
    2026-01-05T22:00:00+01:00,0.24

Each value holds until the next line, the last for ever. The separator is a comma, or a semicolon; then a decimal comma is as
good as a point. Empty lines mean nothing. The page of the CSMS reads files by the same rules (``series-file.js``).

Where a time zone is known, times may be those of its clocks, without an offset. An hour that comes twice in autumn is the
earlier one first and, once its times repeat, the later one; an hour that does not come in spring is an error.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from math import isfinite
from pathlib import Path
from typing import Final, Literal

from ladewerk.errors import ConfigError
from ladewerk.timeline import Timeline

Column = Literal["price_per_kwh", "power_w"]
Steps = tuple[tuple[datetime, float], ...]
"""Times and the values that hold from them on, in order."""

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_TIME: Final = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
    r"(?P<offset>Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?"
)
_NUMBER: Final = {
    ",": re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)"),
    ";": re.compile(r"[-+]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)"),
}

SAMPLE: Final = """\
start_at,price_per_kwh
2026-01-05T00:00:00+01:00,0.21
2026-01-05T06:00:00+01:00,0.29
2026-01-05T17:00:00+01:00,0.36
2026-01-05T21:00:00+01:00,0.29
2026-01-05T22:00:00+01:00,0.21
2026-01-06T06:00:00+01:00,0.29
"""
"""A file of prices to start from."""


def read_series(path: Path, column: Column, zone: tzinfo | None = None) -> Steps:
    """Times and values of the file at ``path``. Raises ConfigError whose key is ``file:line``."""
    try:
        document = path.read_bytes()
    except OSError as err:
        raise ConfigError(str(path), f"cannot be read: {err.strerror}") from err
    return parse_series(document, column, str(path), zone)


def parse_series(document: bytes, column: Column, source: str, zone: tzinfo | None = None) -> Steps:
    """Times and values of a file that was read already; ``source`` is its name. Raises ConfigError whose key is
    ``source:line``.

    ``zone`` None: every time has to carry its offset.
    """
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise ConfigError(source, "is not UTF-8 text") from err
    steps = tuple(_steps(source, _LINE_END.split(text), column, zone))
    if not steps:
        raise ConfigError(source, "has no line of values")
    return steps


def series_text(column: Column, line: Timeline[float], zone: tzinfo) -> str:
    """A file that says what ``line`` says up to its last value, which then holds for ever; times as in ``zone``."""
    steps = [f"{segment.start.astimezone(zone).isoformat()},{segment.value}" for segment in line.segments()]
    return "\n".join([f"start_at,{column}", *steps, ""])


def _steps(source: str, lines: list[str], column: Column, zone: tzinfo | None) -> Iterator[tuple[datetime, float]]:
    separator = ";" if ";" in lines[0] else ","
    if [name.strip() for name in lines[0].split(separator)] != ["start_at", column]:
        raise ConfigError(f"{source}:1", f"the first line is the header start_at,{column}")
    last: datetime | None = None
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        where = f"{source}:{number}"
        cells = [cell.strip() for cell in line.split(separator)]
        if len(cells) != 2:
            raise ConfigError(where, f"expected two columns, start_at{separator}{column}, found {len(cells)}")
        at, value = _time(where, cells[0], zone, last), _number(where, cells[1], separator)
        if column == "power_w" and value < 0:
            raise ConfigError(where, f"{cells[1]} W is below 0")
        # In UTC: Python compares times of one zone by their clocks, also where those were turned in between.
        if last is not None and at.astimezone(UTC) <= last:
            raise ConfigError(where, f"{cells[0]} is not after the line before it")
        last = at.astimezone(UTC)
        yield at, value


def _time(where: str, text: str, zone: tzinfo | None, last: datetime | None) -> datetime:
    form = _TIME.fullmatch(text)
    try:
        at = None if form is None else datetime.fromisoformat(text)
    except ValueError:
        # The thirtieth of February.
        at = None
    if form is None or at is None:
        raise ConfigError(where, f"{text!r} is not a time such as 2026-01-05T17:00:00+01:00")
    if form["offset"] is not None:
        return at
    if zone is None:
        raise ConfigError(where, f"{text!r} lacks an offset such as +01:00")
    return _local_time(where, text, at, zone, last)


def _local_time(where: str, text: str, clock: datetime, zone: tzinfo, last: datetime | None) -> datetime:
    """What the clocks of ``zone`` showed, as a moment with the offset that held then."""
    first, second = (clock.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    at = second if second > first and last is not None and first <= last else first
    local = at.astimezone(zone)
    if local.replace(tzinfo=None) != clock:
        raise ConfigError(where, f"{text!r} does not exist in {zone}: the clocks are put forward past it")
    return datetime.fromisoformat(local.isoformat())


def _number(where: str, text: str, separator: str) -> float:
    value = float(text.replace(",", ".")) if _NUMBER[separator].fullmatch(text) else float("nan")
    if not isfinite(value):
        raise ConfigError(where, f"{text!r} is not a number")
    return value
