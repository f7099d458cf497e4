"""The pictures of the pages in docs/images, from programs that run, such as ``ladewerk demo``.

    python tools/page_pictures.py docs/images

Waits until a car charges and has a quarter of its energy. With ``--panel URL`` only the simulator's panel is taken, as it is
then; those in docs/images are of the scenario "bad evening", just after it has begun. With ``--views URL`` the views of the
CSMS are taken, once three cars are there; those in docs/images are of ``ladewerk demo --stations 6``.

Needs Chromium with its driver, and the package selenium.
"""

import argparse
import json
import shutil
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

DESK: Final = (1280, 800, 1.0)
PHONE: Final = (390, 844, 1.5)
"""Width and height of the window, and pixels of the picture for each of them."""

PANEL: Final = {
    "desk": ((1280, 1500, 1.0), "light"),
    "desk-dark": ((1280, 1500, 1.0), "dark"),
    "phone": (PHONE, "dark"),
    "phone-light": (PHONE, "light"),
}

VIEWS: Final = {
    "stations-desk": ("stations", DESK, "light"),
    "stations-phone": ("stations", PHONE, "dark"),
    "limits-desk": ("stations/{station}/profiles", DESK, "dark"),
    "commands-desk": ("stations/{station}/commands/SetChargingProfile", DESK, "light"),
    "messages-phone": ("stations/{station}/messages", PHONE, "light"),
    "transactions-desk": ("transactions", DESK, "light"),
    "transactions-phone": ("transactions", PHONE, "dark"),
    "plans-desk": ("plans", DESK, "light"),
    "settings-phone": ("settings", PHONE, "light"),
}
"""Name of the picture, address in the page of the CSMS, window, colours; ``{station}`` is one with a car."""

SETTLE_S: Final = 3.0
"""Time for the first message, and for the curves to be drawn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--station", default="http://127.0.0.1:8081", metavar="URL")
    parser.add_argument("--csms", default="http://127.0.0.1:8080", metavar="URL")
    parser.add_argument("--panel", metavar="URL", help="take the panel of this simulator, and no other page")
    parser.add_argument("--views", metavar="URL", help="take the views of this CSMS, and no other page")
    parser.add_argument("--language", default="en", choices=("en", "de", "zh"))
    arguments = parser.parse_args()
    if arguments.panel:
        with chromium() as browser:
            for size, (shape, theme) in PANEL.items():
                take(browser, arguments.panel, shape, theme, arguments.language, arguments.folder / f"panel-{size}.png")
        return
    if arguments.views:
        while len(found := with_cars(arguments.views)) < 3:
            time.sleep(0.5)
        with chromium() as browser:
            for name, (path, shape, theme) in VIEWS.items():
                address = f"{arguments.views.rstrip('/')}/#/{path.format(station=found[0])}"
                take(browser, address, shape, theme, arguments.language, arguments.folder / f"csms-{name}.png")
        return
    while not charges(arguments.station):
        time.sleep(0.5)
    with chromium() as browser:
        pages = {
            "station": arguments.station,
            "station-history": f"{arguments.station}/#/history",
            "station-messages": f"{arguments.station}/#/messages",
            "station-settings": f"{arguments.station}/#/settings",
            "csms": f"{arguments.csms}/#plans",
        }
        for name, url in pages.items():
            for size, (shape, theme) in {"desk": (DESK, "light"), "phone": (PHONE, "dark")}.items():
                target = arguments.folder / f"{name}-{size}.png"
                take(browser, url, shape, theme, arguments.language, target)
                print(f"{target}: {target.stat().st_size // 1000} kB")


def charges(station: str) -> bool:
    """Whether a car charges by a plan and has a quarter of what it needs."""
    with urllib.request.urlopen(f"{station}/api/state", timeout=10) as answer:
        units = json.load(answer)["units"]
    return any(
        unit["state"] == "charging" and unit["needs"] and unit["session_energy_wh"] > unit["needs"]["energy_wh"] / 4
        for unit in units
    )


def with_cars(csms: str) -> list[str]:
    """Stations that are connected and have a transaction."""
    with urllib.request.urlopen(f"{csms.rstrip('/')}/api/stations", timeout=10) as answer:
        stations = json.load(answer)
    return [
        station["id"]
        for station in stations
        if station["state"] == "online" and any(evse["transaction_id"] for evse in station["evses"])
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


def take(
    browser: webdriver.Chrome, url: str, shape: tuple[int, int, float], theme: str, language: str, target: Path
) -> None:
    """Open ``url`` in a window of ``shape`` as someone who chose ``theme`` and ``language``, and write what it shows."""
    width, height, scale = shape
    metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(f"{url.partition('#')[0].rstrip('/')}/healthz")
    for key, value in {"ladewerk-theme": theme, "ladewerk-language": language}.items():
        browser.execute_script("localStorage.setItem(arguments[0], arguments[1])", key, value)
    browser.get(url)
    up = "return document.documentElement.dataset.link === 'up'"
    WebDriverWait(browser, 20).until(lambda driver: driver.execute_script(up))
    time.sleep(SETTLE_S)
    browser.save_screenshot(str(target))


if __name__ == "__main__":
    main()
