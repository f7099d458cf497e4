"""What sparing the battery does to a plan of one car: later energy, and an offer that keeps the car awake when it is full.

A kWh that rests costs :attr:`Battery.rest_cost_per_kwh_h` for each hour until the departure. That is linear in the energy
of a slot, so it is nothing but a higher price there, and the plan at those prices is exact.
"""

from collections.abc import Sequence
from dataclasses import replace

from ladewerk.optimizer.bounds import Room, Taken, rooms
from ladewerk.optimizer.problem import EvPlan, Need, Problem, Reason


def resting(need: Need, found: Sequence[Room]) -> Sequence[Room]:
    """The rooms with what it costs that energy rests from the middle of the slot to the last one of the stay."""
    cost = need.battery.rest_cost_per_kwh_h if need.battery is not None else 0.0
    if cost == 0.0:
        return found
    end_s = max((room.end_s for room in found if room.limit is not Reason.ABSENT), default=0.0)
    return tuple(_raised(room, cost * max(0.0, end_s - (room.start_s + room.end_s) / 2) / 3600) for room in found)


def _raised(room: Room, by: float) -> Room:
    return replace(room, price_per_kwh=room.price_per_kwh + by, export_price_per_kwh=room.export_price_per_kwh + by)


def holding(problem: Problem, evs: Sequence[EvPlan]) -> tuple[EvPlan, ...]:
    """The plans with the offer that keeps full cars awake, wherever the limits leave that much beside all cars.

    It takes room from no car that charges, and is neither energy nor money of the plan: a full car may draw it for itself.
    """
    if not any(need.battery is not None and need.battery.hold_current_a is not None for need in problem.evs):
        return tuple(evs)
    out, together = list(evs), Taken.nothing(len(problem.slot_s))
    for need, plan in zip(problem.evs, evs, strict=True):
        together = together.plus(need, plan.current_a)
    for number, need in enumerate(problem.evs):
        hold_a = need.battery.hold_current_a if need.battery is not None else None
        plan = out[number]
        if hold_a is None or plan.complete_at is None:
            continue
        beside = together.plus(need, tuple(-amps for amps in plan.current_a))
        current_a = _held(plan.current_a, rooms(problem, need, beside), hold_a)
        together = beside.plus(need, current_a)
        power_w = tuple(need.power_w(amps) for amps in current_a)
        out[number] = replace(plan, current_a=current_a, power_w=power_w)
    return tuple(out)


def _held(current_a: Sequence[float], found: Sequence[Room], hold_a: float) -> tuple[float, ...]:
    """``current_a`` with ``hold_a`` behind the last current."""
    first = max((slot + 1 for slot, amps in enumerate(current_a) if amps != 0.0), default=0)
    return (
        *current_a[:first],
        *(hold_a if room.most_a >= hold_a else 0.0 for room in found[first:]),
    )
