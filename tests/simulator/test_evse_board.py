from collections.abc import Sequence
from math import inf

import pytest

from ladewerk.simulator.evse_board import FACTORY, ILLEGAL_ADDRESS, ILLEGAL_VALUE, EvseBoard, RegisterRefused
from ladewerk.simulator.vehicle import Pilot

AMPS, OFFER, VEHICLE, CABLE, COMMAND, FIRMWARE, STATE, STATUS, RECOVERY, TEST = range(1000, 1010)


class Bench:
    """A board with a vehicle's pilot held by hand, moved from one thing that is due to the next."""

    def __init__(self, *, pilot: Pilot = Pilot.A, cable_limit_a: int = 32, rcd_wired: bool = False) -> None:
        self.board = EvseBoard(cable_limit_a=cable_limit_a, rcd_wired=rcd_wired)
        self.at_s = 100.1
        self.pilot = pilot
        self.board.pass_time(self.at_s)
        self.board.update(pilot)

    def see(self, pilot: Pilot) -> None:
        self.pilot = pilot
        self.board.update(pilot)

    def wait(self, seconds: float) -> None:
        end_s = self.at_s + seconds
        while self.board.next_change_s() <= end_s:
            self.board.pass_time(self.board.next_change_s())
            self.board.update(self.pilot)
        self.at_s = end_s
        self.board.pass_time(end_s)

    def __getitem__(self, register: int) -> int:
        return self.board.read(register, 1)[0]

    def __setitem__(self, register: int, value: int) -> None:
        self.board.write(register, [value])
        self.board.update(self.pilot)

    def relay_on(self) -> bool:
        return bool(self[STATUS] & 1)


def charging(amps: int = 16) -> Bench:
    bench = Bench(pilot=Pilot.B)
    bench[AMPS] = amps
    bench.see(Pilot.C)
    bench.wait(3)
    assert bench.relay_on()
    return bench


def refusal(board: EvseBoard, first: int, values: Sequence[int]) -> int:
    with pytest.raises(RegisterRefused) as refused:
        board.write(first, values)
    return refused.value.code


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


# Power cuts and stored settings


def test_after_a_power_cut_it_offers_what_2000_says_which_is_32_A_by_default() -> None:
    bench = charging(6)
    bench[COMMAND] = 1
    bench.board.power_cycle()
    bench.board.update(Pilot.C)
    assert (bench[AMPS], bench[COMMAND], bench[OFFER]) == (32, 0, 32)


def test_a_lower_2000_survives_the_power_cut() -> None:
    bench = charging(16)
    bench[2000] = 6
    bench.board.power_cycle()
    assert bench[AMPS] == 6


def test_in_hundredths_too() -> None:
    bench = charging(16)
    bench[2000] = 6
    bench[2005] = 0x0209 | 1 << 7
    bench.board.power_cycle()
    bench.see(Pilot.B)
    assert (bench[AMPS], bench.board.offer_a) == (600, 6)


def test_stored_writes_are_counted_and_volatile_ones_are_not() -> None:
    bench = Bench()
    bench[AMPS] = 16
    bench[COMMAND] = 1
    assert bench.board.stored_writes == 0
    bench[2000] = 6
    bench[2000] = 6
    assert bench.board.stored_writes == 2


def test_writing_65535_to_2010_restores_the_factory_settings_and_turns_modbus_off() -> None:
    bench = Bench()
    bench[2000] = 6
    bench[2010] = 65535
    assert bench.board.address == 0
    assert bench.board.read(2000, 18) == [FACTORY[register] for register in range(2000, 2018)]


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


# Refusals


@pytest.mark.parametrize(("first", "count"), [(999, 1), (1000, 12), (1011, 1), (1999, 2), (2000, 19), (0, 1), (65535, 1)])
def test_registers_that_do_not_exist_are_refused(first: int, count: int) -> None:
    with pytest.raises(RegisterRefused) as refused:
        EvseBoard().read(first, count)
    assert refused.value.code == ILLEGAL_ADDRESS


