"""What a house or site will draw besides the cars, from what it drew in the last weeks: the usual load and its upper bound.

Every quarter-hour of the past at about the same time of day is a sample. It counts the more, the younger it is, the more
the day before it was like the last 24 hours, and if it was a day of the same kind (working day or weekend). The median of
the samples is the forecast; limits use the 95th percentile, since a mean or median lies far below the peaks that blow a
fuse. What is drawn just now fades into the next hours. Each forecast is tried on the weeks before it, as it would have
been made then: that corrects the level of the percentile, and is the error that the forecast states.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from itertools import accumulate
from math import ceil, exp, log
from typing import Final

from ladewerk.optimizer.similar_days import (
    SLOTS_A_DAY,
    Distribution,
    Past,
    local_slots,
    read_past,
    slot_line,
    slots_between,
)
from ladewerk.timeline import Timeline

LEAST_DAYS: Final = 7
"""Days of the last six weeks without which nothing is forecast."""

HISTORY_DAYS: Final = 63
"""Days of history that are looked at: a window of samples, and the days on which the forecast is tried."""

SAFE_LEVEL: Final = 0.95

# Chosen on 24 homes of a year (docs/prices-and-forecasts.md); the optimum is flat in each of them.
_WINDOW_DAYS: Final = 42
_BACKTEST_DAYS: Final = 21
_HALF_LIFE_DAYS: Final = 10.0
_LIKENESS: Final = 3.0
_LIKENESS_FLOOR_W: Final = 50.0
_OTHER_KIND: Final = 0.4
_NEAR_SLOTS: Final = 2
_NEAR: Final = 0.8
_PERSISTENCE: Final = 0.7
_PERSISTENCE_SLOTS: Final = 5.5
_ANY_SLOT: Final = SLOTS_A_DAY
_PRIOR: Final = 1000.0
"""How many trials it takes to move the level of the percentile half way from what the samples say to what the trials say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadForecast:
    """Power in W from the moment of the forecast on, in quarter-hours of the clock.

    ``median_w`` is the usual load, ``p95_w`` what is exceeded in one quarter-hour of twenty. The error is that of the same
    method in the next 24 hours on each of ``tried_days`` days before: ``mae_w`` the mean distance between the median and
    what came, ``coverage`` the share of quarter-hours that stayed at or below the percentile. All three are None with less
    than two weeks of history.
    """

    median_w: Timeline[float]
    p95_w: Timeline[float]
    history_days: int
    tried_days: int
    mae_w: float | None
    coverage: float | None


def forecast_load(history: Timeline[float], now: datetime, end: datetime, zone: tzinfo) -> LoadForecast | None:
    """The load from ``now`` to ``end`` after ``history``, power in W that ends, or says nothing, where readings are missing.

    ``zone`` is the one that people live by. None where fewer than LEAST_DAYS of the weeks before ``now`` are known: then
    nothing is known. What ``history`` says after ``now`` is not used.
    """
    past = read_past(history, now, zone, HISTORY_DAYS)
    if past.known_days(0, _WINDOW_DAYS) < LEAST_DAYS:
        return None
    samples = _Samples(past)
    trials = _trials(past, samples)
    level = _calibrated([trial.level for trial in trials])
    slots, weekdays = local_slots(past.origin_s, slots_between(now, end), zone)
    median_w, p95_w = _carried_on(past, samples, 0, list(zip(slots, weekdays, strict=True)), level)
    mae_w, coverage = _stated(trials)
    return LoadForecast(
        median_w=slot_line(now, end, median_w),
        p95_w=slot_line(now, end, p95_w),
        history_days=past.known_days(0, HISTORY_DAYS),
        tried_days=len({trial.day for trial in trials}),
        mae_w=mae_w,
        coverage=coverage,
    )


class _Samples:
    """All samples by slot of the day, in order once, and the weights that change with the day on which one stands.

    ``after`` is a day in the past, counted from the forecast: what happened later weighs nothing.
    """

    def __init__(self, past: Past) -> None:
        self._past = past
        self._days = len(past.levels)
        by_slot: list[list[tuple[float, int]]] = [[] for _ in range(SLOTS_A_DAY + 1)]
        for index, value in enumerate(past.values):
            if value is None:
                continue
            code = (past.window(index) * 2 + _kind(past.weekdays[index])) * (_NEAR_SLOTS + 1)
            by_slot[_ANY_SLOT].append((value, code))
            for off in range(-_NEAR_SLOTS, _NEAR_SLOTS + 1):
                near = past.slots[index] + off
                if 0 <= near < SLOTS_A_DAY:
                    by_slot[near].append((value, code + abs(off)))
        for pool in by_slot:
            pool.sort()
        self._values = [[value for value, _ in pool] for pool in by_slot]
        self._codes = [[code for _, code in pool] for pool in by_slot]
        self._weights = cache(self._new_weights)
        self.at = cache(self._new_at)

    def _new_at(self, after: int, slot: int, kind: int) -> Distribution:
        """What is expected at a slot of the day; at one that was never read what is drawn at any time."""
        weights = self._weights(after, kind)
        cumulative = list(accumulate(map(weights.__getitem__, self._codes[slot])))
        if not cumulative or cumulative[-1] <= 0.0:
            return self.at(after, _ANY_SLOT, kind)
        return Distribution(self._values[slot], cumulative)

    def _new_weights(self, after: int, kind: int) -> list[float]:
        """The weight of each code: of a window, a kind of day and a distance in slots."""
        weights = [0.0] * (self._days * 2 * (_NEAR_SLOTS + 1))
        for window in range(after, min(after + _WINDOW_DAYS, self._days)):
            weight = 0.5 ** ((window - after) / _HALF_LIFE_DAYS) * self._likeness(after, window)
            for other in (0, 1):
                for off in range(_NEAR_SLOTS + 1):
                    code = (window * 2 + other) * (_NEAR_SLOTS + 1) + off
                    weights[code] = weight * (1.0 if other == kind else _OTHER_KIND) * _NEAR**off
        return weights

    def _likeness(self, after: int, window: int) -> float:
        """How much the day before a window was like the last one, 1 for the same energy."""
        now_w = self._past.levels[after]
        then_w = self._past.levels[window + 1] if window + 1 < self._days else None
        if now_w is None or then_w is None:
            return exp(-_LIKENESS / 4)
        return exp(-_LIKENESS * abs(log((then_w + _LIKENESS_FLOOR_W) / (now_w + _LIKENESS_FLOOR_W))))


