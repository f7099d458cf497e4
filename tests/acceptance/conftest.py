"""The three programs as a user starts them: three processes, in the simulator's faster time."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

SPEED = "10"
PATIENCE_S = 180.0

_PATIENT = """
[units.garage.safety]
evse_silent_s = 60
meter_hold_s = 60
meter_silent_s = 120
"""
"""At this speed a busy machine is silent for half a minute every now and then; what is tested here is something else."""


class Program:
    """One running command of ours and what it prints."""

    def __init__(self, arguments: list[str], log: Path) -> None:
        self.arguments = arguments
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._begin = log.tell()
            self._process = subprocess.Popen([sys.executable, "-m", "ladewerk", *self.arguments], stdout=log, stderr=log)

    def says(self, pattern: str) -> str:
        """The first group of ``pattern`` in what it has printed since its start, once it is there."""

        def found() -> re.Match[str] | None:
            assert self._process is not None
            if self._process.poll() is not None:
                pytest.fail(f"{self.arguments} ended: {self.output()}")
            return re.search(pattern, self.output())

        return str(until(found, f"{self.arguments[0]} says {pattern}").group(1))

    def output(self) -> str:
        return self._log.read_bytes()[self._begin :].decode()

    def kill(self) -> None:
        """As the power would: no signal handler runs."""
        self.fail(signal.SIGKILL)
        self.ended()

    def ended(self) -> int:
        """Wait for its end; its exit status, or the signal that ended it, negative."""
        assert self._process is not None
        return self._process.wait(120)

    def fail(self, number: signal.Signals) -> None:
        """Send it a signal that it cannot handle."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(120)


class House:
    """Simulator, CSMS and station of one place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "csms.sqlite3"
        self.http = httpx.Client(trust_env=False, timeout=120)
        hardware = folder / "simulator.toml"
        hardware.write_text(
            f'meter_port = 0\npins_port = 0\npanel_port = 0\nserial_link = "{folder}/evse"\n', encoding="utf-8"
        )
        self._settings = folder / "station.toml"
        self.simulator = Program(
            ["simulate", str(hardware), "--speed", SPEED, "--station-config", str(self._settings)], folder / "simulator.log"
        )
        self.simulator.start()
        self.panel = self.simulator.says(r"panel +(\S+)")
        self.csms = Program(self._csms_arguments("127.0.0.1:0", "127.0.0.1:0"), folder / "csms.log")
        self.csms.start()
        ocpp = self.csms.says(r"ws://(\S+)/<identity>")
        self.api = self.csms.says(r"API are at +(\S+)")
        self.csms.arguments = self._csms_arguments(ocpp, self.api.removeprefix("http://"))
        text = self._settings.read_text(encoding="utf-8")
        text = text.replace("127.0.0.1:9000", ocpp).replace("127.0.0.1:8081", "127.0.0.1:0")
        text = re.sub(r"data = .*", f'data = "{folder}/station"', text)
        text = text.replace("[station]", "[station]\nsupervisor_s = 15")
        text = text.replace("[units.garage]", '[units.garage]\nself_test = "never"') + _PATIENT
        self._settings.write_text(text, encoding="utf-8")
        self.station = Program(["station", str(self._settings), "--follow", self.panel], folder / "station.log")
        self.start_station()

    def _csms_arguments(self, listen: str, web: str) -> list[str]:
        return [
            *("csms", "--open", "--accept-unknown", "--listen", listen, "--web", web),
            *("--database", f"sqlite:///{self.database}", "--follow", self.panel),
        ]

    def start_station(self) -> None:
        self.station.start()
        self.page = self.station.says(r"API at (\S+)")

    def hardware(self) -> dict[str, Any]:
        """What is to be seen at the hardware."""
        unit: dict[str, Any] = self.http.get(f"{self.panel}/api/state").json()["units"]["garage"]
        return unit

    def unit(self) -> dict[str, Any]:
        """What the station's page shows."""
        unit: dict[str, Any] = self.http.get(f"{self.page}/api/state").json()["units"][0]
        return unit

    def transactions(self) -> list[dict[str, Any]]:
        """What the CSMS has written down, newest first."""
        found: list[dict[str, Any]] = self.http.get(f"{self.api}/api/transactions").json()
        return found

    def order(self, order: str, **body: object) -> None:
        answer = self.http.post(f"{self.page}/api/units/garage/{order}", json=body)
        assert answer.status_code < 300, answer.text

    def charge(self, energy_wh: float) -> None:
        """Plug in, ask for ``energy_wh`` at once, start, and wait until it flows."""
        self.http.post(f"{self.panel}/api/acts", json={"do": "plug in"}).raise_for_status()
        until(lambda: self.unit()["allowed"]["submit"], "needs can be said")
        now = self.http.get(f"{self.page}/api/state").json()["now"]
        self.order("needs", mode="shortest", energy_wh=energy_wh, depart_at=_a_day_after(now))
        until(lambda: self.unit()["allowed"]["start"], "a plan is there")
        self.order("start")
        until(lambda: self.hardware()["ev_power_w"] > 5000, "power flows")

    def close(self) -> None:
        self.http.close()
        for program in (self.station, self.csms, self.simulator):
            program.stop()


def _a_day_after(now: str) -> str:
    return (datetime.fromisoformat(now) + timedelta(days=1)).isoformat()


def until(reached: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
    """Ask again and again until the answer is good, and give it."""
    deadline_s = time.perf_counter() + patience_s
    while not (answer := reached()):
        assert time.perf_counter() < deadline_s, f"not within {patience_s:g} s: {what}"
        time.sleep(0.05)
    return answer


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    try:
        yield house
    finally:
        house.close()


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Any]:
    return until
