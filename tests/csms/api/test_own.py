"""What a driver sees and steers: the own session, and nothing of anybody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ladewerk.clock import SystemClock
from ladewerk.ocpp import Context, Peer, Router, Version, connect, v21
from tests.csms.conftest import transaction_event

PASSWORD = "correct horse"
FUSE = "Fuse of Eve"
SITE = {"limit_w": 30_000, "fuses": [{"name": FUSE, "behind": ["S-1", "S-EVE"], "limit_w": 9000}]}


def token(id_token: str) -> v21.IdTokenType:
    return v21.IdTokenType(id_token=id_token, type="ISO14443")


@asynccontextmanager
async def house(csms: Any) -> AsyncIterator[tuple[Any, httpx.AsyncClient, httpx.AsyncClient, httpx.AsyncClient]]:
    """A CSMS with Ada, who administers it, and the drivers Dora and Eve."""
    async with csms(open=False) as running:
        ada, dora, eve = (httpx.AsyncClient(base_url=running.web_url, trust_env=False) for _ in range(3))
        async with ada, dora, eve:
            code = running.setup_url.rpartition("=")[2]
            await ada.post("/api/setup", json={"code": code, "user": "Ada", "password": PASSWORD})
            assert (await ada.put("/api/site", json=SITE)).status_code == 200
            for name, client in (("Dora", dora), ("Eve", eve)):
                user = {"name": name, "role": "driver", "password": PASSWORD, "id_tokens": [f"{name.upper()}-1"]}
                assert (await ada.put(f"/api/users/{name}", json=user)).status_code == 200
                assert (await client.post("/api/session", json={"user": name, "password": PASSWORD})).status_code == 200
            yield running, ada, dora, eve


@asynccontextmanager
async def stoppable(port: int, version: Version, stopped: "asyncio.Queue[str]") -> AsyncIterator[Peer[None]]:
    """A station that takes profiles, and ends a transaction when it is told to."""
    router: Router[None] = Router()

    @router.on(v21.SetChargingProfileRequest)
    async def _profile(_ctx: Context[None], _request: v21.SetChargingProfileRequest) -> v21.SetChargingProfileResponse:
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)

    @router.on(v21.RequestStopTransactionRequest)
    async def _stop(_ctx: Context[None], request: v21.RequestStopTransactionRequest) -> v21.RequestStopTransactionResponse:
        stopped.put_nowait(request.transaction_id)
        return v21.RequestStopTransactionResponse(status=v21.RequestStartStopStatusEnumType.ACCEPTED)

    async with (
        connect(f"ws://127.0.0.1:{port}", identity="S-1", versions=[version]) as channel,
        Peer(channel, version=version, router=router, state=None, clock=SystemClock()) as peer,
    ):
        about = v21.ChargingStationType(model="Tiny", vendor_name="Test")
        await peer.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))
        yield peer


@pytest.mark.parametrize("version", [Version.V16, Version.V21])
def test_a_driver_says_the_need_of_the_own_session_sees_its_plan_and_stops_it(
    csms: Any, until: Any, version: Version
) -> None:
    async def go() -> None:
        stopped: asyncio.Queue[str] = asyncio.Queue()
        async with house(csms) as (running, ada, dora, eve), stoppable(running.ocpp_port, version, stopped) as peer:
            assert (await dora.get("/api/own")).json()["sessions"] == []
            await peer.call(transaction_event("Started", 0, register_wh=1000, token=token("dora-1")))
            [session] = (await dora.get("/api/own")).json()["sessions"]
            assert (session["transaction"]["station_id"], session["online"]) == ("S-1", True)
            depart_at = (SystemClock().now() + timedelta(hours=6)).isoformat()
            need = {"energy_wh": 5000, "mode": "shortest", "depart_at": depart_at, "max_current_a": 10, "phases": 1}
            assert (await dora.put("/api/stations/S-1/evses/1/needs", json=need)).status_code == 200
            await until(running, lambda: ("s-1", 1) in running.ledger.plans)
            [session] = (await dora.get("/api/own")).json()["sessions"]
            assert session["need"]["remaining_wh"] == 5000
            assert max(slot["current_a"] for slot in session["plan"]["slots"]) == 10
            assert session["plan"]["summary"]["de"] != ""
            # What the car can take was said once; whoever changes their mind about the energy need not say it again.
            again = (await dora.put("/api/stations/S-1/evses/1/needs", json={"energy_wh": 7000})).json()
            assert (again["max_current_a"], again["phases"], again["depart_at"]) == (10, 1, None)

            transaction_id = session["transaction"]["transaction_id"]
            wanted = {"transaction_id": transaction_id}
            assert (await eve.post("/api/stations/S-1/stop", json=wanted)).json()["code"] == "not-yours"
            assert stopped.empty()
            assert (await dora.post("/api/stations/s-1/stop", json=wanted)).json() == {"status": "Accepted"}
            assert await stopped.get() == "tx-1"
            await peer.call(transaction_event("Ended", 1, register_wh=1500))
            assert (await dora.get("/api/own")).json()["sessions"] == []
            assert (await dora.post("/api/stations/S-1/stop", json=wanted)).json()["code"] == "not-yours"
            assert [one["energy_wh"] for one in (await dora.get("/api/transactions")).json()] == [500]
            for query, found in (("dora-1", 1), ("Dora-1&station=s-1", 1), ("dora-1&station=S-2", 0), ("eve-1", 0)):
                for client in (dora, ada):
                    assert len((await client.get(f"/api/transactions?id_token={query}")).json()) == found, query

    asyncio.run(asyncio.wait_for(go(), 300))


def test_nothing_that_a_driver_can_ask_for_tells_of_anybody_else(csms: Any, tiny_station: Any, until: Any) -> None:
    """Every GET that there is, asked with what is Eve's in its path and parameters."""

    async def go() -> None:
        async with (
            house(csms) as (running, ada, dora, eve),
            tiny_station(running.ocpp_port, "S-1") as shared,
            tiny_station(running.ocpp_port, "S-EVE") as station,
        ):
            await shared.boot()
            await station.boot()
            # Eve was at the station before Dora, and her need and her plan may still lie there.
            await shared.event("Started", 0, transaction_id="tx-eve-0", register_wh=0, token=token("EVE-1"))
            await eve.put("/api/stations/S-1/evses/1/needs", json={"energy_wh": 66_600})
            await shared.profiles.get()
            await shared.event("Ended", 1, transaction_id="tx-eve-0", register_wh=9)
            await shared.event("Started", 0, transaction_id="tx-dora", register_wh=9, token=token("DORA-1"))
            assert ("s-1", 1) in running.ledger.plans
            [session] = (await dora.get("/api/own")).json()["sessions"]
            assert (session["need"], session["plan"]) == (None, None)
            await station.event("Started", 0, transaction_id="tx-eve-1", register_wh=0, token=token("EVE-1"))
            await eve.put("/api/stations/S-EVE/evses/1/needs", json={"energy_wh": 55_500})
            await dora.put("/api/stations/S-1/evses/1/needs", json={"energy_wh": 44_400})
            # Both behind one fuse, which holds Dora back: her plan names it to whoever operates.
            plans = running.ledger.plans
            await until(running, lambda: (plans["s-1", 1].transaction_id, plans["s-1", 1].fuse) == ("tx-dora", FUSE))
            [session] = (await dora.get("/api/own")).json()["sessions"]
            assert session["need"]["energy_wh"] == 44_400
            assert session["plan"] is not None
            foreign = ("s-eve", "eve-1", "eve-0", "of eve", "66600", "55500", '"limit_w"', '"base_load_w"')
            paths = (await ada.get("/openapi.json")).json()["paths"]
            answered = set()
            for path, methods in paths.items():
                if "get" not in methods:
                    continue
                names = {"station_id": "S-EVE", "evse_id": "1", "number": "1", "name": "Eve", "id_token": "EVE-1"}
                filled = path
                for name, value in names.items():
                    filled = filled.replace(f"{{{name}}}", value)
                assert "{" not in filled, "say what is Eve's in it"
                for query in ("", "?station=S-EVE", "?id_token=EVE-1", "?after=2999-01-01T00:00:00%2B00:00,s-eve,x"):
                    answer = await dora.get(filled + query)
                    if answer.status_code == 200:
                        answered.add(path)
                        said = answer.text.lower()
                        assert [word for word in foreign if word in said] == [], (filled + query, said)
                    else:
                        assert answer.status_code in {401, 403, 422}, (filled, answer.text)
            assert answered == {"/api/own", "/api/session", "/api/transactions", "/healthz"}

    asyncio.run(asyncio.wait_for(go(), 300))


