"""The EVSE-WB driver against a board made of raw bytes on a pseudo-terminal, faults included."""

import asyncio
import itertools
import logging
import os
import pty
import struct
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable, ReadingImplausible
from ladewerk.paced_loop import PacedLoop
from ladewerk.station.drivers.evse_wb import EvseWb, board_on, open_evse_wb
from ladewerk.station.drivers.modbus_bus import open_bus
from ladewerk.station.drivers.ports import EvseFault, PilotState

ORIGIN = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def crc(frame: bytes) -> bytes:
    """CRC-16 of Modbus RTU, low byte first."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def test_the_makers_example_frames_have_our_checksum() -> None:
    assert crc(bytes.fromhex("010303E80002")) == bytes.fromhex("447B")
    assert crc(bytes.fromhex("01030400200020")) == bytes.fromhex("FA21")


class RawBoard:
    """Registers behind a pseudo-terminal: knows function codes 3 and 16 alone, and writes down what it is asked."""

    def __init__(self, *, firmware: int = 18, address: int = 1, options: int = 0x0209) -> None:
        self._board_end, self._driver_end = pty.openpty()
        tty.setraw(self._board_end)
        tty.setraw(self._driver_end)
        self.device = os.ttyname(self._driver_end)
        self.address = address
        status = [0, 0, 1, 32, 0, firmware, 1, 0, 0, 0] if firmware >= 16 else [0, 0, 1, 32, 0, firmware, 1]
        self.registers = dict(enumerate(status, start=1000))
        self.registers |= dict(enumerate([6, 1, 5, 1, 0, options, 0, 0], start=2000))
        self.asked: list[tuple[int, int, int]] = []
        """Function code, first register, count (or the value, if one register was written)."""
        self.asked_at_s: list[float] = []
        self.ignore = 0
        """How many requests to leave without an answer."""
        self.answer_with: bytes | None = None
        """Sent instead of the next answer."""
        self.keeps: Callable[[int, int], int] = lambda register, value: value
        """What a register holds after a write."""
        asyncio.get_running_loop().add_reader(self._board_end, self._receive)
        self._received = b""

    def __setitem__(self, register: int, value: int) -> None:
        self.registers[register] = value

    def __getitem__(self, register: int) -> int:
        return self.registers[register]

    def writes(self) -> list[tuple[int, int]]:
        return [(register, value) for function, register, value in self.asked if function == 16]

    def _receive(self) -> None:
        self._received += os.read(self._board_end, 1024)
        while (size := self._request_size()) and len(self._received) >= size:
            request, self._received = self._received[:size], self._received[size:]
            assert crc(request[:-2]) == request[-2:]
            if request[0] == self.address:
                self._serve(request[1:-2])

    def _request_size(self) -> int | None:
        if len(self._received) < 7:
            return None
        return 9 + self._received[6] if self._received[1] == 16 else 8

    def _serve(self, request: bytes) -> None:
        function, first, count = struct.unpack(">BHH", request[:5])
        value = struct.unpack(">H", request[6:8])[0] if function == 16 else count
        self.asked.append((function, first, value))
        self.asked_at_s.append(asyncio.get_running_loop().time())
        if self.ignore:
            self.ignore -= 1
            return
        answer, self.answer_with = self.answer_with or self._answer(function, first, count, value), None
        self.send(answer)

    def send(self, answer: bytes) -> None:
        frame = bytes([self.address]) + answer
        os.write(self._board_end, frame + crc(frame))

    def _answer(self, function: int, first: int, count: int, value: int) -> bytes:
        if function not in (3, 16):
            return bytes([function | 0x80, 1])
        if any(register not in self.registers for register in range(first, first + count)):
            return bytes([function | 0x80, 2])
        if function == 16:
            self.registers[first] = self.keeps(first, value)
            return struct.pack(">BHH", 16, first, count)
        values = [self.registers[register] for register in range(first, first + count)]
        return struct.pack(f">BB{count}H", 3, 2 * count, *values)

    def unplug_the_cable(self) -> None:
        """What a USB adapter does that is pulled out."""
        if self._board_end >= 0:
            asyncio.get_running_loop().remove_reader(self._board_end)
            os.close(self._board_end)
            os.close(self._driver_end)
            self._board_end = -1


@asynccontextmanager
async def raw_board(*, firmware: int = 18, address: int = 1, options: int = 0x0209) -> AsyncIterator[RawBoard]:
    board = RawBoard(firmware=firmware, address=address, options=options)
    try:
        yield board
    finally:
        board.unplug_the_cable()


def clock() -> LoopClock:
    return LoopClock(asyncio.get_running_loop(), ORIGIN)


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(test())


def run_with_board(
    test: Callable[[RawBoard, EvseWb], Awaitable[None]],
    *,
    firmware: int = 18,
    options: int = 0x0209,
    spacing_s: float = 0,
    **registers: int,
) -> None:
    """Run ``test`` with an open driver; ``registers`` as ``r1002=3`` stand on the board before it is opened."""

    async def body() -> None:
        async with raw_board(firmware=firmware, options=options) as board:
            board.registers |= {int(name[1:]): value for name, value in registers.items()}
            async with open_evse_wb(board.device, 1, clock=clock(), spacing_s=spacing_s) as evse:
                await test(board, evse)

    run(body)


def test_reading_says_what_the_registers_say() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.registers |= {1000: 16, 1001: 16, 1002: 3, 1003: 20, 1006: 2, 1007: 0b1}
        reading = await evse.read()
        assert reading.pilot is PilotState.C
        assert (reading.set_current_a, reading.offered_current_a, reading.cable_limit_a) == (16, 16, 20)
        assert reading.relay_closed
        assert reading.supply_allowed
        assert not reading.self_test_running
        assert reading.faults == frozenset()
        assert reading.read_at == clock().now()

    run_with_board(body)


@pytest.mark.parametrize(
    ("register", "pilot"),
    [(1, PilotState.A), (2, PilotState.B), (3, PilotState.C), (4, PilotState.D), (5, PilotState.E)],
)
def test_vehicle_states_are_pilot_states(register: int, pilot: PilotState) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        assert (await evse.read()).pilot is pilot

    run_with_board(body, r1002=register)


def test_a_vehicle_state_the_maker_does_not_know_is_implausible() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        with pytest.raises(ReadingImplausible, match="vehicle state 0 in register 1002"):
            await evse.read()

    run_with_board(body, r1002=0)


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        (0b000010, EvseFault.DIODE),
        (0b000100, EvseFault.VENTILATION),
        (0b010000, EvseFault.GROUND),
        (0b100000, EvseFault.GROUND),
    ],
)
def test_fault_bits_are_faults(flags: int, fault: EvseFault) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        assert (await evse.read()).faults == {fault}

    run_with_board(body, r1007=flags)


def test_the_relay_bit_is_no_fault() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        reading = await evse.read()
        assert reading.relay_closed
        assert not reading.faults

    run_with_board(body, r1007=1, r1002=3)


def test_failure_state_without_a_reason_is_a_pilot_fault() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        assert (await evse.read()).faults == {EvseFault.PILOT}

    run_with_board(body, r1002=5)


def test_only_function_codes_3_and_16_are_on_the_wire() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.read()
        await evse.set_current(16)
        await evse.start_self_test()
        await evse.open_contactor()
        await evse.allow_supply()
        assert {function for function, _, _ in board.asked} == {3, 16}

    run_with_board(body)


def test_one_poll_is_one_request() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.asked.clear()
        await evse.read()
        assert board.asked == [(3, 1000, 10)]

    run_with_board(body)


def test_firmware_15_is_asked_for_seven_registers_only(caplog: pytest.LogCaptureFixture) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.asked.clear()
        reading = await evse.read()
        assert board.asked == [(3, 1000, 7)]
        assert reading.relay_closed  # not told by this firmware: it draws, so it is closed

    run_with_board(body, firmware=15, r1000=16, r1001=16, r1002=3)
    assert "firmware 15 tells nothing of relay" in caplog.text


def test_firmware_9_is_refused() -> None:
    async def body() -> None:
        async with raw_board(firmware=9) as board:
            with pytest.raises(DeviceFault, match="firmware 9 is defective; update"):
                async with open_evse_wb(board.device, 1, clock=clock()):
                    pass

    run(body)


def test_a_board_ruled_by_its_analog_input_is_refused() -> None:
    async def body() -> None:
        async with raw_board() as board:
            board[2003] = 0
            with pytest.raises(DeviceFault, match="write 1 to register 2003"):
                async with open_evse_wb(board.device, 1, clock=clock()):
                    pass

    run(body)


def test_a_high_power_on_current_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        assert not board.writes()

    run_with_board(body, r2000=32)
    assert "offers 32 A after a power cut; write 6 to register 2000" in caplog.text


def test_a_safe_board_is_opened_without_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.read()

    run_with_board(body)
    assert not caplog.records


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


def test_while_it_tests_itself_a_board_offers_what_it_likes() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        await evse.set_current(0)
        await evse.start_self_test()
        board.registers |= {1000: 30, 1009: 200}
        board.asked.clear()
        await evse.read()
        assert not board.writes()

    run_with_board(body)


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


def test_two_lost_answers_are_asked_for_again() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.asked.clear()
        board.ignore = 2
        assert (await evse.read()).pilot is PilotState.A
        assert board.asked == [(3, 1000, 10)] * 3

    run_with_board(body)


def test_a_lost_answer_to_a_write_is_written_again() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.ignore = 1
        await evse.set_current(16)
        assert board[1000] == 16

    run_with_board(body)


def test_a_silent_board_is_unreachable_and_asked_once_at_a_time_until_it_answers() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.ignore = 4
        with pytest.raises(
            DeviceUnreachable, match=rf"{board.device}, address 1: no answer to 3 requests; look at its power"
        ):
            await evse.read()
        with pytest.raises(DeviceUnreachable, match="no answer to 1 request; look at its power"):
            await evse.set_current(6)
        assert (await evse.read()).pilot is PilotState.A
        board.asked.clear()
        board.ignore = 2
        assert (await evse.read()).pilot is PilotState.A
        assert len(board.asked) == 3

    run_with_board(body)


def test_many_silent_boards_on_a_line_keep_nobody_waiting_for_long() -> None:
    async def body() -> None:
        async with raw_board(address=9) as board, open_bus(board.device) as bus:
            loop = asyncio.get_running_loop()
            sound = await board_on(bus, 9, clock=clock())
            ended_s = [loop.time()]

            async def ask(address: int) -> None:
                with pytest.raises(DeviceUnreachable):
                    await bus.read(address, 1000, 7)
                ended_s.append(loop.time())

            await asyncio.gather(*(ask(address) for address in range(1, 9)))
            # Each end is a beat for the supervisor, which takes 5 s without one for a hung program.
            assert max(later - sooner for sooner, later in itertools.pairwise(ended_s)) < 2
            started_s = loop.time()
            silent = [asyncio.create_task(ask(address)) for address in range(1, 9)]
            await asyncio.sleep(0)
            await sound.read()
            assert loop.time() - started_s < 5
            await asyncio.gather(*silent)

    run(body)


def test_a_board_silent_at_the_start_is_identified_by_a_later_poll(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async with raw_board(firmware=15) as board:
            board.ignore = 3
            async with open_evse_wb(board.device, 1, clock=clock()) as evse:
                assert (await evse.read()).pilot is PilotState.A
                assert board.asked[-1] == (3, 1000, 7)

    run(body)
    assert "no answer to 3 requests" in caplog.text


def test_a_garbled_answer_is_asked_for_again() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.asked.clear()
        board.answer_with = b"\x03\x02\x00"  # cut off, with a checksum of its own
        assert (await evse.read()).pilot is PilotState.A
        assert len(board.asked) == 2

    run_with_board(body)


def test_a_late_answer_to_another_question_is_not_taken() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.asked.clear()
        board.answer_with = struct.pack(">BB2H", 3, 4, 32, 32)  # two registers where ten were asked for
        assert (await evse.read()).set_current_a == 0
        assert len(board.asked) == 2

    run_with_board(body)


def test_an_answer_after_the_deadline_is_not_taken_for_the_next() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.ignore = 3
        with pytest.raises(DeviceUnreachable):
            await evse.read()
        board.send(struct.pack(">BB10H", 3, 20, 32, 32, 3, 32, 0, 18, 2, 1, 0, 0))
        await asyncio.sleep(0.05)  # it arrives in the silence between two requests
        assert (await evse.read()).set_current_a == 0

    run_with_board(body, spacing_s=0.1)


def test_a_refusal_is_a_fault_that_names_the_registers() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.answer_with = bytes([0x83, 2])
        with pytest.raises(DeviceFault, match=r"refuses reading 10 registers from 1000 \(Modbus exception 2\)"):
            await evse.read()
        board.answer_with = bytes([0x90, 3])
        with pytest.raises(DeviceFault, match=r"refuses writing 16 to register 1000 \(Modbus exception 3\)"):
            await evse.set_current(16)

    run_with_board(body)


def test_a_pulled_serial_adapter_is_unreachable() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.unplug_the_cable()
        with pytest.raises(DeviceUnreachable):
            await evse.read()
        with pytest.raises(DeviceUnreachable, match=rf"{board.device} is not there"):
            await evse.read()

    run_with_board(body)


def test_requests_are_spaced_and_idle_time_costs_no_wait() -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        loop = asyncio.get_running_loop()
        await evse.set_current(16)
        gaps_s = [later - earlier for earlier, later in zip(board.asked_at_s, board.asked_at_s[1:], strict=False)]
        assert min(gaps_s) >= 0.1 - 1e-9
        await asyncio.sleep(2)
        started_s = loop.time()
        await evse.read()
        assert board.asked_at_s[-1] == started_s

    run_with_board(body, spacing_s=0.1)


def test_boards_on_one_bus_are_asked_one_after_the_other() -> None:
    async def body() -> None:
        async with raw_board(address=7) as board, open_bus(board.device) as bus:
            first = await board_on(bus, 7, clock=clock())
            second = await board_on(bus, 7, clock=clock())
            started_s = asyncio.get_running_loop().time()
            readings = await asyncio.gather(first.read(), second.read(), first.read())
            assert [reading.pilot for reading in readings] == [PilotState.A] * 3
            assert asyncio.get_running_loop().time() - started_s >= 0.2

    run(body)


def test_a_foreign_address_is_silence() -> None:
    async def body() -> None:
        async with raw_board(address=7) as board, open_evse_wb(board.device, 1, clock=clock()) as evse:
            with pytest.raises(DeviceUnreachable, match="address 1"):
                await evse.read()

    run(body)


@pytest.mark.parametrize("address", [0, 248])
def test_an_address_outside_modbus_is_refused(address: int) -> None:
    async def body() -> None:
        async with raw_board() as board:
            with pytest.raises(ConfigError, match=f"a Modbus address is 1 to 247, not {address}"):
                async with open_evse_wb(board.device, address, clock=clock()):
                    pass

    run(body)


def test_a_missing_serial_device_is_told_at_the_start() -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match="/dev/no-such-device is not there; look at the cable"):
            async with open_evse_wb("/dev/no-such-device", 1, clock=clock()):
                pass

    run(body)


def test_a_file_is_no_serial_device(tmp_path: Path) -> None:
    path = tmp_path / "board"
    path.touch()

    async def body() -> None:
        with pytest.raises(ConfigError, match="is no serial device"):
            async with open_evse_wb(str(path), 1, clock=clock()):
                pass

    run(body)


def test_a_device_in_use_is_told_at_the_start() -> None:
    async def body() -> None:
        async with raw_board() as board, open_evse_wb(board.device, 1, clock=clock()):
            with pytest.raises(ConfigError, match="another program"):
                async with open_evse_wb(board.device, 1, clock=clock()):
                    pass

    run(body)


def test_the_library_logs_nothing_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    async def body(board: RawBoard, evse: EvseWb) -> None:
        board.ignore = 3
        with pytest.raises(DeviceUnreachable):
            await evse.read()

    with caplog.at_level(logging.INFO):
        run_with_board(body)
    assert not caplog.records
