"""The API over real HTTP: what it shows, what it takes, and how it says no."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect as open_websocket

from ladewerk.ocpp import v21


def against(csms: Any, work: Callable[[Any, httpx.AsyncClient], Awaitable[None]], **settings: Any) -> None:
    """Run ``work`` with a running CSMS and a client of its API."""

    async def go() -> None:
        async with csms(**settings) as running, httpx.AsyncClient(base_url=running.web_url) as client:
            await work(running, client)

    asyncio.run(go())


def test_a_csms_that_nobody_has_talked_to(csms: Any) -> None:
    async def work(_running: Any, client: httpx.AsyncClient) -> None:
        seen = (await client.get("/api/overview")).json()
        assert (seen["stations"], seen["needs"], seen["plans"]) == ([], [], [])
        assert seen["site"]["limit_w"] == 17250
        assert (await client.get("/healthz")).json()["status"] == "ok"
        assert (await client.get("/api/transactions")).json() == []
        assert (await client.get("/api/frames")).json() == []
        assert (await client.get("/")).status_code == 200

    against(csms, work)


def test_every_route_is_described_and_no_page_loads_foreign_scripts(csms: Any) -> None:
    async def work(_running: Any, client: httpx.AsyncClient) -> None:
        described = (await client.get("/openapi.json")).json()
        assert described["openapi"].startswith("3.")
        assert {
            "/api/overview",
            "/api/site",
            "/api/stations",
            "/api/stations/{station_id}",
            "/api/stations/{station_id}/approve",
            "/api/stations/{station_id}/certificates",
            "/api/stations/{station_id}/customer-information",
            "/api/stations/{station_id}/customer-information/{number}",
            "/api/stations/{station_id}/display-messages",
            "/api/stations/{station_id}/firmware",
            "/api/stations/{station_id}/local-list",
            "/api/stations/{station_id}/logs",
            "/api/stations/{station_id}/monitors",
            "/api/stations/{station_id}/reservations/{number}",
            "/api/stations/{station_id}/variables",
            "/api/certificate-authority",
            "/api/notices",
            "/api/reservations",
            "/api/stations/{station_id}/quirks",
            "/api/stations/{station_id}/refuse",
            "/api/stations/{station_id}/registration",
            "/api/stations/{station_id}/evses/{evse_id}/needs",
            "/api/transactions",
            "/api/plans",
            "/api/plans/{number}",
            "/api/frames",
            "/api/stations/{station_id}/frames",
            "/api/tokens",
            "/api/tokens/{id_token}",
            "/api/session",
            "/api/setup",
            "/api/password",
            "/api/users",
            "/api/users/{name}",
            "/api/keys",
            "/api/keys/{name}",
            "/api/changes",
            "/api/refusals",
            "/api/own",
            "/api/stations/{station_id}/stop",
            "/healthz",
            "/metrics",
        } == {path for path in described["paths"] if "/commands/" not in path}
        for path in ("/openapi", "/openapi/swagger", "/schema"):
            assert "<script" not in (await client.get(path)).text

    against(csms, work)


def test_the_site_is_changed_by_what_is_given(csms: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        load = [{"start_at": "2026-01-05T17:00:00+01:00", "power_w": 800}]
        answer = await client.put("/api/site", json={"limit_w": 9000, "base_load": load})
        assert answer.status_code == 200
        assert (answer.json()["limit_w"], answer.json()["voltage_v"]) == (9000, 230)
        assert running.ledger.site.base_load[0].power_w == 800
        # What is read may be written back.
        assert (await client.put("/api/site", json=answer.json())).json() == answer.json()

    against(csms, work)


def test_a_site_that_cannot_be_planned_with_is_refused_by_field(csms: Any) -> None:
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"limit_w": -1}, "limit_w", "out-of-range"),
        ({"limit_w": "much"}, "limit_w", "invalid"),
        ({"limits": 1}, "limits", "unknown-field"),
        ({"prices": [{"start_at": "2026-01-05T17:00:00Z"}]}, "prices[0]", "invalid"),
        ({"tariff": {"steps": [{"from": "7:00", "price_per_kwh": 0.3}]}}, "tariff.steps[0].from", "not-a-time"),
    ]

    async def work(running: Any, client: httpx.AsyncClient) -> None:
        before = running.ledger.site
        for change, field, code in cases:
            answer = await client.put("/api/site", json=change)
            assert answer.status_code == 422
            assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]
            assert answer.json()["errors"][0]["text"]
        assert running.ledger.site == before

    against(csms, work)


def test_what_is_not_json_is_refused_as_json(csms: Any) -> None:
    async def work(_running: Any, client: httpx.AsyncClient) -> None:
        answer = await client.put("/api/site", content=b"{", headers={"content-type": "application/json"})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["code"] == "invalid"
        missing = await client.get("/api/nothing")
        assert (missing.status_code, missing.json()["code"]) == (404, "http-404")
        assert (await client.get("/api/frames?limit=0")).json()["errors"][0]["field"] == "limit"
        assert (await client.get("/api/plans/7")).status_code == 404
        assert (await client.get("/api/plans/x")).status_code == 404

    against(csms, work)


def test_a_page_of_a_foreign_site_cannot_write(csms: Any) -> None:
    async def work(_running: Any, client: httpx.AsyncClient) -> None:
        answer = await client.put("/api/site", json={"limit_w": 9000}, headers={"origin": "http://evil.example"})
        assert answer.status_code == 403

    against(csms, work)


def test_a_station_waits_is_approved_and_served(csms: Any, tiny_station: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        with pytest.raises(Exception, match="404"):
            async with tiny_station(running.ocpp_port, "S-1"):
                raise AssertionError("let in")
        waiting = (await client.get("/api/stations")).json()
        assert [(station["id"], station["state"]) for station in waiting] == [("S-1", "waiting")]
        assert (await client.post("/api/stations/nobody/approve")).status_code == 404
        assert (await client.post("/api/stations/s-1/approve")).json()["state"] == "offline"
        async with tiny_station(running.ocpp_port, "S-1") as station:
            await station.boot()
            await station.call(
                v21.StatusNotificationRequest(
                    timestamp=running.ledger.stations["s-1"].approved_at,
                    connector_status=v21.ConnectorStatusEnumType.OCCUPIED,
                    evse_id=1,
                    connector_id=1,
                )
            )
            seen = (await client.get("/api/stations/S-1")).json()
            assert (seen["state"], seen["vendor"], seen["version"]) == ("online", "Test", "ocpp2.1")
            assert seen["evses"][0]["status"] == "Occupied"
            assert "password_hash" not in seen

    against(csms, work, accept_unknown=False)


def test_a_station_may_be_added_with_a_password_that_is_shown_once(csms: Any, tiny_station: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        for wrong in ({"id": "a:b"}, {"id": ""}, {"id": "S-1", "password": "short"}):
            assert (await client.post("/api/stations", json=wrong)).status_code == 422
        added = (await client.post("/api/stations", json={"id": "S-1", "make_password": True})).json()
        password = added["password"]
        assert added["station"]["has_password"]
        assert password not in json.dumps((await client.get("/api/overview")).json())
        async with tiny_station(running.ocpp_port, "S-1", password=password) as station:
            assert (await station.boot()).status == "Accepted"

    against(csms, work, accept_unknown=False)


def test_a_command_returns_the_answer_of_the_station(csms: Any, tiny_station: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        url = "/api/stations/S-1/commands"
        assert (await client.post(f"{url}/Reset", json={})).status_code == 404
        async with tiny_station(running.ocpp_port, "S-1") as station:
            await station.boot()
            await station.event("Started", 0)  # a station of which no EVSE is known gets no profile for all of them
            profile = {
                "id": 1,
                "stackLevel": 0,
                "chargingProfilePurpose": "ChargingStationMaxProfile",
                "chargingProfileKind": "Absolute",
                "chargingSchedule": [
                    {
                        "id": 1,
                        "startSchedule": "2026-01-05T17:00:00Z",
                        "chargingRateUnit": "A",
                        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}],
                    }
                ],
            }
            answer = await client.post(f"{url}/SetChargingProfile", json={"evseId": 0, "chargingProfile": profile})
            assert (answer.status_code, answer.json()) == (200, {"status": "Accepted"})
            assert station.profiles.get_nowait().charging_profile.id == 1
            wrong = await client.post(f"{url}/SetChargingProfile", json={"evseId": "one", "chargingProfile": profile})
            assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "evseId")
            refused = await client.post(f"{url}/Reset", json={"type": "Immediate"})
            assert (refused.status_code, refused.json()["code"]) == (502, "refused")
            assert refused.json()["params"]["error_code"] in {"NotSupported", "NotImplemented"}
            for action in ("TransactionEvent", "Nonsense"):
                assert (await client.post(f"{url}/{action}", json={})).json()["code"] == "unknown-action"
        offline = await client.post(f"{url}/Reset", json={"type": "Immediate"})
        assert (offline.status_code, offline.json()["code"]) == (409, "offline")

    against(csms, work)


def test_transactions_say_by_what_right_they_were_begun(csms: Any, tiny_station: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        async with tiny_station(running.ocpp_port, "S-1") as station:
            await station.boot()
            await station.event("Started", 0, register_wh=100.0, token=True)
            await station.event("Updated", 1, register_wh=350.0)
            (seen,) = (await client.get("/api/transactions")).json()
            assert (seen["energy_wh"], seen["authorized_by"]) == (250, "authorized at the station")
            evse = (await client.get("/api/stations/S-1")).json()["evses"][0]
            assert (evse["transaction_id"], evse["energy_wh"]) == ("tx-1", 250)

    against(csms, work)


def test_live_events_tell_what_changes_and_which_frames_pass(csms: Any, tiny_station: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        async with open_websocket(f"ws{running.web_url.removeprefix('http')}/api/events") as socket:
            assert json.loads(await socket.recv())["type"] == "hello"
            first = json.loads(await socket.recv())
            assert (first["type"], first["overview"]["stations"]) == ("overview", [])
            async with tiny_station(running.ocpp_port, "S-1") as station:
                await station.boot()
                seen: list[dict[str, Any]] = []
                async with asyncio.timeout(120):
                    while not any(
                        told["type"] == "overview" and told["overview"]["stations"][0]["vendor"] == "Test" for told in seen
                    ):
                        seen.append(json.loads(await socket.recv()))
        frames = [told["frame"] for told in seen if told["type"] == "frame"]
        assert [frame["sent"] for frame in frames[:2]] == [False, True]
        assert "BootNotification" in frames[0]["text"]
        kept = (await client.get("/api/frames", params={"station": "S-1"})).json()
        assert kept == frames
        assert (await client.get("/api/frames", params={"station": "S-2"})).json() == []

    against(csms, work)


def test_a_password_in_a_frame_is_not_kept(csms: Any, tiny_station: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        async with tiny_station(running.ocpp_port, "S-1") as station:
            await station.boot()
            variable = {
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
                "attributeValue": "very-secret-indeed",
            }
            await client.post("/api/stations/S-1/commands/SetVariables", json={"setVariableData": [variable]})
            assert "very-secret-indeed" not in (await client.get("/api/frames")).text

    against(csms, work)
