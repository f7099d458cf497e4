"""Currents and the supply, as the EVSE-WB driver writes and reads them back."""

import pytest

from ladewerk.errors import DeviceFault
from ladewerk.station.drivers.evse_wb import EvseWb
from tests.station.drivers.raw_board import RawBoard, run_with_board


def test_current_is_written_in_amperes_rounded_down() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(13.97)
        assert board[1000] == 13
        await evse.set_current(15.9999999999)  # 16 A that came out of a division
        assert board[1000] == 16
        await evse.set_current(0)
        assert board[1000] == 0

    run_with_board(body)


def test_current_is_written_in_hundredths_when_the_board_says_so() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(13.979)
        assert board[1000] == 1397
        board[1001] = 1397
        reading = await evse.read()
        assert reading.set_current_a == pytest.approx(13.97)
        assert reading.offered_current_a == pytest.approx(13.97)

    run_with_board(body, firmware=17, options=0x0209 | 1 << 7)


def test_firmware_16_counts_in_amperes_whatever_bit_7_says() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(16)
        assert board[1000] == 16

    run_with_board(body, firmware=16, options=0x0209 | 1 << 7)


@pytest.mark.parametrize("current_a", [-1.0, 0.5, 5.99, 80.01, float("nan"), float("inf")])
def test_a_current_no_pilot_can_signal_is_refused(current_a: float) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        with pytest.raises(ValueError, match="0 or 6 to 80 A"):
            await evse.set_current(current_a)
        assert not board.writes()

    run_with_board(body)


def test_a_current_the_board_does_not_keep_is_written_once_more() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        lapses = [0]
        board.keeps = lambda register, value: lapses.pop() if lapses else value
        await evse.set_current(16)
        assert board.writes() == [(1000, 16), (1000, 16)]
        assert board[1000] == 16

    run_with_board(body)


def test_a_current_the_board_never_keeps_is_a_fault() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.keeps = lambda register, value: 32
        with pytest.raises(DeviceFault, match="does not keep 16 in register 1000"):
            await evse.set_current(16)

    run_with_board(body)


def test_opening_the_contactor_stops_first_and_then_takes_the_current_away() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(16)
        board.asked.clear()
        await evse.open_contactor()
        assert board.writes() == [(1004, 1), (1000, 0)]
        reading = await evse.read()
        assert not reading.supply_allowed
        assert reading.set_current_a == 0

    run_with_board(body)


def test_a_stop_bit_that_clears_itself_is_believed_when_the_board_is_off() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        def keeps(register: int, value: int) -> int:
            if register == 1004:
                board[1006] = 3
                return 0
            return value

        board.keeps = keeps
        await evse.open_contactor()
        assert not (await evse.read()).supply_allowed

    run_with_board(body)


def test_a_stop_the_board_does_not_take_is_a_fault() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.keeps = lambda register, value: 0
        with pytest.raises(DeviceFault, match="did not take the stop command"):
            await evse.open_contactor()

    run_with_board(body)


def test_allowing_the_supply_does_not_bring_the_old_current_back() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.registers |= {1000: 16, 1004: 1}
        await evse.allow_supply()
        assert board.writes() == [(1000, 0), (1004, 0)]

    run_with_board(body)


def test_allowing_the_supply_enables_a_disabled_board() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.allow_supply()
        assert board[2005] == 0x0209

    run_with_board(body, options=0x0209 | 1 << 14 | 1 << 13)
