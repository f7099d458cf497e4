"""Prices and base load as CSV files: a header, then lines of a time and the value that holds from it on.

::

    start_at,price_per_kwh
    2026-01-05T17:00:00+01:00,0.34
    2026-01-05T22:00:00+01:00,0.24

Each value holds until the next line, the last for ever. The separator is a comma, or a semicolon; then a decimal comma is as
good as a point. Empty lines mean nothing. The page of the CSMS reads files by the same rules (``series-file.js``).
"""

import re
from collections.abc import Iterator
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Final, Literal

from ladewerk.errors import ConfigError

Column = Literal["price_per_kwh", "power_w"]

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_TIME: Final = re.compile(
    r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
    r"(?P<offset>Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])?"
)
_NUMBER: Final = {
    ",": re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)"),
    ";": re.compile(r"[-+]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)"),
}


def read_series(path: Path, column: Column) -> tuple[tuple[datetime, float], ...]:
    """Times and values of the file at ``path``. Raises ConfigError whose key is ``file:line``."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as err:
        raise ConfigError(str(path), f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ConfigError(str(path), "is not UTF-8 text") from err
    steps = tuple(_steps(path, _LINE_END.split(text), column))
    if not steps:
        raise ConfigError(str(path), "has no line of values")
    return steps


def _steps(path: Path, lines: list[str], column: Column) -> Iterator[tuple[datetime, float]]:
    separator = ";" if ";" in lines[0] else ","
    if [name.strip() for name in lines[0].split(separator)] != ["start_at", column]:
        raise ConfigError(f"{path}:1", f"the first line is the header start_at,{column}")
    last: datetime | None = None
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        cells = [cell.strip() for cell in line.split(separator)]
        if len(cells) != 2:
            raise ConfigError(where, f"expected two columns, start_at{separator}{column}, found {len(cells)}")
        at, value = _time(where, cells[0]), _number(where, cells[1], separator)
        if column == "power_w" and value < 0:
            raise ConfigError(where, f"{cells[1]} W is below 0")
        if last is not None and at <= last:
            raise ConfigError(where, f"{cells[0]} is not after the line before it")
        last = at
        yield at, value


def _time(where: str, text: str) -> datetime:
    form = _TIME.fullmatch(text)
    try:
        at = None if form is None else datetime.fromisoformat(text)
    except ValueError:
        # The thirtieth of February.
        at = None
    if form is None or at is None:
        raise ConfigError(where, f"{text!r} is not a time such as 2026-01-05T17:00:00+01:00")
    if form["offset"] is None:
        raise ConfigError(where, f"{text!r} lacks an offset such as +01:00")
    return at


def _number(where: str, text: str, separator: str) -> float:
    value = float(text.replace(",", ".")) if _NUMBER[separator].fullmatch(text) else float("nan")
    if not isfinite(value):
        raise ConfigError(where, f"{text!r} is not a number")
    return value
