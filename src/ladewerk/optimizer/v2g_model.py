"""The cars of a site with their batteries as a programme: who charges, who gives back, what is stored, what it costs.

Columns are currents (A per phase), energies (kWh) and powers (kW). A car that gives back ``d`` loses ``d`` divided by
its round-trip efficiency, and what it stores is counted as what the charging station measured. Switches (0 or 1) are there
only where something cannot be said without: a minimum current, a step, a start cost, a completion that counts, a price
below 0 (charging and giving back at once would pay then), a price below that of export.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from math import ceil, floor, inf
from typing import Final

from ladewerk.optimizer.battery import V2g
from ladewerk.optimizer.bounds import draw_w
from ladewerk.optimizer.problem import Mode, Need, Problem
from ladewerk.optimizer.v2g_programme import Programme, weighted

Term = tuple[int, float]

NOTHING_WH: Final = 0.01
"""Energy that is not worth a number."""
LEAST_A: Final = 0.1
"""Least current of a car that takes any, where its starts are counted."""


@dataclass(slots=True)
class CarColumns:
    """The columns of one car, one per slot of its stay; empty where it has none of the kind."""

    need: Need
    first: int
    last: int
    """The slot behind its last one."""
    kw_per_a: float
    charged: list[list[int]] = field(default_factory=list)
    """Current drawn: up to the low rate, and above it."""
    given: list[int] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    """Energy above that of the arrival, at the end of each slot."""
    charging: list[int | None] = field(default_factory=list)
    giving: list[int | None] = field(default_factory=list)
    started: list[int] = field(default_factory=list)
    unfinished: list[int] = field(default_factory=list)
    """Whether the energy is not reached for good at the end of each slot."""
    moved: list[int] = field(default_factory=list)
    """Distance from the last plan."""
    missing: int = -1
    excess: int = -1

    @property
    def slots(self) -> range:
        return range(self.first, self.last)

    @property
    def v2g(self) -> V2g | None:
        return self.need.battery.v2g if self.need.battery is not None else None

    def current(self, index: int) -> list[Term]:
        """The current in slot ``first + index``: drawn less given."""
        return [(column, 1.0) for column in self.charged[index]] + [
            (column, -1.0) for column in self.given[index : index + 1]
        ]

    @property
    def wanted_kwh(self) -> float:
        """The energy it needs; 0 for what is not worth a number."""
        return self.need.energy_wh / 1000 if self.need.energy_wh > NOTHING_WH else 0.0

    @property
    def counts_hours(self) -> bool:
        """Whether an earlier completion is worth something."""
        need = self.need
        return self.wanted_kwh > 0 and (
            need.mode is Mode.SHORTEST or (need.mode is Mode.BALANCED and need.value_of_time_per_h > 0)
        )

    @property
    def is_running(self) -> bool:
        """Whether it charged in the slot before the first of the horizon."""
        last_a = self.need.last_current_a
        return self.first == 0 and last_a is not None and last_a[0] > 0.0


class Model:
    """The programme of a problem, and what its columns stand for."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.programme = Programme()
        self.hours = [length_s / 3600 for length_s in problem.slot_s]
        self.begins_h = [0.0]
        for hours in self.hours:
            self.begins_h.append(self.begins_h[-1] + hours)
        self.idle_kw = [draw_w(problem, slot) / 1000 for slot in range(len(self.hours))]
        self.cars = [self._car(need) for need in problem.evs]
        self.imported: list[int] = []
        self.exported: list[int] = []
        self.peak: int | None = None
        self._site()

    # --- one car

    def _car(self, need: Need) -> CarColumns:
        first, last = self._stay(need)
        car = CarColumns(need, first, last, need.power_w(1.0) / 1000)
        programme = self.programme
        car.missing = programme.column(0.0, car.wanted_kwh)
        car.excess = programme.column(0.0, inf)
        for slot in car.slots:
            self._slot(car, slot)
        end: list[Term] = [(car.stored[-1], 1.0)] if car.stored else []
        programme.row(car.wanted_kwh, car.wanted_kwh, weighted([*end, (car.missing, 1.0), (car.excess, -1.0)]))
        self._starts(car)
        if car.counts_hours and car.stored:
            self._completion(car)
        self._distances(car)
        return car

    def _stay(self, need: Need) -> tuple[int, int]:
        """The first slot that lies wholly inside the stay, and the one behind the last."""
        start, count = self.problem.start.astimezone(UTC), len(self.hours)
        seconds = [hours * 3600 for hours in self.begins_h]
        arrive_s = (need.arrival.astimezone(UTC) - start) / timedelta(seconds=1) if need.arrival else 0.0
        depart_s = (need.departure.astimezone(UTC) - start) / timedelta(seconds=1) if need.departure else inf
        first = next((slot for slot in range(count) if seconds[slot] >= arrive_s - 1e-6), count)
        last = next((slot for slot in range(count, first, -1) if seconds[slot] <= depart_s + 1e-6), first)
        return first, last

    def _slot(self, car: CarColumns, slot: int) -> None:
        """Current, switches and store of one slot."""
        need, v2g, programme = car.need, car.v2g, self.programme
        low_rate = need.battery.low_rate if need.battery is not None else None
        most_a = need.max_current_a
        knee_a = most_a if low_rate is None or low_rate.cost_per_kwh == 0.0 else min(most_a, low_rate.above_a)
        charged = [programme.column(0.0, knee_a)]
        if knee_a < most_a:
            charged.append(programme.column(0.0, most_a - knee_a))
        car.charged.append(charged)
        if v2g is not None:
            car.given.append(programme.column(0.0, v2g.max_current_a))
        self._switches(car, slot)
        self._store(car, slot)

    def _switches(self, car: CarColumns, slot: int) -> None:
        need, v2g, programme = car.need, car.v2g, self.programme
        both = v2g is not None and self._burning_pays(slot)
        charged = [(column, 1.0) for column in car.charged[-1]]
        charging = giving = None
        least_a, most_a = need.min_current_a, need.max_current_a
        if need.current_step_a is not None:
            steps_most = floor(most_a / need.current_step_a * (1 + 1e-12))
            least_a = max(1, ceil(least_a / need.current_step_a - 1e-12)) * need.current_step_a
            steps = programme.column(0.0, steps_most, whole=True)
            programme.row(0.0, 0.0, weighted([*charged, (steps, -need.current_step_a)]))
        if need.start_cost > 0:
            # A start is one of a current, however small; a switch that is on at 0 would be none.
            least_a = max(least_a, LEAST_A)
        if least_a > 0 or both:
            charging = programme.switch()
            programme.row(-inf, 0.0, weighted([*charged, (charging, -most_a)]))
            programme.row(0.0, inf, weighted([*charged, (charging, -least_a)]))
        if v2g is not None and (v2g.min_current_a > 0 or both or self._starts_low(car)):
            giving = programme.switch()
            programme.row(-inf, 0.0, {car.given[-1]: 1.0, giving: -v2g.max_current_a})
            programme.row(0.0, inf, {car.given[-1]: 1.0, giving: -v2g.min_current_a})
        if charging is not None and giving is not None:
            programme.row(-inf, 1.0, {charging: 1.0, giving: 1.0})
        elif giving is not None:
            # Charging has no switch of its own: this one forbids both at once.
            programme.row(-inf, most_a, weighted([*charged, (giving, most_a)]))
        elif charging is not None and v2g is not None:
            programme.row(-inf, v2g.max_current_a, {car.given[-1]: 1.0, charging: v2g.max_current_a})
        car.charging.append(charging)
        car.giving.append(giving)

    def _burning_pays(self, slot: int) -> bool:
        """Whether charging and giving back at once would pay: what is lost on the way is paid for."""
        return min(self.problem.price_per_kwh[slot], self.problem.site.export_price_per_kwh) < 0.0

    def _starts_low(self, car: CarColumns) -> bool:
        """Whether it arrives with less than it may be left with."""
        return car.v2g is not None and self._soc(car) < car.v2g.min_soc

    def _soc(self, car: CarColumns) -> float:
        soc = car.need.battery.soc if car.need.battery is not None else None
        return 0.0 if soc is None else soc

    def _store(self, car: CarColumns, slot: int) -> None:
        """What is stored at the end of a slot: what was, and what went in, less what came out with its loss."""
        programme, v2g = self.programme, car.v2g
        lowest, highest = 0.0, inf
        if v2g is not None and car.need.battery is not None:
            capacity_kwh = (car.need.battery.capacity_wh or 0.0) / 1000
            lowest = min(0.0, (v2g.min_soc - self._soc(car)) * capacity_kwh)
            highest = (v2g.max_soc - self._soc(car)) * capacity_kwh
        stored = programme.column(lowest, highest)
        kwh_per_a = car.kw_per_a * self.hours[slot]
        terms: list[Term] = [(stored, -1.0), *((column, kwh_per_a) for column in car.charged[-1])]
        if car.stored:
            terms.append((car.stored[-1], 1.0))
        if v2g is not None:
            terms.append((car.given[-1], -kwh_per_a / v2g.round_trip_efficiency))
            giving = car.giving[-1]
            if self._starts_low(car) and giving is not None and car.need.battery is not None:
                least_kwh = (v2g.min_soc - self._soc(car)) * (car.need.battery.capacity_wh or 0.0) / 1000
                programme.row(0.0, inf, {stored: 1.0, giving: -least_kwh})
        programme.row(0.0, 0.0, weighted(terms))
        car.stored.append(stored)

    def _starts(self, car: CarColumns) -> None:
        """Each change to charging, from 0 or from giving back."""
        before, was_on = dict[int, float](), 1.0 if car.is_running else 0.0
        for charging in car.charging:
            if charging is None:
                return
            started = self.programme.column(0.0, 1.0)
            self.programme.row(-was_on, inf, {started: 1.0, charging: -1.0, **before})
            car.started.append(started)
            before, was_on = {charging: 1.0}, 0.0

    def _completion(self, car: CarColumns) -> None:
        """Unfinished until the energy is there and stays."""
        wanted_kwh = car.wanted_kwh
        v2g = car.v2g
        deepest = 0.0 if v2g is None else -self.programme.lower[car.stored[0]]
        for stored in car.stored:
            unfinished = self.programme.switch()
            self.programme.row(wanted_kwh, inf, {stored: 1.0, unfinished: wanted_kwh + deepest})
            if car.unfinished:
                self.programme.row(0.0, inf, {car.unfinished[-1]: 1.0, unfinished: -1.0})
            car.unfinished.append(unfinished)

    def _distances(self, car: CarColumns) -> None:
        last_a = car.need.last_current_a
        if last_a is None:
            return
        for index, slot in enumerate(car.slots):
            moved, current = self.programme.column(0.0, inf), car.current(index)
            self.programme.row(-last_a[slot], inf, weighted([(moved, 1.0), *((c, -one) for c, one in current)]))
            self.programme.row(last_a[slot], inf, weighted([(moved, 1.0), *current]))
            car.moved.append(moved)

    # --- what they share

    def _site(self) -> None:
        site, programme = self.problem.site, self.programme
        if site.peak_price_per_kw > 0:
            self.peak = programme.column(0.0, inf)
        for slot, idle_kw in enumerate(self.idle_kw):
            power = self._power(slot)
            most_kw = inf if site.limit_w is None else max(site.limit_w[slot] / 1000, idle_kw)
            least_kw = min(-most_kw, idle_kw) if any(car.v2g for car in self.cars) else -inf
            programme.row(least_kw - idle_kw, most_kw - idle_kw, weighted(power))
            self._trade(slot, idle_kw, power)
            if self.peak is not None:
                programme.row(idle_kw, inf, weighted([(self.peak, 1.0), *((column, -kw) for column, kw in power)]))
            self._phases(slot)

    def _power(self, slot: int) -> list[Term]:
        """kW of all cars in ``slot``."""
        here = [car for car in self.cars if car.first <= slot < car.last]
        return [(column, sign * car.kw_per_a) for car in here for column, sign in car.current(slot - car.first)]

    def _trade(self, slot: int, idle_kw: float, power: Sequence[Term]) -> None:
        """What the site takes from the grid and gives to it: never both."""
        programme, site = self.programme, self.problem.site
        most_kw = abs(idle_kw) + sum(abs(kw) * programme.upper[column] for column, kw in power)
        imported, exported = programme.column(0.0, most_kw), programme.column(0.0, most_kw)
        programme.row(idle_kw, idle_kw, weighted([(imported, 1.0), (exported, -1.0), *((c, -kw) for c, kw in power)]))
        if site.export_price_per_kwh > self.problem.price_per_kwh[slot]:
            importing = programme.switch()
            programme.row(-inf, 0.0, {imported: 1.0, importing: -most_kw})
            programme.row(-inf, most_kw, {exported: 1.0, importing: most_kw})
        self.imported.append(imported)
        self.exported.append(exported)

    def _phases(self, slot: int) -> None:
        limits_a = self.problem.site.phase_limit_a or ()
        for phase, (limit_a, room_a) in enumerate(zip(limits_a, self.phase_room_a(slot), strict=True), start=1):
            here = [car for car in self.cars if phase in car.need.phases and car.first <= slot < car.last]
            terms = [term for car in here for term in car.current(slot - car.first)]
            if terms:
                # What is given back loads the phase the other way.
                self.programme.row(room_a - 2 * limit_a, max(0.0, room_a), weighted(terms))

    def phase_room_a(self, slot: int) -> list[float]:
        """What the phase limits leave for cars in ``slot``, L1 to L3; empty without limits."""
        site = self.problem.site
        base_w = site.base_load_w[slot] if site.base_load_w is not None else 0.0
        base_a = base_w / (3 * min(need.voltage_v for need in self.problem.evs))
        return [limit_a - base_a for limit_a in site.phase_limit_a or ()]