@pytest.mark.parametrize("register", [1001, 1002, 1003, 1005, 1006, 1007, 1009, 1010, 2008, 2009, 2018])
def test_registers_that_are_read_only_are_refused(register: int) -> None:
    assert refusal(EvseBoard(), register, [1]) == ILLEGAL_ADDRESS


@pytest.mark.parametrize(
    ("register", "value"), [(1000, 81), (1000, 1600), (1004, 8), (2000, 5), (2000, 81), (2001, 248), (2002, 14), (2003, 12)]
)
def test_values_out_of_range_are_refused(register: int, value: int) -> None:
    assert refusal(EvseBoard(), register, [value]) == ILLEGAL_VALUE


def test_of_a_write_that_is_refused_nothing_happens() -> None:
    board = EvseBoard()
    assert refusal(board, 2000, [6, 1, 99]) == ILLEGAL_VALUE
    assert board.read(2000, 3) == [32, 1, 5]


# Firmware, and how it comes


def test_firmware_up_to_15_refuses_more_than_seven_status_registers() -> None:
    board = EvseBoard(firmware=15)
    assert board.read(1000, 7) == [32, 0, 1, 6, 0, 15, 1]
    for first, count in ((1000, 10), (1007, 1), (1009, 1)):
        with pytest.raises(RegisterRefused) as refused:
            board.read(first, count)
        assert refused.value.code == ILLEGAL_ADDRESS
    assert len(EvseBoard(firmware=16).read(1000, 10)) == 10


@pytest.mark.parametrize(("firmware", "offered_a"), [(16, 16), (17, 0)])
def test_hundredths_of_an_ampere_are_known_from_firmware_17_on(firmware: int, offered_a: float) -> None:
    board = EvseBoard(firmware=firmware)
    board.write(2005, [0x0209 | 1 << 7])
    board.write(1000, [16])
    board.update(Pilot.B)
    assert board.offer_a == offered_a


def test_as_it_comes_modbus_is_off_until_an_is_pulled_five_times_soon_after_power_up() -> None:
    board = EvseBoard(address=0)
    assert board.address == 0
    board.pull_an(4)
    assert board.address == 0
    board.pull_an(1)
    assert board.address == 1
    board.pass_time(10)
    board.power_cycle()
    board.pass_time(13.1)
    board.pull_an(5)
    assert board.address == 0


def test_modbus_switched_on_by_hand_is_forgotten_unless_a_stored_register_was_accessed() -> None:
    board = EvseBoard(address=0)
    board.pull_an(5)
    board.read(1000, 7)
    board.power_cycle()
    assert board.address == 0
    board.pull_an(5)
    board.read(2000, 1)
    board.power_cycle()
    assert board.address == 1
    assert board.read(2001, 1) == [1]


def test_65535_in_2010_restores_what_it_came_with_and_modbus_is_off() -> None:
    board = EvseBoard()
    board.write(2000, [6])
    board.write(2010, [65535])
    assert board.address == 0
    assert board.registers()[2000] == 32


def test_with_bit_13_of_2005_it_is_off_after_a_charge_until_it_is_written_again() -> None:
    bench = charging()
    bench[2005] = 0x0209 | 1 << 13
    bench.see(Pilot.B)
    assert (bench[STATE], bench.board.offer_a) == (3, 0)
    bench[2005] = 0x0209
    assert bench.board.offer_a == 16


@pytest.mark.parametrize(("power_on_a", "options"), [(32, 0x0209), (6, 0x0209), (6, 0x0209 | 1 << 7)])
def test_after_a_power_cut_it_offers_what_2000_says_and_has_forgotten_every_command(power_on_a: int, options: int) -> None:
    bench = Bench(pilot=Pilot.B)
    bench[2000], bench[2005] = power_on_a, options
    bench[AMPS], bench[COMMAND] = 0, 1
    bench.board.power_cycle()
    bench.board.update(Pilot.B)
    assert (bench.board.offer_a, bench[COMMAND]) == (power_on_a, 0)
