from dataclasses import replace
from math import inf

import pytest

from ladewerk.simulator.battery import Battery
from ladewerk.simulator.vehicle import Pilot, Vehicle, VehicleModel, WokenBy

BATTERY = Battery(capacity_wh=50_000, soc=0.2, max_power_w=11_040)


def vehicle(model: VehicleModel | None = None) -> Vehicle:
    return Vehicle(model or VehicleModel(), BATTERY)


def run(car: Vehicle, start_s: float, seconds: float, *, offer_a: float, energised: bool = True) -> float:
    """Show the vehicle the same offer for a while, with all that is due meanwhile; the time then."""
    at_s, end_s = start_s, start_s + seconds
    while True:
        car.update(at_s, offer_a=offer_a, energised=energised)
        if at_s == end_s:
            return at_s
        next_s = min(end_s, max(at_s, car.next_change_s(at_s)))
        car.charge(next_s - at_s)
        at_s = next_s


def charging(offer_a: float = 16.0, model: VehicleModel | None = None) -> tuple[Vehicle, float]:
    car = vehicle(model)
    car.plugged = True
    at_s = run(car, 0, 10, offer_a=offer_a)
    assert car.pilot is Pilot.C
    return car, at_s


def test_unplugged_it_is_in_state_a_and_draws_nothing() -> None:
    car = vehicle()
    run(car, 0, 60, offer_a=16)
    assert (car.pilot, car.current_a) == (Pilot.A, 0)


def test_plugged_in_it_is_in_state_b_at_once() -> None:
    car = vehicle()
    car.plugged = True
    car.update(0, offer_a=0, energised=False)
    assert car.pilot is Pilot.B


def test_without_an_offer_it_stays_in_state_b() -> None:
    car = vehicle()
    car.plugged = True
    run(car, 0, 600, offer_a=0)
    assert car.pilot is Pilot.B
    assert car.next_change_s(600) == inf


def test_an_offer_wakes_it_after_a_moment() -> None:
    car = vehicle(VehicleModel(wake_up_s=2.5))
    car.plugged = True
    run(car, 0, 2.4, offer_a=16, energised=False)
    assert (car.pilot, car.current_a) == (Pilot.B, 0)
    run(car, 2.4, 0.1, offer_a=16, energised=False)
    assert (car.pilot, car.current_a) == (Pilot.C, 0)  # the contactor is still open


def test_an_offer_taken_back_before_it_wakes_leaves_it_asleep() -> None:
    car = vehicle(VehicleModel(wake_up_s=2.5))
    car.plugged = True
    run(car, 0, 2, offer_a=16)
    run(car, 2, 1, offer_a=0)
    run(car, 3, 2, offer_a=16)
    assert car.pilot is Pilot.B


def test_an_offer_below_its_minimum_does_not_wake_it() -> None:
    car = vehicle(VehicleModel(min_current_a=8))
    car.plugged = True
    run(car, 0, 600, offer_a=7.9)
    assert car.pilot is Pilot.B


@pytest.mark.parametrize(("offer_a", "current_a"), [(6, 5.8), (10, 9.8), (16, 15.8), (32, 16.0)])
def test_it_draws_slightly_less_than_offered_and_never_more_than_it_can(offer_a: float, current_a: float) -> None:
    car, _ = charging(offer_a)
    assert car.current_a == pytest.approx(current_a)


@pytest.mark.parametrize("phases", [1, 2, 3])
def test_power_is_drawn_on_its_phases(phases: int) -> None:
    car, _ = charging(model=VehicleModel(phases=phases))
    assert car.power_w == pytest.approx(15.8 * phases * 230)


def test_it_follows_another_offer_after_its_reaction_time_only() -> None:
    car, at_s = charging(16, VehicleModel(reaction_s=4))
    at_s = run(car, at_s, 3.9, offer_a=8)
    assert car.current_a == pytest.approx(15.8)
    run(car, at_s, 0.1, offer_a=8)
    assert car.current_a == pytest.approx(7.8)


