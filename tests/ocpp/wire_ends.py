"""Our CSMS and our station over real sockets, each with a bare WebSocket at its other end that says what a test likes."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as plain_connect
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as plain_serve
from websockets.typing import Subprotocol

from ladewerk.clock import LoopClock
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Request
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake, WebSocketChannel, connect, serve
from ladewerk.paced_loop import PacedLoop

HOST = "127.0.0.1"
VERSIONS = (Version.V16, Version.V201, Version.V21)
Bare = ClientConnection | ServerConnection

_router = Router[None]()


@_router.on(v21.HeartbeatRequest)
async def _heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    return v21.HeartbeatResponse(current_time=ctx.received_at.replace(minute=0, second=0, microsecond=0))


@_router.on(v21.GetLocalListVersionRequest)
async def _list_version(_: Context[None], __: v21.GetLocalListVersionRequest) -> v21.GetLocalListVersionResponse:
    return v21.GetLocalListVersionResponse(version_number=7)


@_router.on(v21.DataTransferRequest)
async def _fail(_: Context[None], __: v21.DataTransferRequest) -> v21.DataTransferResponse:
    raise KeyError("a bug")


@dataclass(frozen=True)
class End:
    """The end that is ours; actions by their names on the wire, ``unserved`` known in every version."""

    name: str
    served: str
    unserved: str
    result: Mapping[Version, str]
    """What answers ``served`` with an empty payload."""
    call: Request[Any]
    """What this end calls, and what answers it is empty or a status in every version."""

    def __str__(self) -> str:
        return self.name


CSMS = End(
    "csms",
    served="Heartbeat",
    unserved="Authorize",
    result=dict.fromkeys(VERSIONS, '{"currentTime":"2026-01-05T17:00:00.000Z"}'),
    call=v21.ClearCacheRequest(),
)
STATION = End(
    "station",
    served="GetLocalListVersion",
    unserved="UnlockConnector",
    result={
        Version.V16: '{"listVersion":7}',
        Version.V201: '{"versionNumber":7}',
        Version.V21: '{"versionNumber":7}',
    },
    call=v21.DataTransferRequest(vendor_id="v"),
)


async def _admit(_: Handshake) -> Admission:
    return Admission.ACCEPT


@asynccontextmanager
async def bare(end: End, version: Version) -> AsyncIterator[tuple[Peer[None], Bare]]:
    """Our peer at ``end`` of a connection, and the bare other end of it."""
    opening = _our_csms if end is CSMS else _our_station
    async with opening(version) as both:
        yield both


@asynccontextmanager
async def _our_csms(version: Version) -> AsyncIterator[tuple[Peer[None], Bare]]:
    served: asyncio.Future[Peer[None]] = asyncio.get_running_loop().create_future()

    async def serve_peer(channel: WebSocketChannel) -> None:
        peer = _peer(channel)
        served.set_result(peer)
        await peer.run()

    async with (
        serve(HOST, 0, versions=VERSIONS, admit=_admit, serve_channel=serve_peer) as listener,
        plain_connect(
            f"ws://{HOST}:{listener.port}/LW-1", subprotocols=[Subprotocol(version)], proxy=None, compression=None
        ) as connection,
    ):
        yield await served, connection


@asynccontextmanager
async def _our_station(version: Version) -> AsyncIterator[tuple[Peer[None], Bare]]:
    opened: asyncio.Future[ServerConnection] = asyncio.get_running_loop().create_future()

    async def keep(connection: ServerConnection) -> None:
        opened.set_result(connection)
        await connection.wait_closed()

    async with plain_serve(keep, HOST, 0, subprotocols=[Subprotocol(version)], compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        async with connect(f"ws://{HOST}:{port}", identity="LW-1", versions=[version]) as channel:
            peer = _peer(channel)
            async with peer:
                yield peer, await opened


def _peer(channel: WebSocketChannel) -> Peer[None]:
    clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, tzinfo=UTC))
    return Peer(channel, version=channel.version, router=_router, state=None, clock=clock)


def run(test: Coroutine[Any, Any, None]) -> None:
    """As fast as it goes, by a loop whose time passes only while nothing else is to do."""
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 3600))
