"""Lower envelopes against the plain minimum at every whole number."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.optimizer.envelope import Piece, Segment, lower, lower_of_all


@st.composite
def functions(draw: st.DrawFn) -> list[Piece]:
    pieces: list[Piece] = []
    at = draw(st.integers(0, 8))
    for _ in range(draw(st.integers(0, 5))):
        last = at + draw(st.integers(0, 6))
        pieces.append(Piece(at, last, draw(st.integers(-20, 20)), draw(st.integers(-5, 5)), draw(st.booleans())))
        at = last + draw(st.integers(1, 4))
    return pieces


def value(function: list[Piece], total: int) -> int | None:
    found = [piece.at(total) for piece in function if piece.first <= total <= piece.last]
    assert len(found) <= 1, "pieces of one function overlap"
    return found[0] if found else None


def least(values: list[int | None]) -> int | None:
    return min((one for one in values if one is not None), default=None)


@settings(deadline=None)
@given(functions(), functions())
def test_the_lower_of_two_is_the_minimum_everywhere(one: list[Piece], other: list[Piece]) -> None:
    both = lower(one, other)
    for total in range(80):
        assert value(both, total) == least([value(one, total), value(other, total)])


@settings(deadline=None)
@given(st.lists(functions(), max_size=5))
def test_the_lower_of_many_is_the_minimum_everywhere(many: list[list[Piece]]) -> None:
    lowest = lower_of_all(many)
    assert all(a.last < b.first for a, b in pairwise(lowest))
    for total in range(80):
        assert value(lowest, total) == least([value(one, total) for one in many])


def test_on_a_tie_the_first_function_stays() -> None:
    one, other = Piece(0, 5, 1, 0, True), Piece(0, 5, 1, 0, False)
    assert lower([one], [other]) == [one]


def test_a_piece_cut_in_two_and_kept_becomes_one_again() -> None:
    long, dear = Piece(0, 9, 0, 1, True), Piece(3, 4, 100, 0, False)
    assert lower([long], [dear]) == [long]


def test_a_clipped_piece_keeps_its_values() -> None:
    piece = Piece(2, 9, 10, 3, True)
    assert piece.clipped(4, 6) == Piece(4, 6, 16, 3, True)
    assert piece.clipped(2, 9) is piece


def test_a_segment_knows_its_cost_at_the_end() -> None:
    assert Segment(2, 5, 10, 4).cost_at_most == 22
