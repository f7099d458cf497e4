"""The pictures of the pages in docs/images: each view at desk and phone size, light and dark.

    python tools/page_pictures.py docs/images [doors] [panel] [station] [csms]

Starts what it takes pictures of, on the ports that ``ladewerk demo`` and ``ladewerk simulate`` have by default: a station
and a CSMS that nobody has a password for yet, the scenario "bad evening", the demonstration while its car charges, and the
one of six stations.

Needs Chromium with its driver, and the package selenium.
"""

import argparse
import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

ROOT: Final = Path(__file__).parents[1]
LADEWERK: Final = (sys.executable, "-m", "ladewerk")

DESK: Final = (1280, 800, 1.0)
PHONE: Final = (390, 844, 1.5)
"""Width and height of the window, and pixels of the picture for each of them."""

LOOKS: Final = {
    "desk-light": (DESK, "light"),
    "desk-dark": (DESK, "dark"),
    "phone-light": (PHONE, "light"),
    "phone-dark": (PHONE, "dark"),
}

STATION: Final = {"home": "", "history": "#/history", "messages": "#/messages", "settings": "#/settings"}
CSMS: Final = {
    "stations": "#/stations",
    "station": "#/stations/{station}",
    "commands": "#/stations/{station}/commands/SetChargingProfile",
    "messages": "#/stations/{station}/messages",
    "limits": "#/stations/{station}/profiles",
    "variables": "#/stations/{station}/variables",
    "service": "#/stations/{station}/service",
    "transactions": "#/transactions",
    "plans": "#/plans",
    "tokens": "#/tokens",
    "settings": "#/settings",
}
"""Name of a picture, and where in the page that is; ``{station}`` is one with a car."""

CODE: Final = r"(?:the code for that is |#setup=)(\S+)"
PASSWORD: Final = "for a picture alone"
QUALITY: Final = 85
SETTLE_S: Final = 3.0
"""Time for the first message, and for the curves to be drawn."""
PATIENCE: Final = 1500
"""How many looks at a program, two a second, before it is given up."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="which of them; by default all")
    parser.add_argument("--language", default="en", choices=("en", "de", "zh"))
    arguments = parser.parse_args()
    with chromium() as browser:
        camera = Camera(browser, arguments.folder, arguments.language)
        for group in arguments.groups or GROUPS:
            GROUPS[group](camera)


class Camera:
    """A browser, and where its pictures go."""

    def __init__(self, browser: webdriver.Chrome, folder: Path, language: str) -> None:
        self._browser = browser
        self._folder = folder
        self._language = language

    def take(
        self,
        name: str,
        url: str,
        *,
        ready: str = "document.documentElement.dataset.link === 'up'",
        desk_height: int = DESK[1],
    ) -> None:
        """Open ``url`` in each of :data:`LOOKS` and write what it shows once ``ready`` is true in the page."""
        for look, ((width, usual_height, scale), theme) in LOOKS.items():
            height = usual_height if width < 500 else desk_height
            metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500}
            self._browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            # Of the same site, and no page that would begin to work: to what stands behind # a browser goes without loading.
            self._browser.get(f"{url.partition('#')[0].rstrip('/')}/healthz")
            for key, value in {"ladewerk-theme": theme, "ladewerk-language": self._language}.items():
                self._browser.execute_script("localStorage.setItem(arguments[0], arguments[1])", key, value)
            self._browser.get(url)
            WebDriverWait(self._browser, 20).until(lambda driver: driver.execute_script(f"return {ready}"))
            time.sleep(SETTLE_S)
            taken = self._browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
            target = self._folder / f"{name}-{look}.webp"
            target.write_bytes(base64.b64decode(taken["data"]))
            print(f"{target}: {target.stat().st_size // 1000} kB", flush=True)


def doors(camera: Camera) -> None:
    """The first visit to a station and to a CSMS, and a later one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = folder / "station.toml"
        with running(["simulate", "--station-config", settings]) as simulator:
            simulator.says("Ctrl-C")
            written = re.sub(r"(?m)^(open|data) = .*$", "", settings.read_text())
            settings.write_text(written.replace("[station]", f'[station]\ndata = "{folder / "data"}"', 1))
            with running(["station", settings]) as station:
                pictures_of_door(camera, "station", station, {"password": PASSWORD})
        with running(["csms", "--database", f"sqlite:///{folder / 'csms.sqlite3'}"]) as csms:
            pictures_of_door(camera, "csms", csms, {"user": "ada", "password": PASSWORD})


