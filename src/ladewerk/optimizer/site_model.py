"""A site and its cars as plain numbers: slots in hours, what the connection leaves for cars, who is there when.

Powers are kW, energies kWh, currents A per phase; an unlimited connection has infinite room. Only sums over cars are limited
here; what one car may draw by itself is in :class:`Car`.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from itertools import accumulate
from typing import Final

from ladewerk.optimizer.problem import Mode, Need, Problem

PHASES: Final = (0, 1, 2)

ENOUGH_WH: Final = 1e-3
"""Energy that is not worth speaking of."""

NOISE: Final = 1e-12
"""Relative error of a current that was calculated: 5.999999999999 A out of a division is 6 A."""


@dataclass(frozen=True, slots=True)
class Car:
    """One car at the site; it is there in the slots from ``first`` up to, not including, ``last``."""

    number: int
    need: Need
    first: int
    last: int
    kw_per_a: float
    phases: tuple[int, ...]
    """0 to 2."""
    most_a: tuple[float, ...]
    """Most current of each slot if it were alone at the site; 0 where less than its least current is left."""
    anytime_a: tuple[float, ...]
    """The same if it were there all the time."""

    @property
    def wanted_kwh(self) -> float:
        return self.need.energy_wh / 1000

    @property
    def least_a(self) -> float:
        """Least current above 0."""
        step = self.need.current_step_a
        return self.need.min_current_a if step is None else step * max(1, math.ceil(self.need.min_current_a / step - NOISE))

    @property
    def is_free(self) -> bool:
        """Whether it takes any current, starts for nothing and completes whenever: a linear programme."""
        need = self.need
        return need.min_current_a == 0.0 and need.current_step_a is None and need.start_cost == 0.0 and not self.hurry_per_h

    @property
    def hurry_per_h(self) -> float:
        """What an hour until completion costs; infinite for a car that wants nothing but the earliest."""
        if self.need.mode is Mode.SHORTEST:
            return math.inf
        return self.need.value_of_time_per_h if self.need.mode is Mode.BALANCED else 0.0

    @property
    def is_running(self) -> bool:
        """Whether it charged in the slot before the first."""
        last_a = self.need.last_current_a
        return last_a is not None and last_a[0] > 0.0


@dataclass(frozen=True, slots=True)
class SiteModel:
    """Everything that is the same for every plan of a problem."""

    problem: Problem
    starts_h: tuple[float, ...]
    """Start of each slot and, last, the end, from the start of the problem."""
    hours: tuple[float, ...]
    idle_kw: tuple[float, ...]
    """Base load less PV."""
    surplus_kw: tuple[float, ...]
    """PV that the base load leaves."""
    room_kw: tuple[float, ...]
    """What the connection leaves for cars; infinite without a limit."""
    phase_room_a: tuple[tuple[float, ...], ...]
    """The same per phase, three rows."""
    cars: tuple[Car, ...]
    slot_money: tuple[float, ...]
    """What a kW from the grid costs in each slot."""
    has_sun: bool

    @classmethod
    def of(cls, problem: Problem) -> "SiteModel":
        """The numbers of ``problem``, which has been checked."""
        site, count = problem.site, len(problem.slot_s)
        base_w = site.base_load_w or (0.0,) * count
        idle_w = base_w if site.pv_w is None else tuple(b - p for b, p in zip(base_w, site.pv_w, strict=True))
        room_kw = (math.inf,) * count
        if site.limit_w is not None:
            room_kw = tuple(max(0.0, limit - idle) / 1000 for limit, idle in zip(site.limit_w, idle_w, strict=True))
        phase_room_a: tuple[tuple[float, ...], ...] = ((math.inf,) * count,) * 3
        if site.phase_limit_a is not None:
            # At the lowest voltage the base load is most ampere; with one voltage, as always but in a test, that is exact.
            base_v = 3 * min(need.voltage_v for need in problem.evs)
            phase_room_a = tuple(tuple(max(0.0, limit - b / base_v) for b in base_w) for limit in site.phase_limit_a)
        starts_h = tuple(accumulate((length_s / 3600 for length_s in problem.slot_s), initial=0.0))
        windows = _Windows(problem)
        most = _Most(room_kw, phase_room_a)
        return cls(
            problem=problem,
            starts_h=starts_h,
            hours=tuple(length_s / 3600 for length_s in problem.slot_s),
            idle_kw=tuple(watts / 1000 for watts in idle_w),
            surplus_kw=tuple(max(0.0, -watts) / 1000 for watts in idle_w),
            has_sun=any(watts < 0.0 for watts in idle_w),
            slot_money=tuple(p * s / 3600 for p, s in zip(problem.price_per_kwh, problem.slot_s, strict=True)),
            room_kw=room_kw,
            phase_room_a=phase_room_a,
            cars=tuple(_car(number, need, windows, most) for number, need in enumerate(problem.evs)),
        )

    @property
    def slots(self) -> int:
        return len(self.hours)

    @property
    def peak_price(self) -> float:
        """Per kW."""
        return self.problem.site.peak_price_per_kw

    @property
    def idle_peak_kw(self) -> float:
        """The peak without any car; a site that only exports has none."""
        return max(0.0, *self.idle_kw)

    def money(self, slot: int, kw: float) -> float:
        """Money for ``kw`` drawn by all cars together in ``slot``: what PV covers costs what it would earn."""
        covered = min(kw, self.surplus_kw[slot])
        price = covered * self.problem.site.export_price_per_kwh + (kw - covered) * self.problem.price_per_kwh[slot]
        return price * self.hours[slot]


class _Windows:
    """Which slots lie wholly inside a stay."""

    def __init__(self, problem: Problem) -> None:
        moments = [moment.astimezone(UTC) for moment in problem.slot_starts()]
        self._start = moments[0]
        self._borders = [(moment - moments[0]) / timedelta(seconds=1) for moment in moments]
        self._known: dict[tuple[object, object], tuple[int, int]] = {}

    def of(self, need: Need) -> tuple[int, int]:
        """First slot and the one behind the last."""
        key = (need.arrival, need.departure)
        if key not in self._known:
            borders = self._borders
            count = len(borders) - 1
            arrive = 0.0 if need.arrival is None else (need.arrival.astimezone(UTC) - self._start) / timedelta(seconds=1)
            depart = math.inf
            if need.departure is not None:
                depart = (need.departure.astimezone(UTC) - self._start) / timedelta(seconds=1)
            first = min(count, bisect_left(borders, arrive))
            last = max(first, min(count, bisect_right(borders, depart) - 1))
            self._known[key] = (first, last)
        return self._known[key]


class _Most:
    """Most current by the shared limits, for each kind of car that there is."""

    def __init__(self, room_kw: Sequence[float], phase_room_a: Sequence[Sequence[float]]) -> None:
        self._room_kw, self._phase_room_a = room_kw, phase_room_a
        self._known: dict[tuple[object, ...], tuple[float, ...]] = {}

    def of(self, need: Need, kw_per_a: float) -> tuple[float, ...]:
        """Per slot, as if the car were there all the time."""
        key = (need.phases, kw_per_a, need.max_current_a, need.min_current_a, need.current_step_a)
        if key not in self._known:
            self._known[key] = tuple(self._amps(need, kw_per_a, slot) for slot in range(len(self._room_kw)))
        return self._known[key]

    def _amps(self, need: Need, kw_per_a: float, slot: int) -> float:
        amps = min(need.max_current_a, self._room_kw[slot] / kw_per_a)
        for phase in need.phases:
            amps = min(amps, self._phase_room_a[phase - 1][slot])
        if need.current_step_a is not None:
            amps = math.floor(amps / need.current_step_a * (1 + NOISE)) * need.current_step_a
        return amps if amps * (1 + NOISE) >= need.min_current_a else 0.0


def _car(number: int, need: Need, windows: _Windows, most: _Most) -> Car:
    first, last = windows.of(need)
    kw_per_a = need.power_w(1.0) / 1000
    anytime = most.of(need, kw_per_a)
    most_a = (0.0,) * first + anytime[first:last] + (0.0,) * (len(anytime) - last)
    return Car(number, need, first, last, kw_per_a, tuple(phase - 1 for phase in need.phases), most_a, anytime)
