"""Block K from the API: what a CSMS must not set is not sent, whoever asks for it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from ladewerk.csms.planning.site import Site
from ladewerk.ocpp import Version

START = "2026-01-05T17:00:00Z"
WIDE = Site(limit_w=1_000_000)


def profile(**changes: Any) -> dict[str, Any]:
    """A TxProfile of the transaction that runs; a change to None takes the field away."""
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "startSchedule": START,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}],
    }
    whole: dict[str, Any] = {
        "id": 5,
        "stackLevel": 3,
        "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute",
        "transactionId": "tx-1",
    }
    for name, value in changes.items():
        (schedule if name in {"startSchedule", "chargingSchedulePeriod"} else whole)[name] = value
    schedules = [{name: value for name, value in schedule.items() if value is not None}]
    return {name: value for name, value in whole.items() if value is not None} | {"chargingSchedule": schedules}


def periods(*starts: int) -> list[dict[str, Any]]:
    return [{"startPeriod": start, "limit": 8.0} for start in starts]


@asynccontextmanager
async def charging(csms: Any, tiny_station: Any, version: Version = Version.V21) -> AsyncIterator[tuple[Any, Any]]:
    async with (
        csms(site=WIDE) as running,
        httpx.AsyncClient(base_url=f"{running.web_url}/api/stations/S-1/commands/", trust_env=False) as client,
        tiny_station(running.ocpp_port, "S-1", version=version) as station,
        tiny_station(running.ocpp_port, "S-2", version=version) as other,
    ):
        for one, transaction_id in ((station, "tx-1"), (other, "tx-2")):
            await one.boot()
            await one.event("Started", 0, transaction_id=transaction_id, register_wh=0, token=True)
        yield station, client


STATION_MAX = {"chargingProfilePurpose": "ChargingStationMaxProfile", "transactionId": None}
EXTERNAL = {"chargingProfilePurpose": "ChargingStationExternalConstraints", "transactionId": None}


@pytest.mark.parametrize(
    ("evse_id", "changes", "code"),
    [
        pytest.param(1, {"transactionId": None}, "MissingParam", id="K01.FR.03"),
        pytest.param(1, {"transactionId": "tx-2"}, "TxNotFound", id="K01.FR.33-of-another-station"),
        pytest.param(2, {}, "TxNotFound", id="K01.FR.09-nothing-runs-there"),
        pytest.param(0, {}, "InvalidValue", id="K01.FR.16"),
        pytest.param(1, EXTERNAL, "InvalidValue", id="K01.FR.22"),
        pytest.param(1, {"chargingSchedulePeriod": periods(60)}, "InvalidSchedule", id="K01.FR.31"),
        pytest.param(1, {"chargingSchedulePeriod": periods(0, 60, 60)}, "InvalidSchedule", id="K01.FR.35"),
        pytest.param(
            0, STATION_MAX | {"chargingProfileKind": "Relative", "startSchedule": None}, "InvalidValue", id="K01.FR.38"
        ),
        pytest.param(1, {"startSchedule": None}, "InvalidSchedule", id="K01.FR.40"),
        pytest.param(1, {"chargingProfileKind": "Relative"}, "InvalidSchedule", id="K01.FR.41"),
        pytest.param(1, STATION_MAX, "InvalidValue", id="K04.FR.03"),
    ],
)
def test_a_profile_that_no_csms_may_set_is_not_sent(
    csms: Any, tiny_station: Any, evse_id: int, changes: dict[str, Any], code: str
) -> None:
    async def go() -> None:
        async with charging(csms, tiny_station) as (station, client):
            refused = await client.post(
                "SetChargingProfile", json={"evseId": evse_id, "chargingProfile": profile(**changes)}
            )
            assert refused.status_code == 422, refused.text
            (fault,) = refused.json()["errors"]
            assert (fault["field"], fault["code"]) == ("chargingProfile", code)
            told = await client.post("SetChargingProfile", json={"evseId": 1, "chargingProfile": profile(id=6)})
            assert told.json() == {"status": "Accepted"}
            ids = []
            while 6 not in ids:
                ids.append((await asyncio.wait_for(station.profiles.get(), 60)).charging_profile.id)
            assert 5 not in ids

    asyncio.run(go())


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param(
            {"chargingProfilePurpose": "TxDefaultProfile", "transactionId": None}, "InvalidProfile", id="K05.FR.02"
        ),
        pytest.param({}, "TxNotFound", id="K05-no-transaction-yet"),
        pytest.param({"transactionId": None, "chargingSchedulePeriod": periods(5)}, "InvalidSchedule", id="K01.FR.31"),
    ],
)
def test_what_comes_with_a_start_is_a_tx_profile_without_a_transaction(
    csms: Any, tiny_station: Any, changes: dict[str, Any], code: str
) -> None:
    async def go() -> None:
        start = {"idToken": {"idToken": "abc", "type": "Central"}, "remoteStartId": 4}
        async with charging(csms, tiny_station) as (_station, client):
            refused = await client.post("RequestStartTransaction", json=start | {"chargingProfile": profile(**changes)})
            assert refused.json()["errors"][0]["code"] == code
            whole = start | {"chargingProfile": profile(transactionId=None)}
            # The station here serves none, which is its own answer.
            assert (await client.post("RequestStartTransaction", json=whole)).status_code == 502

    asyncio.run(go())


def test_in_16_a_tx_profile_may_be_without_its_transaction(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with charging(csms, tiny_station, Version.V16) as (_station, client):
            told = await client.post(
                "SetChargingProfile", json={"evseId": 1, "chargingProfile": profile(transactionId=None)}
            )
            assert told.json() == {"status": "Accepted"}

    asyncio.run(go())
