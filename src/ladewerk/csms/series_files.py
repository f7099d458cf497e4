"""Prices and base load as CSV files: two columns, a time and a value, with a header line."""

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from ladewerk.csms.site import LoadStep, PriceStep
from ladewerk.errors import ConfigError


def read_prices(path: Path) -> tuple[PriceStep, ...]:
    """Columns ``start_at,price_per_kwh``. Raises ConfigError with file and line."""
    return tuple(PriceStep(start_at=at, price_per_kwh=value) for at, value in _rows(path, "price_per_kwh"))


def read_base_load(path: Path) -> tuple[LoadStep, ...]:
    """Columns ``start_at,power_w``. Raises ConfigError with file and line."""
    return tuple(LoadStep(start_at=at, power_w=value) for at, value in _rows(path, "power_w"))


def _rows(path: Path, value_name: str) -> Iterator[tuple[datetime, float]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as err:
        raise ConfigError(str(path), f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ConfigError(str(path), "is not UTF-8 text") from err
    table = csv.reader(lines)
    header = [name.strip() for name in next(table, [])]
    if header != ["start_at", value_name]:
        raise ConfigError(f"{path}:1", f"the first line is the header start_at,{value_name}")
    last: datetime | None = None
    for row in table:
        if not row:
            continue
        at, value = _row(f"{path}:{table.line_num}", row, value_name)
        if last is not None and at <= last:
            raise ConfigError(f"{path}:{table.line_num}", f"{row[0]} is not after the line before it")
        last = at
        yield at, value
    if last is None:
        raise ConfigError(str(path), "has no line of values")


def _row(where: str, row: list[str], value_name: str) -> tuple[datetime, float]:
    if len(row) != 2:
        raise ConfigError(where, f"expected two columns, start_at,{value_name}, found {len(row)}")
    try:
        at = datetime.fromisoformat(row[0].strip())
    except ValueError as err:
        raise ConfigError(where, f"{row[0]!r} is not a time such as 2026-01-05T17:00:00+01:00") from err
    if at.utcoffset() is None:
        raise ConfigError(where, f"{row[0]!r} lacks an offset such as +01:00")
    try:
        return at, float(row[1])
    except ValueError as err:
        raise ConfigError(where, f"{row[1]!r} is not a number") from err