def pictures_of_door(camera: Camera, name: str, program: "Program", chosen: Mapping[str, str]) -> None:
    """The page before a password is chosen, and after it was."""
    url = program.says(r"(http://127\.0\.0\.1:\d+)")
    code = program.says(CODE)
    standing = "document.querySelector('form.door') !== null"
    camera.take(f"{name}-wizard", url, ready=standing)
    body = json.dumps({"code": code, **chosen}).encode()
    request = urllib.request.Request(f"{url}/api/setup", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=10).close()
    camera.take(f"{name}-login", url, ready=standing)


def panel(camera: Camera) -> None:
    """The panel of the simulator, while a vehicle charges and the meter is frozen."""
    scenarios = ROOT / "examples" / "scenarios"
    script = ["--scenario", str(scenarios / "bad_evening.toml"), "--start", "2026-01-12T18:04+01:00"]
    with running(["simulate", scenarios / "site.toml", *script]) as simulator:
        url = simulator.says(r"panel +(http://\S+)")
        until(lambda: fetch(f"{url}/api/state")["units"]["left"]["faults"]["meter_frozen"])
        camera.take("panel", url, desk_height=1500)


def station(camera: Camera) -> None:
    """The station of the demonstration, and the plan at its CSMS, once the car has a quarter of its energy."""
    with running(["demo"]) as demo:
        own, csms = demo.says(r"station +(http://\S+)"), demo.says(r"CSMS +(http://\S+)")
        until(lambda: charges(own))
        for name, place in STATION.items():
            camera.take(f"station-{name}", f"{own}/{place}")
        camera.take("csms-overview", f"{csms}/#plans")


def csms(camera: Camera) -> None:
    """The views of the CSMS in the demonstration of six stations, once three cars are there."""
    with running(["demo", "--stations", "6"]) as demo:
        url = demo.says(r"CSMS +(http://\S+)")
        until(lambda: len(with_cars(url)) >= 3)
        found = with_cars(url)[0]
        for name, place in CSMS.items():
            camera.take(f"csms-{name}", f"{url}/{place.format(station=found)}")


GROUPS: Final[Mapping[str, Callable[[Camera], None]]] = {"doors": doors, "panel": panel, "station": station, "csms": csms}


class Program:
    """One that runs, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._printed = ""

    def says(self, pattern: str) -> str:
        """What ``pattern`` finds first, as soon as it is printed."""
        assert self._process.stdout is not None
        while (found := re.search(pattern, self._printed)) is None:
            line = self._process.stdout.readline()
            if not line:
                raise SystemExit(f"it never printed {pattern!r}:\n{self._printed}")
            self._printed += line
        return found[found.re.groups]


@contextmanager
def running(arguments: list[str | Path]) -> Iterator[Program]:
    """A ladewerk program, ended at the end."""
    command = [*LADEWERK, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Program(process)
        finally:
            process.terminate()


def until(holds: Callable[[], object]) -> None:
    """Wait until it does."""
    for _ in range(PATIENCE):
        if holds():
            return
        time.sleep(0.5)
    raise SystemExit("what the pictures wait for did not come")


def fetch(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def charges(url: str) -> bool:
    """Whether a car charges by a plan and has a quarter of what it needs."""
    return any(
        unit["state"] == "charging" and unit["needs"] and unit["session_energy_wh"] > unit["needs"]["energy_wh"] / 4
        for unit in fetch(f"{url}/api/state")["units"]
    )


def with_cars(url: str) -> list[str]:
    """Stations that are connected and have a transaction."""
    return [
        one["id"]
        for one in fetch(f"{url}/api/stations")
        if one["state"] == "online" and any(evse["transaction_id"] for evse in one["evses"])
    ]


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser without a window."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield browser
    finally:
        browser.quit()


if __name__ == "__main__":
    main()
