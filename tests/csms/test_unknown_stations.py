"""Stations that nobody knows, of the PyPI package ``ocpp``: they wait on a list until somebody lets them in."""

import asyncio
from typing import Any

import httpx
import pytest
import websockets
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call as call16
from ocpp.v21 import ChargePoint as ChargePoint21
from ocpp.v21 import call as call21
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call as call201
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

ABOUT = {"model": "New", "vendor_name": "Elsewhere"}
STATIONS = {
    "ocpp1.6": (ChargePoint16, call16.BootNotification(charge_point_model="New", charge_point_vendor="Elsewhere")),
    "ocpp2.0.1": (ChargePoint201, call201.BootNotification(charging_station=ABOUT, reason="PowerUp")),
    "ocpp2.1": (ChargePoint21, call21.BootNotification(charging_station=ABOUT, reason="PowerUp")),
}


async def knocks(address: str, protocol: str) -> None:
    with pytest.raises(InvalidStatus) as turned_away:
        await websockets.connect(address, subprotocols=[Subprotocol(protocol)])
    assert turned_away.value.response.status_code == 404


def test_a_station_of_any_version_waits_is_let_in_and_served_or_is_listed_no_more(csms: Any) -> None:
    async def go() -> None:
        async with (
            csms(accept_unknown=False) as running,
            httpx.AsyncClient(base_url=f"{running.web_url}/api/stations", trust_env=False) as client,
        ):
            base = f"ws://127.0.0.1:{running.ocpp_port}"
            for protocol in STATIONS:
                await knocks(f"{base}/NEW-{protocol}", protocol)
            await knocks(f"{base}/STRANGER", "ocpp2.1")
            listed = {one["id"]: one["state"] for one in (await client.get("")).json()}
            assert listed == dict.fromkeys(["NEW-ocpp1.6", "NEW-ocpp2.0.1", "NEW-ocpp2.1", "STRANGER"], "waiting")
            for protocol, (kind, boot) in STATIONS.items():
                let_in = await client.post(f"/new-{protocol}/approve")
                assert (let_in.status_code, let_in.json()["has_password"]) == (200, False)
                async with websockets.connect(f"{base}/NEW-{protocol}", subprotocols=[Subprotocol(protocol)]) as connection:
                    station = kind(f"NEW-{protocol}", connection)
                    reading = asyncio.create_task(station.start())
                    assert (await station.call(boot)).status == "Accepted"
                    reading.cancel()
                    await asyncio.wait([reading])
            assert (await client.post("/STRANGER/refuse")).status_code == 204
            await knocks(f"{base}/stranger", "ocpp2.1")
            states = {one["id"]: one["state"] for one in (await client.get("")).json()}
            assert "STRANGER" not in states
            assert (await client.post("/STRANGER/refuse")).status_code == 404
            assert (await client.post("/STRANGER/approve")).status_code == 404
            # Whoever is turned away by mistake is added by name.
            assert (await client.post("", json={"id": "STRANGER"})).status_code == 201
            async with websockets.connect(f"{base}/STRANGER", subprotocols=[Subprotocol("ocpp2.1")]):
                pass

    asyncio.run(go())
