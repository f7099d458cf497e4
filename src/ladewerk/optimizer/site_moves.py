"""From what cars should draw on paper to what they can draw: minimum currents, steps, starts, completions.

Each car is planned exactly (:func:`ladewerk.optimizer.single.plan_single`) in the room that the others leave. Whatever is
put is within every limit, so a plan is at any moment one that could be carried out.
"""

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.kernel import best_plans
from ladewerk.optimizer.problem import Mode, Reason
from ladewerk.optimizer.single import Optimum, plan_single
from ladewerk.optimizer.site_bound import Prices
from ladewerk.optimizer.site_draws import Asked, Draws
from ladewerk.optimizer.site_model import Car, SiteModel

MOST_ROUNDS: Final = 6
PRICE_DIGITS: Final = 7
"""Digits of a shadow price that are meant; what differs behind them is equal, and the tie is broken by rule."""


class Share(NamedTuple):
    """The part of a site's worth that a car or two can change; less is better, the first that differs decides."""

    missing: float
    unfairness: float
    hurry_h: float
    cost: float

    def is_below(self, other: "Share") -> bool:
        """Whether it is better by more than the noise of sums."""
        for mine, theirs, noise in zip(self, other, (1e-6, 1e-6, 1e-9, 1e-9), strict=True):
            if abs(mine - theirs) > noise * (1.0 + abs(theirs)):
                return mine < theirs
        return False


@dataclass(frozen=True, slots=True)
class Beside:
    """What the others leave for one car."""

    draws: Draws
    car: Car

    def amps(self, slot: int, most_kw: float = math.inf) -> float:
        """Most current in ``slot``; ``most_kw`` is what all cars may draw by another rule than the limits."""
        draws, car = self.draws, self.car
        mine = draws.amps[car.number][slot]
        kw = draws.kw[slot] - mine * car.kw_per_a
        model = draws.model
        room = min(car.most_a[slot], (min(model.room_kw[slot], most_kw) - kw) / car.kw_per_a)
        for phase in car.phases:
            room = min(room, model.phase_room_a[phase][slot] - (draws.phase_a[phase][slot] - mine))
        return max(0.0, room)

    def best(self, peak_kw: float = math.inf) -> Sequence[float]:
        """What the car draws at its best beside the others, with the site's draw no higher than ``peak_kw``."""
        car, model = self.car, self.draws.model
        if not model.has_sun and car.need.last_current_a is None and car.need.battery is None:
            slots, first, last = model.slots, car.first, car.last
            most_a = [0.0] * slots
            most_a[first:last] = [self.amps(slot, peak_kw - model.idle_kw[slot]) for slot in range(first, last)]
            try:
                batch = best_plans(*_asked(self.draws, car), array("d", most_a))
            except OverflowError:
                # Beyond the compiled numbers; those of Python have no end.
                batch = None
            if batch is not None:
                return [min(amps, most) for amps, most in zip(batch.current_a, most_a, strict=True)]
        return plan_single(car.need, self.rooms(peak_kw=peak_kw)).current_a

    def rooms(self, prices: Sequence[float] | None = None, peak_kw: float = math.inf) -> tuple[Room, ...]:
        """The slots as the car finds them, at real prices or at ``prices``, one per slot of its stay."""
        return tuple(self._room(slot, prices, peak_kw) for slot in range(self.draws.model.slots))

    def _room(self, slot: int, prices: Sequence[float] | None, peak_kw: float) -> Room:
        draws, car, model = self.draws, self.car, self.draws.model
        here = car.first <= slot < car.last
        surplus_kw = 0.0
        if here and prices is None and model.surplus_kw[slot]:
            others_kw = draws.kw[slot] - draws.amps[car.number][slot] * car.kw_per_a
            surplus_kw = max(0.0, model.surplus_kw[slot] - max(0.0, others_kw))
        price = model.problem.price_per_kwh[slot]
        if here and prices is not None:
            price = round(prices[slot - car.first], PRICE_DIGITS)
        return Room(
            start_s=model.starts_h[slot] * 3600,
            length_s=model.problem.slot_s[slot],
            most_a=self.amps(slot, peak_kw - model.idle_kw[slot]) if here else 0.0,
            limit=Reason.CAR_LIMIT if here else Reason.ABSENT,
            surplus_w=surplus_kw * 1000,
            price_per_kwh=price,
            export_price_per_kwh=model.problem.site.export_price_per_kwh,
        )


def _asked(draws: Draws, car: Car) -> Asked:
    """Slots, wish and prices of ``car`` for the kernel; the same at any time."""
    found = draws.asked.get(car.number)
    if found is None:
        need, problem = car.need, draws.model.problem
        modes = {Mode.BALANCED: 0.0, Mode.SHORTEST: 1.0, Mode.CHEAPEST: 2.0}
        wish = (need.energy_wh, need.power_w(1.0), need.min_current_a, need.current_step_a or 0.0, need.start_cost)
        cars = array("d", (*wish, need.value_of_time_per_h, modes[need.mode], 0.0))
        found = draws.asked[car.number] = (array("d", problem.slot_s), cars, array("d", problem.price_per_kwh))
    return found


