"""An EVSE-WB board made of raw bytes on a pseudo-terminal, which fails as it is told to."""

import asyncio
import os
import pty
import struct
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from ladewerk.clock import LoopClock
from ladewerk.paced_loop import PacedLoop
from ladewerk.station.drivers.evse_wb import EvseWb, open_evse_wb

ORIGIN = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def crc(frame: bytes) -> bytes:
    """CRC-16 of Modbus RTU, low byte first."""
    value = 0xFFFF
    for byte in frame:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


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
