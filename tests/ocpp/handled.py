"""A peer whose handlers a test watches, and the bare other end of its channel."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from ladewerk.clock import LoopClock
from ladewerk.ocpp import v21
from ladewerk.ocpp.loopback import LoopbackChannel, LoopbackLink
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from tests.ocpp.peers import NOW

HEARTBEAT = v21.HeartbeatRequest()
ANSWER = v21.HeartbeatResponse(current_time=NOW)


def peer(channel: LoopbackChannel, router: Router[None] | None = None, **more: Any) -> Peer[None]:
    clock = LoopClock(asyncio.get_running_loop(), NOW)
    return Peer(channel, version=Version.V21, router=router or Router(), state=None, clock=clock, **more)


@asynccontextmanager
async def raw(router: Router[None], **more: Any) -> AsyncIterator[tuple[LoopbackChannel, Peer[None]]]:
    """A peer with this router, and the bare channel to it."""
    one, other = LoopbackLink("LW-1").open()
    async with peer(other, router, **more) as served:
        yield one, served


async def say(channel: LoopbackChannel, *frame: Any) -> None:
    await channel.send(json.dumps(frame))


async def hear(channel: LoopbackChannel) -> Any:
    return json.loads(await channel.receive())


def answering(wait: Callable[[], Awaitable[object]]) -> Router[None]:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        await wait()
        return ANSWER

    return router


async def at_once() -> None: ...
