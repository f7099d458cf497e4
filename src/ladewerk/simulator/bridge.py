"""A TCP bridge to the board's line, as sold for RS485: it passes the line's bytes on, or speaks Modbus TCP.

Source of the latter: "MODBUS Messaging on TCP/IP" V1.0b; that a converting bridge answers exception 11 for a silent device.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Literal, Protocol

from ladewerk.simulator.board_line import BoardLine, Reply
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.listening import listening
from ladewerk.simulator.modbus_rtu import FrameReader, Registers, crc16

Framing = Literal["rtu", "modbus-tcp"]

_HEADER: Final = struct.Struct(">HHH")
_SILENT_AFTER_S: Final = 0.3
_TARGET_SILENT: Final = 11
_SHORTEST, _LONGEST = 2, 254
"""Of what the header's length counts: address and body."""


@asynccontextmanager
async def serving_bridge(
    registers: Registers, framing: Framing, host: str, port: int, *, faults: Callable[[], Faults], paced: bool = False
) -> AsyncIterator[str]:
    """Serve the line until the context ends; yields its address, such as ``tcp://127.0.0.1:8502``.

    ``paced`` as of :class:`BoardLine`. ConfigError about ``bridge_port`` where the port is taken.
    """
    line = BoardLine(registers, faults, paced=paced)
    open_connections: set[_Connection] = set()

    def connection() -> _Connection:
        return _Connection(_Passing(line) if framing == "rtu" else _Converting(line), faults, open_connections)

    async with listening(connection, host, port, key="bridge_port") as bound:
        try:
            shown = f"[{host}]" if ":" in host else host
            yield f"{'tcp' if framing == 'rtu' else 'modbus-tcp'}://{shown}:{bound}"
        finally:
            for left in tuple(open_connections):
                left.hang_up()


class _Wrapped(Protocol):
    """How requests come over TCP."""

    def take(self, data: bytes, send: Reply) -> bool:
        """Take what arrived; False where no more can be made of the connection."""
        ...


class _Connection(asyncio.Protocol):
    def __init__(self, wrapped: _Wrapped, faults: Callable[[], Faults], open_connections: set["_Connection"]) -> None:
        self._wrapped = wrapped
        self._faults = faults
        self._open = open_connections
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open.add(self)
        if self._faults().bridge_refuses:
            self.hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)

    def data_received(self, data: bytes) -> None:
        if self._faults().bridge_refuses or not self._wrapped.take(data, self._send):
            self.hang_up()

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


class _Passing:
    """Bytes in, bytes out: framing and checksum are the asker's business."""

    def __init__(self, line: BoardLine) -> None:
        self._line = line
        self._frames = FrameReader()

    def take(self, data: bytes, send: Reply) -> bool:
        for request in self._frames.feed(data, asyncio.get_running_loop().time()):
            self._line.ask(request, send)
        return True


class _Converting:
    """Each request gets one answer with its number, if only that the device is silent."""

    def __init__(self, line: BoardLine) -> None:
        self._line = line
        self._received = b""

    def take(self, data: bytes, send: Reply) -> bool:
        self._received += data
        while len(self._received) >= _HEADER.size:
            transaction, protocol, length = _HEADER.unpack_from(self._received)
            if protocol or not _SHORTEST <= length <= _LONGEST:
                return False  # where the next request begins is anybody's guess
            end = _HEADER.size + length
            if len(self._received) < end:
                break
            request, self._received = self._received[_HEADER.size : end], self._received[end:]
            self._convert(transaction, request, send)
        return True

    def _convert(self, transaction: int, request: bytes, send: Reply) -> None:
        def answer(body: bytes) -> None:
            send(_HEADER.pack(transaction, 0, len(body)) + body)

        silent = bytes([request[0], request[1] | 0x80, _TARGET_SILENT])
        patience = asyncio.get_running_loop().call_later(_SILENT_AFTER_S, answer, silent)

        def heard(frame: bytes) -> None:
            # What has another's address or a wrong checksum is no answer; the patience runs on.
            if frame[0] == request[0] and crc16(frame[:-2]) == frame[-2:] and not patience.cancelled():
                patience.cancel()
                answer(frame[:-2])

        self._line.ask(request, heard)