@dataclass(frozen=True, slots=True)
class _Trial:
    """A quarter-hour of the past, forecast from what was known ``day`` days ago: its error, and the level it was at."""

    day: int
    error_w: float
    level: float


def _trials(past: Past, samples: _Samples) -> list[_Trial]:
    """The oldest first; every second quarter-hour, which tells as much, since neighbours are alike."""
    trials: list[_Trial] = []
    for day in range(_BACKTEST_DAYS, 0, -1):
        if past.known_days(day, _WINDOW_DAYS) < LEAST_DAYS:
            continue
        first = len(past.values) - day * SLOTS_A_DAY
        indices = range(first + day % 2, first + SLOTS_A_DAY, 2)
        excess_w = _excess(past, samples, day)
        for index in indices:
            value_w = past.values[index]
            if value_w is None:
                continue
            expected = samples.at(day, past.slots[index], _kind(past.weekdays[index]))
            median_w = _blended(expected.quantile(0.5), excess_w, index - first)
            trials.append(_Trial(day, abs(value_w - median_w), expected.level_of(value_w)))
    return trials


def _calibrated(levels: Sequence[float]) -> float:
    """The level whose quantile SAFE_LEVEL of the trials stayed below, drawn to SAFE_LEVEL itself where they are few."""
    ordered = sorted(levels)
    wanted = SAFE_LEVEL * (len(ordered) + _PRIOR)
    if bisect_left(ordered, 1.0) + _PRIOR < wanted:
        return ordered[ceil(wanted - _PRIOR) - 1]
    low, high = 0.5, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if bisect_left(ordered, middle) + _PRIOR * middle < wanted:
            low = middle
        else:
            high = middle
    return high


def _stated(trials: Sequence[_Trial]) -> tuple[float | None, float | None]:
    """Mean error, and coverage of the percentile with the level that the trials before each of the last two weeks gave."""
    if not trials:
        return None, None
    covered = counted = 0
    for day in range(_BACKTEST_DAYS // 2, 0, -1):
        level = _calibrated([trial.level for trial in trials if trial.day > day])
        of_day = [trial.level for trial in trials if trial.day == day]
        covered += sum(reached < level for reached in of_day)
        counted += len(of_day)
    mae_w = sum(trial.error_w for trial in trials) / len(trials)
    return mae_w, covered / counted if counted else None


def _carried_on(
    past: Past, samples: _Samples, after: int, slots: Sequence[tuple[int, int]], level: float
) -> tuple[list[float], list[float]]:
    """Median and percentile of each slot, with what is drawn just now fading out of them."""
    excess_w = _excess(past, samples, after)
    over_w = max(0.0, _excess(past, samples, after, level))
    medians: list[float] = []
    tops: list[float] = []
    for lead, (slot, weekday) in enumerate(slots):
        expected = samples.at(after, slot, _kind(weekday))
        medians.append(_blended(expected.quantile(0.5), excess_w, lead))
        tops.append(max(medians[-1], _blended(expected.quantile(level), over_w, lead)))
    return medians, tops


def _excess(past: Past, samples: _Samples, after: int, level: float = 0.5) -> float:
    """By how much the last slot lay above its quantile, in W; 0 where it is not known."""
    last = len(past.values) - after * SLOTS_A_DAY - 1
    value_w = past.values[last]
    if value_w is None:
        return 0.0
    return value_w - samples.at(after, past.slots[last], _kind(past.weekdays[last])).quantile(level)


def _blended(usual_w: float, excess_w: float, lead: int) -> float:
    return max(0.0, usual_w + excess_w * _PERSISTENCE * exp(-lead / _PERSISTENCE_SLOTS))


def _kind(weekday: int) -> int:
    """0 for a working day, 1 for the weekend."""
    return 1 if weekday >= 5 else 0
