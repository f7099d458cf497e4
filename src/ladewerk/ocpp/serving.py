"""A CSMS in one block: every station that is let in becomes a peer, whose messages a router answers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from ladewerk.clock import SystemClock
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Router
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake, Listener, ServerTls, WebSocketChannel, serve

S = TypeVar("S")


@asynccontextmanager
async def serve_stations(
    host: str,
    port: int,
    *,
    router: Router[S],
    state: S,
    admit: Callable[[Handshake], Awaitable[Admission]],
    versions: Sequence[Version] = (Version.V21, Version.V201),
    tls: ServerTls | None = None,
) -> AsyncIterator[Listener]:
    """Serve the stations that ``admit`` accepts until the end of the block; handlers of all of them share ``state``.

    Who needs more of a connection, such as its signals or leniency, makes the peers: :func:`ladewerk.ocpp.serve`.
    Raises what that raises.
    """

    async def serve_station(channel: WebSocketChannel) -> None:
        await Peer(channel, version=channel.version, router=router, state=state, clock=SystemClock()).run()

    async with serve(host, port, admit=admit, serve_channel=serve_station, versions=versions, tls=tls) as listener:
        yield listener
