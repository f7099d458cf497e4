import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.simulator.app import build_world
from ladewerk.simulator.config import SimulatorConfig
from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.vehicle import Pilot
from ladewerk.simulator.vehicle_settings import VehicleChange
from ladewerk.simulator.world import Sample, World

START = datetime(2026, 1, 5, 17, 40, 12, tzinfo=UTC)


def world(vehicle: VehicleChange | None = None) -> World:
    return build_world(SimulatorConfig(time_zone="UTC", vehicle=vehicle or VehicleChange()), START)


def offer(place: World, amps: int) -> None:
    place.board.write(1000, [amps])
    place.settle()


def charging(amps: int = 16) -> World:
    place = world()
    offer(place, amps)
    place.plug_in()
    place.advance_to_s(30)
    assert place.vehicle.power_w > 0
    return place


def test_a_car_that_is_plugged_in_charges_at_what_is_offered() -> None:
    sample = charging(16).sample()
    assert (sample.pilot, sample.contactor_closed) == (Pilot.C, True)
    assert sample.current_a == pytest.approx(15.8)
    assert sample.ev_power_w == pytest.approx(15.8 * 3 * 230)


def test_a_board_nobody_has_told_anything_charges_with_its_default() -> None:
    place = world()
    place.plug_in()
    place.advance_to_s(30)
    assert place.sample().offer_a == 20  # 32 A, less what the cable does not bear
    assert place.sample().current_a == 16


def test_a_pause_ends_the_current_and_opens_the_contactor() -> None:
    place = charging()
    offer(place, 0)
    place.advance_to_s(place.at_s + 5)
    assert (place.vehicle.pilot, place.board.mains_on, place.vehicle.power_w) == (Pilot.B, False, 0)


def test_energy_of_battery_meter_and_samples_agree() -> None:
    place = world(VehicleChange(soc=0.8, taper_from_soc=0.85))
    drawn: list[Sample] = []
    place.samples.connect(drawn.append)
    stored_wh = place.vehicle.battery.stored_wh
    counted_wh = sum(place.meter.registers_wh)
    place.plug_in()
    for amps in (16, 6, 0, 10, 16):
        offer(place, amps)
        place.advance_to_s(place.at_s + 1234.5)
    place.advance_to_s(5 * 3600)
    assert place.vehicle.battery.full
    into_battery_wh = place.vehicle.battery.stored_wh - stored_wh
    assert into_battery_wh == pytest.approx(place.sample().drawn_wh * 0.92)
    assert sum(place.meter.registers_wh) - counted_wh == pytest.approx(place.sample().drawn_wh)
    integral_wh = sum(a.ev_power_w * (b.at - a.at).total_seconds() / 3600 for a, b in itertools.pairwise(drawn))
    assert integral_wh == pytest.approx(place.sample().drawn_wh, rel=0.01)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.01, 900), min_size=1, max_size=60))
def test_how_often_one_looks_changes_nothing(pauses_s: list[float]) -> None:
    once, often = world(), world()
    seen_once: list[Sample] = []
    seen_often: list[Sample] = []
    once.samples.connect(seen_once.append)
    often.samples.connect(seen_often.append)
    for place in (once, often):
        place.schedule(START + timedelta(seconds=700.25), place.plug_in)
        place.schedule(START + timedelta(seconds=5000), place.unplug)
    for pause_s in pauses_s:
        often.advance_to_s(often.at_s + pause_s)
    end_s = max(often.at_s, 6000)
    often.advance_to_s(end_s)
    once.advance_to_s(end_s)
    assert [(s.at, s.pilot, s.offer_a) for s in seen_often] == [(s.at, s.pilot, s.offer_a) for s in seen_once]
    assert often.sample().drawn_wh == pytest.approx(once.sample().drawn_wh)
    assert often.sample().drawn_wh > 5000


def test_samples_come_every_minute_of_the_clock_and_at_every_change() -> None:
    place = world()
    samples: list[Sample] = []
    place.samples.connect(samples.append)
    place.advance_to_s(180)
    assert [sample.at.second for sample in samples] == [0, 0, 0]
    samples.clear()
    place.plug_in()
    place.advance_to_s(190)
    assert [(sample.pilot, sample.contactor_closed, sample.current_a) for sample in samples] == [
        (Pilot.B, False, 0),
        (Pilot.C, False, 0),
        (Pilot.C, True, 0),
        (Pilot.C, True, 16),
    ]


def test_the_meter_s_registers_advance_in_steps_of_a_minute() -> None:
    place = charging()
    place.advance_to(START + timedelta(seconds=120))
    registers = set()
    for second in range(60):
        place.advance_to_s(120.0 + second)
        registers.add(place.meter.registers_wh)
    assert len(registers) == 2


def test_going_back_in_time_changes_nothing() -> None:
    place = charging()
    before = place.sample()
    place.advance_to(START)
    assert place.sample() == before


def test_the_house_is_what_the_household_says() -> None:
    place = world()
    place.advance_to_s(3600)
    assert place.sample().household_w == place.household.load_w(START + timedelta(seconds=3600))


def test_plugging_in_twice_and_pulling_what_is_not_there_are_refused() -> None:
    place = world()
    assert not place.unplug()
    assert place.plug_in()
    assert not place.plug_in()
    assert place.unplug()


def test_a_locked_plug_cannot_be_pulled() -> None:
    place = charging()
    place.drive_lock(locking=True, unlocking=False)
    place.advance_to_s(place.at_s + 1)
    place.drive_lock(locking=False, unlocking=False)
    assert not place.unplug()
    assert place.vehicle.power_w > 0
    place.advance_to_s(place.at_s + 1)
    place.drive_lock(locking=False, unlocking=True)
    place.advance_to_s(place.at_s + 1)
    assert place.unplug()
    assert (place.vehicle.power_w, place.vehicle.pilot) == (0, Pilot.A)


