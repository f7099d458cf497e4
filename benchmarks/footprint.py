"""What each program costs while a car charges, in real time, polled once per second: memory and processor time."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.rows import Row, median_row

_SECONDS = 60
_IMPORTS = 9


def run() -> list[Row]:
    """Start simulator, CSMS and station as three processes, charge directly, and look at them for a minute."""
    with tempfile.TemporaryDirectory() as name, programs(Path(name)) as (csms, station):
        before = [process.cpu_times() for process in (csms, station)]
        time.sleep(_SECONDS)
        after = [process.cpu_times() for process in (csms, station)]
        used = [100 * (b.user + b.system - a.user - a.system) / _SECONDS for a, b in zip(before, after, strict=True)]
        resident = [process.memory_info().rss / 2**20 for process in (csms, station)]
    imports = [_import_ms("ladewerk.ocpp") for _ in range(_IMPORTS)]
    typed = [_import_ms("ladewerk.ocpp.v21") for _ in range(_IMPORTS)]
    return [
        Row(name="station, resident while charging", value=resident[1], unit="MiB", aim=80),
        Row(name="station, of one core while charging", value=used[1], unit="%", aim=3),
        Row(name="CSMS, resident with one station", value=resident[0], unit="MiB", aim=90),
        Row(name="CSMS, of one core with one station", value=used[0], unit="%"),
        median_row("import ladewerk.ocpp", imports, "ms", aim=150),
        median_row("import ladewerk.ocpp.v21, all types", typed, "ms"),
    ]


@contextmanager
def programs(folder: Path, units: int = 1) -> Iterator[tuple[psutil.Process, psutil.Process]]:
    """CSMS and station of three running programs, with a car that charges at each unit."""
    hardware = folder / "simulator.toml"
    tables = "".join(f"[units.unit-{number}]\n" for number in range(1, units + 1)) if units > 1 else ""
    hardware.write_text(
        f'meter_port = 0\npins_port = 0\npanel_port = 0\nserial_link = "{folder}/evse"\n{tables}', encoding="utf-8"
    )
    running: list[subprocess.Popen[str]] = []
    try:
        settings = folder / "station.toml"
        panel = _start(running, ["simulate", str(hardware), "--station-config", str(settings)], r"panel +(\S+)")
        site = folder / "csms.toml"
        site.write_text(f"[site]\nlimit_w = {20_000 * units}\n", encoding="utf-8")
        csms = _start(
            running,
            [
                *("csms", str(site), "--accept-unknown", "--listen", "127.0.0.1:0", "--web", "127.0.0.1:0"),
                *("--database", f"sqlite:///{folder}/csms.sqlite3"),
            ],
            r"(ws://\S+)/<identity>",
        )
        text = settings.read_text(encoding="utf-8").replace("ws://127.0.0.1:9000", csms)
        text = text.replace("127.0.0.1:8081", "127.0.0.1:0").replace("~/.local/share/ladewerk/LW-0001", f"{folder}/station")
        settings.write_text(re.sub(r"(\[units\..+\])", r'\1\nself_test = "never"', text), encoding="utf-8")
        page = _start(running, ["station", str(settings)], r"API at (\S+)")
        with httpx.Client(trust_env=False) as http:
            names = [unit["id"] for unit in http.get(f"{page}/api/state").json()["units"]]
            for name in names:
                http.post(f"{panel}/api/acts", json={"do": "plug in", "unit": name}).raise_for_status()
            _until(http, f"{page}/api/state", lambda unit: bool(unit["allowed"]["direct"]))
            for name in names:
                http.post(f"{page}/api/units/{name}/direct", json={}).raise_for_status()
            _until(http, f"{page}/api/state", lambda unit: float(unit["power_w"]) > 1000)
        yield psutil.Process(running[1].pid), psutil.Process(running[2].pid)
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def _start(running: list[subprocess.Popen[str]], arguments: list[str], says: str) -> str:
    """Start a program and wait for what it says about itself."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ladewerk", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    running.append(process)
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(says, line):
            return found.group(1)
    raise SystemExit(f"ladewerk {arguments[0]} ended before it was ready")


def _until(http: httpx.Client, url: str, reached: Callable[[dict[str, Any]], bool]) -> None:
    while not all(map(reached, http.get(url).json()["units"])):
        time.sleep(0.2)


def _import_ms(module: str) -> float:
    """Wall time of importing ``module`` in a process of its own, less that of starting Python."""
    took: list[float] = []
    for statement in ("pass", f"import {module}"):
        began_s = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        took.append(time.perf_counter() - began_s)
    return 1000 * (took[1] - took[0])
