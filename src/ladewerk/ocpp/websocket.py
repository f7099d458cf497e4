"""The channel over WebSockets, both ends: sub-protocols, identity, passwords, pings, compression and close codes.

Source: OCPP-J 1.6 chapter 3, OCPP 2.x part 4 chapters 3 and 5, part 2 A00. Foreign exceptions end here.
"""

import base64
import binascii
import errno
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from urllib.parse import quote, unquote_to_bytes

from websockets.asyncio import client, server
from websockets.asyncio.connection import Connection
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp.frames import DEFAULT_LIMITS, printable
from ladewerk.ocpp.version import Version

log = logging.getLogger(__name__)

PING_S = 60.0
_OPEN_TIMEOUT_S = 10.0
_PONG_TIMEOUT_S = 20.0
_CLOSE_TIMEOUT_S = 5.0

_CLOSE_PROTOCOL_ERROR = 1002
_CLOSE_INTERNAL_ERROR = 1011
_MAX_REASON_BYTES = 123  # RFC 6455, 5.5

# 2 KiB windows: OCPP messages repeat their own words, and a CSMS holds two windows for each of thousands of stations.
_WINDOW_BITS = 11
_COMPRESSOR = {"memLevel": 4}

# identifierString of OCPP 2.x without ":" (part 4, 3.1.1), and the space that the example "RDAM%20123" there has.
_IDENTITY = re.compile(r"(?! )(?!.*\.\.)(?!\.$)[A-Za-z0-9*\-_=+|@. ]{1,48}(?<! )", re.ASCII)
_PERCENT_ENCODED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*", re.ASCII)


class Admission(Enum):
    """What to do with a station that knocks."""

    ACCEPT = auto()
    UNKNOWN = auto()  # HTTP 404
    UNAUTHORIZED = auto()  # HTTP 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """Who knocks. ``basic_user`` is None without credentials; a password is bytes, for OCPP 1.6 allows any."""

    identity: str
    path: str
    remote: str
    basic_user: str | None = None
    basic_password: bytes | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """A server that is listening; with port 0 asked for, ``port`` is the one it got."""

    port: int


class WebSocketChannel:
    """One open WebSocket that speaks ``version``; ``remote`` is the address of the other end."""

    def __init__(self, connection: Connection, identity: str, version: Version) -> None:
        self._connection = connection
        self._identity = identity
        self.version = version
        self.remote = _remote(connection)

    @property
    def identity(self) -> str:
        return self._identity

    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as err:
            raise Disconnected(_why_closed(err)) from err

    async def send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except ConnectionClosed as err:
            raise Disconnected(_why_closed(err)) from err

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, _short(reason))


@asynccontextmanager
async def connect(
    url: str,
    *,
    identity: str,
    versions: Sequence[Version] = (Version.V21, Version.V201),
    password: str | None = None,
    ping_s: float | None = PING_S,
    open_timeout_s: float = _OPEN_TIMEOUT_S,
) -> AsyncIterator[WebSocketChannel]:
    """Connect the station ``identity`` to the CSMS at ``url``, to which the identity is appended.

    ``versions`` in the order of preference; ``ping_s`` None sends no pings. Raises Disconnected with one line that says what
    is wrong, ConfigError for an identity that OCPP does not allow.
    """
    address = f"{url.rstrip('/')}/{quote(checked_identity(identity), safe='')}"
    headers = {} if password is None else {"Authorization": _basic(identity, password)}
    try:
        connection = await client.connect(
            address,
            subprotocols=[Subprotocol(version) for version in versions],
            additional_headers=headers,
            user_agent_header=None,
            extensions=[
                ClientPerMessageDeflateFactory(
                    server_max_window_bits=_WINDOW_BITS, client_max_window_bits=_WINDOW_BITS, compress_settings=_COMPRESSOR
                )
            ],
            compression=None,
            proxy=None,
            open_timeout=open_timeout_s,
            ping_interval=ping_s,
            ping_timeout=_PONG_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=DEFAULT_LIMITS.max_bytes,
            logger=wire_log,
        )
    except (OSError, WebSocketException, ValueError) as err:
        raise Disconnected(f"no connection to {address}: {_why_not(err, identity, open_timeout_s)}") from err
    async with connection:
        if connection.subprotocol is None:
            raise Disconnected(f"no connection to {address}: it speaks none of {', '.join(versions)}")
        yield WebSocketChannel(connection, identity, Version(connection.subprotocol))


