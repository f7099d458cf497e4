import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ladewerk.clock import LoopClock
from ladewerk.entrance import Entrance, Room, Visit, network_of
from ladewerk.paced_loop import PacedLoop
from ladewerk.refusals import Refusals, Why


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 3600))


class Inn:
    """Whoever says a byte is inside, until it hangs up."""

    def __init__(self) -> None:
        self.refusals = Refusals(LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, tzinfo=UTC)))
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def greet(self, taken: socket.socket, visit: Visit) -> None:
        loop = asyncio.get_running_loop()
        try:
            taken.setblocking(False)
            if await loop.sock_recv(taken, 1):
                visit.let_in()
                await loop.sock_sendall(taken, b"!")
                await loop.sock_recv(taken, 1)
        except ConnectionResetError:
            pass  # it has gone
        finally:
            taken.close()
            visit.leave()

    @asynccontextmanager
    async def open(self, door: Room, house: Room) -> AsyncIterator["Inn"]:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            listener.setblocking(False)
            self.port = listener.getsockname()[1]
            entrance = Entrance(listener, self.greet, door=door, house=house, refusals=self.refusals)
            yield self
            await entrance.close()

    async def come(self, said: bytes = b"", address: str = "127.0.0.9") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(address, 0))
        writer.write(said)
        self._writers.append(writer)
        return reader

    def all_go(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


def test_one_that_stands_long_makes_room_and_one_that_has_just_come_does_not() -> None:
    async def test() -> None:
        async with Inn().open(Room(most=2), Room(most=10)) as inn:
            first, second = await inn.come(), await inn.come()
            assert await (await inn.come(b"a")).read() == b"", "both have had no second yet"
            assert inn.refusals.counts == {Why.CROWDED: 1}
            await asyncio.sleep(1)
            assert await (await inn.come(b"a")).read(1) == b"!"
            assert await first.read() == b""
            assert inn.refusals.counts == {Why.CROWDED: 1, Why.SLOW: 1}
            assert await second.read() == b"", "after ten seconds it goes, too"
            assert inn.refusals.counts == {Why.CROWDED: 1, Why.SLOW: 2}
            inn.all_go()

    run(test())


def test_an_address_has_its_share_inside_and_others_theirs() -> None:
    async def test() -> None:
        async with Inn().open(Room(most=10), Room(most=3, most_per_address=2)) as inn:
            for _ in range(2):
                assert await (await inn.come(b"a")).read(1) == b"!"
            assert await (await inn.come(b"a")).read(1) == b""
            assert await (await inn.come(b"a", "127.0.0.10")).read(1) == b"!"
            assert await (await inn.come(b"a", "127.0.0.11")).read(1) == b"", "the house is full"
            inn.all_go()
            await asyncio.sleep(1)
            assert await (await inn.come(b"a")).read(1) == b"!", "who has gone leaves room"
            inn.all_go()

    run(test())


def test_without_a_file_left_the_door_waits_until_there_is_one() -> None:
    async def test() -> None:
        async with Inn().open(Room(most=10), Room(most=10)) as inn:
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            visitor = socket.socket()
            visitor.bind(("127.0.0.9", 0))
            resource.setrlimit(resource.RLIMIT_NOFILE, (visitor.fileno() + 1, hard))
            try:
                visitor.connect(("127.0.0.1", inn.port))
                visitor.sendall(b"a")
                visitor.setblocking(False)
                await asyncio.sleep(1)
                assert inn.refusals.counts[Why.CROWDED] > 1
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert await asyncio.get_running_loop().sock_recv(visitor, 1) == b"!"
            visitor.close()

    run(test())


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("in memory", "in memory"),
    ],
)
def test_a_network_of_ipv6_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
