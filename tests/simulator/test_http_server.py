import asyncio
from collections.abc import Callable, Coroutine

import pytest

from ladewerk.errors import ConfigError
from ladewerk.paced_loop import PacedLoop
from ladewerk.simulator.http_server import NoAnswer, Request, Response, serving_http

Talk = Callable[[bytes], Coroutine[None, None, bytes]]


def echo(request: Request) -> Response:
    if request.path == "/silent":
        raise NoAnswer(hang_up=False)
    if request.path == "/hang-up":
        raise NoAnswer(hang_up=True)
    return Response(200, f"{request.method} {request.path} {dict(request.query)} {request.body!r}".encode(), "text/plain")


def serve(scenario: Callable[[Talk], Coroutine[None, None, None]]) -> None:
    """Run a scenario that sends raw bytes, each on a connection of its own, and gets all that comes back."""

    async def scene() -> None:
        async with serving_http(echo, "127.0.0.1", 0, key="port") as url:
            host, port = url.removeprefix("http://").split(":")

            async def talk(data: bytes) -> bytes:
                reader, writer = await asyncio.open_connection(host, int(port))
                try:
                    for at in range(0, len(data), 4096):
                        writer.write(data[at : at + 4096])
                    return await reader.read()
                finally:
                    writer.close()

            await scenario(talk)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(scene())


def test_a_request_is_answered_and_the_connection_closed() -> None:
    async def scenario(talk: Talk) -> None:
        answer = await talk(b"GET /a%20b?x=1&y=%C3%A4 HTTP/1.1\r\nHost: h\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Connection: close" in head
        assert body.decode() == "GET /a b {'x': '1', 'y': 'ä'} b''"

    serve(scenario)


def test_a_body_may_come_in_pieces() -> None:
    async def scenario(talk: Talk) -> None:
        answer = await talk(b"POST /x HTTP/1.1\r\nContent-Length: 9000\r\n\r\n" + b"a" * 9000)
        assert answer.endswith(b"b'" + b"a" * 9000 + b"'")

    serve(scenario)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / FTP/1.0\r\n\r\n", 400),
        (b"GET http://[x HTTP/1.1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 17_000, 431),
    ],
)
def test_unusable_requests_are_refused(request_bytes: bytes, status: int) -> None:
    async def scenario(talk: Talk) -> None:
        assert (await talk(request_bytes)).startswith(f"HTTP/1.1 {status} ".encode())

    serve(scenario)


def test_who_says_nothing_may_stay_until_too_many_do() -> None:
    async def scenario(talk: Talk) -> None:
        waiting = [asyncio.create_task(talk(b"GET / HT"))]
        await asyncio.sleep(3600)
        waiting += [asyncio.create_task(talk(b"GET / HT")) for _ in range(64)]
        assert await waiting[0] == b""
        assert (await talk(b"GET / HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(3600)
        assert sum(task.done() for task in waiting) <= 2
        for task in waiting:
            task.cancel()

    serve(scenario)


def test_a_handler_may_hang_up() -> None:
    async def scenario(talk: Talk) -> None:
        assert await talk(b"GET /hang-up HTTP/1.1\r\n\r\n") == b""

    serve(scenario)


def test_a_handler_may_leave_its_client_waiting() -> None:
    async def scenario(talk: Talk) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3600):
                await talk(b"GET /silent HTTP/1.1\r\n\r\n")

    serve(scenario)


def test_a_device_whose_channels_are_all_taken_hangs_up() -> None:
    async def scene() -> None:
        async with serving_http(echo, "127.0.0.1", 0, key="port", channels=1) as url:
            host, port = url.removeprefix("http://").split(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            late, late_writer = await asyncio.open_connection(host, int(port))
            assert await late.read() == b""
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
            for one in (writer, late_writer):
                one.close()

    asyncio.run(scene())


def test_a_port_in_use_is_one_clear_line() -> None:
    async def scene() -> None:
        async with serving_http(echo, "127.0.0.1", 0, key="first") as url:
            port = int(url.rsplit(":", 1)[1])
            with pytest.raises(ConfigError, match=f"^second: port {port} of 127.0.0.1 is in use; choose another"):
                async with serving_http(echo, "127.0.0.1", port, key="second"):
                    raise AssertionError

    asyncio.run(scene())


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_an_address_that_is_not_of_this_machine_is_one_clear_line(host: str) -> None:
    async def scene() -> None:
        with pytest.raises(ConfigError, match=f"^host: {host} is no address of this machine"):
            async with serving_http(echo, host, 0, key="port"):
                raise AssertionError

    asyncio.run(scene())


def test_ipv6_addresses_stand_in_brackets() -> None:
    async def scene() -> None:
        async with serving_http(echo, "::1", 0, key="port") as url:
            assert url.startswith("http://[::1]:")

    try:
        asyncio.run(scene())
    except ConfigError:
        pytest.skip("this machine has no IPv6")
