"""Live events: nothing is missed in silence, and who does not read takes nothing from who does."""

import asyncio
import json
from contextlib import suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed

from ladewerk.clock import SystemClock
from ladewerk.csms.api import live_feed


def url(running: Any, query: str = "") -> str:
    return f"ws{running.web_url.removeprefix('http')}/api/events{query}"


async def told(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next event of a kind."""
    while (event := json.loads(await socket.recv()))["type"] != kind:
        pass
    assert isinstance(event, dict)
    return event


def say(running: Any, times: int, length: int = 1) -> None:
    for _ in range(times):
        running.frame_log.add(SystemClock().now(), "S-1", False, "x" * length)


def test_who_comes_back_is_told_what_it_missed_or_that_it_is_gone(csms: Any) -> None:
    async def go() -> None:
        async with csms() as running:
            async with open_websocket(url(running)) as socket:
                hello = await told(socket, "hello")
                assert (hello["number"], hello["missed"]) == (0, False)
                say(running, 2)
                assert [(await told(socket, "frame"))["frame"]["number"] for _ in range(2)] == [1, 2]
            say(running, 3)
            back = f"?run={hello['run']}&after=2"
            async with open_websocket(url(running, back)) as socket:
                assert await told(socket, "hello") == {**hello, "number": 2}
                assert [(await told(socket, "frame"))["frame"]["number"] for _ in range(3)] == [3, 4, 5]
            for query in ("?run=another&after=2", f"?run={hello['run']}&after=99"):
                async with open_websocket(url(running, query)) as socket:
                    again = await told(socket, "hello")
                    assert (again["number"], again["missed"]) == (5, True)
            say(running, 2500)
            async with open_websocket(url(running, back)) as socket:
                assert (await told(socket, "hello"))["missed"] is True

    asyncio.run(asyncio.wait_for(go(), 120))


def test_who_hears_nothing_may_ask_whether_anybody_is_there(csms: Any) -> None:
    async def go() -> None:
        async with csms() as running, open_websocket(url(running)) as socket:
            await told(socket, "overview")
            await socket.send("?")
            assert json.loads(await socket.recv()) == {"type": "here", "number": 0}
            say(running, 250)
            await socket.send("?")
            number = (await told(socket, "here"))["number"]
            # It speaks for what was told before it, and for nothing that is still to come.
            say(running, 1)
            assert (await told(socket, "frame"))["frame"]["number"] == number + 1

    asyncio.run(asyncio.wait_for(go(), 120))


def test_who_is_too_slow_is_dropped_and_told_so_and_another_misses_nothing(csms: Any) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            open_websocket(url(running), max_queue=1, max_size=None, compression=None) as slow,
            open_websocket(url(running), max_size=None) as quick,
        ):
            assert (await told(slow, "hello"))["number"] == 0
            await told(quick, "hello")
            dropped = "ladewerk_listeners_dropped_total 1\n"
            number = 0
            while dropped not in (await client.get("/metrics")).text:
                say(running, 20, 100_000)
                for _ in range(20):
                    number += 1
                    assert (await told(quick, "frame"))["frame"]["number"] == number
            with suppress(ConnectionClosed):
                async for _ in slow:
                    pass  # what was on its way
            assert slow.close_code == 4408
            assert "come back with after=" in str(slow.close_reason)
            say(running, 1)
            assert (await told(quick, "frame"))["frame"]["number"] == number + 1

    asyncio.run(asyncio.wait_for(go(), 120))


def test_there_is_room_for_so_many_listeners(csms: Any) -> None:
    async def go() -> None:
        async with csms() as running:
            sockets = [await open_websocket(url(running)) for _ in range(live_feed.MOST_LISTENERS)]
            for socket in sockets:
                await told(socket, "overview")
            async with open_websocket(url(running)) as late:
                with pytest.raises(ConnectionClosed):
                    await late.recv()
                assert late.close_code == 4429
            for socket in sockets:
                await socket.close()

    asyncio.run(asyncio.wait_for(go(), 120))
