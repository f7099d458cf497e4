"""Pins behind pigpiod, against a daemon made of raw bytes."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable
from ladewerk.paced_loop import PacedLoop
from ladewerk.station.drivers.pigpiod import PigpiodPins, open_pigpiod


class RawDaemon:
    """Writes down commands and answers each with ``result``; may drop a connection or stay silent."""

    def __init__(self) -> None:
        self.commands: list[tuple[int, int, int]] = []
        self.result = 0
        self.silent = False
        self.drop_next = False
        self.writers: set[asyncio.StreamWriter] = set()
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        self.connections += 1
        while len(request := await reader.read(16)) == 16:
            command, pin, value, extension = struct.unpack("<4I", request)
            assert extension == 0
            self.commands.append((command, pin, value))
            if self.drop_next:
                self.drop_next = False
                break
            if not self.silent:
                writer.write(struct.pack("<3Ii", command, pin, value, self.result))
        writer.close()

    def drop_all(self) -> None:
        for writer in self.writers:
            writer.close()


@asynccontextmanager
async def raw_daemon() -> AsyncIterator[tuple[RawDaemon, str]]:
    daemon = RawDaemon()
    server = await asyncio.start_server(daemon.serve, "127.0.0.1", 0)
    try:
        yield daemon, f"pigpiod://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        daemon.drop_all()
        await server.wait_closed()


def run(test: Callable[[RawDaemon, PigpiodPins], Awaitable[None]]) -> None:
    async def body() -> None:
        async with raw_daemon() as (daemon, url), open_pigpiod(url) as pins:
            await test(daemon, pins)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


def test_an_output_gets_its_level_before_its_direction() -> None:
    async def body(daemon: RawDaemon, pins: PigpiodPins) -> None:
        await pins.claim_output(23)
        await pins.write(23, True)
        assert daemon.commands == [(4, 23, 0), (0, 23, 1), (4, 23, 1)]

    run(body)


def test_an_active_low_output_is_high_when_off() -> None:
    async def body(daemon: RawDaemon, pins: PigpiodPins) -> None:
        await pins.claim_output(23, active_low=True)
        await pins.write(23, True)
        assert daemon.commands == [(4, 23, 1), (0, 23, 1), (4, 23, 0)]

    run(body)


def test_an_input_is_pulled_to_its_off_level() -> None:
    async def body(daemon: RawDaemon, pins: PigpiodPins) -> None:
        await pins.claim_input(25, active_low=True)
        assert await pins.read(25)  # the level is low
        daemon.result = 1
        assert not await pins.read(25)
        daemon.result = 0
        await pins.claim_input(26)
        assert not await pins.read(26)
        assert [command for command in daemon.commands if command[0] != 3] == [
            (0, 25, 0),
            (2, 25, 2),
            (0, 26, 0),
            (2, 26, 1),
        ]

    run(body)


def test_one_connection_serves_all_commands() -> None:
    async def body(daemon: RawDaemon, pins: PigpiodPins) -> None:
        await asyncio.gather(*(pins.write(pin, True) for pin in range(10)))
        assert daemon.connections == 1
        assert sorted(daemon.commands) == [(4, pin, 1) for pin in range(10)]

    run(body)


def test_a_refused_pin_is_a_fault() -> None:
    async def body(daemon: RawDaemon, pins: PigpiodPins) -> None:
        daemon.result = -2
        with pytest.raises(DeviceFault, match=r"refuses pin 99 \(error -2\); look that the pin is a user GPIO"):
            await pins.write(99, True)

    run(body)


def test_a_restarted_daemon_is_found_again() -> None:
    async def body(daemon: RawDaemon, pins: PigpiodPins) -> None:
        await pins.write(23, False)
        daemon.drop_next = True
        await pins.write(23, True)
        assert daemon.connections == 2
        assert daemon.commands[-1] == (4, 23, 1)

    run(body)


def test_a_silent_daemon_is_unreachable() -> None:
    async def body(daemon: RawDaemon, pins: PigpiodPins) -> None:
        daemon.silent = True
        with pytest.raises(DeviceUnreachable, match="TimeoutError; look that the daemon runs"):
            await pins.write(23, True)
        daemon.silent = False
        await pins.write(23, False)
        assert daemon.commands[-1] == (4, 23, 0)

    run(body)


def test_a_daemon_that_is_not_there_is_unreachable() -> None:
    async def body() -> None:
        async with raw_daemon() as (_, url):
            pass
        async with open_pigpiod(url) as pins:
            with pytest.raises(DeviceUnreachable, match=r"pigpiod at 127\.0\.0\.1:\d+: .*look that the daemon runs"):
                await pins.write(23, True)

    asyncio.run(body())


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8888", "http://127.0.0.1", "pigpiod://", "pigpiod://host:no", "pigpiod://host:99999"]
)
def test_an_address_that_is_none_is_told_at_the_start(url: str) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match="pigpiod://HOST:PORT"):
            async with open_pigpiod(url):
                pass

    asyncio.run(body())
