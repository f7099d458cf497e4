"""The newest authenticated connection of a station counts: as a rule, and in a race of a thousand over real sockets."""

import asyncio
import json
import random
import resource
from collections import Counter
from itertools import count, permutations

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as plain_connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from ladewerk.clock import SystemClock
from ladewerk.errors import Disconnected
from ladewerk.ocpp import (
    Admission,
    FrameSeen,
    Handshake,
    NewestConnections,
    Peer,
    Router,
    WebSocketChannel,
    connect,
    serve,
    v21,
)

_RACERS = 1000


def test_whoever_comes_in_whatever_order_the_newest_stays() -> None:
    for order in permutations(range(1, 6)):
        live: NewestConnections[str] = NewestConnections()
        losers = [live.enter("CS001", generation, f"connection {generation}") for generation in order]
        assert live.of("CS001") == "connection 5"
        closed = [loser for loser in losers if loser is not None]
        assert sorted(closed) == [f"connection {generation}" for generation in range(1, 5)]  # each exactly once


def test_a_late_close_does_not_take_the_newer_one_away() -> None:
    live: NewestConnections[str] = NewestConnections()
    live.enter("CS001", 1, "older")
    assert live.enter("cs001", 2, "newer") == "older"
    assert not live.leave("CS001", 1)
    assert live.of("Cs001") == "newer"
    assert live.leave("CS001", 2)
    assert not live.leave("CS001", 2)
    assert live.of("CS001") is None


def test_stations_do_not_meet() -> None:
    live: NewestConnections[str] = NewestConnections()
    assert live.enter("CS001", 2, "one") is None
    assert live.enter("CS002", 1, "two") is None
    assert (len(live), list(live)) == (2, ["one", "two"])
    assert live.of("CS003") is None


class Site:
    """Serves stations by the rule, and gives numbered commands to whichever connection counts at the moment."""

    def __init__(self) -> None:
        self.live: NewestConnections[WebSocketChannel] = NewestConnections()
        self.authenticated: list[str] = []
        self.served: list[WebSocketChannel] = []
        self.lost: set[int] = set()
        self.sent_to: dict[str, int] = {}
        self.closing: list[asyncio.Task[None]] = []

    async def admit(self, handshake: Handshake) -> Admission:
        # Passwords are checked in threads, so stations come out in another order than they went in.
        await asyncio.sleep(hash(handshake.path) % 7 / 1000)
        self.authenticated.append(handshake.path)
        return Admission.ACCEPT

    async def serve_one(self, channel: WebSocketChannel) -> None:
        self.served.append(channel)
        loser = self.live.enter(channel.identity, channel.generation, channel)
        if loser is not None:
            self.lost.add(loser.generation)
            self.closing.append(asyncio.create_task(loser.close(1000, "the station has connected again")))
        try:
            while True:
                await channel.receive()
        except Disconnected:
            self.live.leave(channel.identity, channel.generation)

    async def command(self, every_s: float) -> None:
        for number in count():
            newest = self.live.of("CS001")
            if newest is not None:
                assert newest.generation not in self.lost
                self.sent_to[str(number)] = newest.generation
                try:
                    await newest.send(str(number))
                except Disconnected:
                    del self.sent_to[str(number)]
            await asyncio.sleep(every_s)


class Racer:
    """One connection of the station; it stays until it is closed or the race is over."""

    def __init__(self, number: int) -> None:
        self.path = f"/{number}/CS001"
        self.heard: list[str] = []
        self.news: asyncio.Queue[str] = asyncio.Queue()
        self.is_open = asyncio.Event()

    async def run(self, port: int) -> None:
        async with connect(f"ws://127.0.0.1:{port}{self.path[:-6]}", identity="CS001", open_timeout_s=60) as channel:
            self.is_open.set()
            while True:
                self.heard.append(str(await channel.receive()))
                self.news.put_nowait(self.heard[-1])


@pytest.fixture
def many_sockets() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4 * _RACERS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * _RACERS), hard))


