"""The station as a service of systemd, and the supervisor that must stay small."""

import asyncio
import configparser
import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from ladewerk.clock import LoopClock
from ladewerk.simulator.app import running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports
from ladewerk.station import supervisor

DEPLOY = Path(__file__).parents[2] / "deploy"
_MOST_MODULES = 80
_MOST_RESIDENT_KIB = 16 * 1024


def test_the_program_tells_systemd_when_it_is_ready_that_it_works_and_that_it_ends(tmp_path: Path) -> None:
    name = str(tmp_path / "notify")

    def listen(systemd: socket.socket) -> list[bytes]:
        return [systemd.recv(64) for _ in range(4)]

    async def body(systemd: socket.socket) -> None:
        clock = LoopClock(asyncio.get_running_loop(), datetime(2026, 1, 5, 17, 40, tzinfo=UTC))
        async with running_simulator(on_free_ports(SimulatorConfig()), clock) as simulator:
            settings = tmp_path / "station.toml"
            settings.write_text(
                f"""
                station = {{ identity = "LW-1", csms = "ws://127.0.0.1:1", data = "data", web = "127.0.0.1:0", open = true }}
                [units.garage]
                evse_id = 1
                evse = {{ driver = "evse-wb", device = "{simulator.serial_device}" }}
                meter = {{ driver = "shelly-3em", url = "{simulator.meter_url}" }}
                """
            )
            program = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ladewerk", "station", str(settings)), env={**os.environ, "NOTIFY_SOCKET": name}
            )
            said = await asyncio.to_thread(listen, systemd)
            assert said == [b"READY=1", *[b"WATCHDOG=1"] * 3]
            program.send_signal(signal.SIGTERM)
            assert await program.wait() == 0
        systemd.setblocking(False)
        rest = []
        while True:
            try:
                rest.append(systemd.recv(64))
            except BlockingIOError:
                break
        assert rest[-1] == b"STOPPING=1"

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name)
        systemd.settimeout(60)
        asyncio.run(body(systemd))


def test_the_service_watches_the_program_and_lets_its_supervisor_outlive_it() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    unit.read(DEPLOY / "ladewerk-station.service")
    service = unit["Service"]
    assert (service["Type"], service["Restart"], service["KillMode"]) == ("notify", "always", "process")
    assert 0 < int(service["WatchdogSec"]) <= 10
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert (service["CapabilityBoundingSet"], service["ProtectSystem"], service["DevicePolicy"]) == ("", "strict", "closed")
    assert "adjtimex" in service["SystemCallFilter"]


def test_the_supervisor_needs_the_standard_library_alone_and_little_of_it() -> None:
    listed = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "-c"),
            f"import runpy, sys; runpy.run_path({supervisor.__file__!r}); print(*sorted(sys.modules))",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    foreign = {name.partition(".")[0] for name in listed} - sys.stdlib_module_names - {"__main__", "_distutils_hack"}
    assert foreign == set()
    assert not {"asyncio", "logging", "ssl", "threading", "subprocess", "json", "ctypes"} & set(listed)
    assert len(listed) < _MOST_MODULES, listed


def test_the_supervisor_takes_little_memory() -> None:
    watching = subprocess.Popen(
        [sys.executable, "-I", "-S", supervisor.__file__, str(os.getpid()), "600", "/dev/null:1"],
        stdin=subprocess.PIPE,
        bufsize=0,
    )
    try:
        assert watching.stdin is not None
        watching.stdin.write(supervisor.BEAT)
        asleep, status = False, ""
        while not asleep:
            status = Path(f"/proc/{watching.pid}/status").read_text()
            asleep = "State:\tS" in status and b"supervisor" in Path(f"/proc/{watching.pid}/cmdline").read_bytes()
        resident_kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        assert resident_kib < _MOST_RESIDENT_KIB
        watching.stdin.write(supervisor.GOODBYE)
        assert watching.wait() == 0
    finally:
        watching.kill()
        watching.wait()
        if watching.stdin is not None:
            watching.stdin.close()