def test_a_driver_cannot_find_out_which_stations_and_sessions_there_are(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with house(csms) as (running, _ada, dora, _eve), tiny_station(running.ocpp_port, "S-EVE") as station:
            await station.boot()
            await station.event("Started", 0, transaction_id="tx-eve", register_wh=0, token=token("EVE-1"))
            answers = set()
            for name in ("S-EVE", "S-NONE"):
                for transaction_id in ("tx-eve", "tx-none"):
                    stop = await dora.post(f"/api/stations/{name}/stop", json={"transaction_id": transaction_id})
                    answers.add((stop.status_code, stop.text))
                for evse_id in (1, 2):
                    for need in ({"energy_wh": 1000}, {"energy_wh": -1}):
                        said = await dora.put(f"/api/stations/{name}/evses/{evse_id}/needs", json=need)
                        answers.add((said.status_code, said.text))
            assert len(answers) == 1
            assert next(iter(answers))[0] == 403
            assert running.ledger.needs == {}

    asyncio.run(asyncio.wait_for(go(), 300))


def test_whoever_operates_stops_any_session_and_is_told_where_none_runs(csms: Any) -> None:
    async def go() -> None:
        stopped: asyncio.Queue[str] = asyncio.Queue()
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            stoppable(running.ocpp_port, Version.V21, stopped) as peer,
        ):
            none = await client.post("/api/stations/S-1/stop", json={"transaction_id": "tx-1"})
            assert (none.status_code, none.json()["code"]) == (409, "not-running")
            await peer.call(transaction_event("Started", 0, register_wh=0, token=token("X")))
            done = await client.post("/api/stations/S-1/stop", json={"transaction_id": "tx-1"})
            assert (done.json(), await stopped.get()) == ({"status": "Accepted"}, "tx-1")
            assert (await client.post("/api/stations/S-1/stop", json={})).status_code == 422
            # Nobody in particular has no session of their own.
            assert (await client.get("/api/own")).json()["sessions"] == []

    asyncio.run(asyncio.wait_for(go(), 300))
