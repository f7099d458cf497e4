"""An OCPP 1.6 station that nobody here wrote: the ChargePoint of the PyPI package ``ocpp`` charges and takes a profile."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import websockets
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call, call_result
from websockets.typing import Subprotocol

from ladewerk.clock import SystemClock


class Station(ChargePoint):  # type: ignore[misc]  # the package has no types
    """Takes profiles and has one configuration key."""

    def __init__(self, identity: str, connection: Any) -> None:
        super().__init__(identity, connection)
        self.profiles: asyncio.Queue[tuple[int, dict[str, Any]]] = asyncio.Queue()

    @on("SetChargingProfile")  # type: ignore[untyped-decorator]
    async def set_charging_profile(self, connector_id: int, cs_charging_profiles: dict[str, Any], **_: Any) -> Any:
        # What it is left without its CSMS comes first.
        if cs_charging_profiles["charging_profile_purpose"] == "TxProfile":
            self.profiles.put_nowait((connector_id, cs_charging_profiles))
        return call_result.SetChargingProfile(status="Accepted")

    @on("GetConfiguration")  # type: ignore[untyped-decorator]
    async def get_configuration(self, key: list[str] | None = None, **_: Any) -> Any:
        known = {"key": "HeartbeatInterval", "readonly": False, "value": "300"}
        colour = {"key": "Colour", "readonly": True, "value": "blue"}
        return call_result.GetConfiguration(
            configuration_key=[known] if key else [known, colour], unknown_key=(key or [])[1:]
        )


def sample(value: str, measurand: str, unit: str) -> dict[str, str]:
    return {"value": value, "measurand": measurand, "unit": unit}


async def power_up(station: Station) -> None:
    booted = await station.call(call.BootNotification(charge_point_model="Sixteen", charge_point_vendor="Elsewhere"))
    assert (booted.status, booted.interval) == ("Accepted", 300)
    for connector, status in ((0, "Available"), (1, "Preparing")):
        answer = await station.call(call.StatusNotification(connector_id=connector, error_code="NoError", status=status))
        assert answer is not None
    assert (await station.call(call.Heartbeat())).current_time
    assert (await station.call(call.Authorize(id_tag="04A1B2"))).id_tag_info["status"] == "Accepted"


async def charge(station: Station, at: datetime) -> int:
    start = call.StartTransaction(connector_id=1, id_tag="04A1B2", meter_start=1000, timestamp=at.isoformat())
    started = await station.call(start)
    assert started.id_tag_info["status"] == "Accepted"
    # The answer was lost, so the station says it again: it must not become a second transaction.
    assert (await station.call(start)).transaction_id == started.transaction_id
    await station.call(call.StatusNotification(connector_id=1, error_code="NoError", status="Charging"))
    number: int = started.transaction_id
    samples = [sample("1.7", "Energy.Active.Import.Register", "kWh"), sample("7360.0", "Power.Active.Import", "W")]
    reading = {"timestamp": (at + timedelta(minutes=5)).isoformat(), "sampled_value": samples}
    values = call.MeterValues(connector_id=1, transaction_id=number, meter_value=[reading])
    assert await station.call(values) is not None
    return number


def profile(number: int, at: datetime) -> dict[str, Any]:
    """What the operator sends, in OCPP 2.1."""
    schedule = {
        "id": 1,
        "startSchedule": at.isoformat(),
        "duration": 3600,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 13.37},
            {"startPeriod": 1800, "limit": 6.0, "numberPhases": 1},
        ],
    }
    return {
        "evseId": 1,
        "chargingProfile": {
            "id": 7,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "transactionId": str(number),
            "chargingSchedule": [schedule],
        },
    }


async def command_it(api: str, station: Station, number: int, at: datetime) -> None:
    async with httpx.AsyncClient(base_url=f"{api}/api/stations/SIXTEEN/commands", trust_env=False) as client:
        told = await client.post("/SetChargingProfile", json=profile(number, at))
        assert (told.status_code, told.json()) == (200, {"status": "Accepted"})
        connector, taken = station.profiles.get_nowait()
        assert (connector, taken["transaction_id"], taken["charging_profile_id"]) == (1, number, 7)
        periods = taken["charging_schedule"]["charging_schedule_period"]
        assert [(period["start_period"], float(period["limit"])) for period in periods] == [(0, 13.3), (1800, 6.0)]
        assert (periods[0].get("number_phases"), periods[1]["number_phases"]) == (None, 1)
        wanted = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        told = await client.post("/GetVariables", json={"getVariableData": [wanted]})
        assert told.json()["getVariableResult"] == [{**wanted, "attributeStatus": "Accepted", "attributeValue": "300"}]
        told = await client.post("/GetBaseReport", json={"requestId": 1, "reportBase": "FullInventory"})
        assert (told.status_code, told.json()) == (200, {"status": "Accepted"})
        told = await client.post("/GetReport", json={"requestId": 1})
        assert told.status_code == 422
        assert "OCPP 1.6" in told.text


@pytest.mark.parametrize("lost_connection", [False, True])
def test_a_foreign_16_station_charges_in_one_transaction(csms: Any, lost_connection: bool) -> None:
    async def go() -> None:
        at = SystemClock().now().replace(microsecond=0)
        async with csms() as running:
            address = f"ws://127.0.0.1:{running.ocpp_port}/SIXTEEN"
            async with websockets.connect(address, subprotocols=[Subprotocol("ocpp1.6")]) as connection:
                station, reading = begin(connection)
                await power_up(station)
                number = await charge(station, at)
                await command_it(running.web_url, station, number, at)
                open_ = running.ledger.open_transaction(("sixteen", 1))
                assert open_ is not None
                assert (open_.transaction_id, open_.charging_state, open_.power_w) == (str(number), "Charging", 7360.0)
                if not lost_connection:
                    await stop(station, number, at)
                await end(reading)
            if lost_connection:
                async with websockets.connect(address, subprotocols=[Subprotocol("ocpp1.6")]) as connection:
                    station, reading = begin(connection)
                    await stop(station, number, at)
                    await end(reading)
            await check(running, number)

    asyncio.run(go())


def begin(connection: Any) -> tuple[Station, asyncio.Task[None]]:
    station = Station("SIXTEEN", connection)
    return station, asyncio.create_task(station.start())


async def end(reading: asyncio.Task[None]) -> None:
    reading.cancel()
    await asyncio.wait([reading])


async def stop(station: Station, number: int, at: datetime) -> None:
    timestamp = (at + timedelta(minutes=30)).isoformat()
    request = call.StopTransaction(meter_stop=4680, timestamp=timestamp, transaction_id=number, reason="EVDisconnected")
    for _ in range(2):
        # Again as if the answer had been lost.
        assert await station.call(request) is not None


async def check(running: Any, number: int) -> None:
    async with httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
        (transaction,) = (await client.get("/api/transactions")).json()
        overview = (await client.get("/api/overview")).json()
    assert transaction["transaction_id"] == str(number)
    assert (transaction["energy_wh"], transaction["stopped_reason"]) == (3680.0, "EVDisconnected")
    assert transaction["ended_at"] is not None
    (station,) = overview["stations"]
    assert (station["version"], station["vendor"], station["model"]) == ("ocpp1.6", "Elsewhere", "Sixteen")


def test_a_start_repeated_over_a_restart_of_the_csms_is_the_same_transaction(csms: Any) -> None:
    async def go() -> None:
        at = SystemClock().now().replace(microsecond=0)
        start = call.StartTransaction(connector_id=1, id_tag="04A1B2", meter_start=1000, timestamp=at.isoformat())
        other = call.StartTransaction(connector_id=2, id_tag="04A1B2", meter_start=1000, timestamp=at.isoformat())
        numbers = []
        for _ in range(2):
            async with csms() as running:
                address = f"ws://127.0.0.1:{running.ocpp_port}/SIXTEEN"
                async with websockets.connect(address, subprotocols=[Subprotocol("ocpp1.6")]) as connection:
                    station, reading = begin(connection)
                    await power_up(station)
                    numbers.append((await station.call(start)).transaction_id)
                    # A reading in between changes nothing about that.
                    samples = [sample("1001", "Energy.Active.Import.Register", "Wh")]
                    reported = {"timestamp": at.isoformat(), "sampled_value": samples}
                    await station.call(call.MeterValues(connector_id=1, transaction_id=numbers[0], meter_value=[reported]))
                    await end(reading)
        async with csms() as running:
            address = f"ws://127.0.0.1:{running.ocpp_port}/SIXTEEN"
            async with websockets.connect(address, subprotocols=[Subprotocol("ocpp1.6")]) as connection:
                station, reading = begin(connection)
                numbers.append((await station.call(other)).transaction_id)
                await end(reading)
            async with httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
                known = (await client.get("/api/transactions")).json()
        assert numbers[0] == numbers[1] < numbers[2]
        assert {transaction["transaction_id"] for transaction in known} == {str(numbers[0]), str(numbers[2])}

    asyncio.run(go())
