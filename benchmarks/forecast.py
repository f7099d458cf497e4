"""How good the forecasts are on days they have not seen, beside the simple ones that are free.

``python -m benchmarks forecast`` takes simulated families and a simulated market, a year each.
``python -m benchmarks.forecast LOADS.csv`` takes measured homes: a column each, a line per quarter-hour, in kW.
"""

import csv
import math
import random
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from benchmarks.rows import Row, table
from ladewerk.optimizer.habits import Stay, driver_habit
from ladewerk.optimizer.load_forecast import HISTORY_DAYS, forecast_load
from ladewerk.optimizer.price_forecast import forecast_prices
from ladewerk.simulator.household import family
from ladewerk.timeline import Timeline

_ZONE = ZoneInfo("Europe/Berlin")
_SLOTS = 96
_DAY = timedelta(days=1)
_FAMILIES = 6
_DAYS = 365
_EVERY = 4
_DRIVERS = 10


@dataclass(frozen=True, slots=True)
class _Day:
    """One held-out day of a home: errors as shares of its mean load, CPU time in s."""

    ours: float
    median_28: float
    last_week: float
    covered: float
    stated: float | None
    stated_coverage: float | None
    took_s: float


def run() -> list[Row]:
    """Every fourth day of a year of each family, from midnight of UTC; then the market, then drivers."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    homes = [list(_means(family(seed, _ZONE).load_line(start, start + _DAYS * _DAY), start)) for seed in range(_FAMILIES)]
    return [*_load_rows(homes, start, _ZONE, range(HISTORY_DAYS, _DAYS, _EVERY)), *_price_rows(), *_driver_rows()]


def _load_rows(homes: Sequence[Sequence[float]], start: datetime, zone: ZoneInfo, days: Sequence[int]) -> list[Row]:
    tried = [[_tried(home, start, zone, day) for day in days] for home in homes]
    everything = [day for home in tried for day in home]
    coverage = [statistics.fmean(day.covered for day in home) for home in tried]
    ours, median_28 = _mean(day.ours for day in everything), _mean(day.median_28 for day in everything)
    name = f"load of {len(homes)} homes, a day ahead"
    runs = len(everything)
    return [
        Row(name=f"{name}: MAE / mean", value=ours, unit="", aim=median_28, runs=runs),
        Row(name=f"{name}: MAE / mean, median of 28 days", value=median_28, unit="", runs=runs),
        Row(name=f"{name}: MAE / mean, last week", value=_mean(day.last_week for day in everything), unit="", runs=runs),
        Row(name=f"{name}: MAE / mean, as stated", value=_mean(day.stated for day in everything), unit="", runs=runs),
        Row(name=f"{name}: P95 coverage", value=100 * statistics.fmean(coverage), unit="%", at_least=93, runs=runs),
        Row(name=f"{name}: P95 coverage, lowest home", value=100 * min(coverage), unit="%", at_least=93, runs=len(days)),
        Row(name=f"{name}: P95 coverage, highest home", value=100 * max(coverage), unit="%", aim=97, runs=len(days)),
        Row(
            name=f"{name}: P95 coverage, as stated",
            value=100 * _mean(day.stated_coverage for day in everything),
            unit="%",
            runs=runs,
        ),
        Row(
            name="CPU time of a forecast",
            value=1e3 * statistics.median(d.took_s for d in everything),
            unit="ms",
            aim=100,
            runs=runs,
        ),
    ]


def _tried(home: Sequence[float], start: datetime, zone: ZoneInfo, day: int) -> _Day:
    now = start + day * _DAY
    first = max(0, day - HISTORY_DAYS) * _SLOTS
    steps = [(start + timedelta(minutes=15 * index), home[index]) for index in range(first, day * _SLOTS)]
    history: Timeline[float] = Timeline.of([*steps, (now, None)])
    began_s = time.process_time()
    forecast = forecast_load(history, now, now + _DAY, zone)
    took_s = time.process_time() - began_s
    assert forecast is not None
    came = home[day * _SLOTS : (day + 1) * _SLOTS]
    expected, highest = list(_means(forecast.median_w, now)), list(_means(forecast.p95_w, now))
    median_28 = [statistics.median(home[(day - back) * _SLOTS + slot] for back in range(1, 29)) for slot in range(_SLOTS)]
    level = statistics.fmean(home)
    return _Day(
        ours=_distance(expected, came) / level,
        median_28=_distance(median_28, came) / level,
        last_week=_distance(home[(day - 7) * _SLOTS : (day - 6) * _SLOTS], came) / level,
        covered=statistics.fmean(load_w <= top_w for load_w, top_w in zip(came, highest, strict=True)),
        stated=None if forecast.mae_w is None else forecast.mae_w / level,
        stated_coverage=forecast.coverage,
        took_s=took_s,
    )


def _price_rows() -> list[Row]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    prices = _market(365)
    ours: list[float] = []
    last_week: list[float] = []
    stated: list[float | None] = []
    took_s: list[float] = []
    for day in range(60, 365, _EVERY):
        now = start + day * _DAY
        steps = [
            (start + timedelta(minutes=15 * index), prices[index]) for index in range((day - 45) * _SLOTS, day * _SLOTS)
        ]
        began_s = time.process_time()
        forecast = forecast_prices(Timeline.of([*steps, (now, None)]), now, now + _DAY, _ZONE)
        took_s.append(time.process_time() - began_s)
        assert forecast is not None
        came = prices[day * _SLOTS : (day + 1) * _SLOTS]
        ours.append(_distance(list(_means(forecast.price_per_kwh, now)), came))
        last_week.append(_distance(prices[(day - 7) * _SLOTS : (day - 6) * _SLOTS], came))
        stated.append(forecast.mae_per_kwh)
    aim = 100 * statistics.fmean(last_week)
    return [
        Row(name="prices, a day ahead: MAE", value=100 * statistics.fmean(ours), unit="ct/kWh", aim=aim, runs=len(ours)),
        Row(name="prices, a day ahead: MAE, last week", value=aim, unit="ct/kWh", runs=len(ours)),
        Row(name="prices, a day ahead: MAE, as stated", value=100 * _mean(stated), unit="ct/kWh", runs=len(ours)),
        Row(name="CPU time of a price forecast", value=1e3 * statistics.median(took_s), unit="ms", aim=100, runs=len(ours)),
    ]


def _driver_rows() -> list[Row]:
    """Drivers with habits of their own, a year each: what was said at each evening's arrival against what came."""
    error_h: list[float] = []
    last_time_h: list[float] = []
    stated_h: list[float] = []
    gone_early: list[bool] = []
    for seed in range(_DRIVERS):
        stays = _stays(random.Random(seed))
        for index in range(40, len(stays), 5):
            stay = stays[index]
            habit = driver_habit(stays[:index], stay.arrived_at, stay.arrived_at, _ZONE)
            if habit is None or habit.departure_mae_s is None:
                continue
            error_h.append(abs(stay.departed_at - habit.leaves_usually_at) / timedelta(hours=1))
            again = stay.arrived_at + (stays[index - 1].departed_at - stays[index - 1].arrived_at)
            last_time_h.append(abs(stay.departed_at - again) / timedelta(hours=1))
            stated_h.append(habit.departure_mae_s / 3600)
            gone_early.append(stay.departed_at < habit.leaves_early_at)
    name, runs, aim = f"departure of {_DRIVERS} drivers: ", len(error_h), statistics.fmean(last_time_h)
    return [
        Row(name=f"{name}MAE", value=statistics.fmean(error_h), unit="h", aim=aim, runs=runs),
        Row(name=f"{name}MAE, as long as last time", value=aim, unit="h", runs=runs),
        Row(name=f"{name}MAE, as stated", value=statistics.fmean(stated_h), unit="h", runs=runs),
        Row(name=f"{name}gone before the early one", value=100 * statistics.fmean(gone_early), unit="%", aim=15, runs=runs),
    ]


