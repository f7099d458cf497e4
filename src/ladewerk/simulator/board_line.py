"""The wire between a board and whoever asks it: 9600 baud, and what can go wrong on the way."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Final

from ladewerk.simulator.faults import Faults
from ladewerk.simulator.modbus_rtu import Registers, answer, crc16

_BYTE_S: Final = 10 / 9600
"""Eight bits, start and stop."""
_SILENCE_S: Final = 3.5 * _BYTE_S
"""Between two frames."""
_FOREIGN_BODY: Final = bytes([9, 4, 4, 0x43, 0x66, 0x33, 0x33])
FOREIGN_FRAME: Final = _FOREIGN_BODY + crc16(_FOREIGN_BODY)
"""What a meter at address 9 says to somebody else: 230.2 V."""

Reply = Callable[[bytes], None]


class BoardLine:
    """One line with one board. With ``paced`` a frame takes the time its bytes take, else none."""

    def __init__(self, registers: Registers, faults: Callable[[], Faults], *, paced: bool) -> None:
        self._registers = registers
        self._faults = faults
        self._paced = paced
        self._answers = 0

    @property
    def faults(self) -> Faults:
        return self._faults()

    def ask(self, request: bytes, reply: Reply) -> None:
        """Put a request (without its checksum) on the wire; ``reply`` gets what comes back, if anything does."""
        if self.faults.board_silent:
            return
        frame = answer(request, self._registers)
        if frame is None:
            return
        delay_s = self.faults.board_delay_s or 0.0
        if self._paced:
            delay_s += (len(request) + 2 + len(frame)) * _BYTE_S + 2 * _SILENCE_S
        for heard in self._disturbed(frame):
            if delay_s:
                asyncio.get_running_loop().call_later(delay_s, reply, heard)
            else:
                reply(heard)

    def _disturbed(self, frame: bytes) -> Iterator[bytes]:
        """What is heard of ``frame``, and with it."""
        self._answers += 1
        faults = self.faults
        if faults.board_foreign_frames:
            yield FOREIGN_FRAME
        if self._is_nth(faults.board_loses_every):
            return
        if self._is_nth(faults.board_garbles_every):
            middle = len(frame) // 2
            frame = frame[:middle] + bytes([frame[middle] ^ 0x10]) + frame[middle + 1 :]
        yield frame

    def _is_nth(self, every: int | None) -> bool:
        return every is not None and self._answers % every == 0
