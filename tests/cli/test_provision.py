"""``ladewerk station provision`` against simulated boards, as a user types it."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
import pytest

from ladewerk.clock import LoopClock
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.bridge import Framing
from ladewerk.simulator.config import BoardConfig, SimulatorConfig, on_free_ports


def with_a_board(folder: Path, test: Callable[[Simulator, Path], Awaitable[None]], board: BoardConfig | None = None) -> None:
    """Run ``test`` beside a board, by default as it comes but with Modbus on, and a station's settings that name it."""
    config = msgspec.structs.replace(on_free_ports(SimulatorConfig()), board=board or BoardConfig())

    async def body() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        async with running_simulator(config, clock) as simulator:
            settings = folder / "station.toml"
            settings.write_text(
                f"""
                station = {{ identity = "LW-1", csms = "ws://127.0.0.1:1", data = "." }}
                [units.garage]
                evse_id = 1
                evse = {{ driver = "evse-wb", device = "{simulator.serial_device}" }}
                meter = {{ driver = "shelly-3em", url = "http://127.0.0.1:1" }}
                """
            )
            await test(simulator, settings)

    asyncio.run(body())


async def provision(*arguments: str | Path) -> tuple[int, list[str]]:
    """Exit status, and the lines on both outputs."""
    command = [sys.executable, "-m", "ladewerk", "station", *map(str, arguments)]
    ended = await asyncio.to_thread(
        partial(subprocess.run, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    )
    return ended.returncode, [line.strip() for line in ended.stdout.splitlines()]


def changed(said: list[str]) -> list[str]:
    """The registers that are, or should be, written."""
    return [line.partition(":")[0] for line in said if " -> " in line]


@pytest.mark.parametrize("bridge", [None, "rtu", "modbus-tcp"])
def test_a_board_as_it_comes_is_shown_and_made_safe_only_when_told_to(tmp_path: Path, bridge: Framing | None) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        board = simulator.world.board
        factory = board.read(2000, 8)
        status, said = await provision("provision", settings)
        assert (status, said[1], changed(said)) == (1, "firmware 18", ["register 2000", "register 2005"])
        assert board.read(2000, 8) == factory

        status, said = await provision("provision", "--write", settings)
        assert (status, said[-1]) == (0, "written")
        assert board.read(2000, 1) == [6]
        assert board.read(2005, 1) == [0x0208]

        status, said = await provision("provision", settings)
        assert (status, said[-1]) == (0, "as it should be")
        assert board.stored_writes == 2

    with_a_board(tmp_path, body, BoardConfig(bridge=bridge))


def test_what_a_person_has_to_decide_is_only_shown(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        board = simulator.world.board
        board.write(2000, [6])
        board.write(2002, [10])
        board.write(2005, [0x0208])
        board.write(2007, [20])
        status, said = await provision("provision", "--write", settings)
        assert (status, changed(said)) == (0, [])
        shown = [line.partition(":")[0] for line in said if line.startswith("register")]
        assert shown == ["register 2005", "register 2005", "register 2002", "register 2007"]
        assert [board.read(register, 1) for register in (2002, 2007)] == [[10], [20]]

    with_a_board(tmp_path, body)


def test_a_board_with_firmware_9_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        status, said = await provision("provision", "--write", settings)
        assert status == 1
        assert "firmware 9 is defective; update the board" in said[-1]
        assert simulator.world.board.stored_writes == 0

    with_a_board(tmp_path, body, BoardConfig(firmware=9))


def test_firmware_that_tells_less_is_provisioned_all_the_same(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        status, said = await provision("provision", "--write", settings)
        assert (status, said[-1]) == (0, "written")
        assert "firmware 15 tells nothing of relay, diode and RCD; 16 or later does" in said

    with_a_board(tmp_path, body, BoardConfig(firmware=15))


def test_modbus_that_was_only_just_switched_on_is_on_for_good_after_a_look(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        board = simulator.world.board
        status, said = await provision("provision", settings)
        assert status == 1
        assert "Modbus is enabled on the board (register 2001)" in said[-1]
        board.power_cycle()
        board.pull_an(5)
        assert (await provision("provision", settings))[1][1] == "firmware 18"
        board.power_cycle()
        assert board.address == 1

    with_a_board(tmp_path, body, BoardConfig(address=0))


def test_a_silent_board_is_said_to_be_silent(tmp_path: Path) -> None:
    async def body(simulator: Simulator, settings: Path) -> None:
        world = simulator.world
        world.set_faults(msgspec.structs.replace(world.faults, board_silent=True))
        status, said = await provision("provision", settings)
        assert status == 1
        assert "no answer to 3 requests" in said[-1]

    with_a_board(tmp_path, body)


def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path) -> None:
    status, said = asyncio.run(provision("provision", tmp_path / "nowhere.toml"))
    assert (status, len(said)) == (2, 1)
    assert "nowhere.toml" in said[0]
