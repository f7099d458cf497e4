"""The CSMS's end: listen, let stations in or not, and hand each one over as a channel."""

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus

from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from ladewerk.entrance import DOOR, Entrance, Room, Visit, room_by_files
from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp.frames import DEFAULT_LIMITS
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket_channel import (
    COMPRESSOR,
    OPEN_TIMEOUT_S,
    PING_S,
    WINDOW_BITS,
    WebSocketChannel,
    next_generation,
    wire_log,
)
from ladewerk.ocpp.websocket_handshake import Admission, Handshake, certificate_of, read_handshake
from ladewerk.ocpp.websocket_tls import ServerTls, server_context
from ladewerk.ocpp.websocket_wire import Wire
from ladewerk.refusals import Refusals, Why

log: logging.Logger = logging.getLogger(__name__)

Pings = float | None | Callable[[Handshake], float | None]
"""The interval of the pings in s, None for none, or a function that tells it for each station."""

Compression = bool | Callable[[Handshake], bool]
"""Whether to compress with stations that can, or a function that tells it for each station."""

_CLOSE_NORMAL = 1000
_CLOSE_GOING_AWAY = 1001
_CLOSE_PROTOCOL_ERROR = 1002
_CLOSE_INTERNAL_ERROR = 1011

_BACKLOG = 1024
"""After a power cut all stations come at once."""

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
    compression: Compression = True,
    ping_s: Pings = PING_S,
    door: Room = DOOR,
    refusals: Refusals | None = None,
) -> AsyncIterator[Listener]:
    """Listen for stations; each one that ``admit`` accepts is handed to ``serve_channel`` and closed when that returns.

    Credentials whose user is not the identity are refused before ``admit`` is asked. ``compression`` and ``ping_s`` may be
    functions that answer for each station. A handshake that is not finished in 10 s is cut off, and so is the oldest where
    more than ``door`` says are not finished; ``refusals`` counts that. At the end of the block every connection is closed
    with 1001. Raises ConfigError when the address cannot be listened on or a certificate file cannot be used.
    """
    context = None if tls is None else server_context(tls)
    reception = _Reception(versions, admit, serve_channel, compression, ping_s, context, refusals)
    listeners = await _listeners(host, port)
    entrances = [
        Entrance(listener, reception.greet, door=door, house=room_by_files(), refusals=refusals) for listener in listeners
    ]
    try:
        yield Listener(listeners[0].getsockname()[1])
    finally:
        reception.is_shut = True
        for entrance in entrances:
            await entrance.close()
        for listener in listeners:
            listener.close()
        await reception.shut()


