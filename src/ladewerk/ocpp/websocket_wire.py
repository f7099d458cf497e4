"""A WebSocket on an asyncio transport: ``websockets`` knows the protocol, this moves its bytes and keeps its times.

The library's own shell for asyncio does the same with several tasks, queues and contexts for each connection, which a CSMS
pays for with every station and every message.
"""

import asyncio
import os
import threading
from collections.abc import Awaitable
from typing import Final, cast

from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Event, Protocol, State

from ladewerk.errors import Disconnected
from ladewerk.ocpp.channel import AT_ONCE
from ladewerk.ocpp.frames import printable

PONG_TIMEOUT_S: Final = 20.0
CLOSE_TIMEOUT_S: Final = 5.0

_UNREAD_MOST = 16
"""Messages that wait to be read; with more of them nothing is taken from the socket until few are left."""

_UNREAD_FEW = 4
_UNSENT_MOST_BYTES = 32 * 1024
_PONGS_UNREAD_MOST_BYTES = 64 * 1024
"""Whoever sends waits for room; only pongs do not, and who leaves so many unread asks for them in bad faith."""

_MAX_REASON_BYTES = 123  # RFC 6455, 5.5


_READ_MOST_BYTES = 16 * 1024
"""Taken from a socket at a time: as many empty frames as go into it keep the others waiting for some milliseconds."""


