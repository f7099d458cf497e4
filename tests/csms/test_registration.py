"""Block B: stations that are to wait (B02) or go (B03), as an operator says it, in all versions."""

import asyncio
from typing import Any

import httpx
import pytest

from ladewerk.clock import SystemClock
from ladewerk.errors import CallRefused
from ladewerk.ocpp import Version, v21

TRIGGER_HEARTBEAT = {"requestedMessage": "Heartbeat"}


async def register(client: httpx.AsyncClient, said: dict[str, Any]) -> dict[str, Any]:
    answer = await client.put("/api/stations/S-1/registration", json=said)
    assert answer.status_code == 200, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def refused_as_unaccepted(station: Any, request: Any) -> None:
    with pytest.raises(CallRefused) as refused:
        await station.call(request)
    assert refused.value.code == "SecurityError"


def connector_status() -> v21.StatusNotificationRequest:
    return v21.StatusNotificationRequest(
        timestamp=SystemClock().now(),
        connector_status=v21.ConnectorStatusEnumType.AVAILABLE,
        evse_id=1,
        connector_id=1,
    )


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_b02_fr_09_b03_fr_07_a_station_that_is_not_accepted_is_heard_only_when_asked(
    csms: Any, tiny_station: Any, version: Version, status: str
) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1", version=version) as station,
        ):
            assert (await station.boot()).status == "Accepted"
            waits = await register(client, {"status": status, "interval_s": 7})
            # It was accepted, and stays so until it introduces itself again.
            assert waits["booted_at"] is not None
            await station.call(connector_status())
            answer = await station.boot()
            assert (answer.status, answer.interval) == (status, 7)
            assert (await client.get("/api/stations/S-1/registration")).json()["booted_at"] is None
            await refused_as_unaccepted(station, v21.HeartbeatRequest())
            await refused_as_unaccepted(station, connector_status())
            # The station here knows no TriggerMessage; that it was asked is enough.
            await client.post("/api/stations/S-1/commands/TriggerMessage", json=TRIGGER_HEARTBEAT)
            assert await station.call(v21.HeartbeatRequest())
            await refused_as_unaccepted(station, connector_status())
            assert (await station.boot()).status == status
            await refused_as_unaccepted(station, v21.HeartbeatRequest())
            await register(client, {"status": "Accepted"})
            assert (await station.boot()).status == "Accepted"
            await station.call(connector_status())

    asyncio.run(go())


@pytest.mark.parametrize("ask", ["GetBaseReport", "GetReport"])
def test_b02_fr_01_a_pending_station_may_report_what_it_was_asked_for(csms: Any, tiny_station: Any, ask: str) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1") as station,
        ):
            report = v21.NotifyReportRequest(request_id=4, generated_at=SystemClock().now(), seq_no=0)
            await refused_as_unaccepted(station, report)
            await register(client, {"status": "Pending"})
            await station.boot()
            body = {"requestId": 4} | ({"reportBase": "FullInventory"} if ask == "GetBaseReport" else {})
            await client.post(f"/api/stations/S-1/commands/{ask}", json=body)
            assert await station.call(report) is not None

    asyncio.run(go())


def test_a_station_that_waits_still_waits_at_the_next_csms_and_is_told_nothing(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1") as station,
        ):
            await station.boot()
            await station.call(connector_status())
            await asyncio.wait_for(station.fallbacks.get(), 60)
            await register(client, {"status": "Pending", "interval_s": 9})
            assert (await station.boot()).status == "Pending"
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1") as station,
        ):
            await refused_as_unaccepted(station, v21.HeartbeatRequest())
            assert (await station.boot()).interval == 9
            await register(client, {"status": "Accepted"})
            await station.boot()
            await asyncio.wait_for(station.fallbacks.get(), 60)
            sent = [frame.text for frame in running.frame_log.newest(100) if frame.sent]
            answered = [text for text in sent if '"Accepted"' in text]
            first_call = next(place for place, text in enumerate(sent) if text.startswith("[2"))
            assert sent.index(answered[0]) < first_call

    asyncio.run(go())


@pytest.mark.parametrize("said", [{"status": "Perhaps"}, {"status": "Pending", "interval_s": 0}, {"wait": 3}])
def test_a_registration_that_makes_no_sense_changes_nothing(csms: Any, tiny_station: Any, said: dict[str, Any]) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1") as station,
        ):
            assert (await client.put("/api/stations/S-1/registration", json=said)).status_code == 422
            assert (await station.boot()).status == "Accepted"
            assert (await client.put("/api/stations/S-9/registration", json={})).status_code == 404

    asyncio.run(go())