def _stays(dice: random.Random) -> list[Stay]:
    """Home in the evening of most days; away by a usual time of the morning, later and less surely at weekends."""
    comes, leaves, later, spread = dice.uniform(16, 20), dice.uniform(6, 9), dice.uniform(1, 4), dice.uniform(0.1, 0.6)
    stays = []
    for day in range(_DAYS):
        if dice.random() < 0.25:
            continue
        midnight = datetime(2026, 1, 1, tzinfo=_ZONE) + timedelta(days=day)
        weekend = (midnight + _DAY).weekday() >= 5
        hour = leaves + (dice.gauss(later, 2 * spread) if weekend else dice.gauss(0, spread))
        left = midnight + _DAY + timedelta(hours=max(4.0, hour))
        stays.append(
            Stay(
                arrived_at=(midnight + timedelta(hours=dice.gauss(comes, 0.7))).astimezone(UTC),
                departed_at=left.astimezone(UTC),
                energy_wh=1000 * dice.lognormvariate(2, 0.5),
            )
        )
    return stays


def _market(days: int) -> list[float]:
    """Prices per kWh in quarter-hours: demand's two peaks, a dip at noon that changes with the sun, weekends, slow level."""
    dice = random.Random(20260101)
    level, sun = 0.09, 0.5
    prices: list[float] = []
    for day in range(days):
        level = 0.09 + 0.85 * (level - 0.09) + dice.gauss(0, 0.012)
        sun = min(1.0, max(0.0, 0.5 + 0.5 * (sun - 0.5) + dice.gauss(0, 0.25)))
        week_share = 0.8 if (day + 3) % 7 >= 5 else 1.0
        for slot in range(_SLOTS):
            hour = slot / 4
            peaks = 0.05 * math.exp(-(((hour - 8) / 2) ** 2)) + 0.07 * math.exp(-(((hour - 19) / 2.5) ** 2))
            dip = 0.09 * sun * math.exp(-(((hour - 13) / 3) ** 2))
            prices.append(round(week_share * (level + peaks) - dip + dice.gauss(0, 0.004), 5))
    return prices


def _means(line: Timeline[float], start: datetime) -> list[float]:
    """The values of the quarter-hours of ``line`` from ``start`` to its end."""
    end = line.end
    assert end is not None
    count = round((end - start) / timedelta(minutes=15))
    return [line.at(start + timedelta(minutes=15 * index)) or 0.0 for index in range(count)]


def _distance(expected: Sequence[float], came: Sequence[float]) -> float:
    return statistics.fmean(abs(a - b) for a, b in zip(expected, came, strict=True))


def _mean(values: Iterable[float | None]) -> float:
    return statistics.fmean(value for value in values if value is not None)


def main(path: Path) -> None:
    """Measured homes: the last quarter of them is held out."""
    with path.open(newline="") as file:
        columns = list(zip(*([1000 * float(cell) for cell in line] for line in csv.reader(file)), strict=True))
    homes = [home for home in columns if len(set(home)) > 1]
    days = len(homes[0]) // _SLOTS
    print(table(_load_rows(homes, datetime(2026, 1, 5, tzinfo=UTC), ZoneInfo("UTC"), range(days * 3 // 4, days))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
