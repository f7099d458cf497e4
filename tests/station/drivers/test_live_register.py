"""The energy register between two steps of its counter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.station.drivers.live_register import LiveRegister


def test_the_counter_is_shown_at_first() -> None:
    register = LiveRegister()
    register.measure(0, 0)
    register.count(2_589_773.4, 0)
    assert register.value_wh == 2_589_773.4


def test_power_carries_the_register_on_between_steps() -> None:
    register = LiveRegister()
    register.measure(3600, 0)
    register.count(1000, 0)
    register.measure(3600, 10)
    assert register.value_wh == pytest.approx(1010)
    register.measure(0, 11)  # taken to have fallen evenly
    assert register.value_wh == pytest.approx(1010.5)


def test_the_counter_lifts_a_register_that_is_behind() -> None:
    register = LiveRegister()
    register.measure(0, 0)
    register.count(1000, 0)
    register.measure(0, 10)
    register.count(1007, 10)
    assert register.value_wh == 1007


def test_a_counter_within_its_minute_does_not_disturb_the_register() -> None:
    register = LiveRegister()
    register.measure(3600, 0)
    register.count(1000, 0)
    register.measure(3600, 30)
    register.count(1010, 30)  # it stepped 20 s ago
    assert register.value_wh == pytest.approx(1030)


def test_a_register_ahead_of_the_counter_waits_and_does_not_go_back() -> None:
    register = LiveRegister()
    register.measure(7200, 0)
    register.count(1000, 0)
    register.measure(7200, 30)
    assert register.value_wh == pytest.approx(1060)
    register.measure(0, 31)
    register.count(1000, 31)
    shown_wh = register.value_wh
    register.measure(0, 61)
    register.count(1000, 61)  # nothing was drawn in the whole interval: the sum was wrong
    assert register.value_wh == shown_wh
    register.measure(3600, 62)
    register.measure(3600, 82)
    assert register.value_wh == shown_wh  # 1020 is still less
    register.count(1200, 82)
    assert register.value_wh == 1200


def test_nothing_is_guessed_over_a_long_gap() -> None:
    register = LiveRegister()
    register.measure(3600, 0)
    register.count(1000, 0)
    register.measure(3600, 30.1)
    assert register.value_wh == 1000
    register.count(1025, 30.1)
    assert register.value_wh == 1025


def test_a_counter_that_goes_back_was_reset_and_the_register_goes_on() -> None:
    register = LiveRegister()
    assert not register.count(1000, 0)
    register.measure(3600, 0)
    register.measure(3600, 20)
    assert register.count(3, 60)
    assert register.value_wh == pytest.approx(1020)
    assert not register.count(40, 120)
    assert register.value_wh == pytest.approx(1040)


def test_a_counter_reset_right_after_a_look_counts_though_the_sum_is_a_little_less() -> None:
    register = LiveRegister()
    register.count(1000, 0)
    register.measure(3600, 0)
    register.measure(3600, 30)
    register.measure(3600, 60)
    assert register.count(60.5, 60)
    assert register.value_wh == pytest.approx(1060.5)


def test_a_counter_that_runs_faster_than_anything_can_draw_was_exchanged() -> None:
    register = LiveRegister()
    register.count(1000, 0)
    assert register.count(2_000_000, 60)
    assert register.value_wh == 1000
    assert not register.count(2_000_100, 120)
    assert register.value_wh == 1100


def test_a_counter_that_nobody_could_ask_for_hours_is_believed() -> None:
    register = LiveRegister()
    register.count(1000, 0)
    assert not register.count(1000 + 22_000 * 3, 3 * 3600)
    assert register.value_wh == 67_000


@given(
    powers_w=st.lists(st.floats(0, 22_000), min_size=130, max_size=400),
    step_s=st.integers(0, 59),
    poll_s=st.integers(0, 59),
    reset_s=st.none() | st.integers(1, 400),
)
def test_the_register_never_goes_back_and_stays_within_a_minute_of_the_truth(
    powers_w: list[float], step_s: int, poll_s: int, reset_s: int | None
) -> None:
    """A true energy, a counter that takes it over once a minute, and a look at the counter once a minute, out of step.

    Somebody may reset the counter in between: what was drawn is drawn all the same.
    """
    register = LiveRegister()
    true_wh = counter_wh = forgotten_wh = last_power_w = 0.0
    shown_wh, looked = 0.0, False
    for second, power_w in enumerate(powers_w):
        true_wh += (last_power_w + power_w) / 2 / 3600 if second else 0
        last_power_w = power_w
        if second == reset_s:
            forgotten_wh, counter_wh = true_wh, 0.0
        if second % 60 == step_s:
            counter_wh = true_wh - forgotten_wh
        register.measure(power_w, second)
        if second % 60 == poll_s:
            register.count(counter_wh, second)
            looked = True
        assert register.value_wh >= shown_wh
        shown_wh = register.value_wh
        if looked:
            lag_wh = 22_000 / 60 * (1 if reset_s is None else 2)
            assert true_wh - lag_wh - 1e-6 <= shown_wh <= true_wh + 1e-6
