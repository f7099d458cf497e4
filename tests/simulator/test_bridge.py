"""The simulated TCP bridge, asked by clients that others wrote and byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec
import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient

from ladewerk.errors import ConfigError
from ladewerk.simulator.app import Simulator
from ladewerk.simulator.bridge import Framing
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, on_free_ports
from ladewerk.simulator.faults import Faults

Play = Callable[..., None]


def bridged(framing: Framing) -> SimulatorConfig:
    return msgspec.structs.replace(on_free_ports(SimulatorConfig()), board=BoardConfig(bridge=framing))


@asynccontextmanager
async def stream(simulator: Simulator) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    parts = urlsplit(simulator.serial_device)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.parametrize(("framing", "framer"), [("rtu", FramerType.RTU), ("modbus-tcp", FramerType.SOCKET)])
def test_a_client_that_others_wrote_is_served(play: Play, framing: Framing, framer: FramerType) -> None:
    async def scenario(simulator: Simulator) -> None:
        parts = urlsplit(simulator.serial_device)
        assert parts.hostname is not None
        assert parts.port is not None
        client = AsyncModbusTcpClient(parts.hostname, port=parts.port, framer=framer, timeout=0.5, retries=0)
        assert await client.connect()
        try:
            reading = await client.read_holding_registers(1000, count=10, device_id=1)
            assert reading.registers == [32, 0, 1, 6, 0, 18, 1, 0, 0, 0]
            assert not (await client.write_registers(1000, [16], device_id=1)).isError()
            assert simulator.world.board.configured_a == 16
            assert (await client.write_register(1000, 10, device_id=1)).exception_code == 1  # function code 6
        finally:
            client.close()

    play(scenario, bridged(framing))


def test_a_converting_bridge_says_that_the_board_is_silent(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(Faults(board_silent=True))
        async with stream(simulator) as (reader, writer):
            writer.write(bytes.fromhex("00 07 00 00 00 06 01 03 03 E8 00 02"))
            assert await reader.readexactly(9) == bytes.fromhex("00 07 00 00 00 03 01 83 0B")

    play(scenario, bridged("modbus-tcp"))


@pytest.mark.parametrize("disturbance", [Faults(board_garbles_every=1), Faults(board_loses_every=1)])
def test_a_converting_bridge_passes_nothing_on_that_is_wrong(play: Play, disturbance: Faults) -> None:
    async def scenario(simulator: Simulator) -> None:
        simulator.world.set_faults(disturbance)
        async with stream(simulator) as (reader, writer):
            writer.write(bytes.fromhex("00 07 00 00 00 06 01 03 03 E8 00 02"))
            assert (await reader.readexactly(9))[-1] == 11

    play(scenario, bridged("modbus-tcp"))


def test_requests_in_pieces_and_two_at_once_are_answered_with_their_numbers(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with stream(simulator) as (reader, writer):
            requests = bytes.fromhex("00 01 00 00 00 06 01 03 03 E8 00 01 00 02 00 00 00 06 01 03 03 ED 00 01")
            for at in range(0, len(requests), 5):
                writer.write(requests[at : at + 5])
                await asyncio.sleep(0.01)
            assert await reader.readexactly(11) == bytes.fromhex("00 01 00 00 00 05 01 03 02 00 20")
            assert await reader.readexactly(11) == bytes.fromhex("00 02 00 00 00 05 01 03 02 00 12")

    play(scenario, bridged("modbus-tcp"))


@pytest.mark.parametrize("head", ["00 01 00 07 00 06", "00 01 00 00 FF FF", "00 01 00 00 00 01"])
def test_what_is_no_modbus_tcp_ends_the_connection(play: Play, head: str) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with stream(simulator) as (reader, writer):
            writer.write(bytes.fromhex(head) + bytes(6))
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)

    play(scenario, bridged("modbus-tcp"))


def test_a_bridge_that_refuses_breaks_off_what_is_open_and_what_comes(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        async with stream(simulator) as (reader, writer):
            simulator.world.set_faults(Faults(bridge_refuses=True))
            writer.write(bytes.fromhex("01 03 03 E8 00 02 44 7B"))
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
        async with stream(simulator) as (reader, _):
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
        simulator.world.set_faults(Faults())
        async with stream(simulator) as (reader, writer):
            writer.write(bytes.fromhex("01 03 03 E8 00 02 44 7B"))
            assert (await reader.readexactly(9))[:3] == b"\x01\x03\x04"

    play(scenario, bridged("rtu"))


def test_its_port_has_to_be_free_and_its_own(play: Play) -> None:
    async def scenario(simulator: Simulator) -> None:
        raise AssertionError

    config = msgspec.structs.replace(bridged("rtu"), bridge_port=8777, panel_port=8777)
    with pytest.raises(ConfigError, match=r"bridge_port, panel_port and site_meter\.port must differ"):
        play(scenario, config)
