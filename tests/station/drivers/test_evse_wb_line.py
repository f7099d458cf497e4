"""The line between the EVSE-WB driver and its board: lost, late and garbled answers, and no line at all."""

import asyncio
import itertools
import logging
import struct
from pathlib import Path

import pytest

from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable
from ladewerk.station.drivers.evse_wb import EvseWb, board_on, open_evse_wb
from ladewerk.station.drivers.modbus_bus import open_bus
from ladewerk.station.drivers.ports import PilotState
from tests.station.drivers.raw_board import RawBoard, clock, raw_board, run, run_with_board


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
