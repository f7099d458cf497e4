"""The self-test of an EVSE-WB board, with and without an RCD."""

import asyncio

import pytest

from ladewerk.station.drivers.evse_wb import EvseWb
from ladewerk.station.drivers.ports import EvseFault
from tests.station.drivers.raw_board import RawBoard, run_with_board


def test_a_self_test_while_stopped_keeps_the_supply_off() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.open_contactor()
        await evse.start_self_test()
        assert board.writes()[-1] == (1004, 0b11)

    run_with_board(body)


def test_a_board_found_stopped_stays_stopped_in_a_self_test() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.start_self_test()
        assert board.writes() == [(1004, 0b11)]

    run_with_board(body, r1004=1)


def test_a_self_test_with_the_supply_allowed_leaves_it_so() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.start_self_test()
        assert board.writes() == [(1004, 0b10)]
        board[1009] = 300
        assert (await evse.read()).self_test_running

    run_with_board(body)


def test_while_it_tests_itself_a_board_offers_what_it_likes() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(0)
        await evse.start_self_test()
        board.registers |= {1000: 30, 1009: 200}
        board.asked.clear()
        await evse.read()
        assert not board.writes()

    run_with_board(body)


WITH_RCD = 0x0209 | 1 << 4


def test_a_tripped_rcd_ends_a_good_self_test_and_is_cleared() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        def keeps(register: int, value: int) -> int:
            if register == 1004 and value & 0b100:
                board[1007] = 0
            return 0

        board.keeps = keeps
        await evse.start_self_test()
        board.registers |= {1009: 50, 1007: 1 << 4}
        assert not (await evse.read()).faults
        board[1009] = 0
        reading = await evse.read()
        assert not reading.faults
        assert not reading.self_test_running
        assert board.writes() == [(1004, 0b010), (1004, 0b100)]

    run_with_board(body, options=WITH_RCD)


def test_an_rcd_that_does_not_trip_in_the_self_test_is_a_fault(caplog: pytest.LogCaptureFixture) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.start_self_test()
        board[1009] = 50
        await evse.read()
        board[1009] = 0
        assert (await evse.read()).faults == {EvseFault.GROUND}
        assert (await evse.read()).faults == {EvseFault.GROUND}

    run_with_board(body, options=WITH_RCD)
    assert "did not trip" in caplog.text


def test_a_self_test_that_has_not_begun_to_count_is_not_over() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.start_self_test()
        assert not (await evse.read()).faults
        board.registers |= {1009: 50, 1007: 1 << 4}
        assert not (await evse.read()).faults
        board[1009] = 0
        await evse.read()
        assert board.writes()[-1] == (1004, 0b100)

    run_with_board(body, options=WITH_RCD)


def test_a_self_test_that_nobody_saw_running_is_judged_by_its_end() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.start_self_test()
        await asyncio.sleep(36)
        assert (await evse.read()).faults == {EvseFault.GROUND}

    run_with_board(body, options=WITH_RCD)


def test_a_board_without_rcd_ends_its_self_test_without_a_command() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.start_self_test()
        board[1009] = 50
        await evse.read()
        board[1009] = 0
        assert not (await evse.read()).faults
        assert board.writes() == [(1004, 0b10)]

    run_with_board(body)
