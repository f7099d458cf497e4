"""The CSMS's end: listen, let stations in or not, and hand each one over as a channel."""

import errno
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from weakref import WeakKeyDictionary

from websockets.asyncio import server
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp.frames import DEFAULT_LIMITS
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket_channel import (
    CLOSE_TIMEOUT_S,
    COMPRESSOR,
    OPEN_TIMEOUT_S,
    PING_S,
    PONG_TIMEOUT_S,
    WINDOW_BITS,
    WebSocketChannel,
    next_generation,
    remote_of,
    short_reason,
    wire_log,
)
from ladewerk.ocpp.websocket_handshake import Admission, Handshake, certificate_of, read_handshake
from ladewerk.ocpp.websocket_tls import ServerTls, server_context

log: logging.Logger = logging.getLogger(__name__)

Pings = float | None | Callable[[Handshake], float | None]
"""The interval of the pings in s, None for none, or a function that tells it for each station."""

_CLOSE_PROTOCOL_ERROR = 1002
_CLOSE_INTERNAL_ERROR = 1011

_DEFLATE = ServerPerMessageDeflateFactory(
    server_max_window_bits=WINDOW_BITS, client_max_window_bits=WINDOW_BITS, compress_settings=COMPRESSOR
)


@dataclass(frozen=True, slots=True)
class Listener:
    """A server that is listening; with port 0 asked for, ``port`` is the one it got."""

    port: int


@asynccontextmanager
async def serve(
    host: str,
    port: int,
    *,
    versions: Sequence[Version] = (Version.V21, Version.V201),
    admit: Callable[[Handshake], Awaitable[Admission]],
    serve_channel: Callable[[WebSocketChannel], Awaitable[None]],
    tls: ServerTls | None = None,
    compression: bool = True,
    ping_s: Pings = PING_S,
) -> AsyncIterator[Listener]:
    """Listen for stations; each one that ``admit`` accepts is handed to ``serve_channel`` and closed when that returns.

    Credentials whose user is not the identity are refused before ``admit`` is asked. A handshake that is not finished in
    10 s is cut off. At the end of the block every connection is closed with 1001. Raises ConfigError when the address
    cannot be listened on or a certificate file cannot be used.
    """
    door = _Door(versions, admit, serve_channel, ping_s)
    context = None if tls is None else server_context(tls)
    try:
        listening = await _listen(host, port, door, context, compression=compression)
    except (OSError, OverflowError) as err:
        raise ConfigError(f"{host}:{port}", _why_not_listening(err)) from err
    async with listening:
        yield Listener(listening.sockets[0].getsockname()[1])


@dataclass(frozen=True, slots=True)
class _Admitted:
    handshake: Handshake
    generation: int


class _Door:
    """What is asked of each station before and after it comes in."""

    def __init__(
        self,
        versions: Sequence[Version],
        admit: Callable[[Handshake], Awaitable[Admission]],
        serve_channel: Callable[[WebSocketChannel], Awaitable[None]],
        ping_s: Pings,
    ) -> None:
        self.spoken = [Subprotocol(version) for version in versions]
        self._admit = admit
        self._serve_channel = serve_channel
        self.ping_s = ping_s
        # Weakly: a station that leaves between its admission and the end of its handshake leaves nothing behind.
        self._admitted: WeakKeyDictionary[server.ServerConnection, _Admitted] = WeakKeyDictionary()

    def choose(self, _: server.ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        # The station's order is the order of preference (part 4, 3.2). With none in common the handshake is completed
        # without the header; the close follows in serve_one.
        return next((name for name in offered if name in self.spoken), None)

    async def answer(self, connection: server.ServerConnection, request: Request) -> Response | None:
        """None lets the station in."""
        handshake = _read(connection, request)
        try:
            admission = await self._admit(handshake) if isinstance(handshake, Handshake) else handshake
            if isinstance(handshake, Handshake) and admission is Admission.ACCEPT:
                self._let_in(connection, handshake)
        except Exception:
            log.exception("admission of %s failed", remote_of(connection))
            return connection.respond(HTTPStatus.INTERNAL_SERVER_ERROR, "The station could not be checked.\n")
        match admission:
            case Admission.ACCEPT:
                return None
            case Admission.UNKNOWN:
                return connection.respond(HTTPStatus.NOT_FOUND, "No such charging station.\n")
            case Admission.UNAUTHORIZED:
                response = connection.respond(HTTPStatus.UNAUTHORIZED, "Wrong or missing credentials.\n")
                response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
                return response

    def _let_in(self, connection: server.ServerConnection, handshake: Handshake) -> None:
        if callable(self.ping_s):
            connection.ping_interval = self.ping_s(handshake)
        # The password has done its work; it need not lie in memory for as long as the station stays.
        self._admitted[connection] = _Admitted(replace(handshake, basic_password=None), next_generation())

    async def serve_one(self, connection: server.ServerConnection) -> None:
        if connection.subprotocol is None:
            reason = short_reason(f"sub-protocols spoken here: {', '.join(self.spoken)}")
            await connection.close(_CLOSE_PROTOCOL_ERROR, reason)
            return
        admitted = self._admitted.pop(connection)
        channel = WebSocketChannel(
            connection,
            admitted.handshake.identity,
            Version(connection.subprotocol),
            generation=admitted.generation,
            handshake=admitted.handshake,
        )
        try:
            await self._serve_channel(channel)
        except Disconnected as err:
            log.info("%s: %s", channel.identity, err)
        except Exception:
            log.exception("%s: serving it failed", channel.identity)
            await connection.close(_CLOSE_INTERNAL_ERROR, "internal error")


async def _listen(host: str, port: int, door: _Door, context: ssl.SSLContext | None, *, compression: bool) -> server.Server:
    return await server.serve(
        door.serve_one,
        host,
        port,
        ssl=context,
        # asyncio's own is a minute: that long nobody may hold a socket without saying anything.
        ssl_handshake_timeout=None if context is None else OPEN_TIMEOUT_S,
        subprotocols=door.spoken,
        select_subprotocol=door.choose,
        process_request=door.answer,
        server_header=None,
        extensions=[_DEFLATE] if compression else None,
        compression=None,
        open_timeout=OPEN_TIMEOUT_S,
        ping_interval=None if callable(door.ping_s) else door.ping_s,
        ping_timeout=PONG_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        max_size=DEFAULT_LIMITS.max_bytes,
        logger=wire_log,
    )


def _read(connection: server.ServerConnection, request: Request) -> Handshake | Admission:
    transport = connection.transport
    return read_handshake(
        request.path,
        request.headers.get_all("Authorization"),
        remote_of(connection),
        encrypted=transport.get_extra_info("ssl_object") is not None,
        certificate=certificate_of(transport.get_extra_info("peercert")),
    )


def _why_not_listening(err: OSError | OverflowError) -> str:
    match err:
        case OSError(errno=errno.EADDRINUSE):
            return "another program listens there already: stop it, or choose another port"
        case OSError(errno=errno.EACCES):
            return "listening there is not permitted: choose a port above 1023"
        case OverflowError():
            return "a port is a number from 0 to 65535"
        case _:
            return f"this is no address of this machine to listen on ({err.strerror or err})"
