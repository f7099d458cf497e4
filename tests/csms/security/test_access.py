"""Who may use page and API: from the first link to roles on every route, over HTTP and WebSocket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ladewerk.csms.api.app import csms_api
from ladewerk.csms.app import Csms
from ladewerk.csms.security.audit import without_secrets
from ladewerk.csms.security.roles import RIGHTS, Right, Role
from ladewerk.ocpp import v21

PASSWORD = "correct horse"
CsmsMaker = Callable[..., Any]


def run(work: Awaitable[None]) -> None:
    async def go() -> None:
        async with asyncio.timeout(300):
            await work

    asyncio.run(go())


@asynccontextmanager
async def client(running: Csms, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=running.web_url, trust_env=False, headers=headers) as http:
        yield http


async def set_up(http: httpx.AsyncClient, running: Csms) -> httpx.Response:
    assert running.setup_url is not None
    code = running.setup_url.rpartition("=")[2]
    return await http.post("/api/setup", json={"code": code, "user": "Ada", "password": PASSWORD})


async def add_user(http: httpx.AsyncClient, name: str, role: str, **more: Any) -> httpx.Response:
    return await http.put(f"/api/users/{name}", json={"name": name, "role": role, "password": PASSWORD, **more})


async def log_in(http: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    return await http.post("/api/session", json={"user": name, "password": password})


def test_the_first_visit_needs_the_code_of_the_link_and_there_is_no_default_password(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http:
            assert (await http.get("/api/session")).json()["door"] == "setup"
            assert (await http.get("/")).status_code == 200
            assert (await http.get("/api/overview")).json()["code"] == "setup-needed"
            wrong = await http.post("/api/setup", json={"code": "x", "user": "Eve", "password": PASSWORD})
            assert wrong.json()["errors"][0]["code"] == "wrong-code"
            weak = await http.post("/api/setup", json={"code": "x", "user": "Eve", "password": "short"})
            assert weak.json()["errors"][0]["field"] == "password"
            done = await set_up(http, running)
            assert (done.status_code, done.json()["role"]) == (200, "administrator")
            assert "httponly" in done.headers["set-cookie"].lower()
            assert "samesite=strict" in done.headers["set-cookie"].lower()
            assert (await http.get("/api/overview")).status_code == 200
            assert (await set_up(http, running)).status_code == 409
        async with csms(open=False) as again, client(again) as http:
            assert again.setup_url is None
            assert (await http.get("/api/session")).json()["door"] == "login"
            assert (await http.get("/api/overview")).json()["code"] == "login-needed"
            assert (await log_in(http, "ADA")).json()["user"] == "Ada"
            assert (await http.get("/api/overview")).status_code == 200

    run(go())


def test_logins_outlast_a_restart_and_end_by_logout_and_by_another_password(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http:
            await set_up(http, running)
            cookies = dict(http.cookies)
        async with csms(open=False) as again, client(again) as http, client(again) as other:
            http.cookies.update(cookies)
            assert (await http.get("/api/session")).json()["door"] == "in"
            await log_in(other, "Ada")
            changed = await other.put("/api/password", json={"old": PASSWORD, "new": "another horse"})
            assert changed.status_code == 200
            assert (await http.get("/api/overview")).status_code == 401
            assert (await other.get("/api/overview")).status_code == 200
            assert (await other.delete("/api/session")).json()["door"] == "login"
            assert (await other.get("/api/overview")).status_code == 401
            assert (await log_in(http, "Ada")).status_code == 422
            assert (await log_in(http, "Ada", "another horse")).status_code == 200

    run(go())


def test_guessing_is_slowed_down_for_known_and_unknown_names_alike(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http, client(running) as eve:
            await set_up(http, running)
            tries = [await log_in(eve, "Ada" if number % 2 else "nobody", "wrong password") for number in range(7)]
            assert [answer.status_code for answer in tries] == [422] * 5 + [429] * 2
            assert len({answer.text for answer in tries[:5]}) == 1
            assert tries[-1].json()["params"]["wait_s"] == int(tries[-1].headers["Retry-After"]) > 0
            assert (await http.get("/api/overview")).status_code == 200

    run(go())


def _handlers() -> list[tuple[str, str, Right]]:
    api: Any = csms_api(_Nothing(), [])  # type: ignore[arg-type]  # routes alone are looked at
    return [
        (method, route.path, handler.opt["right"])
        for route in api.routes
        for handler in getattr(route, "route_handlers", [])
        for method in handler.http_methods
        if method not in {"OPTIONS", "HEAD"} and route.path.startswith(("/api", "/openapi.json", "/healthz"))
    ]


class _Nothing:
    accounts = None
    refusals = None


ROUTES = _handlers()
_BODIES: dict[str, Any] = {"/api/password": {"old": "x" * 12, "new": "abcdefghijk"}}


def test_every_route_asks_for_a_right() -> None:
    assert len(ROUTES) > 20
    assert {right for _, _, right in ROUTES} == set(Right)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_every_route_lets_in_whom_the_table_says(csms: CsmsMaker, role: Role) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http, client(running) as other:
            await set_up(http, running)
            await add_user(http, "Bob", role)
            await log_in(other, "Bob")
            for method, path, right in ROUTES:
                if (method, path) == ("DELETE", "/api/session"):
                    continue
                for name in ("station_id", "number", "evse_id", "id_token", "action", "name"):
                    path = path.replace(f"{{{name}:str}}", "1").replace(f"{{{name}:int}}", "1").replace(f"{{{name}}}", "1")
                answer = await other.request(method, path, json=_BODIES.get(path, {}) if method != "GET" else None)
                turned_away = answer.status_code == 403 and answer.json()["code"] == "no-right"
                assert turned_away == (right not in RIGHTS[role]), (method, path, answer.text)
                assert answer.status_code not in {401, 500}, (method, path, answer.text)

    run(go())


def test_a_driver_sees_and_steers_only_sessions_of_their_own_tokens(csms: CsmsMaker, tiny_station: Any) -> None:
    async def go() -> None:
        async with (
            csms(open=False) as running,
            client(running) as http,
            client(running) as driver,
            tiny_station(running.ocpp_port, "S-1") as station,
        ):
            await set_up(http, running)
            await add_user(http, "Dora", "driver", id_tokens=["DORA-1"])
            await log_in(driver, "Dora")
            await station.boot()
            for number, token in enumerate(("dora-1", "bob-1")):
                said = v21.IdTokenType(id_token=token, type="ISO14443")
                await station.event(
                    "Started", 0, transaction_id=f"tx-{number}", evse_id=number + 1, register_wh=0, token=said
                )
            assert len((await http.get("/api/transactions")).json()) == 2
            assert [one["id_token"] for one in (await driver.get("/api/transactions")).json()] == ["dora-1"]
            need = {"energy_wh": 4000}
            assert (await driver.put("/api/stations/S-1/evses/1/needs", json=need)).status_code == 200
            foreign = await driver.put("/api/stations/S-1/evses/2/needs", json=need)
            assert (foreign.status_code, foreign.json()["code"]) == (403, "not-yours")

    run(go())


def test_a_key_has_its_scope_and_an_end_and_makes_no_other_keys(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http:
            await set_up(http, running)
            made = {}
            for scope in ("read", "operate", "administer"):
                answer = await http.post("/api/keys", json={"name": scope, "scope": scope})
                made[scope] = answer.json()["key"]
            assert (await http.post("/api/keys", json={"name": "read"})).status_code == 422
            listed = (await http.get("/api/keys")).json()
            assert [key["name"] for key in listed] == ["administer", "operate", "read"]
            assert made["read"] not in str(listed)
            first = await http.get("/api/keys?limit=2")
            second = await http.get(first.links["next"]["url"])
            assert [key["name"] for key in (*first.json(), *second.json())] == ["administer", "operate", "read"]
            assert "next" not in second.links
            expected = {"read": [200, 403, 403], "operate": [200, 200, 403], "administer": [200, 200, 200]}
            for scope, statuses in expected.items():
                async with client(running, Authorization=f"Bearer {made[scope]}") as program:
                    asked = [
                        await program.get("/api/overview"),
                        await program.put("/api/site", json={"limit_w": 9000}),
                        await program.get("/api/users"),
                    ]
                    assert [answer.status_code for answer in asked] == statuses
                    assert (await program.post("/api/keys", json={"name": "more"})).status_code == 403
            assert (await http.delete("/api/keys/read")).status_code == 204
            async with client(running, Authorization=f"Bearer {made['read']}") as program:
                assert (await program.get("/api/overview")).status_code == 401

    run(go())


def test_the_last_administrator_stays_and_a_disabled_user_is_out_at_once(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http, client(running) as bob:
            await set_up(http, running)
            demoted = await http.put("/api/users/ada", json={"name": "Ada", "role": "viewer"})
            assert (demoted.status_code, demoted.json()["code"]) == (409, "last-administrator")
            assert (await http.delete("/api/users/Ada")).status_code == 409
            assert (await http.put("/api/users/Bob", json={"name": "Bob", "role": "viewer"})).status_code == 422
            await add_user(http, "Bob", "administrator")
            await log_in(bob, "Bob")
            assert (await bob.get("/api/users")).status_code == 200
            await http.put("/api/users/Bob", json={"name": "Bob", "role": "administrator", "disabled": True})
            assert (await bob.get("/api/users")).status_code == 401
            assert (await log_in(bob, "Bob")).status_code == 422
            assert (await http.delete("/api/users/bob")).status_code == 204
            assert [user["name"] for user in (await http.get("/api/users")).json()] == ["Ada"]

    run(go())


def test_every_change_is_written_down_without_secrets(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http, client(running) as eve:
            await set_up(http, running)
            await http.put("/api/site", json={"limit_w": 9000})
            await add_user(http, "Bob", "viewer")
            await eve.put("/api/site", json={"limit_w": 1})
            changes = (await http.get("/api/changes")).json()
            assert [(entry["change"]["who"], entry["change"]["action"], entry["change"]["status"]) for entry in changes] == [
                ("", "PUT /api/site", 401),
                ("Ada", "PUT /api/users/Bob", 200),
                ("Ada", "PUT /api/site", 200),
                ("", "POST /api/setup", 200),
            ]
            assert '"limit_w":9000' in changes[2]["change"]["body"]
            assert PASSWORD not in str(changes)
            older = (await http.get("/api/changes", params={"after": changes[1]["number"], "limit": 1})).json()
            assert older == [changes[2]]

    run(go())


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"password": "x", "make_password": true}', '{"password":"…","make_password":"…"}'),
        (
            b'{"setVariableData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"attributeValue":"x"}]}',
            '{"setVariableData":[{"component":{"name":"SecurityCtrlr"},"variable":{"name":"BasicAuthPassword"},"attributeValue":"…"}]}',
        ),
        (b'{"apn":{"simPin":4711},"vpn":{"key":"x"}}', '{"apn":{"simPin":"…"},"vpn":{"key":"…"}}'),
        (b'{"connectionData":{"basicAuthPassword":"x"}}', '{"connectionData":{"basicAuthPassword":"…"}}'),
        (b'{"location": "ftp://name:x@logs.example/a"}', '{"location":"ftp://…@logs.example/a"}'),
        (b"not json", ""),
        (b"", ""),
    ],
)
def test_secrets_are_left_out_of_the_record(body: bytes, kept: str) -> None:
    assert without_secrets(body) == kept


def test_live_events_are_for_those_who_may_read_and_end_with_the_login(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms(open=False) as running, client(running) as http:
            url = running.web_url.replace("http", "ws") + "/api/events"
            with pytest.raises((InvalidStatus, ConnectionClosed)):
                async with open_websocket(url) as socket:
                    await socket.recv()
            await set_up(http, running)
            cookie = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
            async with open_websocket(url, additional_headers={"Cookie": cookie}) as socket:
                assert '"hello"' in str(await socket.recv())
                assert '"overview"' in str(await socket.recv())
                await http.delete("/api/session")
                running.ledger.changed.emit(None)
                with suppress(ConnectionClosed):
                    while True:
                        await socket.recv()
                assert socket.close_code == 4401

    run(go())


def test_without_users_only_this_machine_by_its_own_name_is_let_in(csms: CsmsMaker) -> None:
    async def go() -> None:
        async with csms() as running, client(running) as http:
            assert running.setup_url is None
            assert (await http.get("/api/session")).json()["door"] == "open"
            assert (await http.get("/api/overview")).status_code == 200
            rebound = await http.get("/api/overview", headers={"Host": "evil.example"})
            assert (rebound.status_code, rebound.json()["code"]) == (401, "foreign-host")
            assert running.refusals.counts == {"foreign_host": 1}

    run(go())
