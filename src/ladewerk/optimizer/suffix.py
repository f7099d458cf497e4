"""Bounds on what the slots still to come cost at least.

A bound is a convex function of the amount still to take, handed out as the straight line that touches it there: a line
nowhere above a lower bound is one itself.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, Protocol

from ladewerk.optimizer.envelope import Segment


class Line(NamedTuple):
    """``cost + rise * (rest - at) / run``, with ``run`` above 0."""

    at: int
    cost: int
    run: int
    rise: int


class Bound(Protocol):
    """A lower bound on the cost from a slot on."""

    def line(self, slot: int, on: bool, rest: int) -> Line:
        """Touching the bound at ``rest``, from ``slot`` on, with the slot before it ``on`` or off."""
        ...


class Hull:
    """The best bound that prices per unit can give, for every slot, state and amount: the convex hull of the true cost.

    Built backwards. From the hulls behind a slot, on takes the slot's own hull edge by edge with the one behind it in
    order of slope, off is the one behind it, and the hull around the lower of both stands before the slot.
    """

    def __init__(self, options: Sequence[Sequence[Segment]], start: int) -> None:
        nothing = _Chain([(0, 0)])
        chains = [(nothing, nothing)]
        for segments in reversed(options):
            off, on = chains[-1]
            if segments:
                taken = on.joined(_around(_corners(segments)))
                begun = [(amount, cost + start) for amount, cost in taken]
                chains.append((_Chain(_around(sorted(off.corners + begun))), _Chain(_around(sorted(off.corners + taken)))))
            else:
                chains.append((off, off))
        self._chains = chains[::-1]

    def line(self, slot: int, on: bool, rest: int) -> Line:
        return self._chains[slot][on].line(rest)


class _Chain:
    """Corners of a convex function in order of amount."""

    def __init__(self, corners: list[tuple[int, int]]) -> None:
        self.corners = corners
        self._inner = [amount for amount, _ in corners[1:-1]]
        edges = pairwise(corners)
        self._lines = [Line(at, cost, end - at, end_cost - cost) for (at, cost), (end, end_cost) in edges]
        if not self._lines:
            self._lines = [Line(0, corners[0][1], 1, 0)]

    def line(self, rest: int) -> Line:
        """Touching at ``rest``, or the nearest edge."""
        return self._lines[bisect_right(self._inner, rest)]

    def joined(self, other: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Corners of the least cost of an amount from each: all edges of both in order of slope."""
        mine, theirs = self.corners, other
        i = j = 0
        amount, cost = mine[0][0] + theirs[0][0], mine[0][1] + theirs[0][1]
        out = [(amount, cost)]
        while i + 1 < len(mine) or j + 1 < len(theirs):
            if j + 1 == len(theirs) or (i + 1 < len(mine) and _flatter(mine[i], mine[i + 1], theirs[j], theirs[j + 1])):
                step, i = (mine[i], mine[i + 1]), i + 1
            else:
                step, j = (theirs[j], theirs[j + 1]), j + 1
            amount += step[1][0] - step[0][0]
            cost += step[1][1] - step[0][1]
            out.append((amount, cost))
        return out


def _flatter(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int], d: tuple[int, int]) -> bool:
    """Whether the edge from ``a`` to ``b`` rises no faster than the one from ``c`` to ``d``."""
    return (b[1] - a[1]) * (d[0] - c[0]) <= (d[1] - c[1]) * (b[0] - a[0])


def _corners(segments: Sequence[Segment]) -> list[tuple[int, int]]:
    ends = [(segment.least, segment.cost) for segment in segments] + [(s.most, s.cost_at_most) for s in segments]
    return sorted(ends)


def _around(points: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The corners of the convex hull below ``points``, which come in order."""
    hull: list[tuple[int, int]] = []
    for point in points:
        if hull and hull[-1][0] == point[0]:
            continue
        while len(hull) > 1 and _flatter(hull[-1], point, hull[-2], hull[-1]):
            hull.pop()
        hull.append(point)
    return hull
