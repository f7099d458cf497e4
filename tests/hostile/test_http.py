"""Attacks on page and API over HTTP: each is refused, and nothing is changed by it."""

import asyncio

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ladewerk.refusals import Why
from tests.hostile.scene import ADMINISTRATOR, Scene, Stage, closed_with

EVIL = "http://evil.example"


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([f"{line} HTTP/1.1", *headers, "", ""]).encode("latin-1") + body


def test_a_page_of_another_site_changes_nothing_for_whoever_is_logged_in(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        before, limit_w = scene.count(Why.FOREIGN_ORIGIN), scene.csms.ledger.site.limit_w
        async with scene.attack(), scene.browser(logged_in=True) as client:
            for origin in (
                EVIL,
                "null",
                "",
                f"{EVIL}/{scene.host}",
                f"http://{scene.host}.evil.example",
                "http://127.0.0.1",
            ):
                for method, path in (
                    ("PUT", "/api/site"),
                    ("POST", "/api/session"),
                    ("DELETE", "/api/session"),
                    ("POST", "/api/stations/HEALTHY-1/commands/Reset"),
                ):
                    answer = await client.request(
                        method,
                        path,
                        headers={"Origin": origin, "Content-Type": "text/plain"},
                        content=b'{"limit_w":1}' if method != "DELETE" else None,
                    )
                    assert answer.status_code == 403, (origin, path)
            assert (await client.get("/api/overview")).status_code == 200, "still logged in"
            # The page's own requests are served.
            own = await client.put("/api/site", json={"limit_w": limit_w}, headers={"Origin": f"http://{scene.host}"})
            assert own.status_code == 200
        assert scene.csms.ledger.site.limit_w == limit_w
        assert scene.count(Why.FOREIGN_ORIGIN) - before == 24

    stage.run(test)


def test_a_cookie_is_of_no_use_to_other_sites_and_is_not_taken_from_others(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        planted = "A" * 43
        async with scene.browser() as client:
            client.cookies.set("ladewerk-csms", planted, domain="127.0.0.1")
            answer = await client.post("/api/session", json={"user": "Ada", "password": ADMINISTRATOR})
            cookie = answer.headers["set-cookie"].lower()
            assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
            assert planted not in answer.headers["set-cookie"], "a new one with each login"
        async with scene.browser() as client:
            client.cookies.set("ladewerk-csms", planted, domain="127.0.0.1")
            assert (await client.get("/api/overview")).status_code == 401

    stage.run(test)


def test_the_live_events_are_not_for_pages_of_other_sites(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        url = scene.csms.web_url.replace("http", "ws") + "/api/events"
        cookie = {"Cookie": f"ladewerk-csms={scene.cookie}"}
        before = scene.count(Why.FOREIGN_ORIGIN)
        async with scene.attack():
            for headers in ({**cookie, "Origin": EVIL}, {**cookie, "Origin": "null"}):
                with pytest.raises(InvalidStatus) as refused:
                    async with open_websocket(url, additional_headers=headers, proxy=None):
                        pass
                assert refused.value.response.status_code == 403
            assert scene.count(Why.FOREIGN_ORIGIN) == before + 2
            with pytest.raises((InvalidStatus, ConnectionClosed)):
                async with open_websocket(url, proxy=None) as socket:
                    await socket.recv()
            async with open_websocket(url, additional_headers=cookie, proxy=None, ping_interval=None) as socket:
                await socket.recv()
                await socket.send("x" * 100_000)
                assert await closed_with(socket) == 1009, "listeners have nothing to say"

    stage.run(test)


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        (
            request("POST /api/session", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
            400,
            1,
        ),
        (request("POST /api/session", "Host: a", "Content-Length: 5", "Content-Length: 6", body=b"abcdef"), 400, 1),
        (request("POST /api/session", "Host: a", "Transfer-Encoding: chunked, identity", body=b"x"), 400, 1),
        (request("POST /api/session", "Host: a", "Transfer-Encoding : chunked", body=b"x"), 400, 1),
        (request("POST /api/session", "Host: a", "Content-Length: -1"), 400, 1),
        (request("POST /api/session", "Host: a", "Content-Length: 0x5"), 400, 1),
        (request("GET /healthz", "Host: a", "Host: b"), 400, 1),
        (request("GET /healthz"), 400, 1),
        (request("GET /healthz", "Host: a", "X: a\x00b"), 400, 1),
        (request("GET /healthz", "Host: a", *[f"X-{one}: {'b' * 1000}" for one in range(100)]), 431, 0),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 431, 0),
        (b"\x16\x03\x01\x02\x00\x01\x00" + b"\r\n\r\n", 400, 1),
        (b"GET http://evil.example/healthz HTTP/1.1\r\nHost: a\r\n\r\n", 404, 0),
        (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n", 404, 0),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\nX: <script>\r\n\r\n", 405, 0),
        (request("GET /a%0d%0aX-Injected:%20b", "Host: a"), 404, 0),
        (request("GET /api/stations/a%0d%0aX-Injected:%20b", "Host: a\r\nX-Other: b"), 401, 0),
    ],
)
def test_what_is_no_clean_request_is_refused(stage: Stage, sent: bytes, status: int, why: int) -> None:
    async def test(scene: Scene) -> None:
        before = scene.count(Why.NO_REQUEST)
        async with scene.attack():
            # A second request behind it must not be taken for another's, nor be answered after a refusal of the first.
            raw = await scene.socket(scene.web_port, sent + request("GET /openapi.json", "Host: a", "Connection: close"))
            said = await raw.read_all()
        assert said.startswith(f"HTTP/1.1 {status} ".encode()), said[:200]
        assert b"X-Injected" not in said.partition(b"\r\n\r\n")[0]
        assert b"<script>" not in said
        assert scene.count(Why.NO_REQUEST) - before == why
        assert (said.count(b"HTTP/1.1 ") == 1) == (status in {400, 431})

    stage.run(test)


def test_bodies_without_end_are_not_read_to_it(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        before = scene.count(Why.TOO_LARGE)
        head = ("POST /api/session", "Host: a", "Content-Type: application/json")
        chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        async with scene.attack():
            for length in (10_001, 9_000_000_000):
                raw = await scene.socket(scene.web_port, request(*head, f"Content-Length: {length}"))
                assert (await raw.read_all(until=b"\r\n\r\n")).startswith(b"HTTP/1.1 413"), "before any of it is there"
            raw = await scene.socket(scene.web_port, request(*head, "Transfer-Encoding: chunked"))
            answer = asyncio.create_task(raw.read_all(until=b"\r\n\r\n"))
            sent = 0
            while not answer.done() and sent < 50:
                raw.writer.write(chunk)
                sent += 1
                await asyncio.sleep(0)
            assert (await answer).startswith(b"HTTP/1.1 413")
            assert scene.count(Why.TOO_LARGE) == before + 3

    stage.run(test)


def test_bodies_that_nobody_means_are_refused_with_their_place_or_as_no_json(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        bodies = {
            "nested lists": b"[" * 100_000,
            "nested objects": b'{"a":' * 100_000,
            "nested within a command": b'{"customData":{"vendorId":"v","x":' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
            "no UTF-8": b'{"user":"\xff\xfe","password":"x"}',
            "a lone surrogate": b'{"user":"\\ud800","password":"\\ud800"}',
            "infinity": b'{"limit_w":1e999}',
            "not a number": b'{"limit_w":NaN}',
            "a huge integer": b'{"limit_w":1' + b"0" * 5000 + b"}",
        }
        lines = len(scene.lines("a bug of this program"))
        async with scene.attack(), scene.browser(logged_in=True) as client, scene.browser() as stranger:
            for name, body in bodies.items():
                for who, method, path in (
                    (stranger, "POST", "/api/session"),
                    (client, "PUT", "/api/site"),
                    (client, "POST", "/api/stations/ROGUE-1/commands/DataTransfer"),
                ):
                    answer = await who.request(method, path, content=body, headers={"Content-Type": "application/json"})
                    assert 400 <= answer.status_code < 500, (name, path, answer.status_code, answer.text[:200])
        assert len(scene.lines("a bug of this program")) == lines

    stage.run(test)


def test_no_path_leads_out_of_the_page(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        async with scene.browser() as client:
            index = (await client.get("/")).text
            assets = index.partition("/assets/")[2].partition("/")[0]
        for path in (
            "/../../../../etc/passwd",
            "/..%2f..%2f..%2fetc%2fpasswd",
            "/%2e%2e/%2e%2e/etc/passwd",
            f"/assets/{assets}/../../../pyproject.toml",
            f"/assets/{assets}/page/..%2f..%2f..%2fapp.py",
            f"/assets/{assets}/page/%2e%2e/%2e%2e/%2e%2e/app.py",
            f"/assets/{assets}/page/..\\..\\app.py",
            f"/assets/{assets}/page/app.js%00.html",
            "//etc/passwd",
            "/assets//etc/passwd",
            "/.git/config",
            "/static/../csms.sqlite3",
            "/csms.sqlite3",
        ):
            raw = await scene.socket(scene.web_port, request(f"GET {path}", "Host: a", "Connection: close"))
            said = await raw.read_all()
            assert said.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400")), (path, said[:100])
            assert b"root:" not in said

    stage.run(test)


def test_strangers_cannot_fill_the_record_of_changes(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        before = scene.count(Why.NOT_LOGGED_IN)
        async with scene.browser(address="127.0.0.95") as stranger, scene.browser(logged_in=True) as client:
            for number in range(100):
                answer = await stranger.put(f"/api/{'x' * 1000}-{number}", json={"text": "y" * 1000})
                assert answer.status_code in {401, 404, 405}
            changes = (await client.get("/api/changes", params={"limit": 1000})).json()
        of_stranger = [one for one in changes if one["change"]["remote"] == "127.0.0.95"]
        assert 0 < len(of_stranger) < 50
        assert scene.count(Why.NOT_LOGGED_IN) - before == 100
        assert len(scene.lines("from 127.0.0.95")) <= 2

    stage.run(test)


def test_every_answer_keeps_scripts_and_frames_of_others_out(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        async with scene.browser(logged_in=True) as client:
            for path in ("/", "/api/overview", "/api/nothing", "/openapi.json", "/healthz", "/api/refusals"):
                headers = (await client.get(path)).headers
                policy = headers["content-security-policy"]
                assert "default-src 'self'" in policy, path
                assert "unsafe" not in policy, path
                assert "frame-ancestors 'none'" in policy, path
                assert headers["x-content-type-options"] == "nosniff", path
                assert "access-control-allow-origin" not in headers, path

    stage.run(test)
