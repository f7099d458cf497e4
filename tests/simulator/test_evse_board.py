from math import inf

import pytest

from ladewerk.simulator.evse_board import EvseBoard
from ladewerk.simulator.vehicle import Pilot
from tests.simulator.board_bench import (
    AMPS,
    CABLE,
    COMMAND,
    OFFER,
    RECOVERY,
    STATE,
    STATUS,
    TEST,
    VEHICLE,
    Bench,
    charging,
)

# What the registers say


def test_without_a_vehicle_it_reads_as_the_datasheet_s_example() -> None:
    assert Bench().board.read(1000, 10) == [32, 0, 1, 6, 0, 18, 1, 0, 0, 0]


def test_the_factory_settings_are_those_of_a_board_just_commissioned() -> None:
    settings = [32, 1, 5, 1, 0, 0x0209, 0, 0, 0xFFFF, 3, 6, 10, 16, 25, 32, 48, 63, 80]
    assert EvseBoard(address=1).read(2000, 18) == settings


@pytest.mark.parametrize(("pilot", "state"), [(Pilot.A, 1), (Pilot.B, 2), (Pilot.C, 3)])
def test_1002_tells_the_vehicle_s_state(pilot: Pilot, state: int) -> None:
    assert Bench(pilot=pilot)[VEHICLE] == state


def test_1003_is_6_without_a_plug_and_the_cable_s_rating_with_one() -> None:
    bench = Bench(cable_limit_a=20)
    assert bench[CABLE] == 6
    bench.see(Pilot.B)
    assert bench[CABLE] == 20


def test_2007_is_the_limit_of_a_fixed_cable() -> None:
    bench = Bench(cable_limit_a=20)
    bench[2007] = 25
    assert bench[CABLE] == 25


@pytest.mark.parametrize(
    ("pilot", "amps", "offered", "state"),
    [
        (Pilot.A, 16, 0, 1),  # steady 12 V: without a vehicle there is no PWM
        (Pilot.B, 16, 16, 2),
        (Pilot.C, 16, 16, 2),
        (Pilot.B, 0, 0, 1),
        (Pilot.B, 5, 0, 1),  # from the minimum in 2002 on it may be set, but only from 6 on is there PWM
        (Pilot.B, 6, 6, 2),
        (Pilot.B, 80, 32, 2),  # no more than the cable bears
    ],
)
def test_what_is_offered(pilot: Pilot, amps: int, offered: int, state: int) -> None:
    bench = Bench(pilot=pilot)
    bench[AMPS] = amps
    assert (bench[AMPS], bench[OFFER], bench[STATE]) == (amps, offered, state)
    assert bench.board.offer_a == offered


def test_with_bit_7_of_2005_the_unit_is_a_hundredth_of_an_ampere() -> None:
    bench = Bench(pilot=Pilot.B)
    bench[2005] = 0x0209 | 1 << 7
    bench[AMPS] = 16
    assert bench.board.offer_a == 0  # 0.16 A: the trap of mixing the units
    bench[AMPS] = 1650
    assert bench.board.offer_a == 16.5
    assert bench[OFFER] == 1650


def test_with_2003_at_0_the_analog_input_rules_and_1000_has_no_effect() -> None:
    bench = Bench(pilot=Pilot.B)
    bench[2003] = 0
    bench[AMPS] = 16
    assert (bench[AMPS], bench.board.offer_a) == (16, 0)


# Contactor


def test_the_contactor_closes_for_a_vehicle_that_asks_while_current_is_offered() -> None:
    bench = Bench(pilot=Pilot.B)
    bench[AMPS] = 16
    bench.wait(60)
    assert not bench.relay_on()
    bench.see(Pilot.C)
    assert not bench.relay_on()
    bench.wait(3)
    assert bench.relay_on()
    assert bench.board.mains_on


def test_it_stays_open_while_nothing_is_offered() -> None:
    bench = Bench(pilot=Pilot.C)
    bench[AMPS] = 0
    bench.wait(600)
    assert not bench.relay_on()


def test_it_opens_at_once_when_the_vehicle_no_longer_asks() -> None:
    bench = charging()
    bench.see(Pilot.B)
    assert not bench.relay_on()


def test_a_pause_opens_it_under_load_after_6_s_if_the_vehicle_does_not_let_go() -> None:
    bench = charging()
    bench[AMPS] = 0
    bench.wait(5.9)
    assert bench.relay_on()
    bench.wait(0.2)
    assert not bench.relay_on()


def test_an_offer_that_comes_back_in_time_keeps_it_closed() -> None:
    bench = charging()
    bench[AMPS] = 0
    bench.wait(4)
    bench[AMPS] = 8
    bench.wait(60)
    assert bench.relay_on()


def test_a_vehicle_that_stops_asking_before_it_closes_leaves_it_open() -> None:
    bench = Bench(pilot=Pilot.C)
    bench.wait(0.5)
    bench.see(Pilot.B)
    bench.wait(5)
    assert not bench.relay_on()


def test_bit_0_of_1004_opens_it_at_once_and_keeps_it_open() -> None:
    bench = charging()
    bench[COMMAND] = 1
    assert (bench.relay_on(), bench[STATE], bench[OFFER], bench[COMMAND]) == (False, 3, 0, 1)
    bench.wait(600)
    assert not bench.relay_on()


def test_taking_bit_0_back_brings_the_old_current_back() -> None:
    bench = charging(16)
    bench[COMMAND] = 1
    bench[COMMAND] = 0
    bench.wait(3)
    assert (bench.relay_on(), bench[OFFER]) == (True, 16)