def test_an_offer_that_keeps_changing_does_not_put_off_the_reaction() -> None:
    car, at_s = charging(16, VehicleModel(reaction_s=4))
    for offer_a in (15, 14, 13, 12):
        at_s = run(car, at_s, 1, offer_a=offer_a)
    assert car.current_a == pytest.approx(11.8)


def test_an_offer_that_comes_back_in_time_changes_nothing() -> None:
    car, at_s = charging(16, VehicleModel(reaction_s=4))
    at_s = run(car, at_s, 2, offer_a=8)
    at_s = run(car, at_s, 1, offer_a=16)
    assert car.next_change_s(at_s) > at_s + 100
    assert car.current_a == pytest.approx(15.8)


def test_without_an_offer_it_goes_on_for_a_moment_and_then_falls_back_to_b() -> None:
    car, at_s = charging(model=VehicleModel(fall_back_s=3))
    at_s = run(car, at_s, 2.9, offer_a=0)
    assert (car.pilot, round(car.current_a, 6)) == (Pilot.C, 15.8)
    run(car, at_s, 0.1, offer_a=0)
    assert (car.pilot, car.current_a) == (Pilot.B, 0)


def test_the_current_stops_with_the_mains_at_once() -> None:
    car, at_s = charging()
    car.update(at_s, offer_a=16, energised=False)
    assert (car.pilot, car.current_a) == (Pilot.C, 0)


def test_full_it_goes_back_to_b_and_stays_there() -> None:
    car, at_s = charging()
    car.battery = replace(car.battery, soc=0.9999)
    at_s = run(car, at_s, 600, offer_a=16)
    assert (car.pilot, car.current_a, car.battery.soc) == (Pilot.B, 0, 1.0)
    run(car, at_s, 600, offer_a=16)
    assert car.pilot is Pilot.B


def test_near_full_the_battery_takes_less_than_is_offered() -> None:
    car, _ = charging()
    car.battery = replace(car.battery, soc=0.95)
    assert car.current_a == pytest.approx(16 * 0.55)


def test_pulling_the_plug_ends_everything() -> None:
    car, at_s = charging()
    car.plugged = False
    car.update(at_s, offer_a=16, energised=True)
    assert (car.pilot, car.current_a) == (Pilot.A, 0)


def test_energy_drawn_is_power_times_time() -> None:
    car, _ = charging()
    power_w = car.power_w
    assert car.charge(360) == pytest.approx(power_w / 10)


def test_a_vehicle_that_ignores_the_offer_draws_its_maximum_whenever_it_has_mains() -> None:
    car, at_s = charging(6)
    car.ignores_offer = True
    at_s = run(car, at_s, 60, offer_a=0)
    assert (car.pilot, car.current_a) == (Pilot.C, 16)
    car.update(at_s, offer_a=0, energised=False)
    assert car.current_a == 0


SLEEPY = VehicleModel(sleeps_after_s=600, wake_pause_s=5)


def asleep(model: VehicleModel = SLEEPY) -> tuple[Vehicle, float]:
    """One that charged, was paused and has fallen asleep."""
    car, at_s = charging(model=model)
    at_s = run(car, at_s, 599, offer_a=0)
    awake = not car.asleep
    at_s = run(car, at_s, 2, offer_a=0)
    assert (awake, car.asleep) == (True, True)
    return car, at_s


def interrupt(car: Vehicle, at_s: float) -> float:
    car.pilot_interrupted = True
    at_s = run(car, at_s, 3, offer_a=16)
    assert car.pilot is Pilot.A
    car.pilot_interrupted = False
    return run(car, at_s, 10, offer_a=16)


def replug(car: Vehicle, at_s: float) -> float:
    car.plugged = False
    at_s = run(car, at_s, 3, offer_a=0)
    car.plugged = True
    return run(car, at_s, 10, offer_a=16)


