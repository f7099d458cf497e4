"""What all cars of a site draw, with its sums kept, and what that is worth."""

import math
from array import array
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from ladewerk.optimizer.problem import Mode
from ladewerk.optimizer.single import starts
from ladewerk.optimizer.site_model import ENOUGH_WH, Car, SiteModel

Asked = tuple["array[float]", "array[float]", "array[float]"]
"""Slots, wish and prices of one car, as :func:`ladewerk.optimizer.kernel.best_plans` takes them."""


class Worth(NamedTuple):
    """How good a plan is; less is better, the first that differs decides."""

    missing: float
    """kWh, each by its car's priority."""
    unfairness: float
    """Sum of the squares of what each misses: least where equals miss equally."""
    hurry_h: float
    """Hours until completion of the cars that want nothing but the earliest."""
    objective: float

    def is_below(self, other: "Worth") -> bool:
        """Whether it is better by more than the noise of sums."""
        for mine, theirs, noise in zip(self, other, (1e-6, 1e-6, 1e-9, 1e-9), strict=True):
            slack = noise * (1.0 + abs(theirs))
            if abs(mine - theirs) > slack:
                return mine < theirs
        return False


class Draws:
    """Current of every car in every slot; changed one car at a time."""

    def __init__(self, model: SiteModel) -> None:
        self.model = model
        self.amps: list[Sequence[float]] = [[0.0] * model.slots for _ in model.cars]
        self.kw = [0.0] * model.slots
        self.phase_a = [[0.0] * model.slots for _ in range(3)]
        self.asked: dict[int, Asked] = {}
        """What the kernel is told about each car, as it was asked for."""

    @classmethod
    def of(
        cls, model: SiteModel, amps: Sequence[Sequence[float]], kw: Sequence[float], phase_a: Sequence[Sequence[float]]
    ) -> "Draws":
        """Draws whose sums are known."""
        draws = cls.__new__(cls)
        draws.model, draws.amps = model, list(amps)
        draws.kw, draws.phase_a, draws.asked = list(kw), [list(row) for row in phase_a], {}
        return draws

    def copy(self) -> "Draws":
        """The same draws, to be changed without changing these."""
        other = Draws.__new__(Draws)
        other.model, other.amps = self.model, list(self.amps)
        other.kw, other.phase_a, other.asked = list(self.kw), [list(row) for row in self.phase_a], self.asked
        return other

    def put(self, car: Car, amps: Sequence[float]) -> None:
        """Let ``car`` draw ``amps`` instead of what it drew."""
        before, after = self.amps[car.number], list(amps)
        for slot in range(car.first, car.last):
            change = after[slot] - before[slot]
            if change:
                self.kw[slot] += change * car.kw_per_a
                for phase in car.phases:
                    self.phase_a[phase][slot] += change
        self.amps[car.number] = after

    def settle(self) -> None:
        """Sum up anew: differences leave noise behind."""
        cars = self.model.cars
        for slot in range(self.model.slots):
            self.kw[slot] = math.fsum(self.amps[car.number][slot] * car.kw_per_a for car in cars)
            for phase in range(3):
                self.phase_a[phase][slot] = math.fsum(self.amps[car.number][slot] for car in cars if phase in car.phases)

    def energy_kwh(self, car: Car) -> float:
        """What ``car`` gets in all."""
        amps, hours = self.amps[car.number], self.model.hours
        return sum(amps[slot] * hours[slot] for slot in range(car.first, car.last)) * car.kw_per_a

    def missing_kwh(self, car: Car) -> float:
        """What ``car`` does not get."""
        missing = car.wanted_kwh - self.energy_kwh(car)
        return missing if missing * 1000 > ENOUGH_WH else 0.0

    def complete_slot(self, car: Car) -> int | None:
        """The slot in which the energy is reached, -1 for a car that needs none; None if it is not."""
        rest = car.wanted_kwh - ENOUGH_WH / 1000
        if rest <= 0.0:
            return -1
        amps, hours = self.amps[car.number], self.model.hours
        for slot in range(car.first, car.last):
            rest -= amps[slot] * hours[slot] * car.kw_per_a
            if rest <= 0.0:
                return slot
        return None

    def waited_h(self, car: Car) -> float:
        """Hours until completion, or until the car leaves."""
        slot = self.complete_slot(car)
        if slot is None:
            return self.model.starts_h[car.last] if car.last > car.first else 0.0
        return self.model.starts_h[slot + 1]

    def peak_kw(self) -> float:
        """The highest draw of the site, cars and all."""
        return max(0.0, *(idle + kw for idle, kw in zip(self.model.idle_kw, self.kw, strict=True)))

    def money(self, first: int = 0, last: int | None = None) -> float:
        """For the energy of all cars in the slots from ``first`` up to, not including, ``last``."""
        model = self.model
        if not model.has_sun:
            return float(sum(map(mul, self.kw[first:last], model.slot_money[first:last])))
        return sum(model.money(slot, kw) for slot, kw in enumerate(self.kw[first:last], start=first))

    def own_cost(self, car: Car) -> float:
        """Start costs and, in balanced mode, the value of time."""
        cost = 0.0
        if car.need.start_cost:
            cost = car.need.start_cost * starts(self.amps[car.number], running=car.is_running)
        if car.need.mode is Mode.BALANCED and car.need.value_of_time_per_h:
            cost += car.need.value_of_time_per_h * self.waited_h(car)
        return cost

    def worth(self) -> Worth:
        """Missing energy, its unfairness, the hurry of the shortest, and the objective."""
        missing = unfair = hurry = own = 0.0
        for car in self.model.cars:
            lost = self.missing_kwh(car)
            missing += lost * car.need.priority
            unfair += lost * lost
            own += self.own_cost(car)
            if car.need.mode is Mode.SHORTEST:
                hurry += self.waited_h(car)
        return Worth(missing, unfair, hurry, self.money() + own + self.model.peak_price * self.peak_kw())
