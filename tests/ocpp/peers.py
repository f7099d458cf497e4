"""Peers over a channel in memory, whole pairs of them or one with a bare other end."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from ladewerk.clock import LoopClock
from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.loopback import LoopbackChannel, LoopbackLink
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.paced_loop import PacedLoop

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)

BOOT = v21.BootNotificationRequest(
    charging_station=v21.ChargingStationType(model="M", vendor_name="V"), reason=v21.BootReasonEnumType.POWER_UP
)
BOOTED = v21.BootNotificationResponse(current_time=NOW, interval=300, status=v21.RegistrationStatusEnumType.ACCEPTED)
STREAM = v21.NotifyPeriodicEventStream(data=(v21.StreamDataElementType(t=0.0, v="1"),), id=1, pending=0, basetime=NOW)


def run(test: Coroutine[Any, Any, None]) -> None:
    """As fast as it goes; a test that hangs ends after an hour of loop time, which is no time."""
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 3600))


def peer(
    channel: LoopbackChannel, router: Router[None] | None = None, version: Version = Version.V21, timeout_s: float = 30
) -> Peer[None]:
    clock = LoopClock(asyncio.get_running_loop(), NOW)
    return Peer(channel, version=version, router=router or Router(), state=None, clock=clock, timeout_s=timeout_s)


@asynccontextmanager
async def pair(
    station: Router[None] | None = None, csms: Router[None] | None = None, version: Version = Version.V21
) -> AsyncIterator[tuple[Peer[None], Peer[None], LoopbackLink]]:
    link = LoopbackLink("LW-1")
    one, other = link.open()
    async with peer(one, station, version) as first, peer(other, csms, version) as second:
        yield first, second, link


@asynccontextmanager
async def raw(router: Router[None], version: Version = Version.V21) -> AsyncIterator[LoopbackChannel]:
    """A peer with this router, and the bare channel to it."""
    one, other = LoopbackLink("LW-1").open()
    async with peer(other, router, version):
        yield one


async def ask(channel: LoopbackChannel, *frame: Any) -> Any:
    await channel.send(json.dumps(frame))
    return json.loads(await channel.receive())


def booting() -> Router[None]:
    router = Router[None]()

    @router.on(v21.BootNotificationRequest)
    async def boot(_: Context[None], request: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
        assert request == BOOT
        return BOOTED

    return router


def refusing(code: str) -> Router[None]:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        raise RemoteProtocolError(code, "boot first", path="$.x")

    return router
