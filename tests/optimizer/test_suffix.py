"""The convex bound: where it must touch the truth, and where it only has to lie below."""

from ladewerk.optimizer.envelope import Segment
from ladewerk.optimizer.suffix import Hull


def value(hull: Hull, slot: int, on: bool, rest: int) -> float:
    line = hull.line(slot, on, rest)
    return line.cost + line.rise * (rest - line.at) / line.run


def test_convex_slots_are_bounded_exactly() -> None:
    hull = Hull([(Segment(0, 5, 0, 3),), (Segment(0, 5, 0, 1),), (Segment(0, 5, 0, 2),)], start=0)
    assert [value(hull, 0, False, rest) for rest in (0, 5, 10, 12, 15)] == [0, 5, 15, 21, 30]


def test_a_start_is_spread_over_all_that_it_allows() -> None:
    hull = Hull([(Segment(0, 10, 0, 0),)], start=20)
    assert value(hull, 0, False, 5) == 10
    assert value(hull, 0, True, 5) == 0


def test_segments_that_share_a_corner_have_it_once() -> None:
    hull = Hull([(Segment(0, 2, 0, 1), Segment(2, 4, 2, 5))], start=0)
    assert [value(hull, 0, True, rest) for rest in (0, 2, 3, 4)] == [0, 2, 7, 12]


def test_behind_the_last_slot_nothing_costs_anything() -> None:
    assert value(Hull([(Segment(0, 4, 0, 7),)], start=1), 1, True, 0) == 0


def test_a_slot_that_must_be_off_adds_nothing() -> None:
    assert value(Hull([(), (Segment(0, 4, 0, 7),)], start=0), 0, False, 4) == 28


def test_a_dear_amount_between_two_cheap_ones_is_cut_off() -> None:
    hull = Hull([(Segment(0, 5, 0, 10), Segment(5, 10, 50, 2))], start=0)
    assert [value(hull, 0, True, rest) for rest in (0, 5, 10)] == [0, 30, 60]