async def _listeners(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that ``host`` stands for."""
    try:
        # asyncio binds; what is taken from the sockets, and when, is decided in the entrance.
        bound = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
    except (OSError, OverflowError) as err:
        raise ConfigError(f"{host}:{port}", _why_not_listening(err)) from err
    listeners = [each.dup() for each in bound.sockets]
    bound.close()
    for listener in listeners:
        listener.setblocking(False)
        listener.listen(_BACKLOG)
    return listeners


@dataclass(frozen=True, slots=True)
class _Admitted:
    handshake: Handshake
    generation: int


class _Reception:
    """What is asked of each station before and after it comes in, and who is in."""

    def __init__(
        self,
        versions: Sequence[Version],
        admit: Callable[[Handshake], Awaitable[Admission]],
        serve_channel: Callable[[WebSocketChannel], Awaitable[None]],
        compression: Compression,
        ping_s: Pings,
        context: ssl.SSLContext | None,
        refusals: Refusals | None,
    ) -> None:
        self._spoken = [Subprotocol(version) for version in versions]
        self._choose = _choice_among(self._spoken)
        self._admit = admit
        self._serve_channel = serve_channel
        self._compression = compression
        self._ping_s = ping_s
        self._context = context
        self._refusals = refusals
        self._serving: dict[asyncio.Task[None], Wire] = {}
        self.is_shut = False

    async def greet(self, taken: socket.socket, visit: Visit) -> None:
        """Serve one connection from its first byte to its end."""
        protocol = ServerProtocol(
            subprotocols=self._spoken,
            select_subprotocol=self._choose,
            extensions=[_DEFLATE] if self._compression else None,
            max_size=DEFAULT_LIMITS.max_bytes,
            logger=wire_log,
        )
        wire = Wire(protocol)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: wire,
                taken,
                ssl=self._context,
                ssl_handshake_timeout=None if self._context is None else OPEN_TIMEOUT_S,
            )
        except OSError as err:
            log.debug("%s: no connection: %s", visit.remote, err)
            return
        task = asyncio.current_task()
        assert task is not None
        self._serving[task] = wire
        try:
            await self._serve(wire, protocol, visit)
        finally:
            wire.abort()
            visit.leave()
            del self._serving[task]

    async def shut(self) -> None:
        """Let nobody in any more, close what is open with 1001, and wait until all are served."""
        tasks = [*self._serving]
        await asyncio.gather(*(wire.close(_CLOSE_GOING_AWAY, "") for wire in self._serving.values() if wire.is_open))
        if tasks:
            await asyncio.wait(tasks)

    async def _serve(self, wire: Wire, protocol: ServerProtocol, visit: Visit) -> None:
        request = await wire.opening()
        if not isinstance(request, Request):
            self._note(Why.NO_REQUEST, wire.remote, "what it says is no request for a WebSocket")
            return
        visit.let_in()
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                admitted = await self._let_in(wire, protocol, request)
        except TimeoutError:
            log.warning("%s could not be let in: the check took too long", wire.remote)
            return
        if admitted is None:
            wire.transport.close()  # who is sent away need not agree to it, and holds no place meanwhile
        else:
            await self._serve_one(wire, protocol, admitted)
        await wire.gone()

    def _note(self, why: Why, remote: str, what: str) -> None:
        if self._refusals is not None:
            self._refusals.note(why, remote, what)

    async def _let_in(self, wire: Wire, protocol: ServerProtocol, request: Request) -> _Admitted | None:
        """Answer the request; who has come in, or None."""
        answer = await self._answer(wire, protocol, request)
        if wire.protocol.state is not State.CONNECTING:
            return None  # it did not wait for the answer
        if isinstance(answer, _Admitted):
            if self.is_shut:
                response = protocol.reject(HTTPStatus.SERVICE_UNAVAILABLE, "The CSMS is shutting down.\n")
            else:
                response = protocol.accept(request)
        else:
            response = answer
        protocol.send_response(response)
        wire.flush()
        return answer if isinstance(answer, _Admitted) and wire.is_open else None

    async def _answer(self, wire: Wire, protocol: ServerProtocol, request: Request) -> _Admitted | Response:
        handshake = _read(wire, request)
        if handshake is Admission.UNKNOWN:
            self._note(Why.UNKNOWN_STATION, wire.remote, "a path that is no identity of a station")
        elif handshake is Admission.UNAUTHORIZED:
            self._note(Why.WRONG_CREDENTIALS, wire.remote, "credentials that are not those of the station in the path")
        try:
            admission = await self._admit(handshake) if isinstance(handshake, Handshake) else handshake
            if isinstance(handshake, Handshake) and admission is Admission.ACCEPT:
                return self._admitted(wire, request, handshake)
        except Exception:
            # `admit` is not our code: whatever it raises, whoever knocks stays outside and the server goes on.
            log.exception("admission of %s failed", wire.remote)
            return protocol.reject(HTTPStatus.INTERNAL_SERVER_ERROR, "The station could not be checked.\n")
        if admission is Admission.UNKNOWN:
            return protocol.reject(HTTPStatus.NOT_FOUND, "No such charging station.\n")
        if admission is Admission.TOO_MANY_TRIES:
            return protocol.reject(HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong passwords; try again later.\n")
        response = protocol.reject(HTTPStatus.UNAUTHORIZED, "Wrong or missing credentials.\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
        return response

    def _admitted(self, wire: Wire, request: Request, handshake: Handshake) -> _Admitted:
        if callable(self._compression) and not self._compression(handshake):
            request.headers.pop("Sec-WebSocket-Extensions", None)  # as if it could not
        # The password has done its work; it need not lie in memory for as long as the station stays.
        return _Admitted(replace(handshake, basic_password=None), next_generation())

    async def _serve_one(self, wire: Wire, protocol: ServerProtocol, admitted: _Admitted) -> None:
        if protocol.subprotocol is None:
            await wire.close(_CLOSE_PROTOCOL_ERROR, f"sub-protocols spoken here: {', '.join(self._spoken)}")
            return
        handshake = admitted.handshake
        channel = WebSocketChannel(
            wire,
            handshake.identity,
            Version(protocol.subprotocol),
            generation=admitted.generation,
            handshake=handshake,
        )
        code, reason = _CLOSE_NORMAL, ""
        try:
            wire.set_ping_s(self._ping_s(handshake) if callable(self._ping_s) else self._ping_s)
            await self._serve_channel(channel)
        except Disconnected as err:
            log.info("%s: %s", channel.identity, err)
        except Exception:
            # The supervisor of those who serve a station, which is not our code: the other stations are served on.
            log.exception("%s: serving it failed", channel.identity)
            code, reason = _CLOSE_INTERNAL_ERROR, "internal error"
        await wire.close(code, reason)


def _choice_among(
    spoken: Sequence[Subprotocol],
) -> Callable[[ServerProtocol, Sequence[Subprotocol]], Subprotocol | None]:
    def choose(_: ServerProtocol, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        # The station's order is the order of preference (part 4, 3.2). With none in common the handshake is completed
        # without the header; the close follows in _serve_one.
        return next((name for name in offered if name in spoken), None)

    return choose


def _read(wire: Wire, request: Request) -> Handshake | Admission:
    return read_handshake(
        request.path,
        request.headers.get_all("Authorization"),
        wire.remote,
        encrypted=wire.transport.get_extra_info("ssl_object") is not None,
        certificate=certificate_of(wire.transport.get_extra_info("peercert")),
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