def test_asleep_it_takes_no_notice_of_an_offer() -> None:
    car, at_s = asleep()
    run(car, at_s, 3600, offer_a=16)
    assert (car.pilot, car.current_a) == (Pilot.B, 0)


def test_another_pause_wakes_it_if_it_is_long_enough() -> None:
    car, at_s = asleep()
    at_s = run(car, at_s, 30, offer_a=16)
    at_s = run(car, at_s, 4, offer_a=0)
    at_s = run(car, at_s, 30, offer_a=16)
    assert car.asleep
    at_s = run(car, at_s, 6, offer_a=0)
    run(car, at_s, 30, offer_a=16)
    assert car.current_a == pytest.approx(15.8)


def test_a_long_pause_with_no_offer_slept_through_does_not_wake_it() -> None:
    car, at_s = asleep()
    at_s = run(car, at_s, 3600, offer_a=0)
    run(car, at_s, 30, offer_a=16)
    assert car.asleep


@pytest.mark.parametrize(
    ("woken_by", "by_interruption"), [(WokenBy.PAUSE, True), (WokenBy.INTERRUPTION, True), (WokenBy.REPLUG, False)]
)
def test_what_is_more_than_it_needs_wakes_it_too(woken_by: WokenBy, by_interruption: bool) -> None:
    car, at_s = asleep(replace(SLEEPY, woken_by=woken_by))
    at_s = interrupt(car, at_s)
    assert car.asleep is not by_interruption
    replug(car, at_s)
    assert car.current_a == pytest.approx(15.8)


def test_a_pause_does_not_wake_one_that_needs_an_interruption() -> None:
    car, at_s = asleep(replace(SLEEPY, woken_by=WokenBy.INTERRUPTION))
    for offer_a in (16, 0, 16):
        at_s = run(car, at_s, 60, offer_a=offer_a)
    assert car.asleep


def test_after_too_many_pauses_only_plugging_in_anew_helps() -> None:
    car, at_s = charging(model=VehicleModel(most_pauses=2))
    for _ in range(2):
        at_s = run(car, at_s, 30, offer_a=0)
        at_s = run(car, at_s, 30, offer_a=16)
        assert car.current_a > 0
    at_s = run(car, at_s, 30, offer_a=0)
    at_s = interrupt(car, at_s)
    assert car.current_a == 0
    replug(car, at_s)
    assert car.current_a > 0


def test_a_vehicle_that_needs_ventilation_asks_by_state_d() -> None:
    car, _ = charging_in(Pilot.D, VehicleModel(ventilation=True))
    assert car.current_a == pytest.approx(15.8)


def charging_in(pilot: Pilot, model: VehicleModel) -> tuple[Vehicle, float]:
    car = vehicle(model)
    car.plugged = True
    at_s = run(car, 0, 10, offer_a=16)
    assert car.pilot is pilot
    return car, at_s


def test_one_that_overdraws_takes_more_than_is_offered_and_nothing_without_an_offer() -> None:
    car, at_s = charging(10)
    car.overdraws_a = 3
    assert car.current_a == pytest.approx(12.8)
    run(car, at_s, 10, offer_a=0)
    assert car.current_a == 0


def test_parked_it_uses_its_own_battery_and_charges_again_when_the_gap_is_reached() -> None:
    car, at_s = charging(model=VehicleModel(standby_w=100, top_up_gap=0.02))
    car.battery = replace(car.battery, soc=0.9999)
    at_s = run(car, at_s, 600, offer_a=16)
    assert (car.pilot, round(car.battery.soc, 2)) == (Pilot.B, 1.0)
    at_s = run(car, at_s, 9.5 * 3600, offer_a=16)  # 1,000 Wh of 50,000 are 2 %, at 100 W ten hours
    assert (car.pilot, car.current_a) == (Pilot.B, 0)
    run(car, at_s, 0.6 * 3600, offer_a=16)
    assert car.battery.soc > 0.98
