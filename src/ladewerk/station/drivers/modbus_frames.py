"""Modbus requests and their answers as bytes, function codes 3 and 16 alone: RTU with a checksum, TCP with a header.

An answer is looked for in what was heard, not taken as it comes: noise, another device's frame and the late answer to
another question are passed over. Sources: "MODBUS Application Protocol" V1.1b3, "MODBUS over Serial Line" V1.02, "MODBUS
Messaging on TCP/IP" V1.0b.
"""

import struct
from dataclasses import dataclass
from typing import Final, Protocol

_READ, _WRITE, _REFUSED = 3, 16, 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Ask for ``count`` holding registers from ``first``."""

    address: int
    first: int
    count: int

    def __str__(self) -> str:
        return f"reading {self.count} registers from {self.first}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Write one register, with function code 16."""

    address: int
    register: int
    value: int

    def __str__(self) -> str:
        return f"writing {self.value} to register {self.register}"


Request = Read | Write


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Modbus exception."""

    code: int


Answer = tuple[int, ...] | Refusal
"""The registers read, none for a write."""


class Framing(Protocol):
    """How requests and answers are wrapped on the way."""

    def frame(self, request: Request) -> bytes: ...

    def answer(self, request: Request, heard: bytes) -> Answer | None:
        """The answer to the ``request`` framed last, if it is in ``heard``."""
        ...


class Rtu:
    """As on a serial line, or on a TCP bridge that passes the line's bytes on."""

    def frame(self, request: Request) -> bytes:
        return with_crc(bytes([request.address]) + _body(request))

    def answer(self, request: Request, heard: bytes) -> Answer | None:
        for head, size in _answers(request):
            start, length = bytes([request.address]) + head, 1 + size + 2
            at = heard.find(start)
            while at >= 0:
                frame = heard[at : at + length]
                if len(frame) == length and with_crc(frame[:-2]) == frame:
                    return _parsed(request, frame[1:-2])
                at = heard.find(start, at + 1)
        return None


class Tcp:
    """As a bridge wants it that speaks Modbus TCP; each request has a number of its own."""

    def __init__(self) -> None:
        self._transaction = 0

    def frame(self, request: Request) -> bytes:
        self._transaction = self._transaction % 0xFFFF + 1
        body = _body(request)
        return self._header(request, len(body)) + body

    def answer(self, request: Request, heard: bytes) -> Answer | None:
        for head, size in _answers(request):
            header = self._header(request, size)
            at = heard.find(header + head)
            body = heard[at + len(header) : at + len(header) + size]
            if at >= 0 and len(body) == size:
                return _parsed(request, body)
        return None

    def _header(self, request: Request, size: int) -> bytes:
        return struct.pack(">HHHB", self._transaction, 0, size + 1, request.address)


def _body(request: Request) -> bytes:
    match request:
        case Read(first=first, count=count):
            return struct.pack(">BHH", _READ, first, count)
        case Write(register=register, value=value):
            return struct.pack(">BHHBH", _WRITE, register, 1, 2, value)


def _answers(request: Request) -> tuple[tuple[bytes, int], ...]:
    """How its answer begins and how many bytes it has, and the same of a refusal."""
    match request:
        case Read(count=count):
            return (bytes([_READ, 2 * count]), 2 + 2 * count), (bytes([_READ | _REFUSED]), 2)
        case Write(register=register):
            return (struct.pack(">BHH", _WRITE, register, 1), 5), (bytes([_WRITE | _REFUSED]), 2)


def _parsed(request: Request, body: bytes) -> Answer:
    if body[0] & _REFUSED:
        return Refusal(body[1])
    return struct.unpack(f">{request.count}H", body[2:]) if isinstance(request, Read) else ()


def with_crc(frame: bytes) -> bytes:
    """``frame`` with its checksum, low byte first (serial line, 6.2.2)."""
    crc = 0xFFFF
    for byte in frame:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return frame + crc.to_bytes(2, "little")


def _crc_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (0xA001 if byte & 1 else 0)
    return byte


_CRC_TABLE: Final = tuple(_crc_entry(byte) for byte in range(256))

_: tuple[type[Framing], ...] = (Rtu, Tcp)
