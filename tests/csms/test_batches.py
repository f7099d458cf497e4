"""B05, B06, N04, N06: no command has more items than the station has said it takes; the answer is one all the same."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import ocpp.v16
import ocpp.v201
import pytest
import websockets
from ocpp.routing import on
from websockets.typing import Subprotocol

from ladewerk.csms.batches import most_of
from ladewerk.csms.dossiers.reports import Attribute, Place, Variable


class Station(ocpp.v201.ChargePoint):  # type: ignore[misc]  # the package has no types
    """Says of every variable that it is 2, and notes how much it was asked for at a time."""

    boot = ocpp.v201.call.BootNotification({"model": "Two", "vendor_name": "Elsewhere"}, "PowerUp")

    def __init__(self, connection: Any) -> None:
        super().__init__("S-1", connection)
        self.sizes: list[int] = []

    def note(self, items: list[Any]) -> list[dict[str, Any]]:
        self.sizes.append(len(items))
        return [
            {"component": one["component"], "variable": one["variable"], "attribute_status": "Accepted"} for one in items
        ]

    @on("GetVariables")  # type: ignore[untyped-decorator]
    async def get_variables(self, get_variable_data: list[Any], **_: Any) -> Any:
        results = [one | {"attribute_value": "2"} for one in self.note(get_variable_data)]
        return ocpp.v201.call_result.GetVariables(results)

    @on("SetVariables")  # type: ignore[untyped-decorator]
    async def set_variables(self, set_variable_data: list[Any], **_: Any) -> Any:
        return ocpp.v201.call_result.SetVariables(self.note(set_variable_data))

    @on("ClearVariableMonitoring")  # type: ignore[untyped-decorator]
    async def clear(self, id: list[int], **_: Any) -> Any:  # noqa: A002  # the package calls it so
        self.sizes.append(len(id))
        return ocpp.v201.call_result.ClearVariableMonitoring([{"status": "Accepted", "id": one} for one in id])


class Station16(ocpp.v16.ChargePoint):  # type: ignore[misc]
    """The same of its keys."""

    boot = ocpp.v16.call.BootNotification(charge_point_model="Sixteen", charge_point_vendor="Elsewhere")

    def __init__(self, connection: Any) -> None:
        super().__init__("S-1", connection)
        self.sizes: list[int] = []

    @on("GetConfiguration")  # type: ignore[untyped-decorator]
    async def get_configuration(self, key: list[str], **_: Any) -> Any:
        self.sizes.append(len(key))
        known = [{"key": one, "readonly": True, "value": "2"} for one in key]
        return ocpp.v16.call_result.GetConfiguration(configuration_key=known)


@asynccontextmanager
async def connected(csms: Any, kind: Any, protocol: str) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    async with csms() as running:
        commands = f"{running.web_url}/api/stations/S-1/commands/"
        address = f"ws://127.0.0.1:{running.ocpp_port}/S-1"
        async with (
            httpx.AsyncClient(base_url=commands, trust_env=False) as client,
            websockets.connect(address, subprotocols=[Subprotocol(protocol)]) as connection,
        ):
            station = kind(connection)
            reading = asyncio.create_task(station.start())
            try:
                await station.call(station.boot)
                yield station, client
            finally:
                reading.cancel()
                await asyncio.wait([reading])


def places(component: str, *variables: str, **more: Any) -> list[dict[str, Any]]:
    return [{"component": {"name": component}, "variable": {"name": one}} | more for one in variables]


def per_message(component: str, instance: str) -> dict[str, Any]:
    variable = {"name": "ItemsPerMessage", "instance": instance}
    return {"getVariableData": [{"component": {"name": component}, "variable": variable}]}


FIVE = ("A", "B", "C", "D", "E")
SETTING = {"setVariableData": places("X", *FIVE, attributeValue="1")}


@pytest.mark.parametrize(
    ("action", "body", "limit", "result"),
    [
        ("GetVariables", {"getVariableData": places("X", *FIVE)}, "DeviceDataCtrlr", "getVariableResult"),
        ("SetVariables", SETTING, "DeviceDataCtrlr", "setVariableResult"),
        ("ClearVariableMonitoring", {"id": [1, 2, 3, 4, 5]}, "MonitoringCtrlr", "clearMonitoringResult"),
    ],
)
def test_b05_b06_n06_no_more_items_than_a_station_takes(
    csms: Any, action: str, body: dict[str, Any], limit: str, result: str
) -> None:
    async def go() -> None:
        async with connected(csms, Station, "ocpp2.0.1") as (station, client):
            # Nobody knows yet how many it takes.
            whole = (await client.post(action, json=body)).json()[result]
            assert len(whole) == 5
            assert station.sizes[-1] == 5
            await client.post("GetVariables", json=per_message(limit, action))
            station.sizes.clear()
            assert (await client.post(action, json=body)).json()[result] == whole
            assert station.sizes == [2, 2, 1]

    asyncio.run(go())


def test_in_16_get_configuration_has_no_more_keys_than_a_station_takes(csms: Any) -> None:
    async def go() -> None:
        async with connected(csms, Station16, "ocpp1.6") as (station, client):
            await client.post("GetVariables", json={"getVariableData": places("OCPP16", "GetConfigurationMaxKeys")})
            station.sizes.clear()
            told = await client.post("GetVariables", json={"getVariableData": places("OCPP16", *FIVE)})
            assert [one["variable"]["name"] for one in told.json()["getVariableResult"]] == list(FIVE)
            assert station.sizes == [2, 2, 1]

    asyncio.run(go())


@pytest.mark.parametrize(("value", "most"), [("3", 3), ("0", None), ("-1", None), ("many", None), ("²", None), (None, None)])
def test_a_bound_that_is_none_bounds_nothing(value: str | None, most: int | None) -> None:
    place = Place(component="DeviceDataCtrlr", variable="ItemsPerMessage")
    assert most_of(Variable(place=place, attributes=(Attribute(type="Actual", value=value),))) == most
    assert most_of(Variable(place=place)) is None
