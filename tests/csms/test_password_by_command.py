"""Block A, A01: a station is told another password, and gets in by that which it has, whatever was lost on the way."""

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
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

OLD, NEW, NEWER = "correct-horse-battery", "staple-correct-horse", "battery-staple-correct"
IN_HEX = NEW.encode().hex().upper()
COMPONENT = {"name": "SecurityCtrlr"}
PASSWORD = {"name": "BasicAuthPassword"}


class Station201(ocpp.v201.ChargePoint):  # type: ignore[misc]  # the package has no types
    """Answers SetVariables with ``status``, or not at all."""

    status: str | None = "Accepted"
    boot = ocpp.v201.call.BootNotification({"model": "Two", "vendor_name": "Elsewhere"}, "PowerUp")

    @on("SetVariables")  # type: ignore[untyped-decorator]
    async def set_variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        if self.status is None:
            await self._connection.close()
        places = [{"component": one["component"], "variable": one["variable"]} for one in set_variable_data]
        return ocpp.v201.call_result.SetVariables([{"attribute_status": self.status, **place} for place in places])


class Station16(ocpp.v16.ChargePoint):  # type: ignore[misc]
    """Takes every key."""

    boot = ocpp.v16.call.BootNotification(charge_point_model="Sixteen", charge_point_vendor="Elsewhere")

    @on("ChangeConfiguration")  # type: ignore[untyped-decorator]
    async def change_configuration(self, **_: Any) -> Any:
        return ocpp.v16.call_result.ChangeConfiguration("Accepted")


@asynccontextmanager
async def connected(running: Any, password: str | bytes, kind: Any = Station201) -> AsyncIterator[Any]:
    protocol = "ocpp1.6" if kind is Station16 else "ocpp2.0.1"
    said = password if isinstance(password, bytes) else password.encode()
    credentials = httpx.BasicAuth(b"S-1", said)._auth_header
    async with websockets.connect(
        f"ws://127.0.0.1:{running.ocpp_port}/S-1",
        subprotocols=[Subprotocol(protocol)],
        additional_headers={"Authorization": credentials},
    ) as connection:
        station = kind("S-1", connection)
        reading = asyncio.create_task(station.start())
        try:
            # It is served once it is answered.
            await station.call(station.boot)
            yield station
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def lets_in(running: Any, password: str | bytes, kind: Any = Station201) -> bool:
    try:
        async with connected(running, password, kind):
            return True
    except InvalidStatus as turned_away:
        if turned_away.response.status_code != 401:
            raise
        return False


async def tell(client: httpx.AsyncClient, value: str, component: str, variable: str) -> httpx.Response:
    place = {"component": {"name": component}, "variable": {"name": variable}}
    body = {"setVariableData": [{"attributeValue": value, **place}]}
    return await client.post("/api/stations/S-1/commands/SetVariables", json=body)


@asynccontextmanager
async def with_password(csms: Any) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
        added = await client.post("/api/stations", json={"id": "S-1", "password": OLD})
        assert added.status_code == 201
        yield running, client


@pytest.mark.parametrize(
    ("status", "old_holds", "new_holds"),
    [("Accepted", False, True), ("Rejected", True, False), ("NotSupportedAttributeType", True, False)],
)
def test_a01_fr_03_04_the_answer_says_which_password_holds(csms: Any, status: str, old_holds: bool, new_holds: bool) -> None:
    async def go() -> None:
        async with with_password(csms) as (running, client):
            async with connected(running, OLD) as station:
                station.status = status
                assert (await tell(client, NEW, "SecurityCtrlr", "BasicAuthPassword")).status_code == 200
            assert await lets_in(running, OLD) is old_holds
            assert await lets_in(running, NEW) is new_holds
            assert await lets_in(running, OLD) is old_holds

    asyncio.run(go())


@pytest.mark.parametrize("comes_with", [OLD, NEW])
def test_a01_a_station_that_was_lost_before_its_answer_gets_in_by_what_it_has_and_by_that_alone(
    csms: Any, comes_with: str
) -> None:
    async def go() -> None:
        async with with_password(csms) as (running, client), connected(running, OLD) as station:
            station.status = None
            assert (await tell(client, NEW, "SecurityCtrlr", "BasicAuthPassword")).status_code == 502
        async with csms() as running:
            assert not await lets_in(running, NEWER)
            assert await lets_in(running, comes_with)
            assert not await lets_in(running, OLD if comes_with == NEW else NEW)
            assert await lets_in(running, comes_with)

    asyncio.run(go())


@pytest.mark.parametrize("comes_with", [NEW, IN_HEX])
def test_a01_the_key_of_16_is_in_hexadecimal_and_a_station_may_show_it_either_way(csms: Any, comes_with: str) -> None:
    async def go() -> None:
        async with with_password(csms) as (running, client):
            async with connected(running, OLD, Station16):
                assert (await tell(client, IN_HEX, "OCPP16", "AuthorizationKey")).status_code == 200
            assert not await lets_in(running, OLD, Station16)
            assert await lets_in(running, comes_with, Station16)
            assert not await lets_in(running, NEW if comes_with == IN_HEX else IN_HEX, Station16)

    asyncio.run(go())


def test_a00_fr_205_a_password_of_another_length_is_not_sent(csms: Any) -> None:
    async def go() -> None:
        async with with_password(csms) as (running, client), connected(running, OLD):
            answer = await tell(client, "too-short", "SecurityCtrlr", "BasicAuthPassword")
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == "setVariableData[0].attributeValue"
            assert await lets_in(running, OLD)

    asyncio.run(go())


def test_a_station_of_which_no_password_is_asked_is_asked_for_none_by_a_command(csms: Any) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            async with connected(running, "whatever"):
                assert (await tell(client, NEW, "SecurityCtrlr", "BasicAuthPassword")).status_code == 200
            assert await lets_in(running, "whatever")

    asyncio.run(go())