def test_what_is_scheduled_happens_at_its_moment_and_in_its_order() -> None:
    place = world()
    happened: list[tuple[str, datetime]] = []
    at = START + timedelta(seconds=77.5)
    place.schedule(at, lambda: happened.append(("first", place.at)))
    place.schedule(at, lambda: happened.append(("second", place.at)))
    place.schedule(START - timedelta(seconds=5), lambda: happened.append(("overdue", place.at)))
    place.advance_to_s(3600)
    assert happened == [("overdue", START), ("first", at), ("second", at)]


def test_a_diode_failure_stops_charging_until_it_is_repaired() -> None:
    place = charging()
    place.set_faults(Faults(board_failure=BoardFailure.DIODE))
    assert (place.vehicle.power_w, place.board.read(1002, 1)) == (0, [5])
    place.set_faults(Faults())
    place.advance_to_s(place.at_s + 30)
    assert place.vehicle.power_w > 0


def test_an_rcd_that_trips_stays_tripped_when_its_cause_is_gone() -> None:
    place = charging()
    place.set_faults(Faults(board_failure=BoardFailure.RCD))
    place.set_faults(Faults())
    place.advance_to_s(place.at_s + 600)
    assert (place.vehicle.power_w, place.board.read(1002, 1)) == (0, [5])


def test_a_welded_contactor_and_a_disobedient_car_go_on_whatever_is_said() -> None:
    place = charging(6)
    place.set_faults(Faults(relay_welded=True, vehicle_ignores_offer=True))
    place.board.write(1004, [1])
    place.settle()
    place.advance_to_s(place.at_s + 60)
    assert place.sample().current_a == 16
    assert place.board.read(1007, 1) == [0]


def test_the_self_test_with_a_car_plugged_in_lets_it_draw_current() -> None:
    place = world()
    offer(place, 0)
    place.plug_in()
    place.board.write(1004, [2])
    place.settle()
    place.advance_to_s(29)
    assert place.sample().current_a == 16
    place.advance_to_s(40)
    assert place.sample().current_a == 0


def test_the_meter_shows_what_the_vehicle_draws() -> None:
    reading = charging(16).meter_reading()
    assert [phase.current_a for phase in reading.phases] == [pytest.approx(15.8, rel=0.01)] * 3


def test_a_board_that_lost_its_power_comes_back_with_what_it_has_stored() -> None:
    place = charging(10)
    place.set_faults(Faults(board_unpowered=True))
    place.advance_to_s(place.at_s + 1)
    assert (place.board.address, place.board.mains_on, place.vehicle.power_w) == (0, False, 0)
    place.set_faults(Faults())
    place.advance_to_s(place.at_s + 30)
    assert place.sample().current_a == 16  # 32 A after boot, not the 10 A it had been told


def test_a_vehicle_that_asks_for_ventilation_gets_power_only_where_state_d_is_allowed() -> None:
    place = world(VehicleChange(ventilation=True))
    place.plug_in()
    place.advance_to_s(30)
    assert (place.board.read(1002, 1), place.board.read(1007, 1), place.sample().current_a) == ([4], [1], 16)
    place.board.write(2005, [place.board.read(2005, 1)[0] & ~(1 << 3)])
    place.settle()
    place.advance_to_s(place.at_s + 30)
    assert (place.board.read(1002, 1), place.board.read(1007, 1), place.sample().current_a) == ([4], [4], 0)


def test_an_interrupted_pilot_looks_as_if_the_vehicle_had_gone() -> None:
    place = charging()
    place.set_faults(Faults(pilot_interrupted=True))
    assert (place.board.read(1002, 1), place.sample().current_a, place.vehicle.plugged) == ([1], 0, True)
    place.set_faults(Faults())
    place.advance_to_s(place.at_s + 30)
    assert place.sample().current_a == pytest.approx(15.8)


def test_a_vehicle_that_overdraws_is_measured_as_it_draws() -> None:
    place = charging(8)
    place.set_faults(Faults(vehicle_overdraws_a=4))
    place.advance_to_s(place.at_s + 10)
    assert [round(phase.current_a) for phase in place.meter_reading().phases] == [12, 12, 12]


def test_a_jammed_bolt_does_not_hold_the_plug_and_its_power_cut_leaves_it_half_way() -> None:
    place = charging()
    place.set_faults(Faults(lock_jams_at=0.4))
    place.drive_lock(locking=True, unlocking=False)
    place.advance_to_s(place.at_s + 2)
    assert (place.lock.position, place.lock.locked) == (0.4, False)
    assert place.unplug()
    place.set_faults(Faults())
    place.advance_to_s(place.at_s + 0.2)
    place.set_faults(Faults(lock_unpowered=True))
    place.advance_to_s(place.at_s + 5)
    assert 0.4 < place.lock.position < 1


def test_standby_drains_the_battery_exactly_however_often_one_looks() -> None:
    places = [world(VehicleChange(standby_w=200, soc=0.5)) for _ in range(2)]
    places[0].advance_to_s(36_000)
    for second in range(600, 36_001, 600):
        places[1].advance_to_s(second)
    assert places[0].vehicle.battery.soc == pytest.approx(0.5 - 2000 / 58_000)
    assert places[1].vehicle.battery.soc == pytest.approx(places[0].vehicle.battery.soc)
