"""An EVSE-WB board that lost its supply and forgot, or that somebody else has told something."""

import asyncio

import pytest

from ladewerk.errors import DeviceFault, DeviceUnreachable
from ladewerk.station.drivers.evse_wb import EvseWb
from tests.station.drivers.raw_board import RawBoard, run_with_board


def lose_supply(board: RawBoard, *, power_on_a: int = 32) -> None:
    """What a power cut of the board leaves: register 2000's current, and no command."""
    board.registers |= {1000: power_on_a, 1004: 0, 1006: 1}


def test_a_board_that_lost_its_supply_gets_its_current_back_with_the_next_look(caplog: pytest.LogCaptureFixture) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(10)
        lose_supply(board)
        board.asked.clear()
        assert (await evse.read()).set_current_a == 10
        assert board.writes() == [(1000, 10)]
        await evse.read()
        assert board.writes() == [(1000, 10)]

    run_with_board(body)
    assert "lost its supply, or others changed it; it is told again what to offer" in caplog.text


def test_a_board_that_offers_less_than_told_is_left_to_the_unit() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(16)
        lose_supply(board, power_on_a=6)
        board.asked.clear()
        assert (await evse.read()).set_current_a == 6
        assert not board.writes()

    run_with_board(body)


def test_a_supply_that_was_cut_is_cut_first_again_when_the_board_has_forgotten() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.open_contactor()
        lose_supply(board)
        board.asked.clear()
        reading = await evse.read()
        assert (reading.supply_allowed, reading.set_current_a) == (False, 0)
        assert board.writes() == [(1004, 1), (1000, 0)]

    run_with_board(body)


def test_a_lower_current_that_did_not_get_through_counts_from_then_on() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(16)
        board.ignore = 3
        with pytest.raises(DeviceUnreachable):
            await evse.set_current(6)
        assert board[1000] == 16
        assert (await evse.read()).set_current_a == 6

    run_with_board(body)


def test_a_higher_current_that_did_not_get_through_is_not_tried_by_itself() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(6)
        board.ignore = 3
        with pytest.raises(DeviceUnreachable):
            await evse.set_current(16)
        assert (await evse.read()).set_current_a == 6

    run_with_board(body)


def test_a_current_that_others_have_raised_is_taken_back() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(6)
        board[1000] = 16  # by the board's own button, or an order whose confirmation got lost
        assert (await evse.read()).set_current_a == 6

    run_with_board(body)


def test_a_current_on_its_way_up_is_not_taken_back_by_a_look() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(6)
        board.asked.clear()
        await asyncio.gather(evse.set_current(16), evse.read(), evse.read())
        assert set(board.writes()) == {(1000, 16)}

    run_with_board(body, spacing_s=0.1)


def test_a_stop_on_its_way_is_not_taken_for_a_board_that_has_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(16)
        board.asked.clear()
        look = asyncio.create_task(evse.read())
        await asyncio.sleep(0)  # it has asked
        await asyncio.gather(look, evse.open_contactor())
        assert board.writes() == [(1004, 1), (1000, 0)]

    run_with_board(body, spacing_s=0.1)
    assert not caplog.records


def test_a_board_exchanged_while_it_was_silent_is_identified_anew() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(10)
        board.ignore = 3
        with pytest.raises(DeviceUnreachable):
            await evse.read()
        board.registers |= {1000: 3200, 1005: 18, 2005: 0x0209 | 1 << 7}  # it counts in hundredths
        assert (await evse.read()).set_current_a == 10
        assert board[1000] == 1000

    run_with_board(body, firmware=17)


def test_a_board_that_forgets_what_it_stores_is_not_worn_out() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        for _ in range(10):
            board[2005] = 0x0209 | 1 << 13
            await evse.allow_supply()
        board[2005] = 0x0209 | 1 << 13
        with pytest.raises(DeviceFault, match="does not keep 521 in register 2005, stored 10 times; replace it"):
            await evse.allow_supply()
        assert [register for register, _ in board.writes()].count(2005) == 10

    run_with_board(body)


def test_nothing_stored_is_written_in_a_day_of_charging() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        for current_a in (6, 16, 0, 10) * 6:
            await evse.set_current(current_a)
            await evse.open_contactor()
            await evse.allow_supply()
            await evse.start_self_test()
        assert not [register for register, _ in board.writes() if register >= 2000]

    run_with_board(body)
