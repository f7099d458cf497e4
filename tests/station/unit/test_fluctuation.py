"""A current that swings beyond its band, and one that only moves."""

import pytest

from ladewerk.station.unit.fluctuation import Fluctuation, Swinging

BAND_A = 3.0
WITHIN_S = 30.0


def beyond(drawn_a: list[float], *, every_s: float = 1.0) -> Fluctuation | None:
    swinging = Swinging()
    for number, current_a in enumerate(drawn_a):
        swinging = swinging.seen(current_a, number * every_s, WITHIN_S)
    return swinging.beyond(BAND_A)


@pytest.mark.parametrize(
    "drawn_a",
    [
        [],
        [10.0],
        [10.0] * 30,
        [10.0, 12.9] * 15,
        [0.0] * 3 + [10.0] * 27,
        [float(16 - step / 3) for step in range(30)],
        [16.0] * 5 + [8.0] * 5 + [16.0] * 5,
    ],
    ids=["nothing", "one", "steady", "within the band", "a start", "a taper", "one dip"],
)
def test_a_current_that_moves_without_swinging_is_no_fluctuation(drawn_a: list[float]) -> None:
    assert beyond(drawn_a) is None


def test_three_swings_beyond_the_band_are_a_fluctuation_and_the_band_begins_at_the_lowest() -> None:
    assert beyond([16.0, 12.0, 16.0, 12.5]) == Fluctuation(lowest_a=12.0, highest_a=16.0, cap_a=15.0)


def test_a_swing_of_many_small_steps_counts_as_one() -> None:
    there, back = [10.0, 11.0, 12.0, 13.0, 14.0], [13.0, 12.0, 11.0, 10.0]
    assert beyond([*there, *back]) is None
    assert beyond([*there, *back, *there]) is not None


def test_the_band_never_ends_below_what_a_pilot_can_offer() -> None:
    found = beyond([0.0, 10.0, 0.0, 10.0])
    assert found is not None
    assert found.cap_a == 6.0


def test_swings_that_lie_far_apart_are_none() -> None:
    assert beyond([16.0, 12.0, 16.0, 12.0], every_s=20.0) is None
