"""Floods of connections and handshakes that never end, at both ports: refused, counted, said once, and cut off."""

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as open_websocket

from ladewerk.entrance import PATIENCE_S
from ladewerk.refusals import Why
from tests.hostile.scene import ATTACKER, CROWD, Raw, Scene, Stage, handshake

FLOOD = 1500

PORTS = pytest.mark.parametrize("which", ["stations", "page"])


def port_of(scene: Scene, which: str) -> int:
    return scene.csms.ocpp_port if which == "stations" else scene.web_port


@PORTS
def test_of_thousands_of_connects_few_stand_in_the_door_and_not_for_long(stage: Stage, which: str) -> None:
    async def test(scene: Scene) -> None:
        crowded, slow, lines = scene.count(Why.CROWDED), scene.count(Why.SLOW), len(scene.lines("refused (crowded)"))
        flood: list[Raw] = []
        async with scene.attack():
            for _ in range(FLOOD // 50):
                flood += await asyncio.gather(*(scene.socket(port_of(scene, which)) for _ in range(50)))
            await scene.beats(1)
            standing = [raw for raw in flood if not raw.is_gone]
            assert 0 < len(standing) <= CROWD.half_open_per_address
            assert scene.count(Why.CROWDED) - crowded + scene.count(Why.SLOW) - slow == FLOOD - len(standing)
            assert len(scene.lines("refused (crowded)")) <= lines + 1, "said once for the burst"
            began_s = scene.loop.time()
            for raw in standing:
                assert await raw.read_all() == b""
            assert scene.loop.time() - began_s <= PATIENCE_S
            assert scene.count(Why.SLOW) >= slow + len(standing)
            # The door is free again, for the same address too.
            assert await scene.knock("/nobody") == 404
            async with scene.browser() as client:
                assert (await client.get("/healthz")).status_code == 200

    stage.run(test)


@PORTS
@pytest.mark.parametrize("said", [b"", b"G", handshake("/GUARDED-1")[:-2]], ids=["nothing", "a byte", "all but the end"])
def test_while_others_stand_about_whoever_says_its_name_comes_in(stage: Stage, which: str, said: bytes) -> None:
    async def test(scene: Scene) -> None:
        """From more addresses than one has room for: the door is full, and still nobody honest waits outside."""
        loris: list[Raw] = []
        async with scene.attack():
            for address in range(70, 76):
                loris += [await scene.socket(port_of(scene, which), said, address=f"127.0.0.{address}") for _ in range(10)]
            await scene.beats(2)
            assert sum(not raw.is_gone for raw in loris) <= CROWD.half_open
            if which == "stations":
                assert await scene.knock("/GUARDED-1", user="GUARDED-1", password="wrong-password-it-is") in {401, 429}
            else:
                async with scene.browser() as client:
                    assert (await client.get("/healthz")).status_code == 200

    stage.run(test)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_who_is_sent_away_holds_no_place(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        files = open_files()
        async with scene.attack():
            sent_away = [await scene.socket(scene.csms.ocpp_port, handshake(f"/NOBODY-{one}")) for one in range(100)]
            for raw in sent_away:
                assert (await raw.read_all(until=b"No such charging station.\n")).startswith(b"HTTP/1.1 404")
            # None of them hangs up by itself; the other end of each is closed all the same, so there is one socket of each.
            await scene.beats(1)
            assert open_files() < files + 150

    stage.run(test)


def test_requests_that_drip_are_cut_off(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        """After one good request, when the connection is inside already."""
        slow = scene.count(Why.SLOW)
        head = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        login = (
            b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
        )
        async with scene.attack():
            raw = await scene.socket(scene.web_port, head + b"\r\n" + head)
            assert (await raw.read_all()).count(b"HTTP/1.1 200") == 1
            assert scene.count(Why.SLOW) == slow + 1
            raw = await scene.socket(scene.web_port, login)
            answer = await raw.read_all()
            assert answer.startswith(b"HTTP/1.1 408")
            assert scene.count(Why.SLOW) == slow + 2

    stage.run(test)


def test_connections_that_are_inside_are_bounded_at_the_page(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        crowded = scene.count(Why.CROWDED)
        most = CROWD.web_per_address
        async with scene.attack():
            kept = [await scene.socket(scene.web_port, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(2 * most)]
            heads = [await raw.read_all(until=b"\r\n\r\n") for raw in kept]
            assert sum(head.startswith(b"HTTP/1.1 200") for head in heads) == most
            assert scene.count(Why.CROWDED) == crowded + most
            async with scene.browser() as client:
                assert (await client.get("/healthz")).status_code == 200
            for raw in kept:
                raw.close()
            await scene.beats(1)
            # Who has gone leaves room, as a WebSocket too.
            url = scene.csms.web_url.replace("http", "ws") + "/api/events"
            cookie = {"Cookie": f"ladewerk-csms={scene.cookie}"}
            for _ in range(2 * most):
                async with open_websocket(url, additional_headers=cookie, local_addr=(ATTACKER, 0), proxy=None) as socket:
                    await socket.recv()
            assert scene.count(Why.CROWDED) == crowded + most
            async with scene.browser(logged_in=True) as client:
                told = (await client.get("/metrics")).text
            assert f'ladewerk_rejected_total{{reason="crowded"}} {crowded + most}\n' in told

    stage.run(test)
