"""Needs stated by a person, for stations that cannot say them."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from ladewerk.clock import SystemClock
from ladewerk.ocpp import Version


def in_hours(hours: float) -> str:
    return (SystemClock().now() + timedelta(hours=hours)).isoformat()


@pytest.mark.parametrize("version", [Version.V16, Version.V21])
def test_a_stated_need_is_planned_once_a_transaction_runs(csms: Any, tiny_station: Any, version: Version) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1", version=version) as station,
        ):
            await station.boot()
            need = {"mode": "shortest", "energy_wh": 4000, "depart_at": in_hours(8), "max_current_a": 10}
            answer = await client.put("/api/stations/s-1/evses/1/needs", json=need)
            assert (answer.status_code, answer.json()["transaction_id"]) == (200, None)
            await station.event("Started", 0, register_wh=1000, token=True)
            profile = await station.profiles.get()
            limits = [period.limit for period in profile.charging_profile.charging_schedule[0].charging_schedule_period]
            assert max(limits) == 10
            seen = (await client.get("/api/overview")).json()["needs"][0]
            assert (seen["energy_wh"], seen["mode"]) == (4000, "shortest")
            # A 1.6 transaction has the number that the CSMS gave it there, and its own name here.
            assert profile.charging_profile.transaction_id == "tx-1"
            assert (seen["transaction_id"] == "tx-1") is (version is Version.V21)

    asyncio.run(asyncio.wait_for(go(), 300))


@pytest.mark.parametrize(
    ("need", "field", "code"),
    [
        ({}, "", "invalid"),
        ({"energy_wh": 0}, "energy_wh", "not-positive"),
        ({"energy_wh": 1_000_001}, "energy_wh", "out-of-range"),
        ({"energy_wh": 1000, "depart_at": "2026-01-05T17:00:00Z"}, "depart_at", "not-in-future"),
        ({"energy_wh": 1000, "min_current_a": 5}, "min_current_a", "out-of-range"),
        ({"energy_wh": 1000, "min_current_a": 16, "max_current_a": 10}, "min_current_a", "above-maximum"),
        ({"energy_wh": 1000, "phases": 4}, "phases", "out-of-range"),
        ({"energy_wh": 1000, "energy": 1}, "energy", "unknown-field"),
    ],
)
def test_a_need_that_makes_no_sense_is_refused_by_field(
    csms: Any, tiny_station: Any, need: dict[str, Any], field: str, code: str
) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1") as station,
        ):
            await station.boot()
            answer = await client.put("/api/stations/S-1/evses/1/needs", json=need)
            assert answer.status_code == 422
            assert (answer.json()["errors"][0]["field"], answer.json()["errors"][0]["code"]) == (field, code)
            assert running.ledger.needs == {}

    asyncio.run(go())


def test_a_need_of_a_station_that_nobody_knows(csms: Any) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            answer = await client.put("/api/stations/S-9/evses/1/needs", json={"energy_wh": 1000})
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown-station")

    asyncio.run(go())
