import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from pymodbus.client import AsyncModbusSerialClient
from pymodbus.exceptions import ModbusIOException

from ladewerk.errors import ConfigError
from ladewerk.simulator.app import Simulator
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, on_free_ports
from ladewerk.simulator.evse_board import EvseBoard
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.modbus_rtu import crc16
from ladewerk.simulator.serial_line import serving_serial

READ_STATUS = bytes.fromhex("01 03 03 E8 00 02 44 7B")
"""The datasheet's own example: two registers from 1000."""


class Wire:
    """The client's end of the line, byte by byte."""

    def __init__(self, device: str) -> None:
        self._terminal = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._received = bytearray()
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._terminal, self._readable)

    def _readable(self) -> None:
        self._received += os.read(self._terminal, 4096)
        self._news.set()

    def send(self, data: bytes) -> None:
        os.write(self._terminal, data)

    async def receive(self, length: int, *, within_s: float = 0.5) -> bytes:
        """Exactly ``length`` bytes; fewer if no more come in time."""
        try:
            async with asyncio.timeout(within_s):
                while len(self._received) < length:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pass
        data = bytes(self._received[:length])
        del self._received[:length]
        return data

    async def ask(self, request: bytes, length: int) -> bytes:
        self.send(request)
        return await self.receive(length)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._terminal)
        os.close(self._terminal)


@contextmanager
def wire(device: str) -> Iterator[Wire]:
    line = Wire(device)
    try:
        yield line
    finally:
        line.close()


def framed(*body: int) -> bytes:
    return bytes(body) + crc16(bytes(body))


