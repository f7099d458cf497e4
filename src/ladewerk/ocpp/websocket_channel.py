"""A frame carrier over one open WebSocket, the same at both ends, and what both ends agree on."""

import logging
from collections.abc import Awaitable
from itertools import count
from typing import Final

from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from ladewerk.errors import Disconnected
from ladewerk.ocpp.channel import AT_ONCE
from ladewerk.ocpp.frames import printable
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket_handshake import Handshake

PING_S: Final = 60.0
OPEN_TIMEOUT_S: Final = 10.0
PONG_TIMEOUT_S: Final = 20.0
CLOSE_TIMEOUT_S: Final = 5.0

# 2 KiB windows: OCPP messages repeat their own words, and a CSMS holds two windows for each of thousands of stations.
WINDOW_BITS: Final = 11
COMPRESSOR: Final = {"memLevel": 4}

_MAX_REASON_BYTES: Final = 123  # RFC 6455, 5.5
_generations = count(1)


def next_generation() -> int:
    """A number that no connection of this process has had."""
    return next(_generations)


class WebSocketChannel:
    """One open WebSocket that speaks ``version``; ``remote`` is the address of the other end.

    ``generation`` grows with every connection of this process, at a server in the order in which stations were admitted.
    ``handshake`` is what the station showed a server, less its password; None at the station's end.
    """

    __slots__ = ("_connection", "_identity", "generation", "handshake", "remote", "version")

    def __init__(
        self,
        connection: Connection,
        identity: str,
        version: Version,
        *,
        generation: int,
        handshake: Handshake | None = None,
    ) -> None:
        self._connection = connection
        self._identity = identity
        self.version: Version = version
        self.generation: int = generation
        self.handshake: Handshake | None = handshake
        self.remote: str = remote_of(connection)

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def is_open(self) -> bool:
        """Neither end has begun to close it."""
        return self._connection.state is State.OPEN

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as err:
            raise Disconnected(_why_closed(err)) from err

    def send(self, text: str) -> Awaitable[None]:
        connection, protocol = self._connection, self._connection.protocol
        if protocol.state is not State.OPEN:
            closed = ConnectionClosed(protocol.close_rcvd, protocol.close_sent, protocol.close_rcvd_then_sent)
            raise Disconnected(_why_closed(closed))
        protocol.send_text(text.encode())
        connection.send_data()
        return connection.drain() if connection.paused else AT_ONCE

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, short_reason(reason))

    def set_ping_s(self, ping_s: float | None) -> None:
        """Send pings at this interval from now on; None sends none (WebSocketPingInterval may change at any time)."""
        if self._connection.keepalive_task is not None:
            self._connection.keepalive_task.cancel()
            self._connection.keepalive_task = None
        self._connection.ping_interval = ping_s
        if self.is_open:
            self._connection.start_keepalive()


def remote_of(connection: Connection) -> str:
    """The address of the other end, without its port."""
    address = connection.remote_address
    return str(address[0]) if isinstance(address, tuple) else ""


def short_reason(reason: str) -> str:
    """``reason``, cut to what a close frame can carry."""
    return reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")


def _why_closed(err: ConnectionClosed) -> str:
    if err.rcvd is not None and (err.sent is None or err.rcvd_then_sent):
        said = printable(f"{err.rcvd.code} {err.rcvd.reason}".strip())
        return f"the other end closed the connection ({said})"
    if err.sent is not None:
        return f"the connection was closed here ({f'{err.sent.code} {err.sent.reason}'.strip()})"
    return "the connection was lost"


def _tame(record: logging.LogRecord) -> bool:
    """Make the library's log entries about bad peers single warnings; its everyday ones are for debugging."""
    if record.levelno >= logging.ERROR and record.exc_info:
        error = record.exc_info[1]
        record.msg, record.args = "%s: %s", (record.getMessage(), printable(str(error)))
        record.exc_info = None
        record.levelno, record.levelname = logging.WARNING, "WARNING"
    elif record.levelno == logging.INFO:
        record.levelno, record.levelname = logging.DEBUG, "DEBUG"
    return record.levelno >= wire_log.getEffectiveLevel()


wire_log: logging.Logger = logging.getLogger("ladewerk.ocpp.websocket.wire")
wire_log.addFilter(_tame)
