"""What is written to a board: what it refuses, what it keeps over a power cut, and how it comes."""

import pytest

from ladewerk.simulator.evse_board import FACTORY, ILLEGAL_ADDRESS, ILLEGAL_VALUE, EvseBoard, RegisterRefused
from ladewerk.simulator.vehicle import Pilot
from tests.simulator.board_bench import AMPS, COMMAND, OFFER, Bench, charging, refusal

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


@pytest.mark.parametrize(("power_on_a", "options"), [(32, 0x0209), (6, 0x0209), (6, 0x0209 | 1 << 7)])
def test_after_a_power_cut_it_offers_what_2000_says_and_has_forgotten_every_command(power_on_a: int, options: int) -> None:
    bench = Bench(pilot=Pilot.B)
    bench[2000], bench[2005] = power_on_a, options
    bench[AMPS], bench[COMMAND] = 0, 1
    bench.board.power_cycle()
    bench.board.update(Pilot.B)
    assert (bench.board.offer_a, bench[COMMAND]) == (power_on_a, 0)


def test_65535_in_2010_restores_what_it_came_with_and_modbus_is_off() -> None:
    board = EvseBoard()
    board.write(2000, [6])
    board.write(2010, [65535])
    assert board.address == 0
    assert board.registers()[2000] == 32


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
