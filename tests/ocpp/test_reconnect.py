"""A link that comes back, over a cable that is cut and over a real socket."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp import Admission, BackOffSettings, Handshake, WebSocketChannel, connect, reconnecting, serve
from ladewerk.ocpp.loopback import LoopbackChannel, LoopbackLink
from ladewerk.paced_loop import PacedLoop

_EXACT = BackOffSettings(wait_minimum_s=10, random_range_s=0, repeat_times=2)


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 86_400))


class Cable:
    """A loopback link that notes when somebody tried it; the first attempts fail."""

    def __init__(self, fails: set[int]) -> None:
        self.link = LoopbackLink("CS001")
        self.tried_at: list[float] = []
        self.closed = 0
        self._fails = fails

    @asynccontextmanager
    async def open(self) -> AsyncIterator[LoopbackChannel]:
        self.tried_at.append(asyncio.get_running_loop().time())
        if len(self.tried_at) in self._fails:
            raise Disconnected("no way to the CSMS")
        try:
            yield self.link.open()[0]
        finally:
            self.closed += 1


def test_the_waits_double_a_number_of_times_and_begin_anew_after_success(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        cable = Cable(fails={1, 2, 3, 4, 6})
        used = 0
        async with reconnecting(cable.open, _EXACT) as channels:
            async for _ in channels:
                used += 1
                if used == 3:
                    break
        waits = [later - earlier for earlier, later in zip(cable.tried_at, cable.tried_at[1:], strict=False)]
        assert waits == pytest.approx([10, 20, 40, 40, 10, 20, 10], abs=0.01)
        assert cable.closed == used

    run(test())
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert lines[:2] == ["no way to the CSMS; next attempt in 10 s", "no way to the CSMS; next attempt in 20 s"]
    assert len(lines) == 5


def test_the_random_part_spreads_stations() -> None:
    async def first_wait_s(seed: int) -> float:
        cable = Cable(fails={1})
        async with reconnecting(cable.open, rng=random.Random(seed)) as channels:
            await anext(channels)
        return cable.tried_at[1] - cable.tried_at[0]

    async def test() -> None:
        waits = await asyncio.gather(*(first_wait_s(seed) for seed in range(20)))
        assert all(10 <= wait_s <= 20.01 for wait_s in waits)
        assert max(waits) - min(waits) > 5

    run(test())


def test_the_channel_in_use_is_closed_when_the_block_ends_for_any_reason() -> None:
    async def test() -> None:
        cable = Cable(fails=set())

        async def use() -> None:
            async with reconnecting(cable.open) as channels:
                async for _ in channels:
                    raise KeyError("of the user")

        with pytest.raises(KeyError):
            await use()
        assert cable.closed == 1

    run(test())


def test_what_waiting_cannot_mend_comes_through() -> None:
    async def test() -> None:
        async with reconnecting(partial(connect, "ws://127.0.0.1:1", identity="a:b")) as channels:
            with pytest.raises(ConfigError):
                await anext(channels)

    run(test())


def test_a_station_comes_back_to_a_csms_that_closes_and_restarts() -> None:
    async def admit(_: Handshake) -> Admission:
        return Admission.ACCEPT

    async def greet(channel: WebSocketChannel) -> None:
        await channel.send("hello")

    async def test() -> None:
        async with serve("127.0.0.1", 0, admit=admit, serve_channel=greet) as listener:
            port = listener.port
        heard: list[str | bytes] = []
        station = partial(connect, f"ws://127.0.0.1:{port}", identity="CS001")

        async def stay() -> None:
            async with reconnecting(station, _EXACT) as channels:
                async for channel in channels:
                    try:
                        while len(heard) < 3:
                            heard.append(await channel.receive())
                        return
                    except Disconnected:
                        continue

        staying = asyncio.create_task(stay())
        await asyncio.sleep(25)  # two attempts find nobody
        async with serve("127.0.0.1", port, admit=admit, serve_channel=greet):
            await staying
        assert heard == ["hello"] * 3

    run(test())
