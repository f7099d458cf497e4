import asyncio
import json
import logging
import socket
from collections.abc import Callable
from contextvars import Context
from typing import Any

import httpx
import pytest
import websockets
from litestar import Litestar, WebSocket, get, post, websocket

from ladewerk.errors import ConfigError
from ladewerk.paced_loop import PacedLoop
from ladewerk.web.server import serving


@get("/hello")
async def hello() -> dict[str, str]:
    return {"hello": "there"}


@post("/press")
async def press() -> None: ...


@websocket("/echo")
async def echo(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    while True:
        await socket.send_text(await socket.receive_text())


@websocket("/deaf")
async def deaf(socket: WebSocket[Any, Any, Any]) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await asyncio.Event().wait()


def application() -> Litestar:
    return Litestar([hello, press, echo, deaf], openapi_config=None)


def test_an_application_answers_on_a_free_port_over_http_and_websocket() -> None:
    async def visit() -> tuple[dict[str, str], str | bytes]:
        async with serving(application(), "127.0.0.1", 0) as url, httpx.AsyncClient() as client:
            answer = (await client.get(f"{url}/hello")).json()
            async with websockets.connect(url.replace("http", "ws") + "/echo") as link:
                await link.send("ping")
                return answer, await link.recv()

    assert asyncio.run(visit()) == ({"hello": "there"}, "ping")


class CountingLoop(PacedLoop):
    """Counts how often anything asks to be woken."""

    timers = 0

    def call_at(  # type: ignore[override]  # typeshed's variadic form cannot be repeated here
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        self.timers += 1
        return super().call_at(when, callback, *args, context=context)


def test_nothing_ticks_in_an_idle_hour() -> None:
    async def idle() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, CountingLoop)
        async with serving(application(), "127.0.0.1", 0) as url, httpx.AsyncClient() as client:
            await client.get(f"{url}/hello")
            before = loop.timers
            await asyncio.sleep(3600)
            return loop.timers - before

    with asyncio.Runner(loop_factory=lambda: CountingLoop(None)) as runner:
        assert runner.run(idle()) <= 2  # the sleep itself, and one idle connection that is closed


def test_a_port_in_use_is_named_with_the_remedy() -> None:
    async def collide(port: int) -> None:
        async with serving(application(), "127.0.0.1", port):
            pass

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"^127\.0\.0\.1:{port}: the port is in use; .* choose another port$"):
            asyncio.run(collide(port))


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        ("no-such-host.invalid", 8080, "^no-such-host.invalid:8080: no such host; give an address of this machine"),
        ("127.0.0.1", 99999, r"^127\.0\.0\.1:99999: a port is 1 to 65535"),
        ("192.0.2.1", 8080, r"^192\.0\.2\.1:8080: this machine has no such address; use 127\.0\.0\.1"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_configuration_error(host: str, port: int, says: str) -> None:
    async def bind() -> None:
        async with serving(application(), host, port):
            pass

    with pytest.raises(ConfigError, match=says):
        asyncio.run(bind())


def test_the_server_ends_at_once_although_connections_are_open(caplog: pytest.LogCaptureFixture) -> None:
    async def end() -> None:
        async with httpx.AsyncClient() as client:
            async with serving(application(), "127.0.0.1", 0) as url:
                await client.get(f"{url}/hello")
                link = await websockets.connect(url.replace("http", "ws") + "/echo")
            await link.wait_closed()
            assert link.close_code == 1012

    asyncio.run(end())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_handler_that_does_not_notice_the_end_is_ended_silently(caplog: pytest.LogCaptureFixture) -> None:
    async def end() -> None:
        async with serving(application(), "127.0.0.1", 0) as url:
            link = await websockets.connect(url.replace("http", "ws") + "/deaf")
            assert await link.recv() == "hello"
        await link.wait_closed()

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(end())
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_pages_of_other_sites_can_neither_write_nor_listen() -> None:
    async def attack() -> tuple[int, int, int, int]:
        foreign = {"Origin": "http://evil.example"}
        async with serving(application(), "127.0.0.1", 0) as url, httpx.AsyncClient() as client:
            refused = await client.post(f"{url}/press", headers=foreign)
            assert json.loads(refused.content)["code"] == "foreign-origin"
            own = await client.post(f"{url}/press", headers={"Origin": url})
            program = await client.post(f"{url}/press")
            with pytest.raises(websockets.InvalidStatus) as err:
                await websockets.connect(
                    url.replace("http", "ws") + "/echo", origin=websockets.Origin("http://evil.example")
                )
            return refused.status_code, own.status_code, program.status_code, err.value.response.status_code

    assert asyncio.run(attack()) == (403, 201, 201, 403)


def test_every_answer_carries_the_security_headers() -> None:
    async def headers() -> httpx.Headers:
        async with serving(application(), "127.0.0.1", 0) as url, httpx.AsyncClient() as client:
            return (await client.get(f"{url}/hello")).headers

    found = asyncio.run(headers())
    assert found["content-security-policy"].startswith("default-src 'self';")
    assert found["x-content-type-options"] == "nosniff"


def test_an_application_that_cannot_start_is_reported_and_leaves_no_socket() -> None:
    def fail() -> None:
        raise OSError("no database")

    async def start() -> None:
        async with serving(Litestar([hello], on_startup=[fail]), "127.0.0.1", 0):
            pass

    with pytest.raises(RuntimeError, match="did not start"):
        asyncio.run(start())
