"""S06: three station programs under one limit, each a process of its own, and the way to one of them held up or cut."""

import socket
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import SPEED, Program

LIMIT_W = 6000.0
VOLTAGE_V = 1000 / 6
"""On one phase 6 A, the least there is, are 1 kW."""
NAMES = ("a", "b", "c")
AMPS = {1: 6, 2: 12, 4: 24}
"""By kilowatts."""
ENERGY_WH = 7010.0
"""So much that nobody is full meanwhile, and each could be in time with 1 kW.

With 1 kW it takes a little more than whole quarters of an hour, of which plans are made: who begins at the next one is full
a quarter later, so nobody waits for it.
"""


class Way:
    """The way to the CSMS of one station: open, held (nothing passes, nothing is lost) or cut."""

    def __init__(self, target: str) -> None:
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._open = threading.Event()
        self._open.set()
        self._refuses = False
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        self._open.clear()

    def cut(self) -> None:
        self._refuses = True
        for one in list(self._sockets):
            one.close()
        self._sockets.clear()

    def restore(self) -> None:
        self._refuses = False
        self._open.set()

    def close(self) -> None:
        self.cut()
        self._open.set()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                station, _ = self._listener.accept()
            except OSError:
                return
            if self._refuses:
                station.close()
                continue
            csms = socket.create_connection(self._target)
            self._sockets |= {station, csms}
            for ends in ((station, csms), (csms, station)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._open.wait()
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            end.close()


class Row:
    """Three stations of one unit each on simulated hardware, and their CSMS."""

    def __init__(self, folder: Path) -> None:
        self.http = httpx.Client(trust_env=False, timeout=120)
        self._programs: list[Program] = []
        hardware, made = folder / "simulator.toml", folder / "made.toml"
        vehicle = "vehicle = { phases = 1, max_current_a = 32, capacity_wh = 1000000 }\nboard = { cable_limit_a = 32 }"
        units = "\n".join(f"[units.{name}]\n{vehicle}" for name in NAMES)
        ports = f"meter_port = 0\npins_port = 0\npanel_port = 0\nvoltage_v = {VOLTAGE_V}"
        hardware.write_text(f'{ports}\nserial_link = "{folder}/evse"\n{units}', encoding="utf-8")
        arguments = ["simulate", str(hardware), "--speed", SPEED, "--station-config", str(made)]
        self.panel = self._start(arguments, folder / "simulator.log").says(r"panel +(\S+)")
        settings = folder / "csms.toml"
        settings.write_text(
            f'[csms]\nlisten = "127.0.0.1:0"\nweb = "127.0.0.1:0"\naccept_unknown = true\nopen = true\ndatabase = "sqlite:///{folder}/csms.db"\n'
            f"[site]\nlimit_w = {LIMIT_W}\nvoltage_v = {VOLTAGE_V}\nevse_max_current_a = 24\n"
            + "".join(f'[site.wiring."S-{name}"]\nphases = [1]\n' for name in NAMES),
            encoding="utf-8",
        )
        csms = self._start(["csms", str(settings), "--follow", self.panel], folder / "csms.log")
        self.way = Way(csms.says(r"ws://(\S+)/<identity>"))
        self.api = csms.says(r"API are at +(\S+)")
        self.pages = {name: self._station(name, made, folder) for name in NAMES}
        self.drawn: list[tuple[float, ...]] = []
        self._watching = threading.Event()
        self._watching.set()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()

    def _start(self, arguments: list[str], log: Path) -> Program:
        program = Program(arguments, log)
        self._programs.insert(0, program)
        program.start()
        return program

    def _station(self, name: str, made: Path, folder: Path) -> str:
        """Start the station of one unit; its page."""
        text = made.read_text(encoding="utf-8")
        unit = tomllib.loads(text)["units"][name]
        tables = "\n".join(
            f"{kind} = {{ " + ", ".join(f"{key} = {_toml(value)}" for key, value in unit[kind].items()) + " }"
            for kind in ("evse", "meter", "lock")
        )
        csms = self.way.address if name == "c" else self.way_of_others()
        settings = folder / f"{name}.toml"
        settings.write_text(
            f'[station]\nidentity = "S-{name}"\ncsms = "ws://{csms}"\nweb = "127.0.0.1:0"\ndata = "{folder}/{name}"\n'
            f"supervisor_s = 15\nopen = true\n"
            f'[units.unit]\nevse_id = 1\nphases = 1\nmax_current_a = 24\nself_test = "never"\n{tables}\n'
            "[units.unit.safety]\nevse_silent_s = 60\nmeter_hold_s = 60\nmeter_silent_s = 120\n",
            encoding="utf-8",
        )
        return self._start(["station", str(settings), "--follow", self.panel], folder / f"{name}.log").says(r"API at (\S+)")

    def way_of_others(self) -> str:
        host, port = self.way._target
        return f"{host}:{port}"

    def _watch(self) -> None:
        with httpx.Client(trust_env=False, timeout=120) as http:
            while self._watching.is_set():
                units = http.get(f"{self.panel}/api/state").json()["units"]
                self.drawn.append(tuple(units[name]["ev_power_w"] for name in NAMES))
                time.sleep(0.02)

    def powers_kw(self) -> tuple[int, ...]:
        """What the three draw, in whole kilowatts."""
        return tuple(round(power_w / 1000) for power_w in self.drawn[-1]) if self.drawn else ()

    def charge(self, name: str, until: Callable[..., Any]) -> None:
        """Plug in, say a need, and start."""
        page = self.pages[name]
        self.http.post(f"{self.panel}/api/acts", json={"do": "plug in", "unit": name}).raise_for_status()
        until(lambda: self._unit(page)["allowed"]["submit"], f"needs can be said at {name}")
        now = datetime.fromisoformat(self.http.get(f"{page}/api/state").json()["now"])
        need = {"mode": "shortest", "energy_wh": ENERGY_WH, "depart_at": (now + timedelta(hours=8)).isoformat()}
        self.http.post(f"{page}/api/units/unit/needs", json=need).raise_for_status()
        until(lambda: self._unit(page)["allowed"]["start"], f"a plan is at {name}")
        self.http.post(f"{page}/api/units/unit/start").raise_for_status()

    def _unit(self, page: str) -> dict[str, Any]:
        unit: dict[str, Any] = self.http.get(f"{page}/api/state").json()["units"][0]
        return unit

    def ask(self, name: str, power_kw: int) -> None:
        """State at the CSMS that a car takes ``power_kw`` at most."""
        now = datetime.fromisoformat(self.http.get(f"{self.pages[name]}/api/state").json()["now"])
        need: dict[str, Any] = {"energy_wh": ENERGY_WH, "mode": "shortest", "max_current_a": AMPS[power_kw], "phases": 1}
        need["depart_at"] = (now + timedelta(hours=8)).isoformat()
        self.http.put(f"{self.api}/api/stations/S-{name}/evses/1/needs", json=need).raise_for_status()

    def state(self, name: str) -> str:
        """How far the need of a car has come."""
        stations = self.http.get(f"{self.api}/api/overview").json()["stations"]
        (station,) = (one for one in stations if one["id"] == f"S-{name}")
        return str(station["evses"][0]["need"]["state"])

    def close(self) -> None:
        self._watching.clear()
        self._watcher.join()
        self.http.close()
        for program in self._programs:
            program.stop()
        self.way.close()


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


@pytest.fixture
def row(tmp_path: Path) -> Iterator[Row]:
    row = Row(tmp_path)
    try:
        yield row
    finally:
        row.close()


def test_S06_from_1_1_4_to_2_2_2_kw_under_6_kw_with_one_station_cut_off_and_back_with_it_late(row: Row, until: Any) -> None:
    for name in NAMES:
        row.charge(name, until)
    for name, power_kw in zip(NAMES, (1, 1, 4), strict=True):
        row.ask(name, power_kw)
    until(lambda: row.powers_kw() == (1, 1, 4), "1, 1 and 4 kW flow")

    row.way.cut()
    for name in NAMES:
        row.ask(name, 2)
    seen = len(row.drawn)
    until(lambda: len(row.drawn) > seen + 200, "it was watched for a while")
    assert {tuple(round(power_w / 1000) for power_w in powers) for powers in row.drawn[seen:]} == {(1, 1, 4)}, (
        "nobody is raised before the one with 4 kW has confirmed less"
    )
    row.way.restore()
    until(lambda: row.powers_kw() == (2, 2, 2), "2, 2 and 2 kW flow")

    row.way.hold()
    for name, power_kw in zip(NAMES, (1, 1, 4), strict=True):
        row.ask(name, power_kw)
    until(lambda: row.powers_kw() == (1, 1, 2), "the two that hear of it are lowered")
    row.way.restore()
    until(lambda: row.powers_kw() == (1, 1, 4), "1, 1 and 4 kW flow")

    most_w = max(sum(powers) for powers in row.drawn)
    assert most_w <= LIMIT_W, f"{most_w:.0f} W were drawn"
    assert len(row.drawn) > 300
