"""The owner of a line, through TCP bridges made of raw bytes: drops, silence, late answers, and one owner at a time."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import ConfigError, DeviceFault, DeviceUnreachable
from ladewerk.paced_loop import PacedLoop
from ladewerk.station.drivers.evse_wb import open_evse_wb
from ladewerk.station.drivers.modbus_bus import Bus, open_bus
from ladewerk.station.drivers.modbus_frames import with_crc
from ladewerk.station.drivers.modbus_ports import Ear
from ladewerk.station.drivers.ports import PilotState

STATUS = (0, 0, 1, 32, 0, 18, 1, 0, 0, 0)


class RawBridge:
    """Answers each read with ``values``; a write with its echo. It speaks RTU, or with ``header`` Modbus TCP."""

    def __init__(self, *, header: bool) -> None:
        self.header = header
        self.port = 0
        self.connections = 0
        self.asked = 0
        self.values = STATUS
        self.ignore = 0
        """How many requests to leave without an answer."""
        self.hang_up_on = 0
        """How many requests to answer by breaking off, in the middle of the answer."""
        self.hang_up_after = False
        """Whether each answer ends the connection."""
        self.echoes = False
        """Whether what is asked is heard, too, as on two wires."""
        self.refuse_with: list[int] = []
        """Modbus exceptions, instead of the next answers."""
        self.writers: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    @property
    def device(self) -> str:
        return f"{'modbus-tcp' if self.header else 'tcp'}://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.drop()
        await self._server.wait_closed()

    def drop(self) -> None:
        """Break every connection off, as a bridge does that restarts or gets tired of idling."""
        for writer in self.writers:
            writer.close()
        self.writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                self._answer(await reader.readexactly(12 if self.header else 8), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.asked += 1
        if self.ignore:
            self.ignore -= 1
            return
        if self.echoes:
            writer.write(request)
        frame = request[6:] if self.header else request[:-2]
        count = struct.unpack(">H", frame[4:6])[0]
        body = bytes([1, 3, 2 * count]) + struct.pack(f">{count}H", *(self.values * 2)[:count])
        if self.refuse_with:
            body = bytes([1, 0x83, self.refuse_with.pop(0)])
        answer = request[:4] + struct.pack(">H", len(body)) + body if self.header else with_crc(body)
        if self.hang_up_on:
            self.hang_up_on -= 1
            writer.write(answer[:5])
            writer.close()
            return
        writer.write(answer)
        if self.hang_up_after:
            writer.close()


@asynccontextmanager
async def raw_bridge(*, header: bool = False) -> AsyncIterator[RawBridge]:
    bridge = RawBridge(header=header)
    await bridge.start()
    try:
        yield bridge
    finally:
        await bridge.stop()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def body() -> None:
        await test()

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(body())


@pytest.fixture(params=[False, True], ids=["rtu", "modbus-tcp"])
def header(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def run_with_bus(header: bool, test: Callable[[RawBridge, Bus], Awaitable[None]]) -> None:
    async def body() -> None:
        async with raw_bridge(header=header) as bridge, open_bus(bridge.device, spacing_s=0) as bus:
            await test(bridge, bus)

    run(body)


async def status(bus: Bus) -> tuple[int, ...]:
    return tuple(await bus.read(1, 1000, 10))


def test_one_connection_serves_many_requests(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        for _ in range(5):
            assert await status(bus) == STATUS
        assert bridge.connections == 1

    run_with_bus(header, body)


def test_a_connection_dropped_while_idle_is_dialled_again(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        await status(bus)
        bridge.drop()
        await asyncio.sleep(1)
        assert await status(bus) == STATUS
        assert bridge.connections == 2

    run_with_bus(header, body)


def test_a_connection_dropped_within_an_answer_costs_one_retry(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        bridge.hang_up_on = 1
        assert await status(bus) == STATUS
        assert (bridge.asked, bridge.connections) == (2, 2)

    run_with_bus(header, body)


def test_an_answer_is_taken_though_the_bridge_hangs_up_after_it(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        bridge.hang_up_after = True
        assert await status(bus) == STATUS
        assert bridge.asked == 1

    run_with_bus(header, body)


def test_after_a_silence_the_connection_is_closed_so_that_no_late_answer_comes(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        bridge.ignore = 2
        assert await status(bus) == STATUS
        assert (bridge.asked, bridge.connections) == (3, 3)

    run_with_bus(header, body)


def test_a_silent_board_behind_a_bridge_is_unreachable_within_five_seconds(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        bridge.ignore = 3
        started_s = asyncio.get_running_loop().time()
        with pytest.raises(DeviceUnreachable, match=rf"{bridge.device}, address 1: no answer to 3 requests.*A and B"):
            await status(bus)
        assert asyncio.get_running_loop().time() - started_s < 5  # else the supervisor would take the program for hung

    run_with_bus(header, body)


@pytest.mark.parametrize("code", [5, 6, 10, 11])
def test_a_bridge_that_says_later_is_asked_again(header: bool, code: int) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        bridge.refuse_with = [code, code]
        assert await status(bus) == STATUS
        bridge.refuse_with = [code] * 3
        with pytest.raises(DeviceUnreachable, match="no answer to 3 requests"):
            await status(bus)

    run_with_bus(header, body)


def test_what_the_board_itself_refuses_is_a_fault(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        bridge.refuse_with = [2]
        with pytest.raises(DeviceFault, match=r"refuses reading 10 registers from 1000 \(Modbus exception 2\)"):
            await status(bus)

    run_with_bus(header, body)


def test_a_bridge_that_is_away_is_unreachable_and_dialled_with_the_next_request(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        await status(bus)
        await bridge.stop()
        for _ in range(2):
            with pytest.raises(DeviceUnreachable, match=f"{bridge.device}: .*look at the bridge's power"):
                await status(bus)
        await bridge.start()
        assert await status(bus) == STATUS

    run_with_bus(header, body)


def test_a_bridge_that_is_away_at_the_start_does_not_keep_the_station_from_starting(
    header: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def body() -> None:
        async with raw_bridge(header=header) as bridge:
            await bridge.stop()
            clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
            async with open_evse_wb(bridge.device, 1, clock=clock, spacing_s=0) as evse:
                await bridge.start()
                assert (await evse.read()).pilot is PilotState.A

    run(body)
    assert "look at the bridge's power" in caplog.text


def test_a_line_that_babbles_is_searched_for_the_answer_and_fills_no_memory(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        await status(bus)
        for _ in range(50):
            bridge.writers[-1].write(bytes(10_000))
            await asyncio.sleep(0.01)
        assert await status(bus) == STATUS
        assert bridge.connections == 1

    run_with_bus(header, body)
    ear = Ear()
    ear.hear(bytes(1_000_000) + b"answer")
    assert len(ear.heard) <= 4096
    assert ear.heard.endswith(b"answer")


def test_a_line_that_hears_its_own_questions_is_no_worse() -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        bridge.echoes = True
        assert await status(bus) == STATUS
        assert bridge.asked == 1

    run_with_bus(False, body)


def test_a_bridge_has_one_owner_on_this_machine(header: bool) -> None:
    async def body(bridge: RawBridge, bus: Bus) -> None:
        with pytest.raises(ConfigError, match="in use by another program"):
            async with open_bus(bridge.device):
                raise AssertionError("opened")

    run_with_bus(header, body)


def test_a_bridge_is_free_again_when_its_owner_has_gone() -> None:
    async def body() -> None:
        async with raw_bridge() as bridge:
            for _ in range(2):
                async with open_bus(bridge.device, spacing_s=0) as bus:
                    assert await status(bus) == STATUS

    run(body)


@pytest.mark.parametrize(
    "device",
    [
        "tcp://",
        "tcp://bridge",
        "tcp://bridge:0",
        "tcp://bridge:70000",
        "tcp://:502",
        "modbus-tcp://bridge:502/1",
        "tcp://user@bridge:502",
        "http://bridge:502",
        "tcp://[bridge:502",
    ],
)
def test_an_address_that_is_none_is_refused_with_an_example(device: str) -> None:
    async def body() -> None:
        with pytest.raises(ConfigError, match=r"evse\.device.*tcp://192\.168\.1\.30:8899 or modbus-tcp://"):
            async with open_bus(device):
                raise AssertionError("opened")

    run(body)
