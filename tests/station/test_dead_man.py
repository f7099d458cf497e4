"""The supervisor, as a process beside a program that dies, hangs or ends, and the program's side of it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ladewerk.clock import LoopClock
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports
from ladewerk.station import supervisor

OFFERED_A = 16
QUICK_S = 0.3
NEVER_S = 600.0

A_PROGRAM = "import time; time.sleep(600)"


class Watched:
    """A process that does nothing, its supervisor, and the board both know of."""

    def __init__(self, device: str, silence_s: float) -> None:
        self.program = subprocess.Popen([sys.executable, "-c", A_PROGRAM])
        self.supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", supervisor.__file__, str(self.program.pid), str(silence_s), f"{device}:1"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def beat(self, sign: bytes = supervisor.BEAT) -> None:
        assert self.supervisor.stdin is not None
        self.supervisor.stdin.write(sign)

    async def verdict(self) -> tuple[int, str]:
        """Exit status of the supervisor, and what it said."""
        assert self.supervisor.stderr is not None
        said = await asyncio.to_thread(self.supervisor.stderr.read)
        return await asyncio.to_thread(self.supervisor.wait), said.decode()


@contextmanager
def watched_process(device: str, silence_s: float) -> Iterator[Watched]:
    pair = Watched(device, silence_s)
    try:
        yield pair
    finally:
        for process in (pair.supervisor, pair.program):
            process.kill()
            process.wait()
        for pipe in (pair.supervisor.stdin, pair.supervisor.stderr):
            if pipe is not None:
                pipe.close()


def with_a_board_at_work(test: Callable[[Simulator], Awaitable[None]]) -> None:
    """Run ``test`` beside a simulated board that offers :data:`OFFERED_A`."""

    async def body() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        async with running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator:
            simulator.world.board.write(1000, [OFFERED_A])
            await test(simulator)

    asyncio.run(body())


def offered_a(simulator: Simulator) -> int:
    return simulator.world.board.read(1000, 1)[0]


def test_a_program_that_is_gone_leaves_no_current_behind() -> None:
    async def body(simulator: Simulator) -> None:
        with watched_process(simulator.serial_device, NEVER_S) as pair:
            pair.beat()
            pair.program.kill()
            assert pair.supervisor.stdin is not None
            pair.supervisor.stdin.close()
            status, said = await pair.verdict()
        assert (status, offered_a(simulator)) == (1, 0)
        assert "is gone" in said

    with_a_board_at_work(body)


def test_a_program_that_hangs_is_killed_and_leaves_no_current_behind() -> None:
    async def body(simulator: Simulator) -> None:
        with watched_process(simulator.serial_device, QUICK_S) as pair:
            pair.program.send_signal(signal.SIGSTOP)
            pair.beat()
            status, said = await pair.verdict()
            assert await asyncio.to_thread(pair.program.wait) == -signal.SIGKILL
        assert (status, offered_a(simulator)) == (1, 0)
        assert "hangs" in said

    with_a_board_at_work(body)


def test_a_program_that_says_goodbye_is_believed() -> None:
    async def body(simulator: Simulator) -> None:
        with watched_process(simulator.serial_device, NEVER_S) as pair:
            pair.beat()
            pair.beat(supervisor.GOODBYE)
            assert (await pair.verdict())[0] == 0
        assert offered_a(simulator) == OFFERED_A

    with_a_board_at_work(body)


def test_a_program_that_never_began_needs_nobody() -> None:
    async def body(simulator: Simulator) -> None:
        with watched_process(simulator.serial_device, NEVER_S) as pair:
            assert pair.supervisor.stdin is not None
            pair.supervisor.stdin.close()
            assert await pair.verdict() == (0, "")
        assert offered_a(simulator) == OFFERED_A

    with_a_board_at_work(body)


def test_the_clock_starts_with_the_first_beat() -> None:
    async def body(simulator: Simulator) -> None:
        with watched_process(simulator.serial_device, QUICK_S) as pair:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(3 * QUICK_S):
                    await asyncio.to_thread(pair.supervisor.wait, 4 * QUICK_S)
            assert pair.supervisor.poll() is None
            pair.beat()
            assert (await pair.verdict())[0] == 1

    with_a_board_at_work(body)


def test_a_board_that_misses_requests_is_asked_again() -> None:
    async def body(simulator: Simulator) -> None:
        world = simulator.world
        world.set_faults(msgspec.structs.replace(world.faults, board_silent=True))
        with watched_process(simulator.serial_device, NEVER_S) as pair:
            pair.program.kill()
            pair.beat()
            assert pair.supervisor.stdin is not None
            pair.supervisor.stdin.close()
            verdict = asyncio.create_task(pair.verdict())
            await asyncio.sleep(2 * supervisor.ANSWER_S)
            assert offered_a(simulator) == OFFERED_A
            world.set_faults(msgspec.structs.replace(world.faults, board_silent=False))
            assert (await verdict)[0] == 1
        assert offered_a(simulator) == 0

    with_a_board_at_work(body)


def test_a_line_with_a_new_owner_is_left_to_it(tmp_path: Path) -> None:
    first, second = os.openpty()
    owner = supervisor.open_line(os.ttyname(second))
    try:
        with pytest.raises(BlockingIOError):
            supervisor.open_line(os.ttyname(second))
        assert supervisor.make_safe(os.ttyname(second), [1])
    finally:
        for line in (owner, first, second):
            os.close(line)


PROGRAM = """
import os, signal, sys
from pathlib import Path
from ladewerk.station.config import load_config
from ladewerk.station.dead_man import watched


def children():
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


with watched(load_config(Path(sys.argv[1]))) as beat:
    beat()
"""
"""What is watched has a process of its own here: a supervisor whose program leaves by an exception ends it."""


def settings_for(device: str, folder: Path) -> Path:
    path = folder / "station.toml"
    path.write_text(
        f"""
        station = {{ identity = "LW-1", csms = "ws://127.0.0.1:1", data = ".", supervisor_s = {NEVER_S} }}
        [units.garage]
        evse_id = 1
        evse = {{ driver = "evse-wb", device = "{device}" }}
        meter = {{ driver = "shelly-3em", url = "http://127.0.0.1:1" }}
        """
    )
    return path


def run_program(rest: str, settings: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run :data:`PROGRAM` with ``rest`` inside; what it says ends when its supervisor, who says it too, has ended."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + rest, str(settings)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_a_supervisor_that_dies_is_replaced_with_the_next_beat(tmp_path: Path) -> None:
    ended = run_program(
        """
    (first,) = children()
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    beat()
    (second,) = children()
    assert second != first
assert children() == []
""",
        settings_for("/dev/null", tmp_path),
    )
    assert ended.returncode == 0, ended.stderr
    assert "is gone; starting another" in ended.stderr


def test_a_program_that_ends_by_a_fault_leaves_its_boards_to_the_supervisor(tmp_path: Path) -> None:
    async def body(simulator: Simulator) -> None:
        settings = settings_for(simulator.serial_device, tmp_path)
        ended = await asyncio.to_thread(run_program, '    sys.exit("a fault")', settings)
        assert ended.returncode == 1
        assert "a fault" in ended.stderr
        assert "no current on board 1" in ended.stderr
        assert offered_a(simulator) == 0

    with_a_board_at_work(body)


def test_each_beat_goes_to_systemd_too(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        systemd.settimeout(30)
        assert run_program("", settings_for("/dev/null", tmp_path), NOTIFY_SOCKET=name).returncode == 0
        assert [systemd.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
