"""Amps, watts and watt-hours."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.electrical import MINIMUM_OFFER_A, current_a, energy_wh, power_w, usable_current_a

amps = st.floats(0, 1000)
phases = st.integers(1, 3)
volts = st.floats(100, 500)


def test_a_wallbox_of_16_a_on_three_phases_has_11_kw() -> None:
    assert power_w(16, phases=3) == 11_040
    assert current_a(11_040, phases=3) == 16
    assert power_w(16, phases=1, voltage_v=240) == 3840


def test_an_hour_of_a_watt_is_a_watt_hour() -> None:
    assert energy_wh(1, 3600) == 1
    assert energy_wh(11_040, 900) == 2760


@pytest.mark.parametrize(("limit_a", "usable_a"), [(0, 0), (5.999, 0), (6, 6), (6.001, 6.001), (32, 32)])
def test_less_than_a_pilot_can_offer_is_a_pause(limit_a: float, usable_a: float) -> None:
    assert usable_current_a(limit_a) == usable_a


def test_another_minimum_may_be_asked_for() -> None:
    assert usable_current_a(7, minimum_a=8) == 0
    assert usable_current_a(1, minimum_a=0) == 1


@settings(deadline=None)
@given(amps, phases, volts)
def test_amps_to_watts_and_back_is_where_it_began(limit_a: float, count: int, voltage_v: float) -> None:
    watts = power_w(limit_a, phases=count, voltage_v=voltage_v)
    assert current_a(watts, phases=count, voltage_v=voltage_v) == pytest.approx(limit_a)


@settings(deadline=None)
@given(amps)
def test_a_usable_current_is_never_above_its_limit_and_never_between(limit_a: float) -> None:
    usable = usable_current_a(limit_a)
    assert usable <= limit_a
    assert usable == 0 or usable >= MINIMUM_OFFER_A