@asynccontextmanager
async def serve(
    host: str,
    port: int,
    *,
    versions: Sequence[Version] = (Version.V21, Version.V201),
    admit: Callable[[Handshake], Awaitable[Admission]],
    serve_channel: Callable[[WebSocketChannel], Awaitable[None]],
    ping_s: float | None = PING_S,
) -> AsyncIterator[Listener]:
    """Listen for stations; each one that ``admit`` accepts is handed to ``serve_channel`` and closed when that returns.

    Credentials whose user is not the identity are refused before ``admit`` is asked. At the end of the block every
    connection is closed with 1001. ``ping_s`` None sends no pings. Raises ConfigError when the address cannot be
    listened on.
    """

    spoken = [Subprotocol(version) for version in versions]

    async def check(connection: server.ServerConnection, request: Request) -> Response | None:
        return await _admit(connection, request, admit)

    async def handle(connection: server.ServerConnection) -> None:
        await _serve_one(connection, versions, serve_channel)

    def choose(_: server.ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        # The station's order is the order of preference (part 4, 3.2). With none in common the handshake is completed
        # without the header; the close follows in _serve_one.
        return next((name for name in offered if name in spoken), None)

    try:
        listening = await server.serve(
            handle,
            host,
            port,
            subprotocols=spoken,
            select_subprotocol=choose,
            process_request=check,
            server_header=None,
            extensions=[
                ServerPerMessageDeflateFactory(
                    server_max_window_bits=_WINDOW_BITS, client_max_window_bits=_WINDOW_BITS, compress_settings=_COMPRESSOR
                )
            ],
            compression=None,
            open_timeout=_OPEN_TIMEOUT_S,
            ping_interval=ping_s,
            ping_timeout=_PONG_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=DEFAULT_LIMITS.max_bytes,
            logger=wire_log,
        )
    except (OSError, OverflowError) as err:
        raise ConfigError(f"{host}:{port}", _why_not_listening(err)) from err
    async with listening:
        yield Listener(listening.sockets[0].getsockname()[1])


def checked_identity(identity: str) -> str:
    """``identity`` if OCPP allows it for a station, else ConfigError."""
    if _IDENTITY.fullmatch(identity) is None:
        raise ConfigError(
            "identity", f"{identity!r} is no station identity: 1 to 48 letters, digits and * - _ = + | @ . or inner spaces"
        )
    return identity


def read_handshake(path: str, authorizations: Sequence[str], remote: str) -> Handshake | Admission:
    """Who knocks at ``path`` with these Authorization headers, or why nobody of that name can be let in."""
    segment = path.partition("?")[0].rpartition("/")[2]
    try:
        identity = unquote_to_bytes(segment).decode() if _PERCENT_ENCODED.fullmatch(segment) else ""
    except UnicodeDecodeError:
        return Admission.UNKNOWN
    if _IDENTITY.fullmatch(identity) is None:
        return Admission.UNKNOWN
    if not authorizations:
        return Handshake(identity=identity, path=path, remote=remote)
    try:
        scheme, _, encoded = authorizations[0].partition(" ")
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        basic_user = user.decode()
    except (binascii.Error, ValueError):
        return Admission.UNAUTHORIZED
    # OCPP 2.x part 2, A00.FR.207: the user name is the identity, and identities know no case.
    if len(authorizations) > 1 or scheme.lower() != "basic" or not colon or basic_user.lower() != identity.lower():
        return Admission.UNAUTHORIZED
    return Handshake(identity=identity, path=path, remote=remote, basic_user=basic_user, basic_password=password)


def _handshake(connection: server.ServerConnection, request: Request) -> Handshake | Admission:
    return read_handshake(request.path, request.headers.get_all("Authorization"), _remote(connection))


async def _admit(
    connection: server.ServerConnection, request: Request, admit: Callable[[Handshake], Awaitable[Admission]]
) -> Response | None:
    handshake = _handshake(connection, request)
    try:
        admission = await admit(handshake) if isinstance(handshake, Handshake) else handshake
    except Exception:
        log.exception("admission of %s failed", _remote(connection))
        return connection.respond(HTTPStatus.INTERNAL_SERVER_ERROR, "The station could not be checked.\n")
    match admission:
        case Admission.ACCEPT:
            return None
        case Admission.UNKNOWN:
            return connection.respond(HTTPStatus.NOT_FOUND, "No such charging station.\n")
        case Admission.UNAUTHORIZED:
            response = connection.respond(HTTPStatus.UNAUTHORIZED, "Wrong or missing password.\n")
            response.headers["WWW-Authenticate"] = 'Basic realm="OCPP", charset="UTF-8"'
            return response


async def _serve_one(
    connection: server.ServerConnection,
    versions: Sequence[Version],
    serve_channel: Callable[[WebSocketChannel], Awaitable[None]],
) -> None:
    if connection.subprotocol is None:
        await connection.close(_CLOSE_PROTOCOL_ERROR, _short(f"sub-protocols spoken here: {', '.join(versions)}"))
        return
    assert connection.request is not None
    handshake = _handshake(connection, connection.request)
    assert isinstance(handshake, Handshake)  # _admit let it in
    try:
        await serve_channel(WebSocketChannel(connection, handshake.identity, Version(connection.subprotocol)))
    except Disconnected as err:
        log.info("%s: %s", handshake.identity, err)
    except Exception:
        log.exception("%s: serving it failed", handshake.identity)
        await connection.close(_CLOSE_INTERNAL_ERROR, "internal error")


def _remote(connection: Connection) -> str:
    address = connection.remote_address
    return str(address[0]) if isinstance(address, tuple) else ""


def _basic(identity: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{identity}:{password}".encode()).decode()


def _short(reason: str) -> str:
    return reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")


def _why_closed(err: ConnectionClosed) -> str:
    if err.rcvd is not None and (err.sent is None or err.rcvd_then_sent):
        said = printable(f"{err.rcvd.code} {err.rcvd.reason}".strip())
        return f"the other end closed the connection ({said})"
    if err.sent is not None:
        return f"the connection was closed here ({f'{err.sent.code} {err.sent.reason}'.strip()})"
    return "the connection was lost"


def _why_not(err: Exception, identity: str, open_timeout_s: float) -> str:
    match err:
        case InvalidStatus() if err.response.status_code == HTTPStatus.NOT_FOUND:
            return f"the station {identity!r} is not known there (HTTP 404)"
        case InvalidStatus() if err.response.status_code == HTTPStatus.UNAUTHORIZED:
            return f"it wants another password for {identity!r} (HTTP 401)"
        case InvalidStatus():
            return f"it answers HTTP {err.response.status_code}"
        case TimeoutError():
            return f"no answer within {open_timeout_s:g} s"
        case InvalidURI() | ValueError():
            return "this is no address of the form ws://host:port/path or wss://host/path"
        case ConnectionRefusedError():
            return "nothing listens there (connection refused)"
        case OSError():
            return err.strerror or str(err)
        case _:
            return f"no WebSocket server answers there ({err})"


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


wire_log = logging.getLogger(f"{__name__}.wire")
wire_log.addFilter(_tame)
