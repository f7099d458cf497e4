"""The supervisor, as a process beside a program that dies, hangs or ends, and the program's side of it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ladewerk.clock import LoopClock
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.bridge import Framing
from ladewerk.simulator.config import BoardConfig, LockConfig, SimulatorConfig, on_free_ports
from ladewerk.station import supervisor
from ladewerk.station.drivers.modbus_bus import open_bus

OFFERED_A = 16
QUICK_S = 0.3
NEVER_S = 600.0

A_PROGRAM = "import time; time.sleep(600)"


class Watched:
    """A process that does nothing, its supervisor, and what both know of: boards, each with address 1, and relays."""

    def __init__(self, devices: Sequence[str], silence_s: float) -> None:
        boards = [device if "#" in device else f"{device}:1" for device in devices]
        self.program = subprocess.Popen([sys.executable, "-c", A_PROGRAM])
        self.supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", supervisor.__file__, str(self.program.pid), str(silence_s), *boards],
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
def watched_process(device: str, silence_s: float, *more: str) -> Iterator[Watched]:
    pair = Watched((device, *more), silence_s)
    try:
        yield pair
    finally:
        for process in (pair.supervisor, pair.program):
            process.kill()
            process.wait()
        for pipe in (pair.supervisor.stdin, pair.supervisor.stderr):
            if pipe is not None:
                pipe.close()


def with_a_board_at_work(
    test: Callable[[Simulator], Awaitable[None]], bridge: Framing | None = None, *, active_low: bool = False
) -> None:
    """Run ``test`` beside a simulated board that offers :data:`OFFERED_A`, and a lock whose relays are ``active_low``."""
    config = msgspec.structs.replace(
        on_free_ports(SimulatorConfig()), board=BoardConfig(bridge=bridge), lock=LockConfig(active_low=active_low)
    )

    async def body() -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        async with running_simulator(config, clock) as simulator:
            simulator.world.board.write(1000, [OFFERED_A])
            await test(simulator)

    asyncio.run(body())


def offered_a(simulator: Simulator) -> int:
    return simulator.world.board.read(1000, 1)[0]


@pytest.mark.parametrize("bridge", [None, "rtu", "modbus-tcp"])
def test_a_program_that_is_gone_leaves_no_current_behind(bridge: Framing | None) -> None:
    async def body(simulator: Simulator) -> None:
        with watched_process(simulator.serial_device, NEVER_S) as pair:
            pair.beat()
            pair.program.kill()
            assert pair.supervisor.stdin is not None
            pair.supervisor.stdin.close()
            status, said = await pair.verdict()
        assert (status, offered_a(simulator)) == (1, 0)
        assert "is gone" in said

    with_a_board_at_work(body, bridge)


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


def test_a_line_that_is_dead_keeps_no_other_waiting() -> None:
    async def body(simulator: Simulator) -> None:
        dead = ("tcp://127.0.0.1:1", "pigpiod://127.0.0.1:1#23=0,24=0", "gpio#23=0,24=0")
        with watched_process("/dev/no-such-device", NEVER_S, *dead, simulator.serial_device) as pair:
            pair.beat()
            pair.program.kill()
            assert pair.supervisor.stdin is not None
            pair.supervisor.stdin.close()
            assert pair.supervisor.stderr is not None
            while (line := await asyncio.to_thread(pair.supervisor.stderr.readline)).endswith(
                b"no current on board 1\n"
            ) is False:
                assert line
        assert offered_a(simulator) == 0

    with_a_board_at_work(body)


def test_a_bridge_that_comes_back_is_made_safe_then() -> None:
    async def body(simulator: Simulator) -> None:
        world = simulator.world
        world.set_faults(msgspec.structs.replace(world.faults, bridge_refuses=True))
        with watched_process(simulator.serial_device, NEVER_S) as pair:
            pair.program.kill()
            pair.beat()
            assert pair.supervisor.stdin is not None
            pair.supervisor.stdin.close()
            assert pair.supervisor.stderr is not None
            for _ in range(2):  # that the program is gone, and that the bridge ends the connection
                await asyncio.to_thread(pair.supervisor.stderr.readline)
            assert offered_a(simulator) == OFFERED_A
            await asyncio.sleep(1)
            world.set_faults(msgspec.structs.replace(world.faults, bridge_refuses=False))
            status, said = await pair.verdict()
            assert status == 1
            *troubles, last = said.splitlines()
            assert last == f"ladewerk supervisor: {simulator.serial_device}: no current on board 1"
            assert len(troubles) == len(set(troubles)) <= 2  # each once, however often it was tried
        assert offered_a(simulator) == 0

    with_a_board_at_work(body, "rtu")


def test_a_bridge_with_a_new_owner_is_left_to_it() -> None:
    async def body() -> None:
        async with open_bus("tcp://127.0.0.1:1"):
            assert supervisor.make_safe([("tcp://127.0.0.1:1", 1)])

    asyncio.run(body())


def test_a_line_with_a_new_owner_is_left_to_it(tmp_path: Path) -> None:
    first, second = os.openpty()
    owner = supervisor.open_line(os.ttyname(second))
    try:
        with pytest.raises(BlockingIOError):
            supervisor.open_line(os.ttyname(second))
        assert supervisor.make_safe([(os.ttyname(second), 1)])
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


with watched(load_config(Path(sys.argv[1]))) as watch:
    watch.beat()
"""
"""What is watched has a process of its own here: a supervisor whose program leaves by an exception ends it."""


