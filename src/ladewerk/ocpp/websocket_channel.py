"""A frame carrier over one open WebSocket, the same at both ends, and what both ends agree on."""

import logging
from collections.abc import Awaitable
from itertools import count
from typing import Final

from ladewerk.ocpp.frames import printable
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket_handshake import Handshake
from ladewerk.ocpp.websocket_wire import Wire

PING_S: Final = 60.0
OPEN_TIMEOUT_S: Final = 10.0

# 2 KiB windows: OCPP messages repeat their own words, and a CSMS holds two windows for each of thousands of stations.
WINDOW_BITS: Final = 11
COMPRESSOR: Final = {"memLevel": 4}

_generations = count(1)


def next_generation() -> int:
    """A number that no connection of this process has had."""
    return next(_generations)


class WebSocketChannel:
    """One open WebSocket that speaks ``version``; ``remote`` is the address of the other end.

    ``generation`` grows with every connection of this process, at a server in the order in which stations were admitted.
    ``handshake`` is what the station showed a server, less its password; None at the station's end.
    """

    __slots__ = ("_identity", "_wire", "generation", "handshake", "remote", "version")

    def __init__(
        self,
        wire: Wire,
        identity: str,
        version: Version,
        *,
        generation: int,
        handshake: Handshake | None = None,
    ) -> None:
        self._wire = wire
        self._identity = identity
        self.version: Version = version
        self.generation: int = generation
        self.handshake: Handshake | None = handshake
        self.remote: str = wire.remote

    @property
    def identity(self) -> str:
        return self._identity

    @property
    def is_open(self) -> bool:
        """Neither end has begun to close it."""
        return self._wire.is_open

    @property
    def is_compressed(self) -> bool:
        """Both ends agreed to compress what they say."""
        return bool(self._wire.protocol.extensions)

    async def receive(self) -> str | bytes:
        return await self._wire.receive()

    def send(self, text: str) -> Awaitable[None]:
        return self._wire.send(text)

    async def close(self, code: int, reason: str) -> None:
        await self._wire.close(code, reason)

    def set_ping_s(self, ping_s: float | None) -> None:
        """Send pings at this interval from now on; None sends none (WebSocketPingInterval may change at any time)."""
        self._wire.set_ping_s(ping_s)


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
