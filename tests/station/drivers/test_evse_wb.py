"""What the EVSE-WB driver makes of the board's registers, and which boards it refuses."""

import pytest

from ladewerk.errors import DeviceFault, ReadingImplausible
from ladewerk.station.drivers.evse_wb import EvseWb, open_evse_wb
from ladewerk.station.drivers.ports import EvseFault, PilotState
from tests.station.drivers.raw_board import RawBoard, clock, crc, raw_board, run, run_with_board


def test_the_makers_example_frames_have_our_checksum() -> None:
    assert crc(bytes.fromhex("010303E80002")) == bytes.fromhex("447B")
    assert crc(bytes.fromhex("01030400200020")) == bytes.fromhex("FA21")


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
