"""An ASGI application on a socket, inside the event loop that is already running."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn

from ladewerk.entrance import DOOR, Entrance, Room, Visit
from ladewerk.errors import ConfigError
from ladewerk.refusals import Refusals
from ladewerk.web.connection import MOST_MESSAGE_BYTES, HttpConnection, WebSocketConnection
from ladewerk.web.doorman import Doorman
from ladewerk.web.guard import MOST_HEAD_BYTES, AsgiApp, Guard

_GRACE_S = 1.0
"""How long requests under way may take to finish when the server goes."""

HOUSE: Final = Room(most=1000, most_per_address=200)
"""A browser has half a dozen connections, and a WebSocket for each of its windows."""

_KEEP_ALIVE_S = 300
"""Idle connections are kept this long: the pages of a paced loop live in a browser whose time does not run faster."""

_DEAD_PEER_S = 30
"""A peer that has vanished without a word is noticed after about this long, by TCP itself and in real time."""


@asynccontextmanager
async def serving(
    app: AsgiApp,
    host: str,
    port: int,
    tls: ssl.SSLContext | None = None,
    *,
    door: Room = DOOR,
    house: Room = HOUSE,
    refusals: Refusals | None = None,
) -> AsyncIterator[str]:
    """Serve ``app`` until the context ends; yields the base URL, such as ``http://127.0.0.1:8080``.

    With ``tls`` it is served by HTTPS, and whoever comes to the port with plain HTTP is sent there. Port 0 takes a free
    one. ``house`` is how many connections there may be, ``door`` how many of them that have not yet asked for anything;
    ``refusals`` counts what is turned away. Nothing ticks while nobody asks: an idle server costs a paced loop nothing. No
    signal handler is installed.
    Raises ConfigError where the address cannot be used, RuntimeError where the application refuses to start.
    """
    listener = await _listen(host, port)
    try:
        server = _Server(app, refusals)
        await server.open(listener, tls, door=door, house=house)
        try:
            yield _base_url(listener, "http" if tls is None else "https")
        finally:
            await server.close()
    finally:
        listener.close()


class _Server(uvicorn.Server):
    """uvicorn's protocols and start-up, without its main loop, which wakes ten times a second."""

    def __init__(self, app: AsgiApp, refusals: Refusals | None) -> None:
        self._guard = Guard(app, refusals)
        self._refusals = refusals
        self._entrance: Entrance | None = None
        # Pings are off: their deadline is in loop time, which a browser cannot keep on a paced loop; see _DEAD_PEER_S.
        super().__init__(
            uvicorn.Config(
                self._guard,
                lifespan="on",
                http="h11",
                ws=WebSocketConnection,
                ws_ping_interval=None,
                ws_max_size=MOST_MESSAGE_BYTES,
                h11_max_incomplete_event_size=MOST_HEAD_BYTES,
                log_config=None,
                log_level="warning",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE_S,
            )
        )

    async def open(self, listener: socket.socket, tls: ssl.SSLContext | None, *, door: Room, house: Room) -> None:
        """Start the application and answer on ``listener``."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        try:
            await self.startup(sockets=[])
        except SystemExit as err:
            raise RuntimeError("the web application did not start; the reason was logged just before") from err
        greet = self._connect if tls is None else Doorman(tls, self._connect).greet
        self._entrance = Entrance(listener, greet, door=door, house=house, refusals=self._refusals)

    async def _connect(self, taken: socket.socket, visit: Visit, tls: ssl.SSLContext | None = None) -> None:
        """One connection, until its first request is there."""
        connection = HttpConnection(
            visit,
            self._refusals,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: connection, taken, ssl=tls)
        except OSError:
            return  # it has gone, or speaks another TLS
        try:
            await connection.asked
        except asyncio.CancelledError:
            transport.abort()
            raise

    async def close(self) -> None:
        """Stop listening, let requests under way finish, end the rest, stop the application."""
        if self._entrance is not None:
            await self._entrance.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        self._guard.closing = True
        tasks = set(self.server_state.tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_GRACE_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await self.lifespan.shutdown()


async def _listen(host: str, port: int) -> socket.socket:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if not 0 <= port <= 65535:
        raise ConfigError(where, "a port is 1 to 65535, or 0 for any free one")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as err:
        raise ConfigError(where, "no such host; give an address of this machine, such as 127.0.0.1:8080") from err
    family, _, _, _, address = found[0]
    try:
        listener = socket.create_server(address[:2], family=family, backlog=128)
    except OSError as err:
        raise ConfigError(where, _why_not(err)) from err
    listener.setblocking(False)
    # Accepted connections inherit these.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _DEAD_PEER_S // 2)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _DEAD_PEER_S // 6)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_PEER_S * 1000)
    return listener


def _why_not(err: OSError) -> str:
    match err.errno:
        case errno.EADDRINUSE:
            return "the port is in use; stop the program that has it, or choose another port"
        case errno.EACCES:
            return "no permission to use this port; choose one above 1023"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address; use 127.0.0.1 (this machine only) or 0.0.0.0 (every network)"
        case _:
            return f"cannot listen here: {err.strerror}; choose another address"


def _base_url(listener: socket.socket, scheme: str) -> str:
    host, port = listener.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
