"""Prices and other series over time: tariffs by the local clock, and files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import isfinite
from pathlib import Path
from typing import Final

from ladewerk.errors import ConfigError
from ladewerk.timeline import Timeline

SAMPLE_PRICES: Final = """\
start;price
2026-01-05T17:00:00+01:00;0.34
2026-01-05T22:00:00+01:00;0.24
2026-01-06T01:00:00+01:00;0.21
2026-01-06T05:00:00+01:00;0.28
2026-01-06T17:00:00+01:00;
"""
"""A price file: each price, per kWh, holds until the next line; a last line without one ends the series."""

SAMPLE_BASE_LOAD: Final = """\
start;power_w
2026-01-05T17:00:00+01:00;2800
2026-01-05T18:00:00+01:00;6500
2026-01-05T19:30:00+01:00;900
"""
"""A base load file, in the same form; without an ending line the last value holds for ever."""


@dataclass(frozen=True, slots=True)
class TimeOfDayTariff:
    """Prices per kWh that begin at times of the local day and hold until the next one, round the clock.

    Raises ConfigError for an empty tariff or a price that is no number.
    """

    price_from: Mapping[time, float]
    zone: tzinfo

    def __post_init__(self) -> None:
        if not self.price_from:
            raise ConfigError("tariff", "at least one price and the time of day it begins is expected")
        for begin, price in self.price_from.items():
            if not isfinite(price):
                raise ConfigError(f"tariff {begin:%H:%M}", f"a finite price per kWh is expected, not {price}")

    @classmethod
    def day_night(
        cls, *, day_price: float, night_price: float, night_from: time, night_to: time, zone: tzinfo
    ) -> "TimeOfDayTariff":
        """A day tariff with a cheaper night, prices per kWh."""
        if night_from == night_to:
            raise ConfigError("tariff", f"a night that ends at another time than {night_from:%H:%M} is expected")
        return cls({night_from: night_price, night_to: day_price}, zone)

    def at(self, moment: datetime) -> float:
        """The price by the local clock at ``moment``."""
        clock = moment.astimezone(self.zone).time()
        begins = sorted(self.price_from)
        # Before the first step of the day the last one of the day before still holds.
        return self.price_from[max((begin for begin in begins if begin <= clock), default=begins[-1])]


def price_timeline(tariff: TimeOfDayTariff, start: datetime, end: datetime) -> Timeline[float]:
    """The tariff from ``start`` to ``end``; a day of 23 or 25 hours has the prices its clocks show."""
    moments = {start.astimezone(UTC), *(moment for moment in _changes(tariff, start, end) if start < moment < end)}
    steps: list[tuple[datetime, float | None]] = [(moment, tariff.at(moment)) for moment in sorted(moments)]
    return Timeline.of([*steps, (end.astimezone(UTC), None)])


def _changes(tariff: TimeOfDayTariff, start: datetime, end: datetime) -> Iterator[datetime]:
    """Moments in UTC at which the price may change: the steps of every day, and where the clocks are turned."""
    day = start.astimezone(tariff.zone).date()
    last = end.astimezone(tariff.zone).date()
    while day <= last:
        for begin in tariff.price_from:
            for fold in (0, 1):
                yield datetime.combine(day, begin, tariff.zone).replace(fold=fold).astimezone(UTC)
        yield _clock_change(day, tariff.zone)
        day += timedelta(days=1)


def _clock_change(day: date, zone: tzinfo) -> datetime:
    """The moment of ``day`` at which the offset of ``zone`` changes; its end if it does not."""
    low = datetime.combine(day, time(), zone).astimezone(UTC)
    high = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def read_prices(path: Path) -> Timeline[float]:
    """Prices per kWh from a file like :data:`SAMPLE_PRICES`. Raises ConfigError with ``file:line``."""
    return _read_series(path, "price")


def read_base_load(path: Path) -> Timeline[float]:
    """Watts from a file like :data:`SAMPLE_BASE_LOAD`. Raises ConfigError with ``file:line``."""
    return _read_series(path, "power_w", least=0.0)


def _read_series(path: Path, column: str, *, least: float | None = None) -> Timeline[float]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as err:
        raise ConfigError(str(path), f"a readable file is expected ({err.strerror})") from err
    except UnicodeDecodeError as err:
        raise ConfigError(str(path), "a text file in UTF-8 is expected") from err
    if not lines or lines[0].strip() != f"start;{column}":
        raise ConfigError(f"{path}:1", f"the heading 'start;{column}' is expected")
    steps: list[tuple[datetime, float | None]] = []
    for number, text in enumerate(lines[1:], start=2):
        if not text.strip():
            continue
        where = f"{path}:{number}"
        if steps and steps[-1][1] is None:
            raise ConfigError(where, "no line is expected after the one without a value, which ends the series")
        step = _step(where, text, column)
        if least is not None and step[1] is not None and step[1] < least:
            raise ConfigError(where, f"a number of at least {least:g} is expected, not {step[1]:g}")
        if steps and step[0] <= steps[-1][0]:
            raise ConfigError(where, f"a time after {steps[-1][0].isoformat()} is expected")
        steps.append(step)
    if not steps or steps[0][1] is None:
        raise ConfigError(f"{path}:2", f"a line with a time and a value, start;{column}, is expected")
    return Timeline.of(steps)


def _step(where: str, text: str, column: str) -> tuple[datetime, float | None]:
    cells = [cell.strip() for cell in text.split(";")]
    if len(cells) != 2:
        raise ConfigError(where, f"two cells, start;{column}, are expected, not {len(cells)}")
    try:
        start = datetime.fromisoformat(cells[0])
    except ValueError as err:
        raise ConfigError(where, f"a time like 2026-01-05T17:00:00+01:00 is expected, not {cells[0]!r}") from err
    if start.utcoffset() is None:
        raise ConfigError(where, f"a time with an offset, like {cells[0]}+01:00, is expected")
    if not cells[1]:
        return start, None
    try:
        # Spreadsheets in much of Europe write a decimal comma.
        value = float(cells[1].replace(",", "."))
    except ValueError as err:
        raise ConfigError(where, f"a number is expected, not {cells[1]!r}") from err
    if not isfinite(value):
        raise ConfigError(where, f"a finite number is expected, not {cells[1]!r}")
    return start, value
