"""Reconnect back-off of OCPP 2.x part 4, 5.3."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.ocpp.backoff import BackOff, BackOffSettings


def waits(settings: BackOffSettings, count: int, seed: int = 1) -> list[float]:
    back_off = BackOff(settings, random.Random(seed))
    return [back_off.next_wait_s() for _ in range(count)]


def test_wait_doubles_as_often_as_asked_and_then_stays() -> None:
    settings = BackOffSettings(wait_minimum_s=10, random_range_s=0, repeat_times=3)
    assert waits(settings, 7) == [10, 20, 40, 80, 80, 80, 80]


def test_without_repeats_the_wait_is_the_first_one_for_ever() -> None:
    settings = BackOffSettings(wait_minimum_s=5, random_range_s=3, repeat_times=0)
    first, *others = waits(settings, 5)
    assert 5 <= first <= 8
    assert others == [first] * 4


def test_success_begins_anew() -> None:
    back_off = BackOff(BackOffSettings(wait_minimum_s=10, random_range_s=0, repeat_times=3), random.Random(1))
    before = [back_off.next_wait_s() for _ in range(6)]
    back_off.reset()
    assert [back_off.next_wait_s() for _ in range(6)] == before


def test_same_seed_gives_the_same_waits_and_another_seed_others() -> None:
    settings = BackOffSettings(wait_minimum_s=10, random_range_s=30, repeat_times=4)
    assert waits(settings, 6, seed=7) == waits(settings, 6, seed=7)
    assert waits(settings, 6, seed=7) != waits(settings, 6, seed=8)


@given(
    minimum=st.floats(0, 600),
    spread=st.floats(0, 600),
    repeats=st.integers(0, 8),
    seed=st.integers(0, 2**32),
    tries=st.integers(1, 20),
)
def test_each_increase_doubles_and_adds_a_new_random_part(
    minimum: float, spread: float, repeats: int, seed: int, tries: int
) -> None:
    settings = BackOffSettings(wait_minimum_s=minimum, random_range_s=spread, repeat_times=repeats)
    previous: float | None = None
    for attempt, wait in enumerate(waits(settings, tries, seed)):
        if previous is None:
            assert minimum <= wait <= minimum + spread
        elif attempt <= repeats:
            assert 2 * previous <= wait <= 2 * previous + spread
        else:
            assert wait == previous
        previous = wait


@pytest.mark.parametrize("wrong", [{"wait_minimum_s": -1}, {"random_range_s": -0.1}, {"repeat_times": -1}])
def test_negative_settings_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="negative"):
        BackOffSettings(**wrong)
