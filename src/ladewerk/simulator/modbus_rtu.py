"""The slave side of Modbus RTU: frames in, frames out, with function codes 3 and 16 alone, as the EVSE-WB board has it.

Written from "MODBUS over Serial Line" V1.02 and "MODBUS Application Protocol" V1.1b3.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from ladewerk.simulator.evse_board import ILLEGAL_VALUE, RegisterRefused

READ: Final = 3
WRITE: Final = 16
_ILLEGAL_FUNCTION: Final = 1
_MOST_READ: Final = 125
_MOST_WRITTEN: Final = 123
_LONGEST: Final = 256
_FIXED_LENGTH: Final = 8
"""Of the requests 1 to 6, checksum included."""
_SILENCE_S: Final = 0.05
"""A frame that is broken off for so long is over."""


class Registers(Protocol):
    """What stands behind the wire; both methods raise RegisterRefused."""

    @property
    def address(self) -> int: ...

    def read(self, first: int, count: int) -> list[int]: ...

    def write(self, first: int, values: Sequence[int]) -> None: ...


def crc16(data: bytes) -> bytes:
    """The two checksum bytes that follow ``data`` on the wire, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def _crc_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC_TABLE: Final = tuple(_crc_entry(byte) for byte in range(256))


class FrameReader:
    """Cuts requests out of a stream of bytes; what is not a whole frame with a right checksum disappears."""

    def __init__(self) -> None:
        self._buffer = b""
        self._last_s = 0.0

    def feed(self, data: bytes, at_s: float) -> list[bytes]:
        """The frames (without their checksum) that ``data``, received at ``at_s``, completes."""
        if at_s - self._last_s > _SILENCE_S:
            self._buffer = b""
        self._last_s = at_s
        self._buffer += data
        frames: list[bytes] = []
        while len(self._buffer) >= _FIXED_LENGTH and len(self._buffer) >= (length := self._length()):
            frame, self._buffer = self._buffer[:length], self._buffer[length:]
            if crc16(frame[:-2]) != frame[-2:]:
                self._buffer = b""  # where the next frame begins, only the next silence tells
                break
            frames.append(frame[:-2])
        self._buffer = self._buffer[-_LONGEST:]
        return frames

    def _length(self) -> int:
        function = self._buffer[1]
        if function in (15, WRITE):
            return 9 + self._buffer[6]
        return _FIXED_LENGTH if function <= 6 else len(self._buffer)


def answer(request: bytes, registers: Registers) -> bytes | None:
    """The whole reply frame to a request (both with address; the request without checksum); None is silence."""
    address, function = request[0], request[1]
    if address == 0 or address != registers.address:
        return None
    try:
        body = _perform(function, request[2:], registers)
    except RegisterRefused as refusal:
        function |= 0x80
        body = bytes([refusal.code])
    frame = bytes([address, function]) + body
    return frame + crc16(frame)


def _perform(function: int, body: bytes, registers: Registers) -> bytes:
    if function not in (READ, WRITE):
        raise RegisterRefused(_ILLEGAL_FUNCTION)
    first = int.from_bytes(body[0:2], "big")
    count = int.from_bytes(body[2:4], "big")
    if function == READ:
        if not 1 <= count <= _MOST_READ:
            raise RegisterRefused(ILLEGAL_VALUE)
        values = registers.read(first, count)
        return bytes([2 * count]) + b"".join(value.to_bytes(2, "big") for value in values)
    data = body[5:]
    if not 1 <= count <= _MOST_WRITTEN or body[4] != 2 * count or len(data) != 2 * count:
        raise RegisterRefused(ILLEGAL_VALUE)
    registers.write(first, [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)])
    return body[:4]
