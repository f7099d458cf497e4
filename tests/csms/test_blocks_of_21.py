"""Messages that OCPP 2.1 added, and connectors that say how they are by an event: stations of other makers, raw frames."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import websockets
from websockets.typing import Subprotocol

AT = "2026-01-05T17:00:00.000Z"
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "New", "vendorName": "Elsewhere"}}
TOKEN = {"idToken": "AB12", "type": "ISO14443"}


class Line:
    """A station that says what it is told to, frame by frame."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._ids = iter(range(1000))

    async def call(self, action: str, payload: dict[str, Any]) -> Any:
        """The answer: its payload, or the error's code."""
        message_id = f"m{next(self._ids)}"
        await self._connection.send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(60):
            while True:
                frame = json.loads(await self._connection.recv())
                if frame[1] == message_id:
                    return frame[2]

    async def send(self, action: str, payload: dict[str, Any]) -> None:
        """Say what nothing answers."""
        await self._connection.send(json.dumps([6, f"m{next(self._ids)}", action, payload]))


@asynccontextmanager
async def line(csms: Any, protocol: str = "ocpp2.1") -> AsyncIterator[tuple[Line, httpx.AsyncClient]]:
    async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
        address = f"ws://127.0.0.1:{running.ocpp_port}/S-1"
        async with websockets.connect(address, subprotocols=[Subprotocol(protocol)]) as connection:
            station = Line(connection)
            assert (await station.call("BootNotification", BOOT))["status"] == "Accepted"
            yield station, client


def availability(value: str, evse: dict[str, int] | None, *, component: str = "Connector") -> dict[str, Any]:
    place = {"name": component} | ({} if evse is None else {"evse": evse})
    return {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Delta",
        "actualValue": value,
        "component": place,
        "eventNotificationType": "HardWiredNotification",
        "variable": {"name": "AvailabilityState"},
    }


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
def test_g01_a_connector_says_how_it_is_by_notify_event(csms: Any, protocol: str) -> None:
    async def go() -> None:
        async with line(csms, protocol) as (station, client):

            async def tell(*events: dict[str, Any]) -> dict[int, str]:
                answer = await station.call("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": list(events)})
                assert answer == {}
                evses = (await client.get("/api/stations/S-1")).json()["evses"]
                return {evse["id"]: evse["status"] for evse in evses}

            first, second = {"id": 1, "connectorId": 1}, {"id": 2, "connectorId": 1}
            said = await tell(availability("Available", first), availability("Occupied", second))
            assert said == {1: "Available", 2: "Occupied"}
            # None of these is a connector, or a status.
            nothing = (
                availability("Faulted", None),
                availability("Faulted", {"id": 1}),
                availability("Faulted", {"id": 0, "connectorId": 1}),
                availability("Faulted", {"id": 10_000, "connectorId": 1}),
                availability("Faulted", first, component="EVSE"),
                availability("Broken", first),
            )
            assert await tell(*nothing) == {1: "Available", 2: "Occupied"}
            assert await tell(availability("Faulted", first)) == {1: "Faulted", 2: "Occupied"}

    asyncio.run(go())


STREAM = {"id": 3, "params": {"interval": 5, "values": 2}, "variableMonitoringId": 7}
BATTERY = {"evseId": 1, "serialNumber": "B1", "soC": 50, "soH": 90}
KEPT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("OpenPeriodicEventStream", {"constantStreamData": STREAM}, {"status": "Accepted"}),
    ("ClosePeriodicEventStream", {"id": 3}, {}),
    ("BatterySwap", {"batteryData": [BATTERY], "eventType": "BatteryIn", "idToken": TOKEN, "requestId": 5}, {}),
    ("NotifyDERAlarm", {"controlType": "FreqDroop", "timestamp": AT, "alarmEnded": False}, {}),
    ("NotifyDERStartStop", {"controlId": "c1", "started": True, "timestamp": AT}, {}),
    ("NotifyPriorityCharging", {"activated": True, "transactionId": "tx-1"}, {}),
    ("ReportDERControl", {"requestId": 5}, {}),
    (
        "NotifySettlement",
        {"pspRef": "p1", "status": "Settled", "settlementAmount": 12.5, "settlementTime": AT},
        {},
    ),
]


@pytest.mark.parametrize(("action", "said", "answer"), KEPT, ids=[action for action, _, _ in KEPT])
def test_what_21_added_is_answered_and_kept(csms: Any, action: str, said: dict[str, Any], answer: dict[str, Any]) -> None:
    async def go() -> None:
        async with line(csms) as (station, client):
            assert await station.call(action, said) == answer
            (notice,) = (await client.get("/api/notices", params={"station": "S-1", "action": action})).json()
            assert notice["payload"] == said

    asyncio.run(go())


def test_n11_what_a_stream_brings_is_kept(csms: Any) -> None:
    async def go() -> None:
        async with line(csms) as (station, client):
            brought = {"id": 3, "pending": 0, "basetime": AT, "data": [{"t": 0.5, "v": "7"}]}
            await station.send("NotifyPeriodicEventStream", brought)
            listed = {"station": "S-1", "action": "NotifyPeriodicEventStream"}
            async with asyncio.timeout(60):
                while not (notices := (await client.get("/api/notices", params=listed)).json()):
                    # Nothing answers it: the next answer comes when it has been read.
                    assert "currentTime" in await station.call("Heartbeat", {})
            assert notices[0]["payload"] == brought

    asyncio.run(go())


@pytest.mark.parametrize(
    ("action", "said", "answer"),
    [
        ("VatNumberValidation", {"vatNumber": "DE1", "evseId": 2}, {"status": "Rejected", "vatNumber": "DE1", "evseId": 2}),
        ("PullDynamicScheduleUpdate", {"chargingProfileId": 4}, {"status": "Rejected"}),
    ],
)
def test_a_service_that_is_not_there_is_refused_with_the_reason(
    csms: Any, action: str, said: dict[str, Any], answer: dict[str, Any]
) -> None:
    async def go() -> None:
        async with line(csms) as (station, _client):
            told = await station.call(action, said)
            assert told.pop("statusInfo")["additionalInfo"]
            assert told == answer

    asyncio.run(go())
