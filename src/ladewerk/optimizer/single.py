"""The best plan of one car: its need and the room in each slot as whole-number costs, and the search over completions.

Everything is exact: amounts of energy are whole multiples of a microampere held for a millisecond, money whole multiples
of a billionth per kWh of it. What decides comes in this order: money (with start costs and the value of time), energy beyond
the need, starts, distance from the last plan, lateness. The five are digits of one whole number, the first the highest,
and no digit can carry into the one above: lexicographic by construction, no weights.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

from ladewerk.optimizer import kernel
from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.envelope import Segment
from ladewerk.optimizer.exact import Choice, Plan, Slots, solve_exact
from ladewerk.optimizer.problem import Mode, Need, Reason

A: Final = 1_000_000
"""Whole numbers of current in an ampere."""
S: Final = 1_000
"""Whole numbers of time in a second."""
PRICE: Final = 1_000_000_000
"""Whole numbers of price in one per kWh."""
NOISE: Final = 1e-12
"""Relative error of a current that was calculated."""
SAME_WH: Final = 1e-5
"""Energies closer than this are the same where one of them is the rest of a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """What the car draws in each slot, and what is proven about it."""

    current_a: tuple[float, ...]
    energy_wh: float
    missing_wh: float
    complete_s: float | None
    """End of the slot in which the energy is reached, from the start of the problem; None if it is not."""
    objective: float
    """Cost by the mode: money, start costs, and in balanced mode the value of time."""
    bound: float


def plan_single(need: Need, rooms: Sequence[Room]) -> Optimum:
    """The optimum for ``need`` in ``rooms``; where the energy cannot be had, the most there is.

    By the compiled kernel where it is there, else by :func:`plan_in_python`: the answers are the same.
    """
    numbers = kernel.plan_in_rooms(need, rooms)
    return plan_in_python(need, rooms) if numbers is None else optimum_of(numbers)


def optimum_of(numbers: kernel.Numbers) -> Optimum:
    """What the compiled kernel found."""
    return Optimum(
        current_a=numbers.current_a, energy_wh=numbers.energy_wh, missing_wh=numbers.missing_wh,
        complete_s=numbers.complete_s, objective=numbers.objective, bound=numbers.bound,
    )  # fmt: skip


def plan_in_python(need: Need, rooms: Sequence[Room]) -> Optimum:
    """:func:`plan_single` with Python's whole numbers of any size."""
    scale = _Scale.of(need, rooms)
    wanted = scale.wanted(need)
    options = tuple(_options(scale, need, room, slot) for slot, room in enumerate(rooms))
    slots = Slots(options, scale.start_cost(need), _is_running(need))
    if slots.total_most() < wanted:
        return _optimum(scale, need, rooms, tuple(slots.most(slot) or None for slot in range(len(rooms))), wanted)
    drawn = _drawable(need, rooms, wanted)
    best: Plan | None = None
    bound = 0
    for completion in _completions(scale, need, rooms, options, drawn):
        if best is not None and completion.bound >= best[0]:
            break
        until = Slots(options[: completion.slots], slots.start, slots.running)
        below = None if best is None else best[0] - completion.waiting
        plan, least = solve_exact(until, drawn, below)
        bound = least + completion.waiting if best is None else min(bound, least + completion.waiting)
        if plan is not None:
            best = plan[0] + completion.waiting, plan[1]
    cost, choices = best or (0, ())
    choices += (None,) * (len(rooms) - len(choices))
    return _optimum(scale, need, rooms, choices, wanted, None if bound >= cost else bound)


