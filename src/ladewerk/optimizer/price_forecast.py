"""Prices of the hours that nobody has published yet, from those of the last weeks.

Each quarter-hour of the local clock on the last days is a sample; the younger it is the more it counts, and far more on a
day of the same kind (working day, Saturday, Sunday). Half of what the latest day cost more than the day before the sample
is added, since dear weeks stay dear. The forecast is their median. It states the error that the same method had on the
last days, and that of taking last week's prices, so that anybody sees what it is worth.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cache
from typing import Final

from ladewerk.optimizer.similar_days import SLOTS_A_DAY, Distribution, Past, local_slots, read_past, slot_line, slots_between
from ladewerk.timeline import Timeline

LEAST_DAYS: Final = 7
"""Days of published prices without which nothing is forecast: one of each weekday."""

HISTORY_DAYS: Final = 42
"""Days of prices that are looked at."""

# Chosen on seven years of Dutch day-ahead prices (docs/prices-and-forecasts.md).
_WINDOW_DAYS: Final = 28
_BACKTEST_DAYS: Final = 14
_HALF_LIFE_DAYS: Final = 5.0
_OTHER_KIND: Final = 0.1
_SAME_WEEKDAY: Final = 1.5
_LEVEL_SHARE: Final = 0.5
_WEEK: Final = 7 * SLOTS_A_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceForecast:
    """Money per kWh in quarter-hours of the clock.

    ``mae_per_kwh`` is the mean error of the same method for the first 24 hours on each of ``tried_days`` days before,
    ``last_week_mae_per_kwh`` that of the prices of a week earlier. Both are None with less than eight days of prices.
    """

    price_per_kwh: Timeline[float]
    history_days: int
    tried_days: int
    mae_per_kwh: float | None
    last_week_mae_per_kwh: float | None


def forecast_prices(published: Timeline[float], known_until: datetime, end: datetime, zone: tzinfo) -> PriceForecast | None:
    """The prices from ``known_until``, where the ``published`` ones end, to ``end``; per kWh, whatever the currency.

    ``zone`` is the one that the market's days are in. None where fewer than LEAST_DAYS of the four weeks before are
    published.
    What ``published`` says after it is not used.
    """
    past = read_past(published, known_until, zone, HISTORY_DAYS)
    if past.known_days(0, _WINDOW_DAYS) < LEAST_DAYS:
        return None
    slots, weekdays = local_slots(past.origin_s, slots_between(known_until, end), zone)
    samples = _Samples(past)
    prices = [samples.median(0, slot, weekday) for slot, weekday in zip(slots, weekdays, strict=True)]
    errors = _errors(past, samples)
    return PriceForecast(
        price_per_kwh=slot_line(known_until, end, prices),
        history_days=past.known_days(0, HISTORY_DAYS),
        tried_days=len(errors),
        mae_per_kwh=_mean([ours for day in errors for ours, _ in day]),
        last_week_mae_per_kwh=_mean([theirs for day in errors for _, theirs in day]),
    )


class _Samples:
    """The published prices by slot of the day, as they count for somebody who stands ``after`` days before their end."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._by_slot: list[list[tuple[float, int, int]]] = [[] for _ in range(SLOTS_A_DAY)]
        for index, value in enumerate(past.values):
            if value is not None:
                self._by_slot[past.slots[index]].append((value, past.window(index), past.weekdays[index]))
        self.median = cache(self._new_median)

    def _new_median(self, after: int, slot: int, weekday: int) -> float:
        levels = self._past.levels
        now = levels[after]
        weighted: list[tuple[float, float]] = []
        for price, window, of_weekday in self._by_slot[slot]:
            if not after <= window < after + _WINDOW_DAYS:
                continue
            weight = 0.5 ** ((window - after) / _HALF_LIFE_DAYS) * _alike(weekday, of_weekday)
            then = levels[window + 1] if window + 1 < len(levels) else None
            risen = 0.0 if now is None or then is None else now - then
            weighted.append((price + _LEVEL_SHARE * risen, weight))
        if not weighted:
            # An hour that only the day of 25 hours has, or one that was never published: the level of the last day.
            return self._overall(after)
        return Distribution.of(weighted).quantile(0.5)

    def _overall(self, after: int) -> float:
        return next(level for level in self._past.levels[after:] if level is not None)


def _alike(weekday: int, other: int) -> float:
    if weekday == other:
        return _SAME_WEEKDAY
    return 1.0 if max(weekday, other) < 5 else _OTHER_KIND


def _errors(past: Past, samples: _Samples) -> list[list[tuple[float, float]]]:
    """For every quarter-hour of each of the last days our error and that of last week's price."""
    errors: list[list[tuple[float, float]]] = []
    for day in range(_BACKTEST_DAYS, 0, -1):
        if past.known_days(day, _WINDOW_DAYS) < LEAST_DAYS:
            continue
        first = len(past.values) - day * SLOTS_A_DAY
        errors.append([])
        for index in range(first, first + SLOTS_A_DAY):
            price, a_week_before = past.values[index], past.values[index - _WEEK]
            if price is not None and a_week_before is not None:
                ours = samples.median(day, past.slots[index], past.weekdays[index])
                errors[-1].append((abs(price - ours), abs(price - a_week_before)))
    return errors


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
