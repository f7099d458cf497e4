"""The station's end: connect to a CSMS, or say in one line why not."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from urllib.parse import quote

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidMessage, InvalidStatus, InvalidURI, WebSocketException
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

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
from ladewerk.ocpp.websocket_handshake import basic_authorization, checked_identity
from ladewerk.ocpp.websocket_tls import ClientTls, client_context, why_no_tls
from ladewerk.ocpp.websocket_wire import Wire


@asynccontextmanager
async def connect(
    url: str,
    *,
    identity: str,
    versions: Sequence[Version] = (Version.V21, Version.V201),
    password: str | bytes | None = None,
    tls: ClientTls | None = None,
    compression: bool = True,
    ping_s: float | None = PING_S,
    open_timeout_s: float = OPEN_TIMEOUT_S,
) -> AsyncIterator[WebSocketChannel]:
    """Connect the station ``identity`` to the CSMS at ``url``, to which the identity is appended.

    ``versions`` in the order of preference; ``ping_s`` None sends no pings. A ``wss`` address trusts the CAs of the machine
    unless ``tls`` names another. Raises Disconnected with one line that says what is wrong, ConfigError for an identity that
    OCPP does not allow and for a certificate file that cannot be used.
    """
    address = f"{url.rstrip('/')}/{quote(checked_identity(identity), safe='')}"
    if tls is not None and not _is_secure(url):
        raise ConfigError("url", f"{url} would not be encrypted, but TLS is asked for: it begins with wss://")
    context = client_context(tls or ClientTls()) if _is_secure(url) else None
    try:
        protocol = ClientProtocol(
            parse_uri(address),
            subprotocols=[Subprotocol(version) for version in versions],
            extensions=[_DEFLATE] if compression else None,
            max_size=DEFAULT_LIMITS.max_bytes,
            logger=wire_log,
        )
        async with asyncio.timeout(open_timeout_s):
            wire = await _open(protocol, context, _credentials(identity, password))
    except (OSError, WebSocketException, ValueError) as err:
        raise Disconnected(f"no connection to {address}: {_why_not(err, address, identity, open_timeout_s)}") from err
    try:
        if protocol.subprotocol is None:
            raise Disconnected(f"no connection to {address}: it speaks none of {', '.join(versions)}")
        wire.set_ping_s(ping_s)
        yield WebSocketChannel(wire, identity, Version(protocol.subprotocol), generation=next_generation())
    except BaseException:
        # Not caught: whatever ends the block ends the connection too.
        await wire.close(_CLOSE_INTERNAL_ERROR, "")
        raise
    await wire.close(_CLOSE_NORMAL, "")


async def _open(protocol: ClientProtocol, context: ssl.SSLContext | None, credentials: Mapping[str, str]) -> Wire:
    """The handshake; raises what went wrong with it."""
    host, port = protocol.uri.host, protocol.uri.port
    _, wire = await asyncio.get_running_loop().create_connection(
        lambda: Wire(protocol), host, port, ssl=context, server_hostname=None if context is None else host
    )
    try:
        request = protocol.connect()
        request.headers.update(credentials)
        protocol.send_request(request)
        wire.flush()
        await wire.opening()
        if protocol.handshake_exc is not None:
            raise protocol.handshake_exc
    except BaseException:
        # Not caught: whatever comes between, a cancellation too, no socket stays open.
        wire.abort()
        raise
    return wire


_CLOSE_NORMAL = 1000
_CLOSE_INTERNAL_ERROR = 1011
_DEFLATE = ClientPerMessageDeflateFactory(
    server_max_window_bits=WINDOW_BITS, client_max_window_bits=WINDOW_BITS, compress_settings=COMPRESSOR
)


def _credentials(identity: str, password: str | bytes | None) -> dict[str, str]:
    if password is None:
        return {}
    return {"Authorization": basic_authorization(identity, password.encode() if isinstance(password, str) else password)}


def _why_not(err: Exception, address: str, identity: str, open_timeout_s: float) -> str:
    match err:
        case ssl.SSLError():
            return why_no_tls(err)
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
        case ConnectionResetError() | InvalidMessage() if _is_secure(address):
            # In TLS 1.3 a server looks at the station's certificate after the handshake, and not every one says what it saw.
            return "it hung up: it may not accept the certificate of this station, or want one, or speak no TLS there"
        case OSError():
            return err.strerror or str(err)
        case _:
            return f"no WebSocket server answers there ({err})"


def _is_secure(address: str) -> bool:
    return address.lower().startswith("wss:")
