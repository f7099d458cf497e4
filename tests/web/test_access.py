import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from litestar import Litestar, WebSocket, get, websocket

from ladewerk.clock import ManualClock
from ladewerk.errors import StoreError
from ladewerk.web.access import Access, reset_access
from ladewerk.web.access_routes import access_routes
from ladewerk.web.bodies import Refused, Unusable, answer_refused, answer_unusable
from ladewerk.web.gate import Gate, cookie_name
from ladewerk.web.server import serving

PASSWORD = "correct horse battery"
COOKIE = cookie_name("LW-0001")
DAY_S = 86_400.0


@get("/api/state")
async def state() -> dict[str, str]:
    return {"secret": "seen"}


@get("/", media_type="text/html")
async def page() -> str:
    return "the page"


class Visit:
    """A program's page and a browser before it; ``tell`` makes it say something on its WebSocket."""

    def __init__(self, clock: ManualClock, access: Access, url: str, client: httpx.AsyncClient, code: str | None) -> None:
        self.clock, self.access, self.url, self.client, self.code = clock, access, url, client, code
        self.tell = asyncio.Event()

    async def post(self, path: str, **body: object) -> httpx.Response:
        return await self.client.post(f"/api/{path}", json=body)

    async def set_up(self) -> None:
        assert (await self.post("setup", code=self.code, password=PASSWORD)).status_code == 200

    async def sees(self) -> bool:
        return (await self.client.get("/api/state")).status_code == 200


