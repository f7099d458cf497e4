"""Least-cost amounts over slots that are off or on, exact.

Each slot is off (amount and cost 0) or on (its :class:`Segment` s say what an amount costs); going from off to on costs
``start``; the amounts add up to exactly ``need``. Costs are whole numbers, only ever compared and added.

Method. 1. A price per unit of amount turns the sum into separate slots; the price that makes the most of this
(Lagrangian dual, found by secants) gives a lower bound, and for every slot a bound on all that follows it. 2. The
on-slots found on the way, filled cheapest first, give a plan. 3. A forward pass keeps, for off and on, the least cost of
every total so far as a piecewise linear function, and drops every stretch of it whose bound is not below the best plan.
What is left at the end is the optimum; usually only a handful of pieces live at any time. Where they do not, the pass is
repeated with the best bound there is of this kind (:class:`ladewerk.optimizer.suffix.Hull`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

from ladewerk.optimizer.envelope import Piece, Segment, lower, lower_of_all
from ladewerk.optimizer.suffix import Bound, Hull, Line

Choice = int | None
"""Amount of a slot; None is off. On with amount 0 happens: what it draws then is all surplus to the need."""

Plan = tuple[int, tuple[Choice, ...]]
"""Cost and choices."""

Frontier = tuple[list[Piece], list[Piece]]
"""Least cost of every total so far with the last slot off, and on."""

FIRST_LOOK: Final = 24
"""Pieces kept per slot by a quick pass with the one-price bound: enough for most problems."""

SECOND_LOOK: Final = 48
"""Pieces kept per slot by a pass with the best bound that only looks for a better plan: it makes the proof short."""

MOST_PIECES: Final = 1_000
"""Pieces kept per slot at most; only beyond it is a plan not proven. Current steps over slots of odd lengths get there:
which of them add up to just the need is then a riddle of its own, worth a few watt-hours."""


@dataclass(frozen=True, slots=True)
class Slots:
    """What every slot may take: segments in order of amount without a hole between, none where it must be off."""

    options: tuple[tuple[Segment, ...], ...]
    start: int
    running: bool
    """Whether the slot before the first was on."""

    def most(self, slot: int) -> int:
        """The largest amount of a slot."""
        return self.options[slot][-1].most if self.options[slot] else 0

    def total_most(self, first: int = 0) -> int:
        """The largest total from slot ``first`` on."""
        return sum(self.most(slot) for slot in range(first, len(self.options)))

    def cost(self, choices: Sequence[Choice]) -> int:
        """What ``choices`` cost, starts included."""
        cost, on = 0, self.running
        for options, amount in zip(self.options, choices, strict=True):
            if amount is not None:
                cost += _cost_of(options, amount) + (0 if on else self.start)
            on = amount is not None
        return cost


class Outcome(NamedTuple):
    """What a search found, and a proven lower bound on the cost of everything (its own cost if it is proven best)."""

    plan: Plan | None
    """None: nothing below what was asked for."""
    bound: int


@dataclass(frozen=True, slots=True)
class Dual:
    """Bounds at one price: from slot ``t`` on, with ``rest`` still to take, at least ``price * rest + after[t][on]``."""

    price: int
    after: tuple[tuple[int, int], ...]
    """(off before, on before), one more than there are slots."""
    bound: int
    choices: tuple[Choice, ...]
    total: int
    cost: int

    def line(self, slot: int, on: bool, rest: int) -> Line:
        """The same line for every ``rest``: :class:`Bound`."""
        return Line(0, self.after[slot][on], 1, self.price)


def solve_exact(slots: Slots, need: int, below: int | None = None) -> Outcome:
    """The least-cost choices that add up to ``need``; needs ``0 <= need <= slots.total_most()``.

    With ``below``, only choices that cost less than that are looked for.
    """
    dual, plan = _dual(slots, need)
    if below is not None and below <= plan[0]:
        if dual.bound >= below:
            return Outcome(None, below)
        best, ceiling = None, below
    else:
        best, ceiling = plan, plan[0]
    found, dropped = _Search(slots, need, dual, ceiling).run(FIRST_LOOK)
    if dropped is not None:
        hull = Hull(slots.options, slots.start)
        found, dropped = _Search(slots, need, hull, ceiling).run_narrowed(SECOND_LOOK)
        if dropped is not None:
            best = found or best
            ceiling = found[0] if found is not None else ceiling
            found, dropped = _Search(slots, need, hull, ceiling).run_narrowed(MOST_PIECES)
    best = found or best
    least = ceiling if best is None else best[0]
    return Outcome(best, least if dropped is None else min(least, max(dropped, dual.bound)))


def _cost_of(options: Sequence[Segment], amount: int) -> int:
    for segment in options:
        if amount <= segment.most:
            return segment.cost + segment.slope * (amount - segment.least)
    raise ValueError(f"{amount} is more than the slot can take")


# --- the bound


def _dual(slots: Slots, need: int) -> tuple[Dual, Plan]:
    """The price with the highest bound, and the best plan met on the way to it."""
    everything: tuple[Choice, ...] = tuple(options[-1].most if options else None for options in slots.options)
    below_total, below_cost = 0, 0
    above_total, above_cost = slots.total_most(), slots.cost(everything)
    best = _filled(slots, need, everything)
    price = (above_cost - below_cost) // max(1, above_total - below_total)
    top = dual = _at_price(slots, need, price)
    seen = {price}
    while True:
        top = max(top, dual, key=lambda one: one.bound)
        if sum(slots.most(t) for t, amount in enumerate(dual.choices) if amount is not None) >= need:
            best = _cheaper(best, _filled(slots, need, dual.choices))
        if dual.total < need:
            below_total, below_cost = dual.total, dual.cost
        else:
            above_total, above_cost = dual.total, dual.cost
        price = (above_cost - below_cost) // max(1, above_total - below_total)
        # The price where the two choices around the need cost the same: nothing new there, nothing better anywhere.
        if price in seen:
            return top, best
        seen.add(price)
        dual = _at_price(slots, need, price)


def _at_price(slots: Slots, need: int, price: int) -> Dual:
    """Choices that are best where each unit of amount earns ``price``."""
    offers = [_best_at_price(options, price) if options else None for options in slots.options]
    after = [(0, 0)]
    for offer in reversed(offers):
        off, on = after[-1]
        if offer is None:
            after.append((off, off))
        else:
            after.append((min(off, slots.start + offer[0] + on), min(off, offer[0] + on)))
    after.reverse()
    choices: list[Choice] = []
    total, is_on = 0, slots.running
    for index, offer in enumerate(offers):
        off, on = after[index + 1]
        is_on = offer is not None and (0 if is_on else slots.start) + offer[0] + on <= off
        choices.append(offer[1] if is_on and offer is not None else None)
        total += choices[-1] or 0
    bound = price * need + after[0][slots.running]
    return Dual(price, tuple(after), bound, tuple(choices), total, slots.cost(choices))


def _best_at_price(options: Sequence[Segment], price: int) -> tuple[int, int]:
    """(cost less earnings, amount) of the best amount of one slot that is on; the larger amount on a tie."""
    cost, amount = options[0].cost - price * options[0].least, options[0].least
    for segment in options:
        for end, end_cost in ((segment.least, segment.cost), (segment.most, segment.cost_at_most)):
            if end_cost - price * end <= cost:
                cost, amount = end_cost - price * end, end
    return cost, amount


# --- a plan


def _filled(slots: Slots, need: int, choices: Sequence[Choice]) -> Plan:
    """(cost, choices) that take ``need`` in the on-slots of ``choices``: all full, then less where it saves most."""
    amounts: list[Choice] = [None if amount is None else slots.most(t) for t, amount in enumerate(choices)]
    surplus = sum(amount for amount in amounts if amount is not None) - need
    tops = [(-_saving(slots.options[t], -1), t, len(slots.options[t]) - 1) for t, amount in enumerate(amounts) if amount]
    heapify(tops)
    while surplus > 0:
        _, slot, index = heappop(tops)
        segment = slots.options[slot][index]
        cut = min(surplus, segment.most - (slots.options[slot][index - 1].most if index else 0))
        amounts[slot] = segment.most - cut
        surplus -= cut
        if index:
            heappush(tops, (-_saving(slots.options[slot], index - 1), slot, index - 1))
    trimmed = tuple(amount or None for amount in amounts)
    return _cheaper((slots.cost(amounts), tuple(amounts)), (slots.cost(trimmed), trimmed))


def _cheaper(one: Plan, other: Plan) -> Plan:
    return one if one[0] <= other[0] else other


def _saving(options: Sequence[Segment], index: int) -> int:
    """What a unit less in a segment saves, the jump below the segment included."""
    index %= len(options)
    segment = options[index]
    floor_cost, floor = (options[index - 1].cost_at_most, options[index - 1].most) if index else (0, 0)
    return (segment.cost_at_most - floor_cost) // max(1, segment.most - floor)


# --- the proof


@dataclass(frozen=True, slots=True)
class _Search:
    """The forward pass for choices that cost less than ``ceiling``."""

    slots: Slots
    need: int
    bound: Bound
    ceiling: int

    def run(self, most_pieces: int) -> tuple[Plan | None, int | None]:
        """The best choices if there are any, and None; gives up, with a bound, once a slot has more than ``most_pieces``."""
        frontier = self._origin()
        for slot in range(len(self.slots.options)):
            frontier = self._after(slot, frontier)
            if len(frontier[0]) + len(frontier[1]) > most_pieces:
                line = self.bound.line(0, self.slots.running, self.need)
                return None, line.cost + line.rise * (self.need - line.at) // line.run
        return self._end(frontier), None

    def run_narrowed(self, most_pieces: int) -> tuple[Plan | None, int | None]:
        """Good choices, if there are any, by going on with the ``most_pieces`` of lowest bound, and the lowest bound of
        what was dropped for it; None if nothing was: then there is nothing better."""
        frontier, lowest = self._origin(), None
        for slot in range(len(self.slots.options)):
            frontier = self._after(slot, frontier)
            if len(frontier[0]) + len(frontier[1]) > most_pieces:
                frontier, dropped = self._keep(slot).best(*frontier, most_pieces)
                lowest = dropped if lowest is None else min(lowest, dropped)
        return self._end(frontier), lowest

    def _origin(self) -> Frontier:
        origin = [Piece(0, 0, 0, 0, self.slots.running)]
        return ([], origin) if self.slots.running else (origin, [])

    def _after(self, slot: int, frontier: Frontier) -> Frontier:
        """Least costs of every total with ``slot`` decided."""
        off, on = frontier
        keep = self._keep(slot)
        options = self.slots.options[slot]
        idle = [piece._replace(on=False, before=piece, amount=0) for piece in lower(off, on)]
        if not options:
            return keep.below_ceiling(idle), []
        started = lower(on, [piece._replace(cost=piece.cost + self.slots.start) for piece in off])
        taken = [keep.below_ceiling(_sum(piece, segment)) for piece in started for segment in options]
        return keep.below_ceiling(idle), lower_of_all(taken)

    def _keep(self, slot: int) -> "_Keep":
        return _Keep(slot + 1, max(0, self.need - self.slots.total_most(slot + 1)), self.need, self.bound, self.ceiling)

    def _end(self, frontier: Frontier) -> Plan | None:
        # Behind the last slot nothing but the need itself is left.
        ends = lower(*frontier)
        return (ends[0].at(self.need), _traced(ends[0], self.need)) if ends else None


def _sum(piece: Piece, segment: Segment) -> list[Piece]:
    """Least cost of every total of ``piece`` and an amount of ``segment``: along the flatter of the two, then the other."""
    low, high = piece.first + segment.least, piece.last + segment.most
    cost = piece.cost + segment.cost
    if piece.slope <= segment.slope:
        bend = piece.last + segment.least
        slide_piece = Piece(low, bend, cost, piece.slope, True, piece, 0, segment.least)
        if bend == high:
            return [slide_piece]
        bend_cost = slide_piece.at(bend) + segment.slope
        return [slide_piece, Piece(bend + 1, high, bend_cost, segment.slope, True, piece, piece.last, None)]
    bend = piece.first + segment.most
    slide_segment = Piece(low, bend, cost, segment.slope, True, piece, piece.first, None)
    if bend == high:
        return [slide_segment]
    bend_cost = slide_segment.at(bend) + piece.slope
    return [slide_segment, Piece(bend + 1, high, bend_cost, piece.slope, True, piece, 0, segment.most)]


@dataclass(frozen=True, slots=True)
class _Keep:
    """Which stretches can still become a plan below the ceiling: totals from ``least`` to ``need``, by the bound."""

    slot: int
    """The one that comes next."""
    least: int
    need: int
    bound: Bound
    ceiling: int

    def below_ceiling(self, pieces: Sequence[Piece]) -> list[Piece]:
        """What is left of ``pieces``."""
        kept: list[Piece] = []
        for piece in pieces:
            first, last = max(piece.first, self.least), min(piece.last, self.need)
            if first > last:
                continue
            # Touching at one end and then the other closes in on where the bound meets the ceiling.
            first, last = self._cut(piece, first, last, first)
            if first < last:
                first, last = self._cut(piece, first, last, last)
            if first <= last:
                kept.append(piece.clipped(first, last))
        return kept

    def _cut(self, piece: Piece, first: int, last: int, touching: int) -> tuple[int, int]:
        """The stretch between ``first`` and ``last`` where the line of the bound at ``touching`` is below the ceiling."""
        line = self.bound.line(self.slot, piece.on, self.need - touching)
        rise = piece.slope * line.run - line.rise
        spare = (self.ceiling - line.cost - piece.at(first)) * line.run - line.rise * (self.need - first - line.at) - 1
        if rise > 0:
            return first, min(last, first + spare // rise)
        if spare >= 0:
            return first, last
        return (first - spare // -rise, last) if rise < 0 else (1, 0)

    def best(self, off: list[Piece], on: list[Piece], most_pieces: int) -> tuple[Frontier, int]:
        """The ``most_pieces`` with the lowest bounds out of both, and the lowest bound of the others."""
        ranked = sorted(((self._least_cost(piece), piece) for piece in (*off, *on)), key=lambda one: one[0])
        chosen = {id(piece) for _, piece in ranked[:most_pieces]}
        frontier = [piece for piece in off if id(piece) in chosen], [piece for piece in on if id(piece) in chosen]
        return frontier, ranked[most_pieces][0]

    def _least_cost(self, piece: Piece) -> int:
        """A bound on every plan through ``piece``: along each of the lines that touch at its ends."""
        return max(self._along(piece, touching) for touching in (piece.first, piece.last))

    def _along(self, piece: Piece, touching: int) -> int:
        line = self.bound.line(self.slot, piece.on, self.need - touching)
        return min(
            piece.at(total) + line.cost + line.rise * (self.need - total - line.at) // line.run
            for total in (piece.first, piece.last)
        )


def _traced(piece: Piece, total: int) -> tuple[Choice, ...]:
    """The choices that led to ``total`` on ``piece``."""
    choices: list[Choice] = []
    while piece.before is not None:
        amount = total - piece.before_total if piece.amount is None else piece.amount
        choices.append(amount if piece.on else None)
        total -= amount
        piece = piece.before
    return tuple(reversed(choices))
