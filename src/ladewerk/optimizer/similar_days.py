"""The past cut into days that can be compared: what forecasts of load and of prices both stand on.

Slots are quarter-hours of the local clock, so a habit stays at its time of day when the clocks are turned: on a day of 25
hours four of them come twice, on one of 23 hours four do not come. Days are counted backwards from the moment of the
forecast (window 0 is the last 24 hours), so a forecast at noon knows the whole morning.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import accumulate
from typing import Final

from ladewerk.timeline import Timeline

SLOT_S: Final = 900
SLOTS_A_DAY: Final = 96

_DAY_S: Final = 86_400
_FIRST_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday; Monday is 0."""

_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Past:
    """History before ``origin_s`` (UTC seconds, on a quarter-hour) in slots, the oldest first.

    ``values`` are means, None where nothing is known; ``slots`` 0 to 95 and ``weekdays`` 0 (Monday) to 6 are those of the
    local clock. ``levels[w]`` is the mean of window ``w``, None where less than half of it is known.
    """

    origin_s: int
    values: list[float | None]
    slots: list[int]
    weekdays: list[int]
    levels: list[float | None]

    def known_days(self, after: int, count: int) -> int:
        """Of how many of ``count`` windows, counted back from window ``after``, at least half is known."""
        return sum(level is not None for level in self.levels[after : after + count])

    def window(self, slot: int) -> int:
        """The window in which the slot of that index lies."""
        return (len(self.values) - 1 - slot) // SLOTS_A_DAY


def read_past(history: Timeline[float], origin: datetime, zone: tzinfo, days: int) -> Past:
    """The ``days`` times 24 hours before ``origin``, moved back to a quarter-hour. ``history`` after it is not read."""
    origin_s = int(origin.timestamp()) // SLOT_S * SLOT_S
    first_s = origin_s - days * _DAY_S
    values = _slot_means(history, first_s, days * SLOTS_A_DAY)
    slots, weekdays = local_slots(first_s, len(values), zone)
    levels = [_level(values[at : at + SLOTS_A_DAY]) for at in range(len(values) - SLOTS_A_DAY, -1, -SLOTS_A_DAY)]
    return Past(origin_s, values, slots, weekdays, levels)


def local_slots(first_s: int, count: int, zone: tzinfo) -> tuple[list[int], list[int]]:
    """Slots of the day and weekdays by the clock of ``zone`` of ``count`` quarter-hours from ``first_s`` on."""
    slots: list[int] = []
    weekdays: list[int] = []
    for begin_s in range(first_s, first_s + count * SLOT_S, _DAY_S):
        offset_s = _offset_s(begin_s, zone)
        turned = offset_s != _offset_s(begin_s + _DAY_S, zone)
        for at_s in range(begin_s, min(begin_s + _DAY_S, first_s + count * SLOT_S), SLOT_S):
            day, second = divmod(at_s + (_offset_s(at_s, zone) if turned else offset_s), _DAY_S)
            slots.append(second // SLOT_S)
            weekdays.append((day + _FIRST_WEEKDAY) % 7)
    return slots, weekdays


def slot_line(start: datetime, end: datetime, values: Sequence[float]) -> Timeline[float]:
    """``values`` of the quarter-hours from that of ``start`` on; nothing is said before ``start`` and from ``end`` on."""
    first_s = int(start.timestamp()) // SLOT_S * SLOT_S
    steps: list[tuple[datetime, float | None]] = [
        (datetime.fromtimestamp(first_s + index * SLOT_S, UTC), value) for index, value in enumerate(values)
    ]
    return Timeline.of(steps).within(start.astimezone(UTC), end.astimezone(UTC))


def slots_between(start: datetime, end: datetime) -> int:
    """How many quarter-hours are touched from ``start`` to ``end``."""
    first_s = int(start.timestamp()) // SLOT_S * SLOT_S
    return max(0, -int(-(end.timestamp() - first_s) // SLOT_S))


@dataclass(frozen=True, slots=True)
class Distribution:
    """Values in rising order and the sum of their weights so far."""

    values: Sequence[float]
    cumulative: Sequence[float]

    @classmethod
    def of(cls, weighted: Iterable[tuple[float, float]]) -> "Distribution":
        """From pairs of a value and its weight."""
        pairs = sorted(weighted)
        return cls([value for value, _ in pairs], list(accumulate(weight for _, weight in pairs)))

    def quantile(self, level: float) -> float:
        """The least value that ``level`` (0 to 1) of all weight is not above; beyond 1 the highest value times ``level``."""
        share = min(level, 1.0) * self.cumulative[-1] * (1 - _ROUNDING)
        value = self.values[min(bisect_left(self.cumulative, share), len(self.values) - 1)]
        return value * max(1.0, level)

    def level_of(self, value: float) -> float:
        """The level above which every quantile is at least ``value`` (not negative); beyond 1 as in :meth:`quantile`."""
        below = bisect_left(self.values, value)
        weight = self.cumulative[below - 1] if below else 0.0
        whole = self.cumulative[-1]
        if weight < whole * (1 - _ROUNDING):
            return weight / whole
        highest = self.quantile(1.0)
        return value / highest if highest > 0 else 1.0


def _offset_s(at_s: int, zone: tzinfo) -> int:
    offset = datetime.fromtimestamp(at_s, zone).utcoffset()
    # A zone always has an offset; tzinfo may say None.
    return 0 if offset is None else offset // timedelta(seconds=1)


def _level(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if 2 * len(known) >= SLOTS_A_DAY else None


def _slot_means(history: Timeline[float], first_s: int, count: int) -> list[float | None]:
    """Mean of each quarter-hour, weighted by time, None where less than half of it is known."""
    area = [0.0] * count
    known_s = [0.0] * count
    last_s = first_s + count * SLOT_S
    starts_s = [start.timestamp() for start in history.starts]
    for value, begin_s, end_s in zip(history.values, starts_s, [*starts_s[1:], float(last_s)], strict=False):
        if value is None or begin_s >= last_s or end_s <= first_s:
            continue
        at_s, until_s = max(begin_s, float(first_s)), min(end_s, float(last_s))
        slot = int(at_s - first_s) // SLOT_S
        while at_s < until_s:
            border_s = min(until_s, first_s + (slot + 1) * SLOT_S)
            area[slot] += value * (border_s - at_s)
            known_s[slot] += border_s - at_s
            at_s = border_s
            slot += 1
    return [area[slot] / known_s[slot] if 2 * known_s[slot] >= SLOT_S else None for slot in range(count)]
