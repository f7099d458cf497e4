"""Block E from outside: which transaction runs on an EVSE, whatever was lost, came late, or names an EVSE that is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest

from ladewerk.clock import SystemClock
from ladewerk.csms.tokens import UnknownTokens
from ladewerk.ocpp import v21
from tests.csms.conftest import transaction_event

BEGAN = SystemClock().now().replace(microsecond=0)
TOKEN = v21.IdTokenType(id_token="abc", type="ISO14443")


class Here:
    """A station and what the API shows of it."""

    def __init__(self, station: Any, client: httpx.AsyncClient) -> None:
        self.station = station
        self.client = client

    async def says(
        self, kind: str, seq_no: int, transaction_id: str, minute: int, *, evse_id: int = 1, **more: Any
    ) -> v21.TransactionEventResponse:
        event = transaction_event(kind, seq_no, transaction_id=transaction_id, evse_id=evse_id, **more)
        at = BEGAN + timedelta(minutes=minute)
        answer = await self.station.call(msgspec.structs.replace(event, timestamp=at))
        assert isinstance(answer, v21.TransactionEventResponse)
        return answer

    async def runs(self) -> dict[int, str | None]:
        evses = (await self.client.get("/api/stations/S-1")).json()["evses"]
        return {evse["id"]: evse["transaction_id"] for evse in evses}

    async def transaction(self, transaction_id: str) -> dict[str, Any]:
        listed = (await self.client.get("/api/transactions")).json()
        return next(one for one in listed if one["transaction_id"] == transaction_id)


@asynccontextmanager
async def here(csms: Any, tiny_station: Any) -> AsyncIterator[Here]:
    async with (
        csms(unknown_tokens=UnknownTokens.REFUSE) as running,
        httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
        tiny_station(running.ocpp_port, "S-1") as station,
    ):
        await station.boot()
        yield Here(station, client)


def test_one_whose_end_was_lost_does_not_come_back_and_holds_up_nobody(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with here(csms, tiny_station) as at:
            await at.client.put("/api/tokens/abc", json={"id_token": "abc", "concurrent": False})
            await at.says("Started", 0, "old", 0, token=TOKEN)
            begun = await at.says("Started", 0, "new", 5, token=TOKEN)
            # Of one EVSE, so the first is over, whatever the token may.
            assert begun.id_token_info == v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.ACCEPTED)
            assert await at.runs() == {1: "new"}
            await at.says("Updated", 1, "old", 6)
            assert await at.runs() == {1: "new"}
            await at.says("Ended", 2, "old", 7)
            assert await at.runs() == {1: "new"}
            await at.says("Ended", 1, "new", 8)
            assert await at.runs() == {1: None}
        async with here(csms, tiny_station) as at:
            await at.says("Started", 0, "older", 10)
            await at.says("Started", 0, "newer", 11)
            await at.says("Updated", 1, "older", 12)
        async with here(csms, tiny_station) as at:
            assert await at.runs() == {1: "newer"}

    asyncio.run(go())


def test_an_end_that_is_heard_first_is_an_end_and_a_late_start_says_when_it_began(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with here(csms, tiny_station) as at:
            await at.says("Ended", 4, "tx-1", 9, register_wh=900)
            assert await at.runs() == {1: None}
            await at.says("Started", 0, "tx-1", 0, register_wh=100)
            assert await at.runs() == {1: None}
            known = await at.transaction("tx-1")
            assert (known["energy_wh"], known["ended_at"] > known["started_at"]) == (800.0, True)

    asyncio.run(go())


@pytest.mark.parametrize("seq_no", [1, 7])
def test_evse_0_is_the_station_and_no_place_for_a_transaction_or_a_connector(
    csms: Any, tiny_station: Any, seq_no: int
) -> None:
    async def go() -> None:
        async with here(csms, tiny_station) as at:
            await at.says("Started", 0, "tx-1", 0, evse_id=0, register_wh=100)
            assert await at.runs() == {}
            assert (await at.transaction("tx-1"))["evse_id"] is None
            status = v21.StatusNotificationRequest(
                timestamp=BEGAN, connector_status=v21.ConnectorStatusEnumType.AVAILABLE, evse_id=0, connector_id=0
            )
            await at.station.call(status)
            assert await at.runs() == {}
            kept = (await at.client.get("/api/notices", params={"action": "StatusNotification"})).json()
            assert [notice["payload"]["evseId"] for notice in kept] == [0]
            await at.says("Updated", seq_no, "tx-1", 1, evse_id=2)
            assert await at.runs() == {2: "tx-1"}

    asyncio.run(go())
