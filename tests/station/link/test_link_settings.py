"""What the settings of the link do on the wire: compression, pings, what is forgiven."""

import asyncio
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from ladewerk.ocpp.link_settings import Forgive, LenientTable


@pytest.mark.parametrize("lenient", [True, False])
def test_a_csms_that_bends_the_rules_is_forgiven_if_it_is_set_so(
    tmp_path: Path, place_at: Any, paced: Any, lenient: bool
) -> None:
    async def scenario() -> None:
        seen: list[ServerConnection] = []

        async def meet(connection: ServerConnection) -> None:
            seen.append(connection)
            async for frame in connection:
                _, message_id, action, _ = json.loads(frame)
                answer: dict[str, Any] = {}
                if action == "BootNotification":
                    # An interval that is no whole number, and a word that nobody knows.
                    now = "2026-01-05T17:00:00Z"
                    answer = {"status": "Accepted", "interval": 600.0, "currentTime": now, "colour": "blue"}
                await connection.send(json.dumps([3, message_id, answer]))

        async with place_at(tmp_path, serve_csms=False) as place:
            table = LenientTable(rules=(Forgive.WHOLE_FLOAT,), actions={"BootNotification": (Forgive.EVERYTHING,)})
            station = msgspec.structs.replace(
                place.config.station, compression=not lenient, ping_s=0.0, lenient=table if lenient else None
            )
            place.config = msgspec.structs.replace(place.config, station=station)
            protocols = [Subprotocol("ocpp1.6")]
            async with serve(meet, "127.0.0.1", 0, subprotocols=protocols, ping_interval=None) as server:
                url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
                async with place.restarted(url, tmp_path / "journal") as again:
                    link = again.station.link
                    await again.until_true(lambda: link.is_up or "$.interval" in str(link.reason) or len(seen) > 1)
                    assert link.is_up is lenient
                    assert seen[0].response is not None
                    assert ("Sec-WebSocket-Extensions" in seen[0].response.headers) is not lenient

    paced(lambda: asyncio.wait_for(scenario(), 7200))
