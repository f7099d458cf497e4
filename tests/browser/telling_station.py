"""A station that is made of a socket and has monitors, a display and customers: it tells what it is asked."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.browser.conftest import START, Browser, Place

_PATIENCE_S = 30.0
NOW = START.isoformat()

Payload = dict[str, Any]


class TellingStation:
    """Answers the CSMS in a thread of its own; ``answers`` are what it says next to an action instead of the usual."""

    def __init__(self, url: str, version: str) -> None:
        self._socket = connect(url, subprotocols=[Subprotocol(version)], proxy=None)
        self._numbers = count(1)
        self._answered: dict[str, threading.Event] = {}
        self._kinds: dict[str, int] = {}
        self.answers: dict[str, deque[Payload]] = {}
        self.asked: list[tuple[str, Payload]] = []
        self.variables: dict[str, str] = {}
        self.monitors: dict[int, Payload] = {}
        self.messages: dict[int, Payload] = {}
        self.customers: dict[str, str] = {}
        self._thread = threading.Thread(target=self._listen, name="station", daemon=True)
        self._thread.start()

    def boot(self) -> None:
        self.say("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "Test", "model": "Teller"}})

    def last(self, action: str) -> Payload:
        """What the CSMS asked last with that command."""
        return next(payload for asked, payload in reversed(self.asked) if asked == action)

    def close(self) -> None:
        self._socket.close()
        self._thread.join(_PATIENCE_S)

    def say(self, action: str, payload: Payload) -> None:
        """Tell the CSMS, and wait for its answer."""
        number = self._send(action, payload)
        assert self._answered[number].wait(_PATIENCE_S), f"{action} was not answered"
        assert self._kinds[number] == 3, f"{action} was refused"

    def event(self, value: str, **more: Any) -> None:
        """Report an event of a monitor."""
        about = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, "trigger": "Alerting"}
        event = {"eventId": next(self._numbers), "timestamp": NOW, "actualValue": value, **about, **more}
        event.setdefault("eventNotificationType", "CustomMonitor")
        self.say("NotifyEvent", {"generatedAt": NOW, "seqNo": 0, "eventData": [event]})

    def _send(self, action: str, payload: Payload) -> str:
        number = str(next(self._numbers))
        self._answered[number] = threading.Event()
        self._socket.send(json.dumps([2, number, action, payload]))
        return number

    def _listen(self) -> None:
        try:
            for text in self._socket:
                kind, number, *rest = json.loads(text)
                if kind == 2:
                    self._answer(number, *rest)
                elif number in self._answered:
                    self._kinds[number] = kind
                    self._answered[number].set()
        except ConnectionClosed:
            return

    def _answer(self, number: str, action: str, payload: Payload) -> None:
        self.asked.append((action, payload))
        waiting = self.answers.get(action)
        usual = getattr(self, f"_on_{action}", None)
        reports: list[tuple[str, Payload]] = []
        if waiting:
            answer = waiting.popleft()
        elif usual is None:
            self._socket.send(json.dumps([4, number, "NotSupported", "", {}]))
            return
        else:
            answer, *reports = usual(payload)
        self._socket.send(json.dumps([3, number, answer]))
        for said, report in reports:
            self._send(said, report)

    def _on_GetVariables(self, payload: Payload) -> list[Any]:
        results = []
        for asked in payload["getVariableData"]:
            value = self.variables.get(asked["variable"]["name"])
            status = (
                {"attributeStatus": "Accepted", "attributeValue": value} if value else {"attributeStatus": "UnknownVariable"}
            )
            results.append({"component": asked["component"], "variable": asked["variable"], **status})
        return [{"getVariableResult": results}]

    def _on_SetVariableMonitoring(self, payload: Payload) -> list[Any]:
        results = []
        for wanted in payload["setMonitoringData"]:
            known = wanted.get("id", max(self.monitors, default=0) + 1)
            self.monitors[known] = {**wanted, "id": known}
            same = {key: wanted[key] for key in ("type", "component", "variable", "severity")}
            results.append({"status": "Accepted", "id": known, **same})
        return [{"setMonitoringResult": results}]

    def _on_ClearVariableMonitoring(self, payload: Payload) -> list[Any]:
        gone = [(known, self.monitors.pop(known, None)) for known in payload["id"]]
        return [
            {"clearMonitoringResult": [{"id": known, "status": "Accepted" if had else "NotFound"} for known, had in gone]}
        ]

    def _on_GetMonitoringReport(self, payload: Payload) -> list[Any]:
        if not self.monitors:
            return [{"status": "EmptyResultSet"}]
        parts = []
        for monitor in self.monitors.values():
            about = {key: monitor[key] for key in ("id", "value", "type", "severity")}
            about |= {"transaction": monitor.get("transaction", False)}
            about |= {"eventNotificationType": monitor.get("eventNotificationType", "CustomMonitor")}
            parts.append({"component": monitor["component"], "variable": monitor["variable"], "variableMonitoring": [about]})
        report = {"requestId": payload["requestId"], "seqNo": 0, "generatedAt": NOW, "monitor": parts}
        return [{"status": "Accepted"}, ("NotifyMonitoringReport", report)]

    def _on_SetMonitoringBase(self, payload: Payload) -> list[Any]:
        if payload["monitoringBase"] != "All":
            self.monitors = {key: one for key, one in self.monitors.items() if one.get("eventNotificationType")}
        return [{"status": "Accepted"}]

    def _on_SetMonitoringLevel(self, _payload: Payload) -> list[Any]:
        return [{"status": "Accepted"}]

    def _on_SetDisplayMessage(self, payload: Payload) -> list[Any]:
        self.messages[payload["message"]["id"]] = payload["message"]
        return [{"status": "Accepted"}]

    def _on_GetDisplayMessages(self, payload: Payload) -> list[Any]:
        if not self.messages:
            return [{"status": "Unknown"}]
        report = {"requestId": payload["requestId"], "messageInfo": list(self.messages.values())}
        return [{"status": "Accepted"}, ("NotifyDisplayMessages", report)]

    def _on_ClearDisplayMessage(self, payload: Payload) -> list[Any]:
        return [{"status": "Accepted" if self.messages.pop(payload["id"], None) else "Unknown"}]

    def _on_CustomerInformation(self, payload: Payload) -> list[Any]:
        who = payload.get("customerIdentifier") or payload["idToken"]["idToken"]
        text = self.customers.get(who, "")
        if payload["clear"]:
            self.customers.pop(who, None)
        report = {"requestId": payload["requestId"], "seqNo": 0, "generatedAt": NOW, "data": text}
        return [{"status": "Accepted"}, ("NotifyCustomerInformation", report)]


class Stage:
    """A CSMS without users and its page, and a station that tells."""

    def __init__(self, folder: Path) -> None:
        self.place = Place(folder, speed=1.0)
        self.place.start_csms()
        self.url = self.place.csms.web_url.rstrip("/")
        self.station = self.another("LW-0001", "ocpp2.1")

    def another(self, identity: str, version: str) -> TellingStation:
        """One that has yet to introduce itself; close it."""
        return TellingStation(f"ws://127.0.0.1:{self.place.csms.ocpp_port}/{identity}", version)

    def enter(self, browser: Browser, part: str, station: str = "LW-0001") -> None:
        """Open a part of a station's view, as someone who was never here."""
        browser.open(f"{self.url}/#/stations/{station}/{part}")
        browser.find(f".subviews [data-part={part}][aria-current]")

    def get(self, path: str) -> Any:
        """What the API says of the station."""
        return httpx.get(f"{self.url}/api/stations/LW-0001/{path}").raise_for_status().json()

    def close(self) -> None:
        self.station.close()
        self.place.close()


@contextmanager
def on_stage(folder: Path) -> Iterator[Stage]:
    """A stage whose station has started."""
    stage = Stage(folder)
    try:
        stage.station.boot()
        yield stage
    finally:
        stage.close()