class _ReadingRoom(threading.local):
    """Of all connections of a thread, for nothing stays in it; there may be a loop in each of several threads."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_READ_MOST_BYTES))


_reading_room = _ReadingRoom()

_PARTS_MOST = 64 * 1024
"""Of one message, which has that many bytes at most: with more of them some say nothing, and no size bounds those."""


class Wire(asyncio.BufferedProtocol):
    """One connection, from its first byte on. One task at a time may receive. Nothing is kept of the handshake."""

    __slots__ = (
        "_deadline",
        "_gone",
        "_inbox",
        "_leaving",
        "_loop",
        "_opening",
        "_parts",
        "_parts_count",
        "_parts_opcode",
        "_ping_s",
        "_ping_timer",
        "_pinged",
        "_pongs_unread_bytes",
        "_reader",
        "_reading",
        "_room",
        "protocol",
        "transport",
    )

    def __init__(self, protocol: Protocol) -> None:
        self.protocol: Protocol = protocol
        self.transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._opening: asyncio.Future[Request | Response | None] | None = self._loop.create_future()
        self._inbox: list[str | bytes] = []
        self._parts: bytearray | None = None
        self._parts_opcode = Opcode.TEXT
        self._parts_count = 0
        self._reader: asyncio.Future[None] | None = None
        self._reading = True
        self._room: asyncio.Future[None] | None = None
        self._leaving = False
        self._deadline: asyncio.TimerHandle | None = None
        self._ping_s: float | None = None
        self._ping_timer: asyncio.TimerHandle | None = None
        self._pinged: bytes | None = None
        self._pongs_unread_bytes = 0

    @property
    def is_open(self) -> bool:
        """Neither end has begun to close it."""
        return self.protocol.state is State.OPEN

    @property
    def remote(self) -> str:
        """The address of the other end, without its port."""
        address = self.transport.get_extra_info("peername")
        return str(address[0]) if isinstance(address, tuple) else ""

    @property
    def why_closed(self) -> str:
        """One line on who closed it and why."""
        received, sent = self.protocol.close_rcvd, self.protocol.close_sent
        if received is not None and (sent is None or self.protocol.close_rcvd_then_sent):
            said = printable(f"{received.code} {received.reason}".strip())
            return f"the other end closed the connection ({said})"
        if sent is not None:
            return f"the connection was closed here ({f'{sent.code} {sent.reason}'.strip()})"
        return "the connection was lost"

    async def opening(self) -> Request | Response | None:
        """The other end's half of the handshake, once; None if it never came."""
        assert self._opening is not None
        try:
            return await self._opening
        finally:
            self._opening = None

    async def receive(self) -> str | bytes:
        """The next message; Disconnected when the connection is gone and all that came before is read."""
        while not self._inbox:
            if self._gone.done():
                raise Disconnected(self.why_closed) from self._closed()
            self._reader = self._loop.create_future()
            await self._reader
        message = self._inbox.pop(0)
        if not self._reading and len(self._inbox) <= _UNREAD_FEW:
            self._resume()
        return message

    def send(self, text: str) -> Awaitable[None]:
        """As :meth:`ladewerk.ocpp.Channel.send` says."""
        if self.protocol.state is not State.OPEN:
            raise Disconnected(self.why_closed) from self._closed()
        self.protocol.send_text(text.encode())
        self.flush()
        return AT_ONCE if self._room is None else self._wait_for_room(self._room)

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye and wait until the connection is gone, at most a few seconds."""
        if self.protocol.state is State.OPEN:
            self.protocol.send_close(code, short_reason(reason))
            self.flush()
        elif self.protocol.state is State.CONNECTING:
            self.abort()
        self._leaving = True
        if not self._reading:
            self._resume()  # what is behind the unread messages is the other end's goodbye
        await self.gone()

    async def gone(self) -> None:
        """Wait until the connection is no more."""
        await asyncio.shield(self._gone)

    def abort(self) -> None:
        """End it without a word."""
        self.transport.abort()

    def flush(self) -> None:
        """Hand to the transport what the protocol has to say; from a goodbye on, the connection has a few seconds left."""
        for data in self.protocol.data_to_send():
            if data:
                self.transport.write(data)
            elif self.transport.can_write_eof():
                self.transport.write_eof()
            else:
                self.transport.close()  # TLS has no half-closed connections
        if self._deadline is None and self.protocol.close_expected():
            self._deadline = self._loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)

    def set_ping_s(self, ping_s: float | None) -> None:
        """Send pings at this interval from now on; None sends none."""
        self._ping_s = ping_s
        self._cancel_ping()
        if ping_s is not None and self.is_open:
            self._ping_timer = self._loop.call_later(ping_s, self._ping)

    # Called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # those of other loops do not all say that they are
        self.transport.set_write_buffer_limits(_UNSENT_MOST_BYTES)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _reading_room.view

    def buffer_updated(self, nbytes: int) -> None:
        self.protocol.receive_data(bytes(_reading_room.view[:nbytes]))
        events = self.protocol.events_received()
        if self._room is None:
            self.flush()
        else:
            self._flush_without_room()
        for event in events:
            self._take(event)

    def _flush_without_room(self) -> None:
        held = self.transport.get_write_buffer_size()
        self.flush()
        self._pongs_unread_bytes += self.transport.get_write_buffer_size() - held
        if self._pongs_unread_bytes > _PONGS_UNREAD_MOST_BYTES:
            self.abort()

    def eof_received(self) -> None:
        self.protocol.receive_eof()
        self.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self.protocol.receive_eof()
        if self._deadline is not None:
            self._deadline.cancel()
        self._cancel_ping()
        self._gone.set_result(None)
        self._wake(self._reader)
        self.resume_writing()
        if self._opening is not None and not self._opening.done():
            self._opening.set_result(None)

    def pause_writing(self) -> None:
        self._room = self._loop.create_future()

    def resume_writing(self) -> None:
        self._wake(self._room)
        self._room = None
        self._pongs_unread_bytes = 0

    # What arrives

    def _take(self, event: Event) -> None:
        if not isinstance(event, Frame):
            if self._opening is not None and not self._opening.done():
                self._opening.set_result(event)
        elif event.opcode is Opcode.TEXT or event.opcode is Opcode.BINARY or event.opcode is Opcode.CONT:
            if event.fin and self._parts is None:
                self._deliver(event.data, event.opcode)
            else:
                self._take_part(event)
        elif event.opcode is Opcode.PONG and event.data == self._pinged and self._ping_s is not None:
            self._pinged = None
            self._cancel_ping()
            self._ping_timer = self._loop.call_later(self._ping_s, self._ping)

    def _take_part(self, part: Frame) -> None:
        # Kept as bytes, not as frames, which are many times their size.
        if self._parts is None:
            self._parts, self._parts_opcode, self._parts_count = bytearray(), part.opcode, 0
        self._parts += part.data
        self._parts_count += 1
        if self._parts_count > _PARTS_MOST:
            self._fail(CloseCode.POLICY_VIOLATION, f"more than {_PARTS_MOST} fragments")
            return
        if part.fin:
            data, self._parts = self._parts, None
            self._deliver(data, self._parts_opcode)

    def _deliver(self, data: "bytes | bytearray | memoryview", opcode: Opcode) -> None:
        if self._leaving and len(self._inbox) >= _UNREAD_MOST:
            return  # nobody reads any more
        try:
            self._inbox.append(str(data, "utf-8") if opcode is Opcode.TEXT else bytes(data))
        except UnicodeDecodeError as err:
            self._fail(CloseCode.INVALID_DATA, f"{err.reason} at position {err.start}")
            return
        self._wake(self._reader)
        if self._reading and not self._leaving and len(self._inbox) >= _UNREAD_MOST:
            self._reading = False
            self.transport.pause_reading()

    def _resume(self) -> None:
        self._reading = True
        self.transport.resume_reading()

    # Pings

    def _ping(self) -> None:
        self._ping_timer = None
        if self.is_open:
            self._pinged = os.urandom(4)
            self.protocol.send_ping(self._pinged)
            self.flush()
            self._ping_timer = self._loop.call_later(PONG_TIMEOUT_S, self._give_up)

    def _give_up(self) -> None:
        self._ping_timer = None
        if self.is_open:
            self._fail(CloseCode.INTERNAL_ERROR, "keepalive ping timeout")

    def _cancel_ping(self) -> None:
        if self._ping_timer is not None:
            self._ping_timer.cancel()
            self._ping_timer = None

    # How it ends

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.protocol.fail(code, reason)
        self.flush()

    def _closed(self) -> ConnectionClosed:
        protocol = self.protocol
        closed = ConnectionClosed(protocol.close_rcvd, protocol.close_sent, protocol.close_rcvd_then_sent)
        closed.__cause__ = protocol.parser_exc
        return closed

    async def _wait_for_room(self, room: asyncio.Future[None]) -> None:
        await asyncio.shield(room)
        if self._gone.done():
            raise Disconnected(self.why_closed) from self._closed()

    @staticmethod
    def _wake(waiter: asyncio.Future[None] | None) -> None:
        if waiter is not None and not waiter.done():
            waiter.set_result(None)


def short_reason(reason: str) -> str:
    """``reason``, cut to what a close frame can carry."""
    return reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
