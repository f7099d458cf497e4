import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ladewerk.simulator.app import Simulator
from ladewerk.simulator.config import LockConfig, SimulatorConfig

Play = Callable[..., None]

MODES, MODEG, PUD, READ, WRITE, PIGPV = 0, 1, 2, 3, 4, 26
LOCK, UNLOCK, FEEDBACK = 23, 24, 25


class Daemon:
    """A client of the daemon that packs its own words."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def do(self, command: int, p1: int = 0, p2: int = 0) -> int:
        self.writer.write(struct.pack("<IIII", command, p1, p2, 0))
        echoed = struct.unpack("<IIIi", await self.reader.readexactly(16))
        assert echoed[:3] == (command, p1, p2)
        return int(echoed[3])


@asynccontextmanager
async def daemon(simulator: Simulator) -> AsyncIterator[Daemon]:
    host, port = simulator.pins_url.removeprefix("pigpiod://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Daemon(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def wired(lock: LockConfig) -> SimulatorConfig:
    return SimulatorConfig(meter_port=0, pins_port=0, panel_port=0, serial_link=None, lock=lock)


def test_driving_the_lock_pin_long_enough_locks(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            assert await pins.do(MODES, LOCK, 1) == 0
            await pins.do(WRITE, LOCK, 1)
            await asyncio.sleep(0.3)
            assert simulator.world.lock.position == pytest.approx(0.5)
            await asyncio.sleep(0.7)
            await pins.do(WRITE, LOCK, 0)
            await asyncio.sleep(60)
        assert simulator.world.lock.locked
        assert simulator.world.lock.longest_drive_s == pytest.approx(1.0)

    play(scenario)


def test_both_relays_at_once_are_a_violation(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            for pin in (LOCK, UNLOCK):
                await pins.do(MODES, pin, 1)
                await pins.do(WRITE, pin, 1)
        assert [violation.what for violation in simulator.world.lock.violations] == ["both wires powered at once"]

    play(scenario)


def test_a_level_at_a_pin_that_is_an_input_drives_nothing_until_it_is_an_output(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            assert await pins.do(MODEG, LOCK) == 0
            await pins.do(WRITE, LOCK, 1)
            await asyncio.sleep(1)
            assert simulator.world.lock.position == 0
            await pins.do(MODES, LOCK, 1)
            assert (await pins.do(MODEG, LOCK), await pins.do(READ, LOCK)) == (1, 1)
            await asyncio.sleep(1)
            assert simulator.world.lock.locked

    play(scenario)


def test_a_relay_board_that_is_active_low_clicks_when_an_output_begins_at_0(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            await pins.do(MODES, LOCK, 1)  # its latch is 0, and 0 is on
            await asyncio.sleep(1)
            assert simulator.world.lock.locked
            await pins.do(WRITE, LOCK, 1)
            await pins.do(WRITE, UNLOCK, 1)
            await pins.do(MODES, UNLOCK, 1)
            await asyncio.sleep(1)
            assert simulator.world.lock.locked
            await pins.do(WRITE, UNLOCK, 0)
            await asyncio.sleep(1)
            assert simulator.world.lock.position == 0

    play(scenario, wired(LockConfig(active_low=True)))


def test_the_feedback_switch_pulls_its_pin_to_ground_when_locked(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            assert await pins.do(READ, FEEDBACK) == 0  # without a pull-up an open switch says nothing
            await pins.do(PUD, FEEDBACK, 2)
            assert await pins.do(READ, FEEDBACK) == 1
            await pins.do(MODES, LOCK, 1)
            await pins.do(WRITE, LOCK, 1)
            await asyncio.sleep(0.5)
            assert await pins.do(READ, FEEDBACK) == 1
            await asyncio.sleep(0.5)
            assert await pins.do(READ, FEEDBACK) == 0

    play(scenario, wired(LockConfig(feedback_pin=FEEDBACK)))


def test_pins_keep_their_levels_when_the_client_goes(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            await pins.do(MODES, LOCK, 1)
            await pins.do(WRITE, LOCK, 1)
        await asyncio.sleep(20)
        assert simulator.world.lock.longest_drive_s == pytest.approx(20)
        async with daemon(simulator) as pins:
            assert await pins.do(READ, LOCK) == 1

    play(scenario)


@pytest.mark.parametrize(
    ("command", "p1", "p2", "result"),
    [
        (MODES, 54, 1, -3),
        (WRITE, 99, 1, -3),
        (READ, 54, 0, -3),
        (MODES, LOCK, 8, -4),
        (WRITE, LOCK, 2, -5),
        (PUD, LOCK, 3, -6),
        (77, 0, 0, -88),
        (PIGPV, 0, 0, 79),
    ],
)
def test_results_are_the_daemon_s(play: Play, command: int, p1: int, p2: int, result: int) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            assert await pins.do(command, p1, p2) == result

    play(scenario)


def test_commands_may_come_in_pieces_and_in_heaps(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        commands = b"".join(struct.pack("<IIII", *words, 0) for words in ((MODES, 5, 1), (WRITE, 5, 1), (READ, 5, 0)))
        async with daemon(simulator) as pins:
            pins.writer.write(commands[:7])
            await asyncio.sleep(1)
            pins.writer.write(commands[7:])
            assert (await pins.reader.readexactly(48))[-4:] == struct.pack("<i", 1)

    play(scenario)


def test_a_command_with_an_extension_is_refused_and_ends_the_connection(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with daemon(simulator) as pins:
            pins.writer.write(struct.pack("<IIII", 37, 5, 10, 4) + b"\1\0\0\0")
            answer = await pins.reader.read()
            assert struct.unpack("<IIIi", answer) == (37, 5, 10, -88)

    play(scenario)
