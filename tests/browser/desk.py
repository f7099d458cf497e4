"""A CSMS as its users meet it in a browser, and what they do there again and again: press, fill in, read a row."""

import httpx
from selenium.webdriver.common.by import By
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from ladewerk.csms.api.guard import COOKIE
from tests.browser.conftest import Browser, Place

PASSWORD = "a long password"


class Desk:
    """A CSMS with users, a station whose car has asked for a plan, and Ada, who administers it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._clients: list[httpx.Client] = []
        place.start_csms(protected=True, accept_unknown=False)
        self.url = place.csms.web_url.rstrip("/")
        code = str(place.csms.setup_url).partition("#setup=")[2]
        self.ada = self._client()
        self.ada.post("/api/setup", json={"code": code, "user": "Ada", "password": PASSWORD}).raise_for_status()
        self.ada.post("/api/stations", json={"id": "LW-0001"}).raise_for_status()
        place.start_simulator()
        place.start_station()
        place.plug_in()
        while place.call(lambda: place.csms.ledger.open_transaction(("lw-0001", 1))) is None:
            place.wait(1)
        place.ask(energy_wh=9000)

    def user(self, name: str, role: str) -> httpx.Client:
        """Somebody else, logged in."""
        wanted = {"name": name, "role": role, "password": PASSWORD}
        self.ada.put(f"/api/users/{name}", json=wanted).raise_for_status()
        client = self._client()
        client.post("/api/session", json={"user": name, "password": PASSWORD}).raise_for_status()
        return client

    def enter(self, browser: Browser, view: str, client: httpx.Client | None = None) -> None:
        """Open ``view`` as somebody who is logged in."""
        browser.driver.get(f"{self.url}/healthz")
        browser.driver.delete_all_cookies()
        browser.driver.add_cookie({"name": COOKIE, "value": (client or self.ada).cookies[COOKIE]})
        browser.open(f"{self.url}/#/{view}")
        browser.find(".view-link[aria-current]")

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.place.close()

    def _client(self) -> httpx.Client:
        self._clients.append(httpx.Client(base_url=self.url))
        return self._clients[-1]

    def connect(self, identity: str) -> ClientConnection:
        """A station that is made of a socket alone."""
        url = f"ws://127.0.0.1:{self.place.csms.ocpp_port}/{identity}"
        return connect(url, subprotocols=[Subprotocol("ocpp2.0.1")], proxy=None)


def press(browser: Browser, text: str, within: str = "main") -> None:
    """The button or link that says so and can be seen."""
    path = f".//*[self::button or self::a or self::summary][normalize-space()='{text}']"

    def found() -> bool:
        for element in browser.find(within).find_elements(By.XPATH, path):
            if element.is_displayed():
                element.click()
                return True
        return False

    browser.until(found, f"{text!r} to press in {within}")


def row(browser: Browser, text: str) -> str:
    """What the row with ``text`` says."""
    script = (
        "return [...document.querySelectorAll('.records tbody tr')].filter((one) => one.offsetParent)"
        ".map((one) => one.innerText).find((said) => said.includes(arguments[0])) ?? ''"
    )
    return str(browser.driver.execute_script(script, text)).replace("\xa0", " ")


def set_field(browser: Browser, name: str, text: str, within: str) -> None:
    field = browser.find(f"{within} [data-field='{name}'] input")
    field.clear()
    field.send_keys(text)
