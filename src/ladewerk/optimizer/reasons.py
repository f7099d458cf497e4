"""Why a car draws in each slot what it draws: the constraint that binds there, found by exchange.

In a best plan no exchange of energy between two slots makes it better, so for each slot it can be told what forbids the
exchange that would. What a little more costs in a slot is compared with what a little less saves in the slot where that
saves most: by money, then by distance from the last plan, then by time, as the planner compares. If more here would gain
nothing, the reason is the price. If it would, something holds the car back: a limit, where the current is at one; the start
cost, where an exchange is found that keeps everything and would pay but for one start more; else a minimum current or a
step, here or where the energy would come from.

With several cars the exchange is the car's own, with the others as they are planned.
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

from ladewerk.electrical import energy_wh
from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.problem import Mode, Need, Reason
from ladewerk.optimizer.single import Optimum, levels_a

SAME_A: Final = 1e-5
"""Currents closer than this are the same."""
ENOUGH_WH: Final = 1e-3
"""Energy that is not worth speaking of."""
_NOISE_MONEY: Final = 1e-9
_TRIED: Final = 8
"""Slots that energy is taken from when an exchange is looked for."""
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
        """What a little more costs in the two slots with room for it where it costs least; where an early completion is
        worth something, of those up to it."""
        count = len(self._rooms) if self._need.mode is Mode.CHEAPEST else min(len(self._rooms), self._complete_from + 1)
        offers = ((slot, self._more(slot)) for slot in range(count) if self._has_room(slot))
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

    # --- what else can hold it back

    def _held_back(self, slot: int) -> Reason:
        """By a start cost, or by a minimum or step, here or in a slot that it would take from."""
        need = self._need
        any_current = need.min_current_a == 0.0 and need.current_step_a is None
        if any_current:
            # Nothing holds a car that takes any current: a plan that is not proven best left this out.
            return Reason.START_COST if need.start_cost > 0.0 else Reason.PRICE
        return Reason.START_COST if need.start_cost > 0.0 and self._pays_but_for_a_start(slot) else Reason.MINIMUM_CURRENT

    def _pays_but_for_a_start(self, slot: int) -> bool:
        """Whether an exchange that keeps limits, minimum and steps lowers the money by less than it costs in starts."""
        room, amps = self._rooms[slot], self._amps[slot]
        levels = levels_a(self._need, room)
        if levels is None:
            return False
        least_as, most_as = max(0.0, levels[0] - amps) * room.length_s, (levels[1] - amps) * room.length_s
        dear = [other for other in self._dearest if other != slot]
        shed = [(other, self._above_least_as(other)) for other in dear]
        candidates = [shed]
        for other in dear:
            candidates.append([(other, self._amps[other] * self._rooms[other].length_s)])
            candidates.append([candidates[-1][0], *(one for one in shed if one[0] != other)])
        return any(self._moved_saves(slot, taken, least_as, most_as) for taken in candidates)

    def _moved_saves(self, slot: int, taken: Sequence[tuple[int, float]], least_as: float, most_as: float) -> bool:
        """Whether moving what can be taken, in ampere-seconds and from the first on, to ``slot`` saves money."""
        room, saved, moved_as = self._rooms[slot], 0.0, 0.0
        for position, (other, most_here_as) in enumerate(taken):
            wanted_as = (least_as if position else most_as) - moved_as
            take_as = self._whole(min(most_here_as, max(0.0, wanted_as)), most_here_as, other)
            saved += self._money(other, self._amps[other]) - self._money(
                other, self._amps[other] - take_as / self._rooms[other].length_s
            )
            moved_as += take_as
        after_a = self._amps[slot] + moved_as / room.length_s
        step = self._need.current_step_a
        fits = step is None or abs(after_a / step - round(after_a / step)) * step < SAME_A
        if not fits or not least_as - SAME_A <= moved_as <= most_as + SAME_A or moved_as <= SAME_A:
            return False
        return saved > self._money(slot, after_a) - self._money(slot, self._amps[slot]) + _NOISE_MONEY

    def _whole(self, take_as: float, most_as: float, slot: int) -> float:
        """``take_as``, or less that leaves a current of whole steps; all or nothing where the slot goes off."""
        if most_as > self._above_least_as(slot):
            return most_as if take_as >= most_as else 0.0
        step = self._need.current_step_a
        if step is None:
            return take_as
        step_as = step * self._rooms[slot].length_s
        return take_as // step_as * step_as

    def _above_least_as(self, slot: int) -> float:
        """What can be taken from a slot that stays on."""
        levels = levels_a(self._need, self._rooms[slot])
        least_a = self._amps[slot] if levels is None else levels[0]
        return max(0.0, self._amps[slot] - least_a) * self._rooms[slot].length_s

    def _money(self, slot: int, amps: float) -> float:
        room = self._rooms[slot]
        low_rate = self._need.battery.low_rate if self._need.battery is not None else None
        wear = 0.0
        if low_rate is not None:
            above_w = self._need.power_w(max(0.0, amps - low_rate.above_a))
            wear = low_rate.cost_per_kwh * energy_wh(above_w, room.length_s) / 1000
        return room.money(self._need.power_w(amps)) + wear

    @cached_property
    def _dearest(self) -> list[int]:
        """The drawn slots where a little less saves most."""
        drawn = [slot for slot, amps in enumerate(self._amps) if amps > 0.0]
        return sorted(drawn, key=self._less, reverse=True)[:_TRIED]


def _wear(need: Need, amps: float) -> float:
    """What the battery's low rate adds to a kWh at the top of ``amps``."""
    low_rate = need.battery.low_rate if need.battery is not None else None
    return low_rate.cost_per_kwh if low_rate is not None and amps > low_rate.above_a else 0.0