def test_of_a_thousand_connections_at_once_the_last_authenticated_lives_alone(many_sockets: None) -> None:
    async def test() -> None:
        site = Site()
        async with serve("127.0.0.1", 0, admit=site.admit, serve_channel=site.serve_one) as listener:
            racers = [Racer(number) for number in range(_RACERS)]
            commanding = asyncio.create_task(site.command(every_s=0.001))
            running = {asyncio.create_task(racer.run(listener.port)): racer for racer in racers}
            waiting = set(running)
            while len(waiting) > 1 or len(site.served) < _RACERS:
                ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    assert "the station has connected again" in str(task.exception())
            [winner_task] = waiting
            winner = running[winner_task]
            await winner.is_open.wait()
            while not winner.news.empty():
                winner.news.get_nowait()
            for _ in range(20):
                await winner.news.get()
            commanding.cancel()
            assert isinstance((await asyncio.gather(commanding, return_exceptions=True))[0], asyncio.CancelledError)
            await asyncio.gather(*site.closing)

            newest = site.live.of("CS001")
            assert newest is not None
            assert newest.handshake is not None
            assert newest.handshake.path == winner.path == site.authenticated[-1]
            assert len(site.live) == 1
            assert site.lost == {channel.generation for channel in site.served} - {newest.generation}
            generation_of = {channel.handshake.path: channel.generation for channel in site.served if channel.handshake}
            for racer in racers:
                for number in racer.heard:
                    assert site.sent_to[number] == generation_of[racer.path]
            winner_task.cancel()
            await asyncio.wait([winner_task])

    asyncio.run(asyncio.wait_for(test(), 60))


# The same with peers, whose calls are under way when their connection loses


_PEERS = 300


class CallingSite:
    """Calls whichever peer counts at the moment, without a pause, and closes those that lose."""

    def __init__(self) -> None:
        self.live: NewestConnections[Peer[None]] = NewestConnections()
        self.generations: dict[Peer[None], int] = {}
        self.lost: set[Peer[None]] = set()
        self.said_to_losers: list[str] = []
        self.closing: list[asyncio.Task[None]] = []
        self.answers: Counter[str] = Counter()
        self.entered = asyncio.Event()
        self.all_entered = asyncio.Event()

    async def admit(self, _: Handshake) -> Admission:
        return Admission.ACCEPT

    async def serve_one(self, channel: WebSocketChannel) -> None:
        clock = SystemClock()
        peer: Peer[None] = Peer(channel, version=channel.version, router=Router(), state=None, clock=clock)
        self.generations[peer] = channel.generation
        peer.frames.connect(lambda seen: self._check(peer, seen))
        loser = self.live.enter(channel.identity, channel.generation, peer)
        if loser is not None:
            self.lost.add(loser)
            self.closing.append(asyncio.create_task(loser.close("the station has connected again")))
        self.entered.set()
        if len(self.generations) == _PEERS:
            self.all_entered.set()
        await peer.run()
        self.live.leave(channel.identity, channel.generation)

    def _check(self, peer: Peer[None], seen: FrameSeen) -> None:
        if seen.sent and peer in self.lost:
            self.said_to_losers.append(seen.text)

    async def call(self) -> None:
        while True:
            newest = self.live.of("CS001")
            if newest is None:
                self.entered.clear()
                await self.entered.wait()
                continue
            try:
                await newest.call(v21.ClearCacheRequest())
                self.answers["answered"] += 1
            except Disconnected:
                self.answers["lost"] += 1
                await asyncio.sleep(0)


async def answer_for_a_while(connection: ClientConnection, chance: random.Random) -> None:
    """Some racers vanish without a goodbye, the others answer until they are closed."""
    calls = chance.choice([0, 1, 3, None])
    try:
        async for text in connection:
            if calls is not None and calls == 0:
                connection.transport.abort()
                return
            calls = None if calls is None else calls - 1
            await connection.send(json.dumps([3, json.loads(text)[1], {"status": "Accepted"}]))
    except ConnectionClosed:
        return


def test_nothing_is_said_to_a_loser_and_its_calls_fail_at_once(many_sockets: None) -> None:
    async def race(port: int, number: int) -> None:
        async with plain_connect(
            f"ws://127.0.0.1:{port}/{number}/CS001", subprotocols=[Subprotocol("ocpp2.1")], proxy=None, open_timeout=60
        ) as connection:
            await answer_for_a_while(connection, random.Random(number))

    async def test() -> None:
        site = CallingSite()
        async with serve("127.0.0.1", 0, admit=site.admit, serve_channel=site.serve_one) as listener:
            calling = [asyncio.create_task(site.call()) for _ in range(3)]
            racing = [asyncio.create_task(race(listener.port, number)) for number in range(_PEERS)]
            await site.all_entered.wait()
            async with connect(f"ws://127.0.0.1:{listener.port}", identity="cs001", open_timeout_s=60) as last:
                await asyncio.wait(racing)  # every one of them has lost, or vanished
                call = json.loads(await last.receive())
                await last.send(json.dumps([3, call[1], {"status": "Accepted"}]))
                assert json.loads(await last.receive())[2] == "ClearCache"
                newest = site.live.of("CS001")
                assert newest is not None
                assert site.generations[newest] == max(site.generations.values())
                assert len(site.live) == 1
            await asyncio.gather(*site.closing)
            for task in calling:
                task.cancel()
            await asyncio.wait(calling)
            assert site.said_to_losers == []
            assert site.answers["answered"] > 0
            assert site.answers["lost"] > 0

    asyncio.run(asyncio.wait_for(test(), 120))
