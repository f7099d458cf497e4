"""Who may charge: the table of verdicts, and tokens from the API to the station."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec import UNSET

from ladewerk.csms.tokens import KNOWN, UNCHECKED, Token, UnknownTokens, judge, told
from ladewerk.ocpp import Version, v21

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(id_token: str = "AB12", type_: str = "ISO14443") -> v21.IdTokenType:
    return v21.IdTokenType(id_token=id_token, type=type_)


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (Token(id_token="ab12"), "Accepted"),
        (Token(id_token="ab12", blocked=True), "Blocked"),
        (Token(id_token="ab12", valid_until=NOW), "Expired"),
        (Token(id_token="ab12", valid_until=NOW + HOUR), "Accepted"),
        (Token(id_token="ab12", valid_from=NOW + HOUR), "NotAtThisTime"),
        (Token(id_token="ab12", valid_from=NOW), "Accepted"),
        (Token(id_token="ab12", stations=("S-2",)), "NotAtThisLocation"),
        (Token(id_token="ab12", stations=("S-2", "S-1")), "Accepted"),
        (Token(id_token="ab12", concurrent=False), "ConcurrentTx"),
        (Token(id_token="ab12", concurrent=False, blocked=True), "Blocked"),
    ],
)
def test_a_known_token_is_judged_by_what_was_entered(token: Token, status: str) -> None:
    verdict = judge(said(), token, unknown=UnknownTokens.REFUSE, station="s-1", elsewhere=["tx-9"], now=NOW)
    assert verdict.status == status
    assert verdict.by == (KNOWN if status == "Accepted" else "")


@pytest.mark.parametrize(
    ("type_", "unknown", "status", "by"),
    [
        ("ISO14443", "accept", "Accepted", UNCHECKED),
        ("ISO14443", "refuse", "Unknown", ""),
        ("Central", "refuse", "Accepted", "started by the CSMS"),
        ("Local", "refuse", "Accepted", "authorized at the station"),
        ("NoAuthorization", "refuse", "Accepted", "started without a token"),
    ],
)
def test_a_token_that_nobody_entered_is_judged_by_the_setting_and_its_type(
    type_: str, unknown: str, status: str, by: str
) -> None:
    verdict = judge(said("x", type_), None, unknown=UnknownTokens(unknown), station="s-1", elsewhere=[], now=NOW)
    assert (verdict.status, verdict.by) == (status, by)


def test_a_station_is_told_group_end_and_language() -> None:
    token = Token(id_token="ab12", group_id="family", valid_until=NOW + HOUR, language="de")
    info = told(judge(said(), token, unknown=UnknownTokens.ACCEPT, station="s-1", elsewhere=[], now=NOW))
    assert info.group_id_token == v21.IdTokenType(id_token="family", type="Central")
    assert info.cache_expiry_date_time == NOW + HOUR
    assert info.language1 == "de"
    plain = told(judge(said(), Token(id_token="ab12"), unknown=UnknownTokens.ACCEPT, station="s-1", elsewhere=[], now=NOW))
    assert (plain.group_id_token, plain.cache_expiry_date_time, plain.language1) == (UNSET, UNSET, UNSET)


@pytest.mark.parametrize("version", list(Version))
def test_a_token_entered_by_the_api_decides_what_a_station_is_told(csms: Any, tiny_station: Any, version: Version) -> None:
    async def go() -> None:
        async with (
            csms(unknown_tokens=UnknownTokens.REFUSE) as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1", version=version) as station,
        ):
            await station.boot()

            async def status() -> str:
                answer = await station.call(v21.AuthorizeRequest(id_token=said("ABC")))
                return str(answer.id_token_info.status)

            nobody = {"Invalid", "Unknown"}  # 1.6 knows the first alone
            assert await status() in nobody
            entered = await client.put("/api/tokens/abc", json={"id_token": "ABC", "owner": "Ada"})
            assert (entered.status_code, entered.json()["owner"]) == (200, "Ada")
            assert await status() == "Accepted"
            await client.put("/api/tokens/abc", json={"id_token": "abc", "blocked": True})
            assert await status() == "Blocked"
            assert (await client.delete("/api/tokens/ABC")).status_code == 204
            assert (await client.delete("/api/tokens/ABC")).status_code == 404
            assert await status() in nobody

    asyncio.run(asyncio.wait_for(go(), 300))


@pytest.mark.parametrize("version", list(Version))
def test_concurrent_tx_is_said_of_a_second_transaction_and_never_when_one_is_asked_for_or_ended(
    csms: Any, tiny_station: Any, version: Version
) -> None:
    async def go() -> None:
        async with (
            csms(unknown_tokens=UnknownTokens.REFUSE) as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1", version=version) as station,
            tiny_station(running.ocpp_port, "S-2", version=version) as other,
        ):
            await station.boot()
            await other.boot()
            await client.put("/api/tokens/abc", json={"id_token": "abc", "concurrent": False})
            token = v21.IdTokenType(id_token="abc", type="ISO14443")
            assert (await station.event("Started", 0, register_wh=0, token=token)).id_token_info.status == "Accepted"
            # The same name at another station is another transaction.
            assert (await other.event("Started", 0, register_wh=0, token=token)).id_token_info.status == "ConcurrentTx"
            for one in (station, other):
                assert (await one.call(v21.AuthorizeRequest(id_token=token))).id_token_info.status == "Accepted"
                assert (await one.event("Ended", 1, register_wh=9, token=token)).id_token_info.status == "Accepted"

    asyncio.run(asyncio.wait_for(go(), 300))


@pytest.mark.parametrize("version", list(Version))
def test_a_transaction_says_by_what_right_it_was_begun(csms: Any, tiny_station: Any, version: Version) -> None:
    async def go() -> None:
        async with (
            csms(unknown_tokens=UnknownTokens.ACCEPT) as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
            tiny_station(running.ocpp_port, "S-1", version=version) as station,
        ):
            await station.boot()
            token = v21.IdTokenType(id_token="abc", type="ISO14443")
            await client.put("/api/tokens/abc", json={"id_token": "abc", "blocked": True})
            event = await station.event("Started", 0, register_wh=0, token=token)
            assert event.id_token_info.status == "Blocked"
            assert (await client.get("/api/transactions")).json()[0]["authorized_by"] == "refused: Blocked"

    asyncio.run(asyncio.wait_for(go(), 300))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ""),
        ({"id_token": "xyz"}, "id_token"),
        ({"id_token": "abc", "valid_from": "2026-01-05T17:00:00"}, "valid_from"),
        ({"id_token": "abc", "valid_from": "2026-01-05T17:00:00Z", "valid_until": "2026-01-05T17:00:00Z"}, "valid_until"),
        ({"id_token": "abc", "stations": ["nowhere"]}, "stations[0]"),
        ({"id_token": "abc", "color": "red"}, "color"),
        ({"id_token": "abc", "owner": "x" * 256}, "owner"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_by_field(csms: Any, body: dict[str, Any], field: str) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            answer = await client.put("/api/tokens/abc", json=body)
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == field
            assert (await client.get("/api/tokens")).json() == []

    asyncio.run(asyncio.wait_for(go(), 300))


def test_tokens_are_listed_by_pages_and_found_by_name_or_owner(csms: Any) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            for number in range(5):
                await client.put(f"/api/tokens/T{number}", json={"id_token": f"T{number}", "owner": f"Owner % {number}"})

            async def names(**query: Any) -> list[str]:
                return [token["id_token"] for token in (await client.get("/api/tokens", params=query)).json()]

            assert await names(limit=2) == ["T0", "T1"]
            assert await names(limit=2, after="T1") == ["T2", "T3"]
            assert await names(search="owner % 3") == ["T3"]
            assert await names(search="t4") == ["T4"]
            assert await names(search="_") == []

    asyncio.run(asyncio.wait_for(go(), 300))