def put_relaxed(model: SiteModel, kwh: Sequence[Sequence[float]], prices: Prices) -> Draws:
    """A plan near ``kwh``, per car and slot of its stay, which may keep neither minimum nor steps nor completions."""
    draws = Draws(model)
    for car, energies in zip(model.cars, kwh, strict=True):
        draws.put(car, _amps(model, car, energies))
    draws.settle()
    for car in sorted(model.cars, key=lambda one: (-one.need.priority, one.last - one.first)):
        if car.is_free:
            draws.put(car, _within(draws, car))
            continue
        target_wh = min(car.need.energy_wh, 1000 * sum(kwh[car.number]) + 1e-3)
        need = replace(car.need, energy_wh=target_wh, last_current_a=_on_paper(draws, car))
        draws.put(car, plan_single(need, Beside(draws, car).rooms(prices.of(car))).current_a)
    draws.settle()
    return draws


def _amps(model: SiteModel, car: Car, energies: Sequence[float]) -> list[float]:
    amps = [0.0] * model.slots
    for slot, kwh in zip(range(car.first, car.last), energies, strict=True):
        if kwh > 1e-7:
            amps[slot] = min(car.most_a[slot], kwh / model.hours[slot] / car.kw_per_a)
    return amps


def _on_paper(draws: Draws, car: Car) -> tuple[float, ...]:
    """What ``car`` draws, as a last plan to stay near to; its first slot says no more than whether the car charges now."""
    amps = draws.amps[car.number]
    return (max(amps[0], 1e-6) if car.is_running else 0.0, *amps[1:])


def _within(draws: Draws, car: Car) -> list[float]:
    """What ``car`` draws, trimmed to the last digit to what the others leave."""
    beside = Beside(draws, car)
    return [min(amps, beside.amps(slot)) if amps else 0.0 for slot, amps in enumerate(draws.amps[car.number])]


def improve(draws: Draws, rounds: int = MOST_ROUNDS) -> None:
    """Let one car after the other take its best in what the others leave, until none gains."""
    cars = draws.model.cars
    settled = 0
    for _ in range(rounds):
        for car in sorted(cars, key=lambda one: (-one.need.priority, -draws.missing_kwh(one), one.number)):
            settled = 0 if better(draws, car) else settled + 1
            if settled >= len(cars):
                return
    draws.settle()


def better(draws: Draws, car: Car) -> bool:
    """Give ``car`` its best beside the others; False, and nothing changed, where that is no better."""
    kept = draws.amps[car.number]
    best, best_share, changed = kept, share(draws, car), False
    for peak_kw in _peaks(draws, car):
        draws.put(car, Beside(draws, car).best(peak_kw))
        found = share(draws, car)
        if found.is_below(best_share):
            best, best_share, changed = draws.amps[car.number], found, True
        draws.put(car, kept)
    draws.put(car, best)
    return changed


def tidy(draws: Draws) -> None:
    """Of plans that are worth the same, give each car the one its own rule prefers: fewer starts, the last plan, earlier."""
    for car in draws.model.cars:
        kept, before = draws.amps[car.number], share(draws, car)
        draws.put(car, Beside(draws, car).best(draws.peak_kw() if draws.model.peak_price else math.inf))
        if before.is_below(share(draws, car)):
            draws.put(car, kept)
    draws.settle()


def _peaks(draws: Draws, car: Car) -> Iterator[float]:
    """Peaks to try for ``car``: none in mind, that of the others, the one there is, and some in between."""
    yield math.inf
    model = draws.model
    if not model.peak_price:
        return
    mine = draws.amps[car.number]
    others = [kw - amps * car.kw_per_a + idle for kw, amps, idle in zip(draws.kw, mine, model.idle_kw, strict=True)]
    low, high = max(model.idle_peak_kw, *others), draws.peak_kw()
    most = max(idle + amps * car.kw_per_a for idle, amps in zip(others, car.most_a, strict=True))
    yield low
    for part in (0.2, 0.4, 0.6, 0.8) if len(model.cars) <= 12 else (0.5,):
        yield low + part * (max(high, most) - low)
    if high > low:
        yield high


def share(draws: Draws, *cars: Car) -> Share:
    """The part of the worth of ``draws`` that ``cars`` can change."""
    model = draws.model
    lost = [(draws.missing_kwh(car), car.need.priority) for car in cars]
    slots = range(min(car.first for car in cars), max(car.last for car in cars))
    money = draws.money(slots.start, slots.stop)
    if model.peak_price:
        money += model.peak_price * draws.peak_kw()
    return Share(
        sum(kwh * priority for kwh, priority in lost),
        sum(kwh * kwh for kwh, _ in lost),
        sum(draws.waited_h(car) for car in cars if car.need.mode is Mode.SHORTEST),
        money + sum(draws.own_cost(car) for car in cars),
    )


def optimum_of(draws: Draws, car: Car) -> Optimum:
    """What ``car`` draws, in the form of a single car's answer; its bound is that of the whole, told elsewhere."""
    energy_wh = 1000 * draws.energy_kwh(car)
    slot = draws.complete_slot(car)
    cost = draws.own_cost(car)
    return Optimum(
        current_a=tuple(draws.amps[car.number]),
        energy_wh=energy_wh,
        missing_wh=1000 * draws.missing_kwh(car),
        complete_s=None if slot is None else _end_s(draws.model.problem.slot_s, slot),
        objective=cost,
        bound=cost,
    )


def _end_s(slot_s: Sequence[float], slot: int) -> float:
    return math.fsum(slot_s[: slot + 1])
