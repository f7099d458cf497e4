"""Why a car draws in each slot what it draws: the constraint that binds there, found by exchange.

In a best plan no exchange of energy between two slots makes it better, so for each slot it can be told what forbids the
exchange that would. The value of drawing a little more in a slot is compared with what a little less saves in the slot
where that saves most: by money, then by distance from the last plan, then by time, as the planner compares. If more here
would gain nothing, the reason is the price; if it would, something holds the car back: a limit, where the current is at
one, or else the minimum current, the step or the start cost. Which of those is tried out: the car is planned again without
each, and the one without which it draws more (or less) here is the reason.

With several cars the exchange is the car's own, with the others as they are planned.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

from ladewerk.electrical import energy_wh
from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.problem import Need, Reason
from ladewerk.optimizer.single import Optimum, levels_a, plan_single

SAME_A: Final = 1e-5
"""Currents closer than this are the same."""
ENOUGH_WH: Final = 1e-3
"""Energy that is not worth speaking of."""
_SAME_PRICE: Final = 9
"""Decimals of a price per kWh that are meant."""


def reasons_for(need: Need, found: Sequence[Room], optimum: Optimum) -> tuple[Reason, ...]:
    """What binds in each slot of ``found``, the room that was left for ``need``, under the plan ``optimum``."""
    drawn = _Drawn(need, found, optimum.current_a)
    return tuple(drawn.reason(slot) for slot in range(len(found)))


class _Margin(NamedTuple):
    """What a little more or less energy is worth in a slot; compared as the planner compares."""

    price: float
    distance: int
    middle_s: float


class _Drawn:
    """What one car draws, and what could be exchanged in it."""

    def __init__(self, need: Need, found: Sequence[Room], current_a: Sequence[float]) -> None:
        self._need = need
        self._rooms = found
        self._amps = current_a
        energies = [energy_wh(need.power_w(amps), room.length_s) for amps, room in zip(current_a, found, strict=True)]
        self._reached_wh = list(accumulate(energies, initial=0.0))
        wanted_wh = need.energy_wh
        self._complete_from = next(
            (slots for slots in range(len(found), -1, -1) if self._reached_wh[slots] < wanted_wh - ENOUGH_WH), -1
        )
        self._missing = self._complete_from == len(found)
        self._excess = self._reached_wh[-1] > wanted_wh + ENOUGH_WH
        last = need.last_current_a
        self._last = last if last is not None else (0.0,) * len(found)

    def reason(self, slot: int) -> Reason:
        """Why the car draws what it draws in ``slot``."""
        room, amps = self._rooms[slot], self._amps[slot]
        if room.limit is Reason.ABSENT:
            return Reason.ABSENT
        if slot > self._complete_from and amps >= 0.0:
            return Reason.COMPLETE
        if amps < 0.0:
            return Reason.PRICE
        return self._idle(slot) if amps == 0.0 else self._drawing(slot)

    def _idle(self, slot: int) -> Reason:
        room = self._rooms[slot]
        if levels_a(self._need, room) is not None:
            return self._held_back(slot) if self._saves(slot) else Reason.PRICE
        if not self._gains(slot):
            return Reason.PRICE
        return Reason.MINIMUM_CURRENT if room.most_a > SAME_A and room.limit is not Reason.PRIORITY else room.limit

    def _drawing(self, slot: int) -> Reason:
        need, room, amps = self._need, self._rooms[slot], self._amps[slot]
        least_a, most_a = levels_a(need, room) or (amps, amps)
        rest = Reason.COMPLETE if slot + 1 > self._complete_from else Reason.PRICE
        if amps > most_a - SAME_A:
            return room.limit if room.limit is Reason.CAR_LIMIT or self._gains(slot) else rest
        if room.surplus_w > 0.0 and abs(need.power_w(amps) - room.surplus_w) < need.power_w(SAME_A):
            return Reason.PV_SURPLUS
        if amps < least_a + SAME_A and (self._excess or self._would_rather_draw_less(slot)):
            return Reason.MINIMUM_CURRENT
        if self._excess:
            # Only a step or a minimum draws more than is needed.
            return Reason.MINIMUM_CURRENT
        return self._held_back(slot) if self._saves(slot) else rest

    def _gains(self, slot: int) -> bool:
        """Whether a little more here would make the plan better, if it could be."""
        if self._missing:
            return True
        more = self._more(slot)
        return any(more < saved for other, saved in self._savings if other != slot)

    def _saves(self, slot: int) -> bool:
        """Whether a little more here would save money, or energy that is missing: no mere tie."""
        if self._missing:
            return True
        more = self._more(slot)
        return any(more.price < saved.price for other, saved in self._savings if other != slot)

    def _would_rather_draw_less(self, slot: int) -> bool:
        """Whether a little less here, for a little more elsewhere, would make the plan better, if it could be."""
        less = self._less(slot)
        return not self._missing and any(more < less for other, more in self._offers if other != slot)

    def _has_room(self, slot: int) -> bool:
        room = self._rooms[slot]
        return room.limit is not Reason.ABSENT and room.most_a > self._amps[slot] + SAME_A

    @cached_property
    def _savings(self) -> list[tuple[int, _Margin]]:
        """What a little less saves in the two slots where it saves most; two, for one may be the slot itself."""
        savings = ((slot, self._less(slot)) for slot, amps in enumerate(self._amps) if amps > 0.0)
        return sorted(savings, key=lambda one: one[1], reverse=True)[:2]

    @cached_property
    def _offers(self) -> list[tuple[int, _Margin]]:
        """What a little more costs in the two slots with room for it where it costs least."""
        offers = ((slot, self._more(slot)) for slot in range(len(self._rooms)) if self._has_room(slot))
        return sorted(offers, key=lambda one: one[1])[:2]

    def _more(self, slot: int) -> _Margin:
        """What a little more costs."""
        room, amps = self._rooms[slot], self._amps[slot]
        covered = self._need.power_w(amps) < room.surplus_w - self._need.power_w(SAME_A)
        price = room.export_price_per_kwh if covered else room.price_per_kwh
        farther = 1 if amps >= self._last[slot] - SAME_A else -1
        return self._margin(slot, price + room.peak_price_per_kwh + _wear(self._need, amps + SAME_A), farther)

    def _less(self, slot: int) -> _Margin:
        """What a little less saves."""
        room, amps = self._rooms[slot], self._amps[slot]
        covered = self._need.power_w(amps) <= room.surplus_w + self._need.power_w(SAME_A)
        price = room.export_price_per_kwh if covered else room.price_per_kwh
        nearer = 1 if amps > self._last[slot] + SAME_A else -1
        return self._margin(slot, price + _wear(self._need, amps - SAME_A), nearer)

    def _margin(self, slot: int, price: float, distance: int) -> _Margin:
        room = self._rooms[slot]
        return _Margin(round(price, _SAME_PRICE), distance, room.start_s + room.end_s)

    # --- what else can hold it back: tried out

    def _held_back(self, slot: int) -> Reason:
        """By a start cost, or by a minimum or step, here or in a slot that it would take from."""
        need = self._need
        any_current = need.min_current_a == 0.0 and need.current_step_a is None
        if need.start_cost == 0.0:
            # Nothing holds a car that takes any current: a plan that is not proven best left this out.
            return Reason.PRICE if any_current else Reason.MINIMUM_CURRENT
        if any_current or self._without_start_cost[slot] > self._amps[slot] + SAME_A:
            return Reason.START_COST
        more = self._without_minimum[slot] > self._amps[slot] + SAME_A
        return Reason.MINIMUM_CURRENT if more else Reason.START_COST

    @cached_property
    def _without_start_cost(self) -> Sequence[float]:
        return plan_single(replace(self._need, start_cost=0.0), self._rooms).current_a

    @cached_property
    def _without_minimum(self) -> Sequence[float]:
        return plan_single(replace(self._need, min_current_a=0.0, current_step_a=None), self._rooms).current_a


def _wear(need: Need, amps: float) -> float:
    """What the battery's low rate adds to a kWh at the top of ``amps``."""
    low_rate = need.battery.low_rate if need.battery is not None else None
    return low_rate.cost_per_kwh if low_rate is not None and amps > low_rate.above_a else 0.0
