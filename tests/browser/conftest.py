"""The real programs on a loop that runs faster than time, and a real browser before their pages."""

import asyncio
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from ladewerk.clock import LoopClock
from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.config import CsmsConfig, SiteTable, sqlite_url
from ladewerk.paced_loop import PacedLoop
from ladewerk.simulator.app import Simulator, running_simulator
from ladewerk.simulator.config import SimulatorConfig, on_free_ports
from ladewerk.simulator.scenario import Scenario
from ladewerk.station.app import Station, running_station
from ladewerk.station.config import (
    AuthorizationConfig,
    EvseConfig,
    LockConfig,
    MeterConfig,
    OcppVersions,
    StationConfig,
    StationTable,
    UnitConfig,
)

START = datetime(2026, 1, 5, 16, 40, tzinfo=UTC)
"""17:40 in Berlin, where the browser is."""

SPEED = 40.0
PATIENCE_S = 90.0

P = TypeVar("P")


class Place:
    """Simulator, station and CSMS in a thread of their own, and how to reach them from the test."""

    def __init__(self, folder: Path, *, speed: float = SPEED) -> None:
        self._folder = folder
        self._loop = PacedLoop(speed)
        self._clock = LoopClock(self._loop, START)
        self._thread = threading.Thread(target=self._loop.run_forever, name="programs", daemon=True)
        self._thread.start()
        self._stops: dict[str, Callable[[], None]] = {}
        self._ports = {"ocpp": 0, "station": 0, "csms": 0}
        self.simulator: Simulator
        self.station: Station
        self.csms: Csms

    def start_csms(
        self, *, accept_unknown: bool = True, protected: bool = False, time_zone: str | None = "Europe/Berlin"
    ) -> None:
        config = CsmsConfig(
            site=SiteTable(time_zone=time_zone).site(self._folder),
            open=not protected,
            listen=f"127.0.0.1:{self._ports['ocpp']}",
            web=f"127.0.0.1:{self._ports['csms']}",
            database=sqlite_url(self._folder / "csms.sqlite3"),
            accept_unknown=accept_unknown,
        )
        self.csms = self._start("csms", lambda: running_csms(config, self._clock))
        self._ports |= {"ocpp": self.csms.ocpp_port, "csms": urlsplit(self.csms.web_url).port or 0}

    def start_simulator(self, config: SimulatorConfig | None = None, scenario: Scenario | None = None) -> None:
        chosen = config or on_free_ports(SimulatorConfig())
        self.simulator = self._start("simulator", lambda: running_simulator(chosen, self._clock, scenario))

    def start_station(
        self,
        *,
        protected: bool = False,
        wants_tokens: bool = False,
        time_zone: str | None = None,
        versions: OcppVersions = ("2.1", "2.0.1", "1.6"),
    ) -> None:
        config = StationConfig(
            station=StationTable(
                identity="LW-0001",
                time_zone=time_zone,
                csms=f"ws://127.0.0.1:{self._ports['ocpp']}",
                data="data",
                web=f"127.0.0.1:{self._ports['station']}",
                open=not protected,
                authorization=AuthorizationConfig(required=wants_tokens),
                ocpp_versions=versions,
            ),
            units={
                "garage": UnitConfig(
                    evse_id=1,
                    evse=EvseConfig(driver="evse-wb", device=self.simulator.serial_device),
                    meter=MeterConfig(driver="shelly-3em", url=self.simulator.meter_url),
                    lock=LockConfig(driver="motor", pins=self.simulator.pins_url, lock_pin=23, unlock_pin=24),
                )
            },
            folder=str(self._folder),
        )
        self.station = self._start("station", lambda: running_station(config, self._clock))
        self._ports["station"] = urlsplit(self.station.web_url).port or 0

    def stop(self, program: str) -> None:
        self._stops.pop(program)()

    def plug_in(self) -> None:
        assert self.call(lambda: self.simulator.world.plug_in())

    def ask(self, *, energy_wh: float) -> None:
        """What the driver would type on the station's page."""
        body = {"mode": "cheapest", "energy_wh": energy_wh, "depart_at": "2026-01-06T06:30:00+01:00"}
        httpx.post(f"{self.station.web_url}/api/units/garage/needs", json=body).raise_for_status()

    def call(self, function: Callable[[], P]) -> P:
        """Run ``function`` in the thread of the programs."""

        async def run() -> P:
            return function()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(PATIENCE_S)

    def wait(self, duration_s: float) -> None:
        """Let time pass; where no program waits for anything, it stands still."""
        asyncio.run_coroutine_threadsafe(asyncio.sleep(duration_s), self._loop).result(PATIENCE_S)

    def close(self) -> None:
        for program in reversed(list(self._stops)):
            self.stop(program)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _start(self, name: str, program: Callable[[], AbstractAsyncContextManager[P]]) -> P:
        """Enter ``program`` in a task of its own, in which it is left too."""

        async def start() -> tuple[P, asyncio.Event, asyncio.Task[None]]:
            started: asyncio.Future[P] = asyncio.get_running_loop().create_future()
            leave = asyncio.Event()

            async def live() -> None:
                async with program() as running:
                    started.set_result(running)
                    await leave.wait()

            task = asyncio.create_task(live())
            await asyncio.wait((started, task), return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            return started.result(), leave, task

        async def stop(leave: asyncio.Event, task: asyncio.Task[None]) -> None:
            leave.set()
            await task

        running, leave, task = asyncio.run_coroutine_threadsafe(start(), self._loop).result(PATIENCE_S)
        self._stops[name] = lambda: asyncio.run_coroutine_threadsafe(stop(leave, task), self._loop).result(PATIENCE_S)
        return running


class Browser:
    """A browser and what a test does in it."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver
        self.hosts: set[str] = set()

    def open(self, url: str) -> None:
        """Show a page in English, as someone who was never here."""
        # Of the same site, and no page that would begin to work: to what stands behind # a browser goes without loading.
        self.driver.get(f"{url.partition('#')[0].rstrip('/')}/healthz")
        self.driver.execute_script("localStorage.clear(); localStorage.setItem('ladewerk-language', 'en')")
        self.requests()
        self.driver.get(url)

    def find(self, selector: str) -> WebElement:
        """The first such element; it may yet have to come."""
        wait = WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.05)
        return wait.until(lambda driver: driver.find_element(By.CSS_SELECTOR, selector), f"never came: {selector}")

    def text(self, selector: str) -> str:
        """What it says; blanks that do not break are plain ones."""
        return str(self.find(selector).get_attribute("textContent")).replace("\xa0", " ")

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until ``condition`` holds; elements that are just being replaced are looked for again."""
        WebDriverWait(self.driver, PATIENCE_S, poll_frequency=0.05).until(lambda _: condition(), f"never came: {what}")

    def shows(self, selector: str, text: str) -> None:
        self.until(lambda: text in self.text(selector), f"{text!r} in {selector}")

    def allows(self, selector: str) -> None:
        self.until(lambda: self.find(selector).get_attribute("aria-disabled") is None, f"{selector} to be usable")

    def click(self, selector: str) -> None:
        self.find(selector).click()

    def fill(self, name: str, text: str) -> None:
        field = self.find(f"[name='{name}']")
        field.clear()
        field.send_keys(text)

    def hint(self, name: str) -> str:
        return self.text(f"[data-field='{name}'] .field-hint")

    def evaluate(self, module: str, script: str, *arguments: object) -> Any:
        """What ``script`` returns, with the ``module`` of the page at hand, such as ``../kit/zone.js``."""
        load = "const it = await import(new URL(arguments[0], document.querySelector('script[type=module]').src)); "
        return self.driver.execute_script(load + script, module, *arguments)

    def sized(self, width: int, height: int) -> None:
        """Give the page a window of this size, a phone's where it is narrow."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def in_zone(self, name: str) -> None:
        """Put the browser in another time zone."""
        self.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": name})

    def sticks_out(self) -> int:
        """Pixels by which the page is wider than its window."""
        root = "document.documentElement"
        return int(self.driver.execute_script(f"return {root}.scrollWidth - {root}.clientWidth"))

    def requests(self) -> list[tuple[str, str]]:
        """Method and path of every request since the last time; the hosts go into ``hosts``."""
        found = []
        for entry in self.driver.get_log("performance"):  # type: ignore[no-untyped-call]
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                request = message["params"]["request"]
                address = urlsplit(request["url"])
                if address.scheme in {"http", "https"}:
                    self.hosts.add(address.hostname or "")
                    found.append((request["method"], address.path))
            elif message["method"] == "Network.webSocketCreated":
                self.hosts.add(urlsplit(message["params"]["url"]).hostname or "")
        return found

    def complaints(self) -> list[str]:
        """What the page wrote to the console of the browser, but for requests that were refused or found nobody."""
        entries: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["source"] != "network"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    binary = shutil.which("chromium") or shutil.which("chromium-browser")
    driver_binary = shutil.which("chromedriver")
    if binary is None or driver_binary is None:
        pytest.fail("the browser tests need Chromium and its driver: install the packages chromium and chromium-driver")
    options.binary_location = binary
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-proxy-server",
        "--window-size=1280,800",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(driver_binary))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[Browser]:
    chromium.get_log("performance")  # type: ignore[no-untyped-call]
    chromium.get_log("browser")  # type: ignore[no-untyped-call]
    browser = Browser(chromium)
    browser.sized(1280, 800)
    browser.in_zone("Europe/Berlin")
    yield browser
    browser.requests()
    complaints = browser.complaints()
    chromium.get("about:blank")
    assert browser.hosts <= {"127.0.0.1"}, "a page asked a foreign host"
    assert complaints == []


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path)
    yield place
    place.close()
