"""Who was turned away, as an operator asks for it: filtered, page by page, with how often and since when."""

import asyncio
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol


async def knock(port: int, identity: str) -> None:
    with pytest.raises(InvalidStatus):
        await open_websocket(f"ws://127.0.0.1:{port}/{identity}", subprotocols=[Subprotocol("ocpp2.0.1")], proxy=None)


def test_refusals_are_filtered_and_come_by_pages(csms: Any) -> None:
    async def go() -> None:
        async with (
            csms(accept_unknown=False) as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client,
        ):
            for identity in ("A-1", "B-2", "C-3", "A-1"):
                await knock(running.ocpp_port, identity)
            await client.post("/api/stations", json={"id": "X"}, headers={"Origin": "http://elsewhere.example"})

            whole = (await client.get("/api/refusals")).json()
            assert whole["counts"] == {"unknown_station": 4, "foreign_origin": 1}
            assert [burst["why"] for burst in whole["bursts"]] == ["foreign_origin", *["unknown_station"] * 3]
            newest = whole["bursts"][1]
            assert ("A-1" in newest["what"], newest["times"], newest["in_all"], newest["number"]) == (True, 2, 2, 4)
            assert whole["since"] <= newest["first_at"] == newest["began_at"] < newest["last_at"]

            seen: list[str] = []
            path: str | None = "/api/refusals?why=unknown_station&limit=1"
            while path is not None:
                answer = await client.get(path)
                [burst] = answer.json()["bursts"]
                seen.append(burst["what"])
                path = answer.links.get("next", {}).get("url")
            assert [next(name for name in ("A-1", "B-2", "C-3") if name in what) for what in seen] == ["A-1", "C-3", "B-2"]

            found = (await client.get("/api/refusals", params={"search": "b-2"})).json()["bursts"]
            assert ["B-2" in burst["what"] for burst in found] == [True]
            assert len((await client.get("/api/refusals", params={"search": "127.0.0.1"})).json()["bursts"]) == 4
            assert (await client.get("/api/refusals", params={"search": "nothing such"})).json()["bursts"] == []
            assert (await client.get("/api/refusals", params={"why": "because"})).status_code == 422
            assert (await client.get("/api/refusals", params={"after": "x"})).json()["errors"][0]["code"] == "no-cursor"

    asyncio.run(asyncio.wait_for(go(), 120))
