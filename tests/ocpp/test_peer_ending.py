"""The end of a peer's link: what is said before, what ends with it, and what may go on."""

import asyncio
import json

import pytest

from ladewerk.errors import Disconnected
from ladewerk.ocpp import v21
from ladewerk.ocpp.loopback import LoopbackLink
from ladewerk.ocpp.peer import FrameSeen
from ladewerk.ocpp.router import Context, Router
from tests.ocpp.peers import BOOT, NOW, peer, raw, run

# The end of the link


def test_a_cut_fails_pending_calls_at_once_and_later_ones_too() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, _ = link.open()
        loop = asyncio.get_running_loop()
        async with peer(one) as station:
            pending = [asyncio.create_task(station.call(v21.HeartbeatRequest())) for _ in range(3)]
            await asyncio.sleep(1)
            link.cut()
            results = await asyncio.gather(*pending, return_exceptions=True)
            assert [type(result) for result in results] == [Disconnected] * 3
            assert str(results[0]) == "the link was cut"
            with pytest.raises(Disconnected, match="the link was cut"):
                await station.call(v21.HeartbeatRequest())
            assert loop.time() < 2

    run(test())


def test_run_ends_with_the_link() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, _ = link.open()
        station = peer(one)
        running = asyncio.create_task(station.run())
        await asyncio.sleep(1)
        link.cut()
        await running

    run(test())


def test_close_says_first_what_is_already_answered() -> None:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        csms = peer(other, router)
        running = asyncio.create_task(csms.run())
        answered: list[FrameSeen] = []
        csms.frames.connect(answered.append)
        await one.send('[2,"id-1","Heartbeat",{}]')
        assert json.loads(await one.receive())[:2] == [3, "id-1"]
        await csms.close("good night")
        with pytest.raises(Disconnected, match="1000 good night"):
            await one.receive()
        await running
        with pytest.raises(Disconnected, match="we closed the connection: good night"):
            await csms.call(BOOT)

    run(test())


def test_a_handler_finishes_what_it_began_when_the_link_goes() -> None:
    router = Router[None]()
    stored: list[str] = []

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        await asyncio.sleep(2)
        stored.append(ctx.message_id)
        return v21.HeartbeatResponse(current_time=NOW)

    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, other = link.open()
        running = asyncio.create_task(peer(other, router).run())
        await one.send('[2,"id-1","Heartbeat",{}]')
        await asyncio.sleep(1)
        link.cut()
        await running
        assert stored == ["id-1"]

    run(test())


@pytest.mark.parametrize("how", ["link cut", "run cancelled"])
def test_a_handler_that_does_not_end_is_cancelled(how: str) -> None:
    router = Router[None]()
    cancelled: list[float] = []

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(asyncio.get_running_loop().time())
        return v21.HeartbeatResponse(current_time=NOW)

    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, other = link.open()
        running = asyncio.create_task(peer(other, router).run())
        await one.send('[2,"id-1","Heartbeat",{}]')
        await asyncio.sleep(1)
        if how == "link cut":
            link.cut()
            await running
        else:
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        assert cancelled == [pytest.approx(6 if how == "link cut" else 1)]

    run(test())


def test_a_peer_that_sends_rubbish_is_closed_with_1002() -> None:
    async def test() -> None:
        async with raw(Router()) as channel:
            for _ in range(11):
                await channel.send("rubbish")
            answers = [json.loads(await channel.receive()) for _ in range(11)]
            with pytest.raises(Disconnected, match="1002 too many malformed frames"):
                await channel.receive()
            assert [answer[:3] for answer in answers] == [[4, "-1", "RpcFrameworkError"]] * 11

    run(test())


def test_from_the_call_of_close_on_nothing_new_is_said() -> None:
    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        csms = peer(other)
        running = asyncio.create_task(csms.run())
        await asyncio.sleep(1)
        calling = asyncio.gather(csms.call(v21.ClearCacheRequest()), return_exceptions=True)
        closing = csms.close("another one has come")
        with pytest.raises(Disconnected, match="we closed the connection: another one has come"):
            await csms.call(BOOT)
        await closing
        assert isinstance((await calling)[0], Disconnected)
        with pytest.raises(Disconnected, match="1000 another one has come"):
            await one.receive()
        await running

    run(test())
