"""What every channel promises, asked of each of them: the pair in memory and a WebSocket over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from ladewerk.errors import Disconnected
from ladewerk.ocpp.channel import Channel
from ladewerk.ocpp.loopback import LoopbackChannel, LoopbackLink
from ladewerk.ocpp.websocket import Admission, Handshake, WebSocketChannel, connect, serve
from ladewerk.paced_loop import PacedLoop

_: tuple[type[Channel], ...] = (LoopbackChannel, WebSocketChannel)

Ends = tuple[Channel, Channel]


@asynccontextmanager
async def in_memory() -> AsyncIterator[Ends]:
    yield LoopbackLink("RDAM 123").open()


@asynccontextmanager
async def over_websocket() -> AsyncIterator[Ends]:
    arrived: asyncio.Future[WebSocketChannel] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def admit(_: Handshake) -> Admission:
        return Admission.ACCEPT

    async def keep(channel: WebSocketChannel) -> None:
        arrived.set_result(channel)
        await done.wait()

    async with (
        serve("127.0.0.1", 0, admit=admit, serve_channel=keep) as listener,
        connect(f"ws://127.0.0.1:{listener.port}", identity="RDAM 123") as station,
    ):
        try:
            yield station, await arrived
        finally:
            done.set()


@pytest.fixture(params=[in_memory, over_websocket])
def channels(request: pytest.FixtureRequest) -> Callable[[], AbstractAsyncContextManager[Ends]]:
    made: Callable[[], AbstractAsyncContextManager[Ends]] = request.param
    return made


@pytest.fixture(params=[asyncio.SelectorEventLoop, lambda: PacedLoop(None)], ids=["real time", "paced"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    def on_loop(test: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(test, 300))

    return on_loop


Channels = Callable[[], AbstractAsyncContextManager[Ends]]
Run = Callable[[Coroutine[Any, Any, None]], None]


def test_frames_arrive_whole_in_order_both_ways(channels: Channels, run: Run) -> None:
    async def test() -> None:
        async with channels() as (station, csms):
            texts = ["[]", "ü€𝄞", "x" * 60_000, ""]
            for text in texts:
                await station.send(text)
            assert [await csms.receive() for _ in texts] == texts
            for text in texts:
                await csms.send(text)
            assert [await station.receive() for _ in texts] == texts

    run(test())


def test_both_ends_know_the_station(channels: Channels, run: Run) -> None:
    async def test() -> None:
        async with channels() as (station, csms):
            assert station.identity == csms.identity == "RDAM 123"

    run(test())


@pytest.mark.parametrize("who", ["station", "csms"])
def test_close_tells_the_other_end_code_and_reason_after_what_was_sent(channels: Channels, run: Run, who: str) -> None:
    async def test() -> None:
        async with channels() as (station, csms):
            closing, other = (station, csms) if who == "station" else (csms, station)
            await closing.send("last words")
            hearing = asyncio.create_task(other.receive())
            await closing.close(1000, "good night")
            assert await hearing == "last words"
            for _ in range(2):
                with pytest.raises(Disconnected, match="1000 good night"):
                    await other.receive()
            with pytest.raises(Disconnected, match="1000 good night"):
                await other.send("too late")

    run(test())


def test_the_end_that_closed_is_disconnected_too_and_may_close_again(channels: Channels, run: Run) -> None:
    async def test() -> None:
        async with channels() as (station, csms):
            waiting = asyncio.create_task(station.receive())
            await asyncio.sleep(0)
            await station.close(1000, "")
            with pytest.raises(Disconnected):
                await waiting
            with pytest.raises(Disconnected):
                await station.send("too late")
            await station.close(1002, "again")
            await csms.close(1000, "")

    run(test())


def test_receiving_can_be_cancelled_without_losing_a_frame(channels: Channels, run: Run) -> None:
    async def test() -> None:
        async with channels() as (station, csms):
            waiting = asyncio.create_task(csms.receive())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await station.send("kept")
            assert await csms.receive() == "kept"

    run(test())
