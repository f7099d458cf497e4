"""A CSMS with two drivers, and stations made of a socket alone at which they charge."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from ladewerk.csms.api.guard import COOKIE
from tests.browser.conftest import PATIENCE_S, Browser, Place

PASSWORD = "a long password"
HOSTILE = "<img src=x onerror=alert(1)>"
"""One of Dora's tokens."""


class Charger:
    """Takes every profile, and ends its session when it is told to."""

    def __init__(self, garage: "Garage", identity: str) -> None:
        self._garage = garage
        self._numbers = count(1)
        self._seq_no = count()
        self._answered = threading.Event()
        url = f"ws://127.0.0.1:{garage.place.csms.ocpp_port}/{identity}"
        self._socket = connect(url, subprotocols=[Subprotocol("ocpp2.1")], proxy=None)
        self._running = ""
        self._register_wh = 0.0
        self._thread = threading.Thread(target=self._listen, name=identity, daemon=True)
        self._thread.start()
        self.say("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "Test", "model": "Charger"}})

    def begin(self, id_token: str, transaction_id: str) -> None:
        self._running = transaction_id
        self.say("TransactionEvent", self._event("Started", {"idToken": {"idToken": id_token, "type": "ISO14443"}}))

    def charge(self, energy_wh: float) -> None:
        self._register_wh += energy_wh
        self.say("TransactionEvent", self._event("Updated", {}))

    def close(self) -> None:
        self._socket.close()
        self._thread.join(PATIENCE_S)

    def say(self, action: str, payload: dict[str, Any]) -> None:
        """Tell the CSMS, and wait for its answer."""
        self._answered.clear()
        self._socket.send(json.dumps([2, f"own-{next(self._numbers)}", action, payload]))
        assert self._answered.wait(PATIENCE_S), f"{action} was not answered"

    def _event(self, kind: str, more: dict[str, Any]) -> dict[str, Any]:
        at = self._garage.now()
        samples = [{"value": self._register_wh}, {"value": 3600.0, "measurand": "Power.Active.Import"}]
        return {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": "MeterValuePeriodic",
            "seqNo": next(self._seq_no),
            "transactionInfo": {"transactionId": self._running, "chargingState": "Charging"},
            "evse": {"id": 1, "connectorId": 1},
            "meterValue": [{"timestamp": at, "sampledValue": samples}],
            **more,
        }

    def _listen(self) -> None:
        try:
            for text in self._socket:
                kind, number, *rest = json.loads(text)
                if kind != 2:
                    self._answered.set()
                elif rest[0] in {"SetChargingProfile", "RequestStopTransaction"}:
                    self._socket.send(json.dumps([3, number, {"status": "Accepted"}]))
                    if rest[0] == "RequestStopTransaction":
                        ended = self._event("Ended", {})
                        ended["transactionInfo"] |= {"stoppedReason": "Remote"}
                        self._socket.send(json.dumps([2, f"own-{next(self._numbers)}", "TransactionEvent", ended]))
                else:
                    self._socket.send(json.dumps([4, number, "NotSupported", "", {}]))
        except ConnectionClosed:
            return


class Garage:
    """Ada administers, Dora and Eve drive; the clock of the programs runs as the browser's."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder, speed=1.0)
        self._clients: list[httpx.Client] = []
        self._chargers: list[Charger] = []
        self.place.start_csms(protected=True, accept_unknown=False)
        self.url = self.place.csms.web_url.rstrip("/")
        code = str(self.place.csms.setup_url).partition("#setup=")[2]
        self.ada = self._client()
        self.ada.post("/api/setup", json={"code": code, "user": "Ada", "password": PASSWORD}).raise_for_status()
        self.dora = self._driver("Dora", ["DORA-1", HOSTILE])
        self.eve = self._driver("Eve", ["EVE-1"])

    def charger(self, identity: str) -> Charger:
        self.ada.post("/api/stations", json={"id": identity}).raise_for_status()
        self._chargers.append(Charger(self, identity))
        return self._chargers[-1]

    def now(self) -> str:
        return str(self.ada.get("/api/own").json()["now"])

    def enter(self, browser: Browser, view: str, client: httpx.Client, url: str = "") -> None:
        """Open ``view`` as somebody who is logged in."""
        base = url or self.url
        browser.driver.get(f"{base}/healthz")
        browser.driver.delete_all_cookies()
        browser.driver.add_cookie({"name": COOKIE, "value": client.cookies[COOKIE]})
        browser.open(f"{base}/#/{view}")
        browser.find(".view-link[aria-current]")

    def close(self) -> None:
        for charger in self._chargers:
            charger.close()
        for client in self._clients:
            client.close()
        self.place.close()

    def _driver(self, name: str, id_tokens: list[str]) -> httpx.Client:
        wanted = {"name": name, "role": "driver", "password": PASSWORD, "id_tokens": id_tokens}
        self.ada.put(f"/api/users/{name}", json=wanted).raise_for_status()
        client = self._client()
        client.post("/api/session", json={"user": name, "password": PASSWORD}).raise_for_status()
        return client

    def _client(self) -> httpx.Client:
        self._clients.append(httpx.Client(base_url=self.url))
        return self._clients[-1]


@contextmanager
def opened(folder: Path) -> Iterator[Garage]:
    """A garage, closed again."""
    garage = Garage(folder)
    try:
        yield garage
    finally:
        garage.close()
