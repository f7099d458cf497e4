"""What sparing the battery does to a plan of one car: later energy, and an offer that keeps the car awake when it is full.

A kWh that rests costs :attr:`Battery.rest_cost_per_kwh_h` for each hour until the departure. That is linear in the energy
of a slot, so it is nothing but a higher price there, and the plan at those prices is exact.
"""

from collections.abc import Sequence
from dataclasses import replace

from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.problem import Need, Reason


def resting(need: Need, found: Sequence[Room]) -> Sequence[Room]:
    """The rooms with what it costs that energy rests from the middle of the slot to the last one of the stay."""
    cost = need.battery.rest_cost_per_kwh_h if need.battery is not None else 0.0
    if cost == 0.0:
        return found
    end_s = max((room.end_s for room in found if room.limit is not Reason.ABSENT), default=0.0)
    return tuple(_raised(room, cost * max(0.0, end_s - (room.start_s + room.end_s) / 2) / 3600) for room in found)


def _raised(room: Room, by: float) -> Room:
    return replace(room, price_per_kwh=room.price_per_kwh + by, export_price_per_kwh=room.export_price_per_kwh + by)


def held(need: Need, rooms: Sequence[Room], current_a: Sequence[float]) -> tuple[float, ...]:
    """``current_a`` with the battery's hold current from behind the last one to the departure, where ``rooms`` (beside what
    all cars draw) leave that much."""
    hold_a = need.battery.hold_current_a if need.battery is not None else None
    drawn = [slot for slot, amps in enumerate(current_a) if amps != 0.0]
    if hold_a is None or (need.energy_wh > 0.0 and not drawn):
        return tuple(current_a)
    first = drawn[-1] + 1 if drawn else 0
    return tuple(
        hold_a if slot >= first and room.limit is not Reason.ABSENT and room.most_a >= hold_a else amps
        for slot, (room, amps) in enumerate(zip(rooms, current_a, strict=True))
    )
