"""Piecewise linear functions on whole numbers, and the lower of two of them.

A function is a list of pieces, sorted and disjoint; where no piece lies it is not defined. Values are whole numbers of any
size, so every comparison is exact.
"""

from collections.abc import Sequence
from typing import NamedTuple, Optional


class Segment(NamedTuple):
    """One linear stretch of what a slot costs: ``cost + slope * (amount - least)`` from ``least`` to ``most``."""

    least: int
    most: int
    cost: int
    slope: int

    @property
    def cost_at_most(self) -> int:
        return self.cost + self.slope * (self.most - self.least)


class Piece(NamedTuple):
    """One linear stretch of a cost-so-far over the total amount, and how it came about.

    Either the slot's ``amount`` is the same all along and ``before`` slides, or ``amount`` is None, ``before`` stands still
    at ``before_total`` and the slot takes the rest.
    """

    first: int
    last: int
    cost: int
    """At ``first``."""
    slope: int
    on: bool
    """Whether the slot that made it is on."""
    before: Optional["Piece"] = None
    before_total: int = 0
    amount: int | None = 0

    def at(self, total: int) -> int:
        """Cost at ``total``, which lies on the piece."""
        return self.cost + self.slope * (total - self.first)

    def clipped(self, first: int, last: int) -> "Piece":
        """The part from ``first`` to ``last``, which lie on the piece."""
        if first == self.first and last == self.last:
            return self
        return self._replace(first=first, last=last, cost=self.at(first))


def lower_of_all(functions: Sequence[list[Piece]]) -> list[Piece]:
    """The lowest of several functions; on a tie the earlier one."""
    layer = [function for function in functions if function]
    while len(layer) > 1:
        merged = [lower(layer[i], layer[i + 1]) for i in range(0, len(layer) - 1, 2)]
        layer = merged + layer[len(merged) * 2 :]
    return layer[0] if layer else []


def lower(one: list[Piece], other: list[Piece]) -> list[Piece]:
    """The lower of two functions wherever either is defined; on a tie ``one``."""
    out: list[Piece] = []
    ones, others = iter(one), iter(other)
    f, g = next(ones, None), next(others, None)
    while f is not None and g is not None:
        if f.last < g.first:
            _append(out, f)
            f = next(ones, None)
        elif g.last < f.first:
            _append(out, g)
            g = next(others, None)
        elif f.first < g.first:
            _append(out, f.clipped(f.first, g.first - 1))
            f = f.clipped(g.first, f.last)
        elif g.first < f.first:
            _append(out, g.clipped(g.first, f.first - 1))
            g = g.clipped(f.first, g.last)
        else:
            end = min(f.last, g.last)
            _append_lower(out, f, g, end)
            f = f.clipped(end + 1, f.last) if end < f.last else next(ones, None)
            g = g.clipped(end + 1, g.last) if end < g.last else next(others, None)
    for rest, following in ((f, ones), (g, others)):
        if rest is not None:
            _append(out, rest)
            out.extend(following)
    return out


def _append_lower(out: list[Piece], f: Piece, g: Piece, end: int) -> None:
    """Append the lower of two pieces that start together, up to ``end``."""
    start = f.first
    ahead_at_start = g.cost - f.cost
    ahead_at_end = g.at(end) - f.at(end)
    if ahead_at_start >= 0 and ahead_at_end >= 0:
        _append(out, f.clipped(start, end))
    elif ahead_at_start <= 0 and ahead_at_end <= 0:
        _append(out, g.clipped(start, end))
    elif ahead_at_start > 0:
        cross = start + ahead_at_start // (f.slope - g.slope)
        _append(out, f.clipped(start, cross))
        _append(out, g.clipped(cross + 1, end))
    else:
        cross = start + -ahead_at_start // (g.slope - f.slope)
        _append(out, g.clipped(start, cross))
        _append(out, f.clipped(cross + 1, end))


def _append(out: list[Piece], piece: Piece) -> None:
    """Append, or lengthen the last piece where ``piece`` is the continuation of the same one."""
    if out:
        last = out[-1]
        same_origin = last.before is piece.before and last[6:] == piece[6:]
        if same_origin and last.last + 1 == piece.first and last.slope == piece.slope and last.at(piece.first) == piece.cost:
            out[-1] = last._replace(last=piece.last)
            return
    out.append(piece)
