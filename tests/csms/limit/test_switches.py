"""Smart charging switched off by command: a station that follows no profile counts at the most it may draw."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from ladewerk.clock import SystemClock
from ladewerk.csms.planning.site import Site
from ladewerk.ocpp import Context, Peer, Router, Version, connect, v21

COMMAND = "/api/stations/S-1/commands/SetVariables"


def switching(value: str) -> dict[str, Any]:
    component, variable = {"name": "SmartChargingCtrlr"}, {"name": "Enabled"}
    return {"setVariableData": [{"component": component, "variable": variable, "attributeValue": value}]}


@asynccontextmanager
async def station(running: Any, answers: list[str]) -> AsyncIterator[None]:
    """Takes every profile, and answers SetVariables with the next of ``answers``."""
    router: Router[None] = Router()

    @router.on(v21.SetChargingProfileRequest)
    async def take(_: Context[None], __: v21.SetChargingProfileRequest) -> v21.SetChargingProfileResponse:
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)

    @router.on(v21.SetVariablesRequest)
    async def switch(_: Context[None], request: v21.SetVariablesRequest) -> v21.SetVariablesResponse:
        (one,) = request.set_variable_data
        status = v21.SetVariableStatusEnumType(answers.pop(0))
        result = v21.SetVariableResultType(attribute_status=status, component=one.component, variable=one.variable)
        return v21.SetVariablesResponse(set_variable_result=(result,))

    url = f"ws://127.0.0.1:{running.ocpp_port}"
    async with (
        connect(url, identity="S-1", versions=[Version.V21]) as channel,
        Peer(channel, version=Version.V21, router=router, state=None, clock=SystemClock()) as peer,
    ):
        about = v21.ChargingStationType(model="Tiny", vendor_name="Test")
        await peer.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))
        status = v21.StatusNotificationRequest(
            timestamp=SystemClock().now(),
            connector_status=v21.ConnectorStatusEnumType.AVAILABLE,
            evse_id=1,
            connector_id=1,
        )
        await peer.call(status)
        await confirmed(running)
        yield


async def confirmed(running: Any) -> None:
    """Until its fallback is."""
    for _ in range(1200):
        outlet = running.outlets.known.get(("s-1", 1))
        if outlet is not None and outlet.fallback is not None:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it has taken no fallback")


@pytest.mark.parametrize(
    ("limit_w", "answers", "statuses", "follows", "counts_a"),
    [
        (11_000.0, [], [422], True, 6.0),
        (60_000.0, ["Accepted"], [200], False, 32.0),
        (60_000.0, ["Rejected"], [200], True, 6.0),
        (60_000.0, ["RebootRequired"], [200], False, 32.0),
        (60_000.0, ["Accepted", "Rejected"], [200, 200], False, 32.0),
        (60_000.0, ["Accepted", "Accepted"], [200, 200], True, 6.0),
    ],
)
def test_what_is_switched_off_counts_at_its_rating_where_it_is_not_refused(
    csms: Any, limit_w: float, answers: list[str], statuses: list[int], follows: bool, counts_a: float
) -> None:
    async def go() -> None:
        site = Site(limit_w=limit_w, fallback_a=6.0)
        async with (
            csms(site=site) as running,
            station(running, answers),
            httpx.AsyncClient(base_url=running.web_url, trust_env=False, timeout=60) as client,
        ):
            for value, status in zip(("false", "true"), statuses, strict=False):
                answer = await client.post(COMMAND, json=switching(value))
                assert answer.status_code == status, answer.text
                assert ("kW could be drawn" in answer.text) is (status == 422)
            quirks = (await client.get("/api/stations/S-1/quirks")).json()
            assert quirks["used"]["follows_profiles"] is follows
            if follows:
                await confirmed(running)
            assert running.outlets.known["s-1", 1].base().current_a == counts_a

    asyncio.run(asyncio.wait_for(go(), 120))