def test_the_datasheet_s_request_is_answered_over_the_terminal(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        with wire(simulator.serial_device) as line:
            assert await line.ask(framed(1, 16, 0x03, 0xE8, 0, 1, 2, 0, 32), 8) == framed(1, 16, 0x03, 0xE8, 0, 1)
            simulator.world.plug_in()
            # 32 A are set, and the cable bears 20.
            assert await line.ask(READ_STATUS, 9) == framed(1, 3, 4, 0, 32, 0, 20)

    play(scenario)


def test_binary_values_pass_the_terminal_unchanged(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        with wire(simulator.serial_device) as line:
            for value in (0x0A0D, 0x1103, 0x1304, 0x7F1A, 0x0D0A):  # what a terminal not in raw mode would eat
                request = framed(1, 16, 0x07, 0xD6, 0, 1, 2, *value.to_bytes(2, "big"))
                assert await line.ask(request, 8) == framed(1, 16, 0x07, 0xD6, 0, 1)
                assert await line.ask(framed(1, 3, 0x07, 0xD6, 0, 1), 7) == framed(1, 3, 2, *value.to_bytes(2, "big"))

    play(scenario)


@pytest.mark.parametrize("request_frame", [framed(9, 3, 0x03, 0xE8, 0, 1), READ_STATUS[:-1] + b"\x00"])
def test_foreign_and_broken_requests_are_met_with_silence(play: Callable[..., None], request_frame: bytes) -> None:
    async def scenario(simulator: Simulator) -> None:
        with wire(simulator.serial_device) as line:
            line.send(request_frame)
            assert await line.receive(1) == b""
            # A busy machine may deliver the frame so late that the next one is taken for its end: a driver asks again.
            assert 9 in [len(await line.ask(READ_STATUS, 9)) for _ in range(3)]

    play(scenario)


def test_a_silent_board_answers_again_once_it_is_repaired(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        with wire(simulator.serial_device) as line:
            simulator.world.set_faults(Faults(board_silent=True))
            assert await line.ask(READ_STATUS, 9) == b""
            simulator.world.set_faults(Faults())
            assert len(await line.ask(READ_STATUS, 9)) == 9

    play(scenario)


def test_every_third_answer_can_get_lost(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(Faults(board_loses_every=3))
        with wire(simulator.serial_device) as line:
            assert [len(await line.ask(READ_STATUS, 9)) for _ in range(6)] == [9, 9, 0, 9, 9, 0]

    play(scenario)


def test_every_second_answer_can_have_a_wrong_bit(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(Faults(board_garbles_every=2))
        with wire(simulator.serial_device) as line:
            right, wrong = await line.ask(READ_STATUS, 9), await line.ask(READ_STATUS, 9)
        assert right[-2:] == crc16(right[:-2])
        assert len(wrong) == 9
        assert sum((a ^ b).bit_count() for a, b in zip(right, wrong, strict=True)) == 1

    play(scenario)


def test_another_device_can_be_heard_before_each_answer(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(Faults(board_foreign_frames=True))
        with wire(simulator.serial_device) as line:
            foreign, own = (await line.ask(READ_STATUS, 9), await line.receive(9))
        assert (foreign[0], own[0]) == (9, 1)
        assert all(frame[-2:] == crc16(frame[:-2]) for frame in (foreign, own))

    play(scenario)


@pytest.mark.parametrize(
    ("board", "faults", "delay_s"),
    [
        (BoardConfig(), Faults(), 0),
        (BoardConfig(), Faults(board_delay_s=0.3), 0.3),
        (BoardConfig(paced=True), Faults(), 17 * 10 / 9600 + 2 * 3.5 * 10 / 9600),  # 8 bytes there, 9 back, two silences
    ],
)
def test_answers_take_their_time(play: Callable[..., None], board: BoardConfig, faults: Faults, delay_s: float) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(faults)
        with wire(simulator.serial_device) as line:
            asked_s = asyncio.get_running_loop().time()
            assert len(await line.ask(READ_STATUS, 9)) == 9
            assert asyncio.get_running_loop().time() - asked_s == pytest.approx(delay_s)

    play(scenario, msgspec.structs.replace(on_free_ports(SimulatorConfig()), board=board))


def test_a_late_answer_finds_nothing_of_a_simulator_that_has_ended() -> None:
    async def scene() -> None:
        async with serving_serial(EvseBoard(), link=None, faults=lambda: Faults(board_delay_s=0.01)) as device:
            with wire(device) as line:
                line.send(READ_STATUS)
                await asyncio.sleep(0.001)
        (ours, theirs) = os.pipe()  # the numbers of the terminal, given away again
        os.set_blocking(ours, False)
        await asyncio.sleep(0.02)
        with pytest.raises(BlockingIOError):
            os.read(ours, 1)
        os.close(ours)
        os.close(theirs)

    asyncio.run(scene())


def test_a_client_may_come_and_go(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        for _ in range(3):
            with wire(simulator.serial_device) as line:
                assert len(await line.ask(READ_STATUS, 9)) == 9
            await asyncio.sleep(10)

    play(scenario)


def test_a_client_that_never_reads_does_not_stop_the_board() -> None:
    async def scene() -> None:
        board = EvseBoard()
        async with serving_serial(board, link=None, faults=Faults) as device:
            with wire(device) as line:
                asyncio.get_running_loop().remove_reader(line._terminal)
                for _ in range(2000):
                    line.send(READ_STATUS)
                    await asyncio.sleep(0)
                line.send(framed(1, 16, 0x07, 0xD0, 0, 1, 2, 0, 6))
                while board.read(2000, 1) != [6]:  # noqa: ASYNC110 - the board announces nothing
                    await asyncio.sleep(0)

    asyncio.run(scene())


def test_a_client_that_others_wrote_is_served(play: Callable[..., None]) -> None:
    async def scenario(simulator: Simulator) -> None:
        client = AsyncModbusSerialClient(simulator.serial_device, baudrate=9600, timeout=0.5, retries=0)
        assert await client.connect()
        try:
            reading = await client.read_holding_registers(1000, count=10, device_id=1)
            assert reading.registers == [32, 0, 1, 6, 0, 18, 1, 0, 0, 0]
            assert not (await client.write_registers(1000, [16], device_id=1)).isError()
            assert (await client.read_holding_registers(1000, count=1, device_id=1)).registers == [16]
            refused = await client.write_register(1000, 10, device_id=1)  # function code 6
            assert (refused.isError(), refused.exception_code) == (True, 1)
            assert (await client.read_holding_registers(1000, count=12, device_id=1)).exception_code == 2
            with pytest.raises(ModbusIOException):
                await client.read_holding_registers(1000, count=1, device_id=2)
        finally:
            client.close()

    play(scenario)


# Its name


def with_link(path: Path) -> SimulatorConfig:
    config = on_free_ports(SimulatorConfig())
    return type(config)(meter_port=0, pins_port=0, panel_port=0, serial_link=str(path))


def test_the_link_is_a_name_that_stays_and_goes_with_the_simulator(play: Callable[..., None], tmp_path: Path) -> None:
    link = tmp_path / "deep" / "evse"

    async def scenario(simulator: Simulator) -> None:
        assert simulator.serial_device == str(link)
        with wire(str(link)) as line:
            assert len(await line.ask(READ_STATUS, 9)) == 9

    play(scenario, with_link(link))
    assert not link.is_symlink()


def test_a_link_left_behind_is_replaced(play: Callable[..., None], tmp_path: Path) -> None:
    link = tmp_path / "evse"
    link.symlink_to("/dev/pts/987654")

    async def scenario(simulator: Simulator) -> None:
        assert link.exists()

    play(scenario, with_link(link))


def test_a_link_that_another_simulator_has_taken_over_is_left_to_it(play: Callable[..., None], tmp_path: Path) -> None:
    link = tmp_path / "evse"

    async def scenario(simulator: Simulator) -> None:
        link.unlink()
        link.symlink_to("/dev/pts/987654")

    play(scenario, with_link(link))
    assert link.is_symlink()


@pytest.mark.parametrize("occupied", ["file", "folder", "foreign link"])
def test_what_is_no_such_link_is_never_replaced(play: Callable[..., None], tmp_path: Path, occupied: str) -> None:
    path = tmp_path / "evse"
    if occupied == "file":
        path.write_text("precious")
    elif occupied == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")

    async def scenario(simulator: Simulator) -> None:
        raise AssertionError

    with pytest.raises(ConfigError, match=r"serial_link: .* choose another name"):
        play(scenario, with_link(path))
    assert os.path.lexists(path)


def test_a_link_where_none_can_be_made_is_one_clear_line(play: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def scenario(simulator: Simulator) -> None:
        raise AssertionError

    with pytest.raises(ConfigError, match=r"serial_link: .* cannot be made"):
        play(scenario, with_link(tmp_path / "file" / "evse"))