def settings_for(device: str, folder: Path, more: str = "", silence_s: float = NEVER_S) -> Path:
    path = folder / "station.toml"
    path.write_text(
        f"""
        station = {{ identity = "LW-1", csms = "ws://127.0.0.1:1", data = ".", supervisor_s = {silence_s} }}
        [units.garage]
        evse_id = 1
        evse = {{ driver = "evse-wb", device = "{device}" }}
        meter = {{ driver = "shelly-3em", url = "http://127.0.0.1:1" }}
        {more}
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
    watch.beat()
    (second,) = children()
    assert second != first
assert children() == []
""",
        settings_for("/dev/null", tmp_path),
    )
    assert ended.returncode == 0, ended.stderr
    assert "is gone; starting another" in ended.stderr


def test_a_board_that_came_while_the_program_ran_is_made_safe_too(tmp_path: Path) -> None:
    async def body(simulator: Simulator) -> None:
        program = f"""
    (first,) = children()
    watch.guard(["/dev/null:1", "{simulator.serial_device}:1"])
    (second,) = children()
    assert second != first
    watch.guard(["{simulator.serial_device}:1"])
    sys.exit("a fault")
"""
        ended = await asyncio.to_thread(run_program, program, settings_for("/dev/null", tmp_path))
        assert "a fault" in ended.stderr
        assert "taking the current off 1 board(s), 0 lock(s)" in ended.stderr
        assert offered_a(simulator) == 0

    with_a_board_at_work(body)


def test_a_program_that_ends_by_a_fault_leaves_its_boards_to_the_supervisor(tmp_path: Path) -> None:
    async def body(simulator: Simulator) -> None:
        settings = settings_for(simulator.serial_device, tmp_path)
        ended = await asyncio.to_thread(run_program, '    sys.exit("a fault")', settings)
        assert ended.returncode == 1
        assert "a fault" in ended.stderr
        assert "no current on board 1" in ended.stderr
        assert offered_a(simulator) == 0

    with_a_board_at_work(body)


@pytest.mark.parametrize(
    ("active_low", "number", "silence_s"), [(False, signal.SIGKILL, NEVER_S), (True, signal.SIGSTOP, 2.0)]
)
def test_a_program_that_is_killed_or_hangs_while_it_drives_a_lock_leaves_no_relay_on(
    tmp_path: Path, active_low: bool, number: signal.Signals, silence_s: float
) -> None:
    async def body(simulator: Simulator) -> None:
        bolt = simulator.world.lock
        lock = f'"{simulator.pins_url}", lock_pin = 23, unlock_pin = 24, drive_s = 5'
        low = str(active_low).lower()
        more = f'lock = {{ driver = "motor", pins = {lock}, active_low = {low} }}'
        program = f"""
    import asyncio
    from ladewerk.station.drivers.motor_lock import open_motor_lock
    from ladewerk.station.drivers.pigpiod import open_pigpiod

    async def die_in_mid_move():
        async with open_pigpiod("{simulator.pins_url}") as pins:
            async with open_motor_lock(pins, lock_pin=23, unlock_pin=24, drive_s=5, active_low={active_low}) as lock:
                asyncio.get_running_loop().call_later(0.5, os.kill, os.getpid(), {int(number)})
                await lock.lock()

    asyncio.run(die_in_mid_move())
"""
        settings = settings_for(simulator.serial_device, tmp_path, more, silence_s)
        running = asyncio.create_task(asyncio.to_thread(run_program, program, settings))
        while bolt.moving == 0:
            assert not running.done()
            await asyncio.sleep(0.02)
        ended = await running
        assert ended.returncode == -signal.SIGKILL
        assert "the relays at 23, 24 are off" in ended.stderr
        assert bolt.moving == 0
        assert bolt.longest_drive_s < 4
        assert bolt.violations == []
        assert offered_a(simulator) == 0

    with_a_board_at_work(body, active_low=active_low)


def test_a_request_for_lines_is_what_the_kernel_expects() -> None:
    asked = supervisor.lines_asked_for({23: 1, 24: 0})
    for request, layout in ((supervisor.GET_LINES, supervisor.LINES), (supervisor.GET_CHIP, supervisor.CHIP)):
        assert request >> 16 & 0x3FFF == layout.size, "the number of an ioctl says how long its argument is"
    words = memoryview(asked).cast("I")
    # struct gpio_v2_line_request: offsets at 0, config at 288, its attributes at 320, the number of lines at 560.
    assert words[:3].tolist() == [23, 24, 0]
    assert words[288 // 4 : 300 // 4].tolist() == [8, 0, 1]
    assert words[320 // 4 : 344 // 4].tolist() == [2, 0, 0b01, 0, 0b11, 0]
    assert words[560 // 4 :].tolist() == [2, 0, 0, 0, 0, 0, 0, 0]


def test_each_beat_goes_to_systemd_too(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        systemd.settimeout(30)
        assert run_program("", settings_for("/dev/null", tmp_path), NOTIFY_SOCKET=name).returncode == 0
        assert [systemd.recv(64) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_a_supervisor_whose_program_is_gone_already_ends_without_a_word() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    arguments = [sys.executable, "-I", "-S", supervisor.__file__, str(gone.pid), "5", "/dev/nothing:1"]
    ended = subprocess.run(arguments, input=b"", capture_output=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, b"")
