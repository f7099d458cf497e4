"""A schedule that a person wrote in a spreadsheet: CSV with a line a period; mistakes are told by line and column."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

from ladewerk.electrical import MINIMUM_OFFER_A
from ladewerk.station.unit.needs import LONGEST_STAY, FieldError
from ladewerk.timeline import Timeline

COLUMNS: Final = ("start", "end", "limit_a")
MOST_ROWS: Final = 1024
_MOST_ERRORS: Final = 20


@dataclass(frozen=True, slots=True)
class _Period:
    line: int
    start: datetime
    end: datetime
    limit_a: float


def read_schedule(
    raw: bytes, *, now: datetime, zone: tzinfo | None, max_current_a: float
) -> Timeline[float] | tuple[FieldError, ...]:
    """The current in A per phase over time; between two periods it is a pause.

    ``raw`` is CSV with the headings start, end and limit_a, in any order, separated by comma, semicolon or tab. Times are
    ISO 8601; one without an offset is on the clocks of ``zone``. Every line is checked. Raises nothing.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return (_error(0, "", "not_text", "the file is not UTF-8 text; save it as CSV UTF-8"),)
    lines = text.splitlines()
    separator = _separator(lines)
    rows = [(number, cells) for number, cells in enumerate(_cells(lines, separator), start=1) if any(cells)]
    if not rows:
        return (_error(0, "", "no_rows", "the file has no line with a period"),)
    reader = _Reader(now=now, zone=zone, max_current_a=max_current_a, comma=separator != ",")
    heading_line, heading = rows[0]
    if not reader.heading(heading_line, heading) or not reader.amount(len(rows) - 1):
        return tuple(reader.errors)
    found = [period for number, cells in rows[1:] if (period := reader.period(number, cells)) is not None]
    if not reader.errors:
        reader.together(found)
    if reader.errors:
        return tuple(reader.errors[:_MOST_ERRORS])
    return _line(found)


def sample(now: datetime, zone: tzinfo | None, max_current_a: float) -> str:
    """A file to begin with: the coming night, with a pause in it."""
    local = now.astimezone(zone or UTC)
    evening = local.replace(hour=22, minute=0, second=0, microsecond=0)
    if evening <= local:
        evening += timedelta(days=1)
    most = math.floor(max_current_a)
    rows = [(0, 1.5, most), (4, 6, max(6, most - 6)), (6, 7.5, most)]
    lines = [",".join(COLUMNS)]
    for start_h, end_h, limit_a in rows:
        times = [(evening + timedelta(hours=hours)).isoformat(timespec="minutes") for hours in (start_h, end_h)]
        lines.append(f"{times[0]},{times[1]},{limit_a}")
    return "\r\n".join(lines) + "\r\n"


