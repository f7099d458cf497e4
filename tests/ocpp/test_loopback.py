"""Outages of the link in memory."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import pytest

from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp.loopback import LoopbackLink, LoopbackNetwork
from ladewerk.ocpp.opening import OpenChannel
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake
from ladewerk.virtual_loop import VirtualLoop


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


def test_a_stall_keeps_what_is_said_in_order_until_it_is_over() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        station, csms = link.open()
        link.stall()
        for text in ("one", "two"):
            await station.send(text)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(csms.receive(), 600)
        with pytest.raises(Disconnected):
            link.open()
        link.restore()
        assert [await csms.receive(), await csms.receive()] == ["one", "two"]

    run(test())


def test_a_stall_that_ends_in_a_cut_loses_what_it_kept() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        station, csms = link.open()
        link.stall()
        await station.send("lost")
        link.cut()
        link.restore()
        with pytest.raises(Disconnected, match="cut"):
            await csms.receive()

    run(test())


def test_delays_keep_the_order_of_frames() -> None:
    async def test() -> None:
        delays_s = iter((5.0, 0.5, 1.0))
        station, csms = LoopbackLink("LW-1", delay_s=lambda: next(delays_s)).open()
        for text in ("one", "two", "three"):
            await station.send(text)
        assert [await csms.receive() for _ in range(3)] == ["one", "two", "three"]
        assert asyncio.get_running_loop().time() == 5.0

    run(test())


async def _admit(handshake: Handshake) -> Admission:
    return Admission.ACCEPT if handshake.basic_password == b"secret" else Admission.UNAUTHORIZED


async def _echo(channel: OpenChannel) -> None:
    while True:
        text = await channel.receive()
        assert isinstance(text, str)
        await channel.send(f"{channel.version} {text}")


def test_a_network_lets_in_whom_the_csms_admits_by_the_first_version_both_speak() -> None:
    async def test() -> None:
        network = LoopbackNetwork(delay_s=lambda: 0.1)
        versions = (Version.V21, Version.V201)
        async with network.serve("csms", 9000, versions=versions, admit=_admit, serve_channel=_echo):
            spoken = (Version.V16, Version.V201, Version.V21)
            async with network.connect("ws://csms:9000", identity="LW-1", versions=spoken, password="secret") as channel:
                await channel.send("hello")
                assert await channel.receive() == "ocpp2.0.1 hello"
            with pytest.raises(Disconnected, match="does not let LW-1 in"):
                async with network.connect("ws://csms:9000", identity="LW-1", password="guess"):
                    pass
            with pytest.raises(Disconnected, match="speaks none"):
                async with network.connect("ws://csms:9000", identity="LW-1", versions=[Version.V16], password="secret"):
                    pass
        with pytest.raises(Disconnected, match="nobody answers"):
            async with network.connect("ws://csms:9000", identity="LW-1", password="secret"):
                pass

    run(test())


def test_the_end_of_a_csms_ends_its_connections() -> None:
    async def test() -> None:
        network = LoopbackNetwork()
        async with AsyncExitStack() as stack:
            serving = network.serve("csms", 9000, versions=[Version.V21], admit=_admit, serve_channel=_echo)
            async with serving:
                connecting = network.connect("ws://csms:9000", identity="LW-1", password="secret")
                channel = await stack.enter_async_context(connecting)
                with pytest.raises(ConfigError, match="in use"):
                    async with network.serve("csms", 9000, versions=[Version.V21], admit=_admit, serve_channel=_echo):
                        pass
            with pytest.raises(Disconnected, match="1001"):
                await channel.receive()

    run(test())


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(test)
