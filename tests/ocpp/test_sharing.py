"""Users of one connection: it opens once, outlasts each of them but the last, and is replaced when it is lost."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ladewerk.clock import SystemClock
from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp import (
    Admission,
    Context,
    Handshake,
    Peer,
    Router,
    SharedConnections,
    WebSocketChannel,
    connect,
    serve,
    v21,
)

URL = "ws://csms"


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 300))


class Opener:
    """Opens numbered connections, when it may; ``fails`` is raised instead."""

    def __init__(self) -> None:
        self.opened = 0
        self.closed: list[int] = []
        self.may_open = asyncio.Event()
        self.may_open.set()
        self.fails: Exception | None = None

    @asynccontextmanager
    async def open(self, url: str, identity: str) -> AsyncIterator[int]:
        await self.may_open.wait()
        if self.fails is not None:
            raise self.fails
        self.opened += 1
        number = self.opened
        try:
            yield number
        finally:
            self.closed.append(number)


def test_the_same_address_and_identity_is_the_same_connection_until_the_last_user_goes() -> None:
    async def test() -> None:
        opener = Opener()
        shared = SharedConnections(opener.open)
        async with shared.use(URL, "CS001") as first:
            async with shared.use(f"{URL}/", "cs001") as second, shared.use(URL, "CS002") as other:
                assert (first, second, other) == (1, 1, 2)
            assert opener.closed == [2]
        assert opener.closed == [2, 1]
        async with shared.use(URL, "CS001") as again:
            assert again == 3

    run(test())


def test_users_who_come_while_it_opens_wait_for_the_same_one() -> None:
    async def test() -> None:
        opener = Opener()
        opener.may_open.clear()
        shared = SharedConnections(opener.open)

        async def user() -> int:
            async with shared.use(URL, "CS001") as connection:
                await asyncio.sleep(0)
                return connection

        impatient, *others = [asyncio.create_task(user()) for _ in range(5)]
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.wait([impatient])
        opener.may_open.set()
        assert await asyncio.gather(*others) == [1] * 4
        assert opener.closed == [1]

    run(test())


def test_nothing_is_opened_for_a_user_who_has_gone() -> None:
    async def test() -> None:
        opener = Opener()
        opener.may_open.clear()
        using = SharedConnections(opener.open).use(URL, "CS001")
        waiting = asyncio.create_task(using.__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        opener.may_open.set()
        await asyncio.sleep(0)
        assert opener.opened == 0

    run(test())


@pytest.mark.parametrize("error", [Disconnected("no way"), ConfigError("identity", "no")])
def test_every_user_hears_why_it_cannot_be_opened_and_the_next_tries_again(error: Exception) -> None:
    async def test() -> None:
        opener = Opener()
        opener.fails = error
        shared = SharedConnections(opener.open)

        async def user() -> int:
            async with shared.use(URL, "CS001") as connection:
                return connection

        assert list(await asyncio.gather(user(), user(), return_exceptions=True)) == [error, error]
        opener.fails = None
        assert await user() == 1

    run(test())


def test_after_a_loss_the_next_use_has_a_new_connection_while_others_still_hold_the_old() -> None:
    async def test() -> None:
        opener = Opener()
        shared = SharedConnections(opener.open)

        async def lose() -> None:
            async with shared.use(URL, "CS001"):
                raise Disconnected("lost")

        async with shared.use(URL, "CS001") as old:
            with pytest.raises(Disconnected):
                await lose()
            async with shared.use(URL, "CS001") as new:
                assert (old, new) == (1, 2)
            assert opener.closed == [2]
        assert opener.closed == [2, 1]

    run(test())


def test_two_users_call_over_one_websocket() -> None:
    router = Router[None]()
    connections = 0

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    async def admit(_: Handshake) -> Admission:
        return Admission.ACCEPT

    async def serve_station(channel: WebSocketChannel) -> None:
        nonlocal connections
        connections += 1
        await Peer(channel, version=channel.version, router=router, state=None, clock=SystemClock()).run()

    @asynccontextmanager
    async def open_peer(url: str, identity: str) -> AsyncIterator[Peer[None]]:
        async with (
            connect(url, identity=identity) as channel,
            Peer(channel, version=channel.version, router=Router[None](), state=None, clock=SystemClock()) as peer,
        ):
            yield peer

    async def test() -> None:
        shared = SharedConnections(open_peer)
        async with serve("127.0.0.1", 0, admit=admit, serve_channel=serve_station) as listener:

            async def user() -> None:
                async with shared.use(f"ws://127.0.0.1:{listener.port}", "CS001") as csms:
                    await csms.call(v21.HeartbeatRequest())

            await asyncio.gather(user(), user(), user())
        assert connections == 1

    run(test())
