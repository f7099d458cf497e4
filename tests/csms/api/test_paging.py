"""Lists by pages: following the links gives everything once, and a cursor of one's own making is refused."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from ladewerk.csms.api.paging import cursor_of, cursor_text
from ladewerk.csms.api.refusals import Refused


async def followed(client: httpx.AsyncClient, path: str) -> list[list[Any]]:
    """The pages behind ``path``."""
    pages = []
    url: str | None = path
    while url is not None:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
        link = re.fullmatch('<(.+)>; rel="next"', answer.headers.get("link", ""))
        url = None if link is None else link[1]
    return pages


def test_every_list_is_read_by_following_its_links(csms: Any, tiny_station: Any) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            for name in ("B, & ü", "a", "C"):
                await client.put(f"/api/tokens/{name}", json={"id_token": name})
            async with tiny_station(running.ocpp_port, "S-2") as station, tiny_station(running.ocpp_port, "s-1"):
                await station.boot()
                for number in range(3):
                    await station.event("Started", 0, transaction_id=f"tx,{number}", token=True)
            tokens = await followed(client, "/api/tokens?limit=2")
            assert [[token["id_token"] for token in page] for page in tokens] == [["a", "B, & ü"], ["C"]]
            transactions = await followed(client, "/api/transactions?limit=1&station=S-2")
            assert [one["transaction_id"] for (one,) in transactions] == ["tx,2", "tx,1", "tx,0"]
            stations = await followed(client, "/api/stations?limit=1&search=S-")
            assert [one["id"] for (one,) in stations] == ["s-1", "S-2"]
            assert await followed(client, "/api/plans?limit=1") == [[]]
            frames = await followed(client, "/api/frames?limit=3&station=S-2")
            numbers = [frame["number"] for page in reversed(frames) for frame in page]
            assert numbers == sorted(set(numbers))
            assert len(frames) > 2
            assert "BootNotification" in frames[-1][0]["text"]

            for path in (
                "transactions?after=x",
                "transactions?after=2026-01-01,a,b",
                "plans?after=1e3",
                "plans?after=1,2",
            ):
                answer = await client.get(f"/api/{path}")
                assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no-cursor"), path
            assert (await client.get("/api/plans", params={"after": "9" * 30})).status_code == 422
            for limit in (0, 1001):
                assert (await client.get(f"/api/stations?limit={limit}")).status_code == 422
            described = (await client.get("/openapi.json")).json()["paths"]["/api/transactions"]["get"]
            assert {one["name"] for one in described["parameters"]} >= {"after", "limit"}
            assert "Link" in described["responses"]["200"]["headers"]

    asyncio.run(asyncio.wait_for(go(), 120))


def test_a_cursor_survives_whatever_stations_call_things() -> None:
    said = ("a,b%2C", "ü/\n", 7)
    assert cursor_of(cursor_text(said), str, str, int) == said
    assert cursor_of(None, int) is None
    with pytest.raises(Refused):
        cursor_of("2026-01-01T00:00:00", str, int)