def _drawable(need: Need, rooms: Sequence[Room], wanted: int) -> int:
    """The least amount from ``wanted`` on that steps of current can add up to at all: spares the search the riddle."""
    if need.current_step_a is None or wanted == 0:
        return wanted
    step = round(need.current_step_a * A)
    smallest = math.gcd(*(step * round(room.length_s * S) for room in rooms if _levels(need, room)))
    return -(-wanted // smallest) * smallest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """What the whole numbers stand for, and the value of each digit of a cost."""

    wh: float
    """Energy of 1."""
    money: float
    """Money of 1 in the money digit."""
    in_money: int
    in_excess: int
    in_starts: int
    in_distance: int
    last: tuple[int, ...]
    """The last plan, as amounts; 0 without one."""

    @classmethod
    def of(cls, need: Need, rooms: Sequence[Room]) -> "_Scale":
        wh = need.power_w(1.0) / A / (3600 * S)
        last_a = need.last_current_a or (0.0,) * len(rooms)
        last = tuple(round(amps * A * round(room.length_s * S)) for amps, room in zip(last_a, rooms, strict=True))
        most = sum(round(max(room.most_a, need.min_current_a) * A + A) * (round(room.length_s * S) + 1) for room in rooms)
        in_distance = _digit(most * len(rooms))
        in_starts = in_distance * _digit(most + sum(last))
        in_excess = in_starts * _digit(len(rooms))
        in_money = in_excess * _digit(most)
        return cls(
            wh=wh,
            money=wh / 1000 / PRICE,
            in_money=in_money,
            in_excess=in_excess,
            in_starts=in_starts,
            in_distance=in_distance,
            last=last,
        )

    def wanted(self, need: Need) -> int:
        """The need as an amount, less what rounding may have taken from the slots: else what just fits would not.

        A plan in force that is right but for the last digits of what was subtracted since is right.
        """
        wanted = max(0, round(need.energy_wh / self.wh) - len(self.last) - 1)
        if need.last_current_a is not None and abs(sum(self.last) * self.wh - need.energy_wh) <= SAME_WH:
            return min(wanted, sum(self.last))
        return wanted

    def start_cost(self, need: Need) -> int:
        return round(need.start_cost / self.money) * self.in_money + self.in_starts

    def waiting(self, need: Need, until_s: float) -> int:
        """Cost of completing at ``until_s``, money digit alone."""
        if need.mode is not Mode.BALANCED:
            return 0
        return round(need.value_of_time_per_h * until_s / 3600 / self.money)


def _digit(largest: int) -> int:
    """A power of two so far above ``largest`` that differences of such values do not carry."""
    return 1 << (4 * largest + 4).bit_length()


def _is_running(need: Need) -> bool:
    return need.last_current_a is not None and need.last_current_a[0] > 0.0


# --- what a slot may take, and what that costs


def _options(scale: _Scale, need: Need, room: Room, slot: int) -> tuple[Segment, ...]:
    """Segments over the useful amount: what a current draws beyond the need is excess, and never earns."""
    levels = _levels(need, room)
    if not levels:
        return ()
    curve = _Curve(scale, _tiers(scale, room, levels[-1]), scale.last[slot], slot)
    if need.current_step_a is None:
        return (*curve.with_excess(0, levels[0]), *curve.without_excess(levels[0], levels[-1]))
    segments: list[Segment] = []
    for before, level in zip((-1, *levels), levels, strict=False):
        segments += curve.with_excess(before + 1, level)
    return tuple(segments)


def _levels(need: Need, room: Room) -> list[int]:
    """Least and most amount, or that of each step between them; empty where the least does not fit."""
    length = round(room.length_s * S)
    # 5.999999999999 A out of a division is 6 A.
    most = math.floor(room.most_a * (1 + NOISE) * A * length)
    least = math.ceil(need.min_current_a * (1 - NOISE) * A) * length
    if need.current_step_a is None:
        # "Any current" still has a least one that is not 0.
        least = max(1, length, least)
        return [least, most] if least <= most else []
    step = round(need.current_step_a * A) * length
    return [multiple * step for multiple in range(max(1, -(-least // step)), most // step + 1)] if step else []


def _tiers(scale: _Scale, room: Room, most: int) -> list[tuple[int, int]]:
    """(width, price) from amount 0 up: PV surplus at what it would earn, then the grid."""
    surplus = min(most, math.floor(room.surplus_w * room.length_s / 3600 / scale.wh))
    tiers = [(surplus, round(room.export_price_per_kwh * PRICE)), (most - surplus, round(room.price_per_kwh * PRICE))]
    return [tier for tier in tiers if tier[0] > 0]


@dataclass(frozen=True, slots=True)
class _Curve:
    """What one slot costs."""

    scale: _Scale
    tiers: list[tuple[int, int]]
    last: int
    slot: int
    """Its number: an amount further on is later."""

    def with_excess(self, least: int, drawn: int) -> Iterator[Segment]:
        """``drawn`` in any case, of which ``least`` up to all is useful.

        What is not useful is paid for but does not earn: the cheapest energy counts as the useful one.
        """
        scale = self.scale
        bands = sorted((min(price, 0), width) for width, price in self._below(drawn))
        paid = sum(max(price, 0) * width for width, price in self._below(drawn))
        useful, earned = 0, 0
        for price, width in bands:
            first, last = max(least, useful), useful + width
            if first <= last:
                money = paid + earned + price * (first - useful)
                cost = money * scale.in_money + (drawn - first) * scale.in_excess + self._ties(drawn)
                yield Segment(first, last, cost, price * scale.in_money - scale.in_excess)
            useful, earned = last, earned + price * width

    def without_excess(self, least: int, most: int) -> Iterator[Segment]:
        """Amounts from ``least`` to ``most``, all useful."""
        bends = {least, most, self.last, self.tiers[0][0]}
        ends = sorted(bend for bend in bends if least <= bend <= most)
        for first, last in pairwise(ends):
            cost, cost_at_last = self._cost(first), self._cost(last)
            yield Segment(first, last, cost, (cost_at_last - cost) // (last - first))

    def _below(self, amount: int) -> list[tuple[int, int]]:
        """The tiers up to ``amount``."""
        out: list[tuple[int, int]] = []
        for width, price in self.tiers:
            out.append((min(width, amount), price))
            amount -= out[-1][0]
        return [tier for tier in out if tier[0] > 0]

    def _cost(self, amount: int) -> int:
        return sum(width * price for width, price in self._below(amount)) * self.scale.in_money + self._ties(amount)

    def _ties(self, amount: int) -> int:
        """The digits below: distance from the last plan, against being off, and lateness."""
        return (abs(amount - self.last) - self.last) * self.scale.in_distance + self.slot * amount


# --- by when


@dataclass(frozen=True, slots=True, order=True)
class _Completion:
    """Completing within the first ``slots``: a bound on what it costs, waiting included."""

    bound: int
    slots: int
    waiting: int


def _completions(
    scale: _Scale, need: Need, rooms: Sequence[Room], options: Sequence[tuple[Segment, ...]], wanted: int
) -> list[_Completion]:
    """The completions that may be best for the mode, most promising first; none for a car that needs nothing."""
    if wanted == 0:
        return []
    if need.mode is Mode.CHEAPEST or (need.mode is Mode.BALANCED and need.value_of_time_per_h == 0.0):
        return [_Completion(0, len(rooms), 0)]
    relaxed = _Relaxed(wanted)
    out: list[_Completion] = []
    for slot, (room, segments) in enumerate(zip(rooms, options, strict=True)):
        if not segments:
            continue
        for width, price in _relaxed_tiers(_tiers(scale, room, segments[-1].most)):
            relaxed.add(width, price)
        if relaxed.have < wanted:
            continue
        waiting = scale.waiting(need, room.end_s)
        # The digits below the money may be negative, but never by half of one in it.
        bound = (relaxed.cost + waiting) * scale.in_money - scale.in_money // 2
        out.append(_Completion(bound, slot + 1, waiting * scale.in_money))
        if need.mode is Mode.SHORTEST:
            break
    return sorted(out)


def _relaxed_tiers(tiers: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Tiers that may be taken in any order and any part at no more than they really cost."""
    prices = [price for _, price in tiers]
    if prices == sorted(prices):
        return tiers
    return [(sum(width for width, _ in tiers), min(prices))]


class _Relaxed:
    """The cheapest ``wanted`` out of what was added, without regard to minimum currents and starts."""

    def __init__(self, wanted: int) -> None:
        self.have = 0
        self.cost = 0
        self._wanted = wanted
        self._dearest: list[tuple[int, int]] = []

    def add(self, width: int, price: int) -> None:
        heappush(self._dearest, (-price, width))
        self.have += width
        self.cost += width * price
        while self.have > self._wanted:
            negative, width = heappop(self._dearest)
            shed = min(width, self.have - self._wanted)
            self.have -= shed
            self.cost += shed * negative
            if shed < width:
                heappush(self._dearest, (negative, width - shed))


# --- the answer


def _optimum(
    scale: _Scale,
    need: Need,
    rooms: Sequence[Room],
    choices: Sequence[Choice],
    wanted: int,
    unproven: int | None = None,
) -> Optimum:
    """What ``choices`` mean outside; ``unproven`` is the bound where they are not proven best."""
    drawn = [_drawn(need, room, amount) for room, amount in zip(rooms, choices, strict=True)]
    current_a = tuple(_current_a(room, amount) for room, amount in zip(rooms, drawn, strict=True))
    total = sum(drawn)
    complete_s = _complete_s(rooms, drawn, wanted)
    waited_s = (
        complete_s if complete_s is not None else max((r.end_s for r in rooms if r.limit is not Reason.ABSENT), default=0.0)
    )
    objective = sum(room.money(need.power_w(amps)) for room, amps in zip(rooms, current_a, strict=True))
    objective += need.start_cost * starts(current_a, running=_is_running(need))
    if need.mode is Mode.BALANCED:
        objective += need.value_of_time_per_h * waited_s / 3600
    return Optimum(
        current_a=current_a,
        energy_wh=total * scale.wh,
        missing_wh=max(0, wanted - total) * scale.wh,
        complete_s=complete_s,
        objective=objective,
        bound=objective if unproven is None else min(objective, unproven // scale.in_money * scale.money),
    )


def _drawn(need: Need, room: Room, useful: int | None) -> int:
    """The amount that the least possible current for ``useful`` draws."""
    if useful is None:
        return 0
    levels = _levels(need, room)
    if need.current_step_a is None:
        return max(useful, levels[0])
    return next(level for level in levels if level >= useful)


def _current_a(room: Room, amount: int) -> float:
    return min(room.most_a, round(amount / round(room.length_s * S) / A, 9)) if amount else 0.0


def _complete_s(rooms: Sequence[Room], drawn: Sequence[int], wanted: int) -> float | None:
    total = 0
    if wanted == 0:
        return 0.0
    for room, amount in zip(rooms, drawn, strict=True):
        total += amount
        if total >= wanted:
            return room.end_s
    return None


def at_once(need: Need, rooms: Sequence[Room]) -> tuple[float, ...]:
    """Currents of a car that charges as soon and as fast as the limits let it, whatever that costs."""
    scale = _Scale.of(need, rooms)
    rest = scale.wanted(need)
    current_a: list[float] = []
    for room in rooms:
        levels = _levels(need, room)
        amount = _drawn(need, room, min(rest, levels[-1])) if levels and rest > 0 else 0
        current_a.append(_current_a(room, amount))
        rest -= amount
    return tuple(current_a)


def levels_a(need: Need, room: Room) -> tuple[float, float] | None:
    """Least and most current in ``room``; None where none is possible."""
    levels = _levels(need, room)
    return (_current_a(room, levels[0]), _current_a(room, levels[-1])) if levels else None


def starts(current_a: Sequence[float], *, running: bool) -> int:
    """How often a current begins."""
    before = (running, *(amps > 0.0 for amps in current_a))
    return sum(now and not was for was, now in pairwise(before))