@asynccontextmanager
async def visiting(folder: Path) -> AsyncIterator[Visit]:
    clock = ManualClock(datetime(2026, 1, 5, tzinfo=UTC))
    access = Access(folder / "access.json", clock)
    code = await access.begin()
    news: list[Visit] = []

    @websocket("/api/events")
    async def events(socket: WebSocket[Any, Any, Any]) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await news[0].tell.wait()
        await socket.send_text("news")
        await socket.receive_data(mode="text")

    app = Litestar(
        [state, page, events, *access_routes(access, clock, COOKIE)],
        exception_handlers={Unusable: answer_unusable, Refused: answer_refused},
        openapi_config=None,
        logging_config=None,
    )
    async with (
        serving(Gate(app, access, COOKIE), "127.0.0.1", 0) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        news.append(Visit(clock, access, url, client, code))
        yield news[0]


def visit(folder: Path, scenario: Callable[[Visit], Awaitable[None]]) -> None:
    async def run() -> None:
        async with visiting(folder) as there:
            await scenario(there)

    asyncio.run(run())


def test_before_a_password_is_chosen_nobody_sees_anything_but_the_page_and_its_first_visit(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        refused = await there.client.get("/api/state")
        assert (refused.status_code, refused.json()["code"]) == (401, "setup_needed")
        assert (await there.client.get("/")).text == "the page"
        assert (await there.client.get("/api/session")).json() == {"door": "setup"}
        assert (await there.post("session", password=PASSWORD)).json()["code"] == "setup_needed"

    visit(tmp_path, scenario)


def test_the_code_of_the_terminal_lets_one_choose_the_password_once(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        assert there.code is not None
        wrong = await there.post("setup", code="AAAA-AAAA", password=PASSWORD)
        assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (422, "wrong_code")
        typed = there.code.lower().replace("-", " ")
        chosen = await there.post("setup", code=typed, password=PASSWORD)
        assert chosen.json() == {"door": "in"}
        cookie = chosen.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert await there.sees()
        again = await there.post("setup", code=there.code, password="another password")
        assert (again.status_code, again.json()["code"]) == (409, "already_set_up")
        kept = tmp_path / "access.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert PASSWORD not in kept.read_text()
        assert str(there.client.cookies[COOKIE]) not in kept.read_text()

    visit(tmp_path, scenario)


def test_a_password_lets_in_and_logging_out_ends_that(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        await there.set_up()
        there.client.cookies.clear()
        assert not await there.sees()
        assert (await there.client.get("/api/session")).json() == {"door": "login"}
        wrong = await there.post("session", password="not this one")
        assert wrong.json()["errors"][0] == {
            "field": "password",
            "code": "wrong_password",
            "params": {},
            "text": "this is not the password",
        }
        assert (await there.post("session", password=PASSWORD)).status_code == 200
        stolen = dict(there.client.cookies)
        assert await there.sees()
        assert (await there.client.delete("/api/session")).json() == {"door": "login"}
        there.client.cookies.update(stolen)
        assert not await there.sees(), "the session ended in the program, not in the browser alone"

    visit(tmp_path, scenario)


def test_a_restart_keeps_sessions_and_a_long_absence_ends_them(tmp_path: Path) -> None:
    cookies: dict[str, str] = {}

    async def first(there: Visit) -> None:
        await there.set_up()
        cookies.update(there.client.cookies)

    async def second(there: Visit) -> None:
        assert there.code is None
        there.client.cookies.update(cookies)
        there.clock.advance(80 * DAY_S)
        renewed = await there.client.get("/api/session")
        assert "set-cookie" in renewed.headers
        there.clock.advance(80 * DAY_S)
        assert await there.sees()
        there.clock.jump(-20_000 * DAY_S)
        assert "set-cookie" not in (await there.client.get("/api/session")).headers, "a boot without a clock"
        there.clock.jump(20_000 * DAY_S)
        assert await there.sees()
        there.clock.advance(91 * DAY_S)
        assert not await there.sees()

    visit(tmp_path, first)
    visit(tmp_path, second)


def test_who_guesses_has_to_wait_and_a_right_guess_counts_again_after_that(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        await there.set_up()
        there.client.cookies.clear()
        for _ in range(5):
            assert (await there.post("session", password="guess guess")).status_code == 422
        late = await there.post("session", password=PASSWORD)
        assert (late.status_code, late.json()["code"]) == (429, "too_many_tries")
        assert 0 < int(late.headers["retry-after"]) <= 30
        there.clock.advance(31)
        assert (await there.post("session", password=PASSWORD)).status_code == 200

    visit(tmp_path, scenario)


def test_another_password_logs_every_other_browser_out_at_once_its_open_connections_too(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        await there.set_up()
        other = {"Cookie": f"{COOKIE}={there.client.cookies[COOKIE]}"}
        async with websockets.connect(f"{there.url.replace('http', 'ws')}/api/events", additional_headers=other) as link:
            assert await link.recv() == "hello"
            wrong = await there.client.put("/api/password", json={"old": "not this one", "new": "a new password"})
            assert wrong.json()["errors"][0]["field"] == "old"
            changed = await there.client.put("/api/password", json={"old": PASSWORD, "new": "a new password"})
            assert changed.status_code == 200
            there.tell.set()
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await link.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
        assert await there.sees(), "who changed it stays"
        there.client.cookies.clear()
        assert (await there.client.get("/api/state", headers=other)).status_code == 401
        assert (await there.post("session", password="a new password")).status_code == 200

    visit(tmp_path, scenario)


def test_a_websocket_needs_a_session_too(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        await there.set_up()
        with pytest.raises(websockets.InvalidStatus):
            await websockets.connect(f"{there.url.replace('http', 'ws')}/api/events")

    visit(tmp_path, scenario)


def test_a_token_lets_a_script_in_but_not_near_passwords_and_tokens(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        await there.set_up()
        made = await there.post("tokens", name="Home Assistant")
        assert made.status_code == 201
        token = made.json()["token"]
        assert token not in (tmp_path / "access.json").read_text()
        assert (await there.post("tokens", name="Home Assistant")).json()["errors"][0]["code"] == "name_taken"
        (listed,) = (await there.client.get("/api/tokens")).json()
        assert listed == {"name": "Home Assistant", "made_at": "2026-01-05T00:00:00Z"}
        async with httpx.AsyncClient(base_url=there.url, trust_env=False) as script:
            script.headers["Authorization"] = f"Bearer {token}"
            assert (await script.get("/api/state")).status_code == 200
            for refused in (
                await script.get("/api/tokens"),
                await script.post("/api/tokens", json={"name": "more"}),
                await script.put("/api/password", json={"old": PASSWORD, "new": "a new password"}),
            ):
                assert (refused.status_code, refused.json()["code"]) == (403, "person_needed")
            assert (await there.client.delete("/api/tokens/Home%20Assistant")).status_code == 200
            assert (await script.get("/api/state")).status_code == 401
        assert (await there.client.delete("/api/tokens/Home%20Assistant")).status_code == 404

    visit(tmp_path, scenario)


@pytest.mark.parametrize(
    ("path", "body", "field", "code"),
    [
        ("setup", b"{", "", "not_json"),
        ("setup", b'{"code": "A", "password": "long enough, this"}, ', "", "not_json"),
        ("setup", b'{"password": "long enough, this"}', "code", "missing"),
        ("setup", b'{"code": 7, "password": "long enough, this"}', "code", "invalid"),
        ("setup", b'{"code": "A", "password": "short"}', "password", "password_length"),
        ("setup", b'{"code": "A", "password": "aaaaaaaaaaaaaa"}', "password", "password_simple"),
        ("setup", b'{"code": "A", "password": "long enough, this", "admin": true}', "admin", "unknown_field"),
        ("setup", b'"' + b"[" * 5000, "", "not_json"),
        ("setup", b"[" * 50000, "", "invalid"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place_and_changes_nothing(
    tmp_path: Path, path: str, body: bytes, field: str, code: str
) -> None:
    async def scenario(there: Visit) -> None:
        answer = await there.client.post(f"/api/{path}", content=body)
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["field"], error["code"]) == (field, code)
        assert not there.access.is_set_up

    visit(tmp_path, scenario)


def test_a_lost_password_is_reset_under_the_running_program(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        await there.set_up()
        code = reset_access(tmp_path / "access.json")
        assert not await there.sees()
        assert (await there.client.get("/api/session")).json() == {"door": "setup"}
        assert (await there.post("setup", code=code, password="the next password")).status_code == 200
        assert await there.sees()

    visit(tmp_path, scenario)


def test_a_damaged_file_lets_nobody_in_and_is_named_at_the_start(tmp_path: Path) -> None:
    async def scenario(there: Visit) -> None:
        await there.set_up()
        (tmp_path / "access.json").write_text("{")
        assert not await there.sees()
        assert (await there.client.get("/api/session")).json() == {"door": "login"}
        assert (await there.post("session", password=PASSWORD)).status_code == 422

    visit(tmp_path, scenario)
    with pytest.raises(StoreError, match=r"access\.json is damaged .*station password"):
        visit(tmp_path, scenario)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:80", 200),
        ("localhost", 200),
        ("[::1]:80", 200),
        ("evil.example:80", 401),
        ("", 401),
        ("127.0.0.1.evil:1", 401),
    ],
)
def test_without_a_password_a_page_answers_to_the_names_of_this_machine_alone(host: str, status: int) -> None:
    async def run() -> int:
        app = Litestar([state], openapi_config=None)
        async with serving(Gate(app, None, COOKIE), "127.0.0.1", 0) as url, httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(f"{url}/api/state", headers={"Host": host})).status_code

    assert asyncio.run(run()) == status
