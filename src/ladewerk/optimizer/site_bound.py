"""A proof of how good a joint plan can be at most: with a price on every shared limit each car decides for itself.

Let power at the site cost ``energy`` per kWh in each slot and current on a phase ``phase`` per Ah, whatever the limits
say. What every car pays at its best, less what the site can earn with its limits at those prices, is a lower bound on every
joint plan (Lagrange): it holds for any prices at all, so it needs no trust in whoever found them. Cars are relaxed to any
current up to their most, which only lowers it: so it holds for cars with a minimum, with steps and with start costs too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from ladewerk.optimizer.problem import Mode
from ladewerk.optimizer.site_model import ENOUGH_WH, Car, SiteModel


@dataclass(frozen=True, slots=True)
class Prices:
    """What the shared limits cost, energy included."""

    energy: tuple[float, ...]
    """Per kWh of the cars together, one per slot."""
    phase: tuple[tuple[float, ...], ...]
    """Per Ah on each phase, at least 0; three rows of one per slot."""

    def of(self, car: Car) -> list[float]:
        """What a kWh costs ``car`` in each slot it is there for."""
        rows = [self.phase[phase] for phase in car.phases]
        return [self.energy[slot] + sum(row[slot] for row in rows) / car.kw_per_a for slot in range(car.first, car.last)]


@dataclass(frozen=True, slots=True)
class Served:
    """The plans a bound is about: those in which no car misses more, and those in a hurry hurry as much."""

    least_kwh: tuple[float, ...]
    """Energy that each car gets at the least."""
    hurry_h: float = 0.0
    """Hours until completion that the cars of mode shortest take together."""


def lower_bound(model: SiteModel, prices: Prices, served: Served, hurry_price: float = 0.0) -> float:
    """No plan as good as ``served`` has a lower objective.

    ``hurry_price`` is what an hour of the cars in mode shortest is to cost: any value gives a bound.
    """
    cars = sum(least_cost(model, car, prices.of(car), served.least_kwh[car.number], hurry_price) for car in model.cars)
    phases = 0.0
    for row, rooms in zip(prices.phase, model.phase_room_a, strict=True):
        phases += sum(price * room * hours for price, room, hours in zip(row, rooms, model.hours, strict=True) if price)
    return cars - site_earnings(model, prices.energy) - phases - hurry_price * served.hurry_h


# --- the cars


def least_cost(model: SiteModel, car: Car, price: Sequence[float], least_kwh: float, hurry_price: float) -> float:
    """What ``car`` pays at least for ``least_kwh`` up to all it wants, with ``price`` per kWh in each slot of its stay."""
    start = 0.0 if car.is_running or least_kwh <= 0.0 else car.need.start_cost
    most = max(least_kwh, car.wanted_kwh) + _excess_kwh(model, car)
    hurry = hurry_price if car.need.mode is Mode.SHORTEST else car.hurry_per_h
    if not hurry or car.wanted_kwh * 1000 <= ENOUGH_WH:
        return start + _Knapsack(least_kwh, most).filled(model, car, price, car.last)
    costs = []
    if least_kwh < car.wanted_kwh - 1e-9:
        costs.append(hurry * model.starts_h[car.last] + _Knapsack(least_kwh, most).filled(model, car, price, car.last))
    costs.append(_completed(model, car, price, (max(least_kwh, car.wanted_kwh - 1e-6), most), hurry))
    return start + min(costs)


def _excess_kwh(model: SiteModel, car: Car) -> float:
    """What the least current or a step may draw beyond the need in one slot."""
    coarse = max(car.need.min_current_a, car.need.current_step_a or 0.0)
    return coarse * car.kw_per_a * max(model.hours[car.first : car.last], default=0.0)


def _completed(model: SiteModel, car: Car, price: Sequence[float], kwh: tuple[float, float], hurry: float) -> float:
    """The least cost over all completions; infinite where the energy cannot be had."""
    least, most = kwh
    best = math.inf
    knapsack = _Knapsack(least, most)
    for slot in range(car.first, car.last):
        if car.most_a[slot] > 0.0:
            knapsack.add(car.most_a[slot] * car.kw_per_a * model.hours[slot], price[slot - car.first])
            if knapsack.have >= least - 1e-9:
                best = min(best, knapsack.cost + hurry * model.starts_h[slot + 1])
    return best


class _Knapsack:
    """The cheapest energy out of what was added: ``least`` in any case, up to ``most`` where it earns."""

    def __init__(self, least: float, most: float) -> None:
        self.have = 0.0
        self.cost = 0.0
        self._least, self._most = least, most
        self._dearest: list[tuple[float, float]] = []

    def filled(self, model: SiteModel, car: Car, price: Sequence[float], last: int) -> float:
        """The cost with all slots up to ``last`` added; what cannot be had is left out."""
        for slot in range(car.first, last):
            if car.most_a[slot] > 0.0:
                self.add(car.most_a[slot] * car.kw_per_a * model.hours[slot], price[slot - car.first])
        return self.cost

    def add(self, width: float, price: float) -> None:
        """``width`` more may be had at ``price``."""
        heappush(self._dearest, (-price, width))
        self.have += width
        self.cost += width * price
        while self._dearest and self.have > self._least:
            negative, width = self._dearest[0]
            keep = self._most if negative > 0.0 else self._least
            shed = min(width, self.have - keep)
            if shed <= 0.0:
                return
            heappop(self._dearest)
            self.have -= shed
            self.cost += shed * negative
            if shed < width:
                heappush(self._dearest, (negative, width - shed))


# --- the site


def slot_pieces(model: SiteModel, slot: int, most_kw: float) -> list[tuple[float, float]]:
    """(kW, price per kWh) from nothing up to ``most_kw``, dearer and dearer: what the cars' energy costs at least.

    Surplus that would earn more than the grid costs makes the first energy the dearest; a straight line lies below that.
    """
    export, price = model.problem.site.export_price_per_kwh, model.problem.price_per_kwh[slot]
    covered = min(model.surplus_kw[slot], most_kw)
    if covered <= 0.0:
        return [(most_kw, price)]
    if export <= price:
        return [(covered, export), (most_kw - covered, price)]
    return [(most_kw, (covered * export + (most_kw - covered) * price) / most_kw)]


def most_kw(model: SiteModel) -> list[float]:
    """The most that all cars together can draw in each slot."""
    total = [0.0] * model.slots
    for car in model.cars:
        for slot in range(car.first, car.last):
            total[slot] += car.most_a[slot] * car.kw_per_a
    return [min(room, most) for room, most in zip(model.room_kw, total, strict=True)]


def site_earnings(model: SiteModel, energy: Sequence[float]) -> float:
    """The most that selling to the cars at ``energy`` per kWh can earn, within the limit and less the price of the peak."""
    peak_price, idle_peak = model.peak_price, model.idle_peak_kw
    earned = -peak_price * idle_peak
    steps: list[tuple[float, float]] = []
    for slot, most in enumerate(most_kw(model)):
        at_kw = model.idle_kw[slot]
        for width, cost in slot_pieces(model, slot, most):
            gain = (energy[slot] - cost) * model.hours[slot]
            if gain > 0.0 and width > 0.0:
                free = width if not peak_price else min(width, max(0.0, idle_peak - at_kw))
                earned += gain * free
                if free < width:
                    steps += [(at_kw + free, gain), (at_kw + width, -gain)]
            at_kw += width
    return earned + _beyond_peak(steps, peak_price)


def _beyond_peak(steps: list[tuple[float, float]], peak_price: float) -> float:
    """What a peak above the unavoidable one earns beyond its price; ``steps`` are (kW, change of the gain per kW)."""
    earned, gain, at_kw = 0.0, 0.0, 0.0
    for kw, change in sorted(steps):
        if gain > peak_price:
            earned += (gain - peak_price) * (kw - at_kw)
        gain += change
        at_kw = kw
    return earned
