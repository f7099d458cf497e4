"""A small HTTP/1.1 server as embedded devices have it: one request per connection, ``Connection: close``."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from ladewerk.simulator.listening import listening

_MOST_HEAD: Final = 16 * 1024
_MOST_BODY: Final = 64 * 1024
_MOST_CONNECTIONS: Final = 64
"""One more, and the oldest is hung up on. A deadline would not do: it would be in loop time, which no browser can keep."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client wants."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """What it gets."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    """More than those of every answer."""


class NoAnswer(Exception):
    """Raised by a handler that leaves its client without an answer; ``hang_up`` breaks off at once."""

    def __init__(self, *, hang_up: bool) -> None:
        super().__init__("hang up" if hang_up else "stay silent")
        self.hang_up = hang_up


Handler = Callable[[Request], Response]


@asynccontextmanager
async def serving_http(
    handler: Handler, host: str, port: int, *, key: str, channels: int | None = None
) -> AsyncIterator[str]:
    """Answer with ``handler`` until the context ends; yields the URL. ConfigError about ``key`` where the port is taken.

    A device with so many ``channels`` hangs up on whoever comes when all are taken.
    """
    open_connections: dict[_Connection, None] = {}
    async with listening(lambda: _Connection(handler, open_connections, channels), host, port, key=key) as bound:
        try:
            yield f"http://{f'[{host}]' if ':' in host else host}:{bound}"
        finally:
            for connection in tuple(open_connections):
                connection.hang_up()


class _Connection(asyncio.Protocol):
    def __init__(self, handler: Handler, open_connections: dict["_Connection", None], channels: int | None) -> None:
        self._handler = handler
        self._channels = channels
        self._open = open_connections
        self._received = b""
        self._answered = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._channels is not None and len(self._open) >= self._channels:
            self.hang_up()
            return
        self._open[self] = None
        if len(self._open) > _MOST_CONNECTIONS:
            next(iter(self._open)).hang_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.pop(self, None)

    def hang_up(self) -> None:
        """Break the connection off, answered or not."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._answered:
            return
        self._received += data
        head, blank, rest = self._received.partition(b"\r\n\r\n")
        if len(head) > _MOST_HEAD:
            self._reply(_plain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))
        elif blank:
            self._with_head(head, rest)

    def _with_head(self, head: bytes, rest: bytes) -> None:
        request_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        words = request_line.split(" ")
        length = headers.get("content-length", "0")
        if len(words) != 3 or not words[2].startswith("HTTP/1.") or not length.isdecimal():
            self._reply(_plain(HTTPStatus.BAD_REQUEST))
        elif "transfer-encoding" in headers:
            self._reply(_plain(HTTPStatus.LENGTH_REQUIRED))
        elif int(length) > _MOST_BODY:
            self._reply(_plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
        elif len(rest) >= int(length):
            self._handle(words[0], words[1], headers, rest[: int(length)])

    def _handle(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        try:
            parts = urlsplit(target)
        except ValueError:
            self._reply(_plain(HTTPStatus.BAD_REQUEST))
            return
        try:
            response = self._handler(Request(method, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body))
        except NoAnswer as silence:
            self._answered = True
            if silence.hang_up:
                self.hang_up()
            return
        self._reply(response)

    def _reply(self, response: Response) -> None:
        self._answered = True
        assert self._transport is not None
        headers = {
            "Content-Type": response.content_type,
            "Content-Length": str(len(response.body)),
            "Cache-Control": "no-store",
            "Connection": "close",
            **response.headers,
        }
        lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines) + "\r\n\r\n"
        self._transport.write(head.encode("latin-1") + response.body)
        self._transport.close()


def _plain(status: HTTPStatus) -> Response:
    return Response(status, f"{status.phrase}\n".encode(), "text/plain")
