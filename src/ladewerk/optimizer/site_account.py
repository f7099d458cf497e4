"""A joint plan as it is told: each car's plan with its share of the money and, on demand, its reasons."""

import math
from collections.abc import Sequence
from dataclasses import replace

from ladewerk.optimizer.account import OnDemand, moment
from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.problem import EvPlan, Problem, Reason
from ladewerk.optimizer.single import Optimum
from ladewerk.optimizer.site_draws import Draws
from ladewerk.optimizer.site_kernel import Figures
from ladewerk.optimizer.site_model import ENOUGH_WH, Car
from ladewerk.optimizer.site_moves import Beside, optimum_of

SAME_A = 1e-6
SAME_KW = 1e-6


def told_figures(problem: Problem, draws: Draws, figures: Figures) -> tuple[EvPlan, ...]:
    """The same as :func:`told` out of sums that are known already."""
    return tuple(_from_figures(problem, draws, figures, car) for car in draws.model.cars)


def _from_figures(problem: Problem, draws: Draws, figures: Figures, car: Car) -> EvPlan:
    number, need = car.number, car.need
    energy_wh = 1000 * figures.energy_kwh[number]
    missing_wh = need.energy_wh - energy_wh
    complete = figures.complete[number]
    complete_s = 0.0 if need.energy_wh <= 0.0 else None if complete is None else 3600 * draws.model.starts_h[complete + 1]
    optimum = Optimum(
        current_a=figures.amps[number],
        energy_wh=energy_wh,
        missing_wh=missing_wh if missing_wh > ENOUGH_WH else 0.0,
        complete_s=complete_s,
        objective=0.0,
        bound=0.0,
    )
    return EvPlan(
        id=need.id,
        current_a=optimum.current_a,
        power_w=figures.watts[number],
        energy_wh=energy_wh,
        missing_wh=optimum.missing_wh,
        complete_at=moment(problem, complete_s),
        cost=figures.money[number],
        account=OnDemand(problem, need, lambda: rooms_of(draws, car), optimum),
    )


def told(problem: Problem, draws: Draws) -> tuple[EvPlan, ...]:
    """The plan of each car of ``draws``, in the problem's order."""
    price = [draws.model.money(slot, kw) / kw if kw > 0.0 else 0.0 for slot, kw in enumerate(draws.kw)]
    return tuple(_told(problem, draws, car, price) for car in draws.model.cars)


def _told(problem: Problem, draws: Draws, car: Car, price: Sequence[float]) -> EvPlan:
    need, optimum = car.need, optimum_of(draws, car)
    power_w = tuple(need.power_w(amps) for amps in optimum.current_a)
    return EvPlan(
        id=need.id,
        current_a=optimum.current_a,
        power_w=power_w,
        energy_wh=optimum.energy_wh,
        missing_wh=optimum.missing_wh,
        complete_at=moment(problem, optimum.complete_s),
        # The sun is shared in proportion to what each draws.
        cost=sum(watts / 1000 * one for watts, one in zip(power_w, price, strict=True)),
        account=OnDemand(problem, need, lambda: rooms_of(draws, car), optimum),
    )


def rooms_of(draws: Draws, car: Car) -> tuple[Room, ...]:
    """The slots as ``car`` finds them beside the others, each with the limit that says how much."""
    beside, model = Beside(draws, car), draws.model
    misses = draws.missing_kwh(car) > 0.0
    peak_kw = draws.peak_kw() if model.peak_price else math.inf
    out: list[Room] = []
    for slot, room in enumerate(beside.rooms()):
        if not car.first <= slot < car.last:
            out.append(room)
            continue
        is_peak = model.idle_kw[slot] + draws.kw[slot] > peak_kw - SAME_KW
        found = replace(
            room,
            limit=_limit(beside, slot, misses=misses),
            most_a=room.most_a if room.most_a > SAME_A else 0.0,
            peak_price_per_kwh=model.peak_price / model.hours[slot] if is_peak else 0.0,
        )
        out.append(found)
    return tuple(out)


def _limit(beside: Beside, slot: int, *, misses: bool) -> Reason:
    """The limit that binds ``car`` first; ``priority`` where it misses energy and one of higher priority has the room."""
    draws, car, model = beside.draws, beside.car, beside.draws.model
    mine = draws.amps[car.number][slot]
    site_a = (model.room_kw[slot] - draws.kw[slot]) / car.kw_per_a + mine
    phase_a = {phase: model.phase_room_a[phase][slot] - draws.phase_a[phase][slot] + mine for phase in car.phases}
    tightest = min(phase_a, key=lambda phase: phase_a[phase])
    if min(site_a, phase_a[tightest]) >= car.need.max_current_a - SAME_A:
        return Reason.CAR_LIMIT
    shares_phase = phase_a[tightest] < site_a - SAME_A
    for other in model.cars:
        is_ahead = misses and other.need.priority > car.need.priority and draws.amps[other.number][slot] > 0.0
        if is_ahead and (not shares_phase or tightest in other.phases):
            return Reason.PRIORITY
    return Reason.PHASE_LIMIT if shares_phase else Reason.SITE_LIMIT