class _Reader:
    """Takes the lines one by one and notes what is wrong with each."""

    def __init__(self, *, now: datetime, zone: tzinfo | None, max_current_a: float, comma: bool) -> None:
        self._now = now
        self._zone = zone
        self._max_current_a = max_current_a
        self._comma = comma
        self._places: Mapping[str, int] = {}
        self._width = 0
        self.errors: list[FieldError] = []

    def heading(self, line: int, cells: Sequence[str]) -> bool:
        names = [cell.lower() for cell in cells]
        self._places = {name: names.index(name) for name in COLUMNS if name in names}
        self._width = len(names)
        for name in names:
            if name not in COLUMNS:
                self._refuse(line, name, "unknown_field", f"there is no column {name!r}; there are {', '.join(COLUMNS)}")
        missing = [name for name in COLUMNS if names.count(name) != 1]
        if missing:
            text = f"the first line names the columns {', '.join(COLUMNS)}, each once"
            self._refuse(line, missing[0], "no_heading", text, columns=", ".join(COLUMNS))
        return not self.errors

    def amount(self, rows: int) -> bool:
        if rows == 0:
            self._refuse(0, "", "no_rows", "the file has no line with a period")
        if rows > MOST_ROWS:
            self._refuse(0, "", "too_many_rows", f"at most {MOST_ROWS} periods, not {rows}", most=MOST_ROWS)
        return not self.errors

    def period(self, line: int, cells: Sequence[str]) -> _Period | None:
        if len(cells) != self._width:
            text = f"{self._width} columns are expected, not {len(cells)}"
            self._refuse(line, "", "wrong_width", text, expected=self._width, found=len(cells))
            return None
        start, end = (self._time(line, name, cells[self._places[name]]) for name in ("start", "end"))
        limit_a = self._limit(line, cells[self._places["limit_a"]])
        if start is None or end is None or limit_a is None:
            return None
        if end <= start:
            self._refuse(line, "end", "end_before_start", "the end is not after the start")
            return None
        if end > self._now + LONGEST_STAY:
            days = LONGEST_STAY.days
            self._refuse(line, "end", "too_far", f"it lies more than {days} days ahead", days=days)
            return None
        return _Period(line, start, end, limit_a)

    def together(self, periods: Sequence[_Period]) -> None:
        """What no line by itself shows."""
        ordered = sorted(periods, key=lambda one: one.start)
        for one, other in pairwise(ordered):
            if other.start < one.end:
                self._refuse(other.line, "start", "overlap", f"it begins before line {one.line} ends", other=one.line)
        if not any(one.limit_a > 0 for one in periods):
            self._refuse(0, "limit_a", "no_current", "no period has a current")
        elif not any(one.limit_a > 0 and one.end > self._now for one in periods):
            self._refuse(0, "end", "all_over", "every period with a current is over")

    def _time(self, line: int, name: str, cell: str) -> datetime | None:
        if not cell:
            self._refuse(line, name, "missing", "it is missing")
            return None
        try:
            moment = datetime.fromisoformat(cell)
        except ValueError:
            self._refuse(line, name, "not_a_local_time", f"{cell[:40]!r} is not a time such as 2026-01-05 22:00")
            return None
        if moment.utcoffset() is not None:
            return moment.astimezone(UTC)
        if self._zone is None:
            self._refuse(line, name, "no_offset", "it has no offset from UTC; write it as 2026-01-05T22:00+01:00")
            return None
        found = moment.replace(tzinfo=self._zone).astimezone(UTC)
        if found.astimezone(self._zone).replace(tzinfo=None) != moment:
            self._refuse(line, name, "skipped_time", f"the clocks skip {cell} when they are put forward")
            return None
        return found

    def _limit(self, line: int, cell: str) -> float | None:
        if not cell:
            self._refuse(line, "limit_a", "missing", "it is missing")
            return None
        try:
            limit_a = float(cell.replace(",", ".") if self._comma else cell)
        except ValueError:
            limit_a = math.nan
        if not math.isfinite(limit_a):
            self._refuse(line, "limit_a", "not_a_number", f"{cell[:40]!r} is not a number of A")
            return None
        if not 0 <= limit_a <= self._max_current_a:
            text = f"it lies between 0 and {self._max_current_a:g} A, not {limit_a:g}"
            self._refuse(line, "limit_a", "out_of_range", text, min=0, max=self._max_current_a)
            return None
        if 0 < limit_a < MINIMUM_OFFER_A:
            text = f"it is 0, a pause, or at least {MINIMUM_OFFER_A:g} A: less cannot be offered"
            self._refuse(line, "limit_a", "below_offer", text, least=MINIMUM_OFFER_A)
            return None
        return limit_a

    def _refuse(self, line: int, column: str, code: str, text: str, **params: object) -> None:
        self.errors.append(_error(line, column, code, text, **params))


def _error(line: int, column: str, code: str, text: str, **params: object) -> FieldError:
    """``line`` 0 is the whole file."""
    where = ", ".join(part for part in (f"line {line}" if line else "", column) if part)
    return FieldError(column, code, {"line": line, **params}, f"{where}: {text}" if where else text)


def _separator(lines: Sequence[str]) -> str:
    """The one that stands in the heading."""
    heading = next((line for line in lines if line.strip()), "")
    return max(",;\t", key=heading.count)


def _cells(lines: Sequence[str], separator: str) -> list[list[str]]:
    return [[cell.strip() for cell in next(csv.reader([line], delimiter=separator), [])] for line in lines]


def _line(periods: Sequence[_Period]) -> Timeline[float]:
    ordered = sorted(periods, key=lambda one: one.start)
    steps: dict[datetime, float | None] = {one.end: 0.0 for one in ordered}
    steps |= {one.start: one.limit_a for one in ordered}
    steps[ordered[-1].end] = None
    return Timeline.of(sorted(steps.items(), key=lambda step: step[0]))
