from dataclasses import replace
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.simulator.battery import Battery

BATTERY = Battery(
    capacity_wh=50_000, soc=0.2, max_power_w=11_000, efficiency=0.9, taper_from_soc=0.8, end_power_fraction=0.1
)


@given(
    soc=st.floats(0, 1),
    offered_w=st.floats(100, 30_000),
    duration_s=st.floats(1, 40_000),
    stop_soc=st.floats(0.3, 1),
    taper_from_soc=st.floats(0.1, 0.99),
)
def test_energy_into_the_battery_is_the_energy_drawn_times_the_efficiency(
    soc: float, offered_w: float, duration_s: float, stop_soc: float, taper_from_soc: float
) -> None:
    before = replace(BATTERY, soc=soc, stop_soc=stop_soc, taper_from_soc=taper_from_soc)
    after, drawn_wh = before.charged(offered_w, duration_s)
    assert after.stored_wh - before.stored_wh == pytest.approx(drawn_wh * before.efficiency, abs=1e-6)
    assert drawn_wh <= min(offered_w, before.max_power_w) * duration_s / 3600 + 1e-6


@given(soc=st.floats(0, 0.99), offered_w=st.floats(100, 30_000), first_s=st.floats(0, 5000), second_s=st.floats(0, 5000))
def test_how_often_one_looks_changes_nothing(soc: float, offered_w: float, first_s: float, second_s: float) -> None:
    battery = replace(BATTERY, soc=soc)
    at_once, at_once_wh = battery.charged(offered_w, first_s + second_s)
    halfway, first_wh = battery.charged(offered_w, first_s)
    in_two, second_wh = halfway.charged(offered_w, second_s)
    assert in_two.soc == pytest.approx(at_once.soc, abs=1e-9)
    assert first_wh + second_wh == pytest.approx(at_once_wh, abs=1e-3)


def test_the_integral_agrees_with_small_steps_of_the_power_curve() -> None:
    battery = replace(BATTERY, soc=0.75)
    exact, exact_wh = battery.charged(11_000, 5400)
    stepped, summed_wh = battery, 0.0
    for _ in range(5400):
        energy_wh = stepped.acceptable_power_w() / 3600
        stepped = replace(stepped, soc=stepped.soc + energy_wh * battery.efficiency / battery.capacity_wh)
        summed_wh += energy_wh
    assert exact.soc > 0.85  # well into the taper
    assert exact_wh == pytest.approx(summed_wh, rel=1e-3)


@pytest.mark.parametrize(
    ("soc", "power_w"), [(0.0, 11_000), (0.8, 11_000), (0.9, 11_000 * 0.55), (0.999999, 1100), (1.0, 0)]
)
def test_power_falls_in_a_straight_line_from_where_the_taper_begins(soc: float, power_w: float) -> None:
    assert replace(BATTERY, soc=soc).acceptable_power_w() == pytest.approx(power_w, rel=1e-4)


@pytest.mark.parametrize("offered_w", [500, 3000, 11_000, 22_000])
@pytest.mark.parametrize("soc", [0.2, 0.85, 0.97])
@pytest.mark.parametrize("stop_soc", [0.82, 1.0])
def test_it_is_full_exactly_when_it_said(offered_w: float, soc: float, stop_soc: float) -> None:
    battery = replace(BATTERY, soc=soc, stop_soc=stop_soc)
    seconds = battery.full_after_s(offered_w)
    assert battery.charged(offered_w, seconds)[0].full
    if seconds > 1:
        assert not battery.charged(offered_w, seconds - 1)[0].full


def test_it_draws_nothing_once_it_is_full() -> None:
    full = replace(BATTERY, soc=0.9, stop_soc=0.9)
    assert full.charged(11_000, 3600) == (full, 0.0)
    assert full.full_after_s(11_000) == 0


def test_without_power_nothing_happens() -> None:
    assert BATTERY.charged(0, 3600) == (BATTERY, 0.0)
    assert BATTERY.charged(11_000, 0) == (BATTERY, 0.0)
    assert BATTERY.full_after_s(0) == inf


def test_what_is_missing_is_counted_where_it_is_drawn() -> None:
    battery = replace(BATTERY, soc=0.5)
    assert battery.missing_wh == pytest.approx(25_000 / 0.9)
    assert battery.charged(11_000, 1e6)[1] == pytest.approx(battery.missing_wh)
    assert replace(BATTERY, soc=0.9, stop_soc=0.8).missing_wh == 0
