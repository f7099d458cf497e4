"""The local lists of stations follow the tokens, whatever happens in between."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from ladewerk.clock import SystemClock
from ladewerk.ocpp import Context, Peer, Router, Version, connect, v21

Status = v21.SendLocalListStatusEnumType


@dataclass
class ListedStation:
    """Has a list as the specification says, of tokens as they are spelled in lower case; refuses as often as it is told."""

    version: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    refusals: int = 0
    kinds: list[str] = field(default_factory=list)


async def _version(ctx: Context[ListedStation], _: v21.GetLocalListVersionRequest) -> v21.GetLocalListVersionResponse:
    return v21.GetLocalListVersionResponse(version_number=ctx.state.version)


async def _send(ctx: Context[ListedStation], request: v21.SendLocalListRequest) -> v21.SendLocalListResponse:
    station = ctx.state
    station.kinds.append(str(request.update_type))
    if station.refusals:
        station.refusals -= 1
        return v21.SendLocalListResponse(status=Status.FAILED)
    if request.update_type == "Full":
        station.tokens.clear()
    elif request.version_number <= station.version:
        return v21.SendLocalListResponse(status=Status.VERSION_MISMATCH)
    for entry in request.local_authorization_list or ():
        name = entry.id_token.id_token.lower()
        if entry.id_token_info:
            station.tokens[name] = str(entry.id_token_info.status)
        else:
            station.tokens.pop(name, None)
    station.version = request.version_number
    return v21.SendLocalListResponse(status=Status.ACCEPTED)


@asynccontextmanager
async def connected(port: int, station: ListedStation | None) -> AsyncIterator[Peer[Any]]:
    """A station that has booted; None is one that knows no lists."""
    router: Router[Any] = Router()
    if station is not None:
        router.on(v21.GetLocalListVersionRequest)(_version)
        router.on(v21.SendLocalListRequest)(_send)
    async with (
        connect(f"ws://127.0.0.1:{port}", identity="S-1", versions=[Version.V21]) as channel,
        Peer(channel, version=Version.V21, router=router, state=station, clock=SystemClock()) as peer,
    ):
        yield peer


async def boot(peer: Peer[Any]) -> None:
    about = v21.ChargingStationType(model="Tiny", vendor_name="Test")
    await peer.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))


async def until_list(running: Any, client: httpx.AsyncClient, is_so: Callable[[dict[str, Any]], bool]) -> None:
    changed = asyncio.Event()
    disconnect = running.ledger.changed.connect(lambda _none: changed.set())
    async with asyncio.timeout(60):
        while not is_so((await client.get("/api/stations/S-1/local-list")).json()):
            await changed.wait()
            changed.clear()
    disconnect()


def at_csms(csms: Any, work: Callable[[Any, httpx.AsyncClient], Awaitable[None]]) -> None:
    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False, timeout=60) as client,
        ):
            await work(running, client)

    asyncio.run(go())


async def put(client: httpx.AsyncClient, name: str, **more: Any) -> None:
    assert (await client.put(f"/api/tokens/{name}", json={"id_token": name, **more})).status_code == 200


def test_a_list_follows_what_is_entered_changed_and_deleted_also_over_a_restart(csms: Any) -> None:
    station = ListedStation()

    def has_it(known: dict[str, Any]) -> bool:
        return bool(known["state"] == "current" and known["version"] == station.version > 0)

    async def first(running: Any, client: httpx.AsyncClient) -> None:
        async with connected(running.ocpp_port, station) as peer:
            await boot(peer)
            await put(client, "One")
            await put(client, "Two")
            await until_list(running, client, has_it)
            assert station.tokens == {"one": "Accepted", "two": "Accepted"}
            before = station.version
            await put(client, "Two", blocked=True)
            await client.delete("/api/tokens/One")
            await until_list(running, client, lambda known: has_it(known) and station.version > before)
            assert station.tokens == {"two": "Blocked"}
            assert station.kinds == ["Full", "Differential"]
        # It is away, and so is the CSMS soon: what changes now goes out when both are back.
        await put(client, "Three")

    async def again(running: Any, client: httpx.AsyncClient) -> None:
        before = station.version
        async with connected(running.ocpp_port, station):
            await until_list(running, client, lambda known: has_it(known) and station.version > before)
        assert station.tokens == {"two": "Blocked", "three": "Accepted"}
        assert station.kinds == ["Full", "Differential", "Differential"]

    at_csms(csms, first)
    at_csms(csms, again)


def test_a_station_that_refuses_gets_the_whole_list_at_the_next_occasion(csms: Any) -> None:
    station = ListedStation(refusals=1)

    async def work(running: Any, client: httpx.AsyncClient) -> None:
        await put(client, "One")
        async with connected(running.ocpp_port, station) as peer:
            await boot(peer)
            await until_list(running, client, lambda known: bool(known["state"] == "refused"))
            assert (await client.post("/api/stations/S-1/local-list")).status_code == 202
            await until_list(running, client, lambda known: bool(known["state"] == "current"))
            # Somebody sends another one by hand.
            body = {"versionNumber": 2_000_000_000, "updateType": "Full"}
            assert (await client.post("/api/stations/S-1/commands/SendLocalList", json=body)).status_code == 200
            assert station.tokens == {}
            await boot(peer)
            await until_list(running, client, lambda known: bool(known["state"] == "current"))
        assert station.tokens == {"one": "Accepted"}
        assert station.kinds == ["Full", "Full", "Full", "Full"]

    at_csms(csms, work)


def test_a_station_without_lists_is_left_alone(csms: Any) -> None:
    async def work(running: Any, client: httpx.AsyncClient) -> None:
        await put(client, "One")
        async with connected(running.ocpp_port, None) as peer:
            await boot(peer)
            await until_list(running, client, lambda known: bool(known["state"] == "unsupported"))
        assert "NotSupported" in (await client.get("/api/stations/S-1/local-list")).json()["reason"]

    at_csms(csms, work)
