"""Outages of the link in memory."""

import asyncio

import pytest

from ladewerk.errors import Disconnected
from ladewerk.ocpp.loopback import LoopbackLink


def test_a_cut_ends_both_ends_and_loses_what_is_under_way() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        station, csms = link.open()
        await station.send("under way")
        waiting = asyncio.create_task(station.receive())
        await asyncio.sleep(0)
        link.cut()
        for end in (waiting, csms.receive(), csms.receive()):
            with pytest.raises(Disconnected, match="cut"):
                await end
        with pytest.raises(Disconnected, match="cut"):
            await csms.send("too late")

    asyncio.run(test())


def test_while_cut_nothing_opens_and_restored_the_pair_is_a_new_one() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        before, _ = link.open()
        link.cut()
        with pytest.raises(Disconnected, match="LW-1"):
            link.open()
        link.restore()
        station, csms = link.open()
        await station.send("hello again")
        assert await csms.receive() == "hello again"
        with pytest.raises(Disconnected, match="cut"):
            await before.receive()

    asyncio.run(test())
