"""The search against trying out everything, on small whole numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.optimizer.envelope import Segment
from ladewerk.optimizer.exact import Slots, solve_exact
from ladewerk.optimizer.suffix import Hull


@st.composite
def options(draw: st.DrawFn) -> tuple[Segment, ...]:
    """Nothing, or a few segments without a hole, whose costs need not be convex nor even continuous."""
    segments: list[Segment] = []
    least = 0
    for _ in range(draw(st.integers(0, 3))):
        most = least + draw(st.integers(0, 3))
        segments.append(Segment(least, most, draw(st.integers(-6, 12)), draw(st.integers(-3, 6))))
        least = most + 1
    # Amount 0 alone would be a slot that takes nothing and yet is on.
    return tuple(segments) if segments and segments[-1].most > 0 else ()


@st.composite
def problems(draw: st.DrawFn) -> tuple[Slots, int]:
    slots = Slots(tuple(draw(st.lists(options(), min_size=1, max_size=5))), draw(st.integers(0, 8)), draw(st.booleans()))
    return slots, draw(st.integers(0, slots.total_most()))


def tried_out(slots: Slots) -> dict[int, int]:
    """The least cost of every total over every choice there is."""
    least = {(0, slots.running): 0}
    for segments in slots.options:
        after: dict[tuple[int, bool], int] = {}
        for (total, was_on), cost in least.items():
            for amount in (None, *range(segments[-1].most + 1 if segments else 0)):
                one = Slots((segments,), slots.start, was_on).cost((amount,))
                key = (total + (amount or 0), amount is not None)
                after[key] = min(after.get(key, cost + one), cost + one)
        least = after
    return {total: min(cost for (other, _), cost in least.items() if other == total) for total, _ in least}


@settings(max_examples=300, deadline=None)
@given(problems())
def test_nothing_is_cheaper(problem: tuple[Slots, int]) -> None:
    slots, need = problem
    plan, bound = solve_exact(slots, need)
    assert plan is not None
    assert sum(amount or 0 for amount in plan[1]) == need
    assert slots.cost(plan[1]) == plan[0] == bound == tried_out(slots)[need]


@settings(max_examples=100, deadline=None)
@given(problems(), st.integers(-3, 3))
def test_nothing_is_found_below_what_there_is(problem: tuple[Slots, int], above: int) -> None:
    slots, need = problem
    least = tried_out(slots)[need]
    plan, bound = solve_exact(slots, need, least + above)
    assert (plan is not None) == (above > 0)
    assert bound == (least if plan is not None else least + above)
    assert plan is None or plan[0] == least


@settings(max_examples=100, deadline=None)
@given(problems())
def test_the_hull_never_promises_less_than_there_is(problem: tuple[Slots, int]) -> None:
    slots, _ = problem
    hull = Hull(slots.options, slots.start)
    least = tried_out(slots)
    for need in range(slots.total_most() + 1):
        line = hull.line(0, slots.running, need)
        assert line.cost * line.run + line.rise * (need - line.at) <= least[need] * line.run


def awkward() -> tuple[Slots, int]:
    """Three steps in each of 18 slots, of lengths that are primes: hardly two choices have the same total."""
    lengths = [7919, 7927, 7933, 7937, 7949, 7951, 7963, 7993, 8009, 8011, 8017, 8039, 8053, 8059, 8069, 8081, 8087, 8089]
    options = tuple(
        tuple(
            Segment((level - 1) * length + 1 if level > 1 else 0, level * length, level * length * 5, 0)
            for level in (1, 2, 3)
        )
        for length in lengths
    )
    return Slots(options, 4, False), 211_111


def test_a_search_cut_short_says_so_and_states_a_bound_that_holds() -> None:
    slots, need = awkward()
    plan, bound = solve_exact(slots, need)
    assert plan is not None
    assert sum(amount or 0 for amount in plan[1]) == need
    assert slots.cost(plan[1]) == plan[0]
    assert need * 5 <= bound < plan[0] <= need * 5.2


def test_one_block_among_many_alike_is_found_and_proven() -> None:
    # Every unit costs the same, a start costs more than any delay: one-price bounds cannot tell the blocks apart.
    lengths = [911 + 37 * (index % 7) + 11 * (index % 5) for index in range(60)]
    options = tuple(
        (Segment(0, 300, 300 * index, -1), Segment(300, length, 300 * index, index)) for index, length in enumerate(lengths)
    )
    slots = Slots(options, 10**9, False)
    plan, bound = solve_exact(slots, 9000)
    assert plan is not None
    assert plan[0] == bound
    assert [amount is not None for amount in plan[1]].index(True) == 0
    assert sum(amount or 0 for amount in plan[1]) == 9000


def test_a_price_at_which_too_little_is_taken_is_raised() -> None:
    plan, bound = solve_exact(Slots(((Segment(0, 5, 0, 1),), (Segment(0, 5, 0, 10),)), 0, False), 6)
    assert plan == (15, (5, 1))
    assert bound == 15


def test_more_than_a_slot_can_take_has_no_cost() -> None:
    with pytest.raises(ValueError, match="more than the slot can take"):
        Slots(((Segment(0, 3, 0, 1),),), 0, False).cost((4,))