@pytest.mark.parametrize("command", [2, 4])
def test_any_command_without_bit_0_allows_the_supply_again(command: int) -> None:
    bench = charging()
    bench[COMMAND] = 1
    bench[COMMAND] = command
    assert not bench[COMMAND] & 1


def test_bit_14_of_2005_disables_the_board() -> None:
    bench = charging()
    bench[2005] = 0x0209 | 1 << 14
    assert (bench.relay_on(), bench[STATE]) == (False, 3)


def test_a_welded_contactor_keeps_the_mains_on_while_the_relay_is_said_to_be_open() -> None:
    bench = charging()
    bench.board.relay_welded = True
    bench[COMMAND] = 1
    assert not bench.relay_on()
    assert bench.board.mains_on


def test_with_bit_13_of_2005_it_is_off_after_a_charge_until_it_is_written_again() -> None:
    bench = charging()
    bench[2005] = 0x0209 | 1 << 13
    bench.see(Pilot.B)
    assert (bench[STATE], bench.board.offer_a) == (3, 0)
    bench[2005] = 0x0209
    assert bench.board.offer_a == 16


# Self-test


def test_the_self_test_takes_30_s_and_closes_the_contactor_after_15() -> None:
    bench = Bench()
    bench[COMMAND] = 2
    seen = []
    for _ in range(7):
        seen.append((bench[TEST], bench[STATE], bench[OFFER], bench.relay_on()))
        bench.wait(5)
    assert seen == [
        (300, 1, 0, False),
        (250, 2, 32, False),
        (200, 2, 30, False),
        (150, 2, 30, True),
        (100, 2, 30, True),
        (50, 2, 30, True),
        (0, 1, 0, False),
    ]
    assert bench[COMMAND] == 0


def test_the_self_test_energises_a_vehicle_that_is_plugged_in() -> None:
    bench = Bench(pilot=Pilot.B)
    bench[AMPS] = 0
    bench[COMMAND] = 2
    bench.wait(16)
    assert bench.board.offer_a == 30
    assert bench.board.mains_on


def test_with_bit_0_set_the_self_test_keeps_the_contactor_open() -> None:
    bench = Bench(pilot=Pilot.B)
    bench[COMMAND] = 1 | 2
    bench.wait(16)
    assert bench[TEST] == 140
    assert not bench.board.mains_on


def test_a_second_command_does_not_begin_the_test_again() -> None:
    bench = Bench()
    bench[COMMAND] = 2
    bench.wait(10)
    bench[COMMAND] = 2
    assert bench[TEST] == 200


def test_bit_0_outlives_the_test() -> None:
    bench = Bench()
    bench[COMMAND] = 1 | 2
    bench.wait(40)
    assert (bench[COMMAND], bench[STATE]) == (1, 3)


def test_with_an_rcd_a_good_test_ends_with_its_error() -> None:
    bench = Bench(rcd_wired=True)
    bench[2005] = 0x0209 | 1 << 4
    bench[COMMAND] = 2
    bench.wait(19)
    assert bench.relay_on()
    bench.wait(2)
    assert not bench.relay_on()
    bench.wait(10)
    assert (bench[TEST], bench[VEHICLE], bench[STATUS]) == (0, 5, 1 << 4)
    bench[COMMAND] = 4
    assert (bench[VEHICLE], bench[STATUS]) == (1, 0)


def test_an_rcd_that_is_configured_but_not_there_does_not_trip() -> None:
    bench = Bench(rcd_wired=False)
    bench[2005] = 0x0209 | 1 << 4
    bench[COMMAND] = 2
    bench.wait(31)
    assert bench[STATUS] == 0


# Failures


def test_a_failed_diode_check_is_state_5_until_the_pilot_has_been_right_for_a_while() -> None:
    bench = charging()
    bench.board.diode_failed = True
    bench.board.update(Pilot.C)
    assert (bench[VEHICLE], bench[STATUS], bench[STATE]) == (5, 1 << 1, 1)
    bench.board.diode_failed = False
    bench.board.update(Pilot.C)
    assert (bench[VEHICLE], bench[STATUS], bench[RECOVERY]) == (5, 1 << 3, 10)
    bench.wait(9)
    assert (bench[VEHICLE], bench[RECOVERY], bench.relay_on()) == (5, 1, False)
    bench.wait(4)
    assert (bench[VEHICLE], bench[RECOVERY], bench.relay_on()) == (3, 0, True)


def test_without_bit_9_of_2005_a_diode_that_is_there_again_counts_at_once() -> None:
    bench = charging()
    bench[2005] = 0x0209 & ~(1 << 9)
    bench.board.diode_failed = True
    bench.board.update(Pilot.C)
    bench.board.diode_failed = False
    bench.board.update(Pilot.C)
    assert (bench[VEHICLE], bench[RECOVERY]) == (3, 0)


def test_a_tripped_rcd_is_latched() -> None:
    bench = charging()
    bench.board.trip_rcd()
    bench.board.update(Pilot.C)
    bench.wait(600)
    assert (bench[VEHICLE], bench[STATUS], bench[RECOVERY]) == (5, 1 << 4, 0)
    assert bench.board.next_change_s() == inf


def test_with_bit_5_of_2005_a_tripped_rcd_clears_itself() -> None:
    bench = charging()
    bench[2005] = 0x0209 | 1 << 5
    bench.board.trip_rcd()
    bench.board.update(Pilot.C)
    bench.wait(20)
    assert (bench[VEHICLE], bench[RECOVERY]) == (5, 10)
    bench.wait(15)
    assert (bench[VEHICLE], bench[RECOVERY], bench.relay_on()) == (3, 0, True)
