"""Rules for every request of a page or API, whatever the application behind."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from ladewerk.refusals import Refusals, Why

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI 3 application; frameworks type the three arguments (scope, receive, send) each in their own way."""

SECURITY_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]
"""On every answer."""

_READING = {"GET", "HEAD", "OPTIONS"}

MOST_HEAD_BYTES: Final = 32 * 1024
"""Of the address and the headers of a request."""

_BODY_S: Final = 60.0
"""How long the body of a request may take."""


class Guard:
    """Lets a browser write, or open a WebSocket, only from a page of this very server, and adds the security headers.

    A page of a foreign site could otherwise press Start in the network of whoever reads it. Programs send no Origin.
    """

    def __init__(self, app: AsgiApp, refusals: Refusals | None = None) -> None:
        self._app = app
        self._refusals = refusals
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan, as ASGI says."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and _says_its_length_twice(scope["headers"]):
            self.note(Why.NO_REQUEST, scope, "a body whose length is said in two ways")
            text = "refused: the length of the body is said in two ways"
            await _answer(send, 400, "two-lengths", text, SECURITY_HEADERS, close=True)
            return
        if _head_bytes(scope) > MOST_HEAD_BYTES:
            self.note(Why.TOO_LARGE, scope, "a request with a long head")
            text = f"refused: address and headers have at most {MOST_HEAD_BYTES} bytes"
            await _answer(send, 431, "long-head", text, SECURITY_HEADERS, close=True)
            return
        writes = scope["type"] == "websocket" or scope["method"] not in _READING
        if writes and not same_origin(scope["headers"]):
            self.note(Why.FOREIGN_ORIGIN, scope, f"{scope.get('method', 'WebSocket')} from a page of another site")
            await _refuse(scope["type"], send)
            return
        request = _Request(self, scope, receive, send)
        try:
            await self._app(scope, request.receive, request.send)
        except asyncio.CancelledError:
            if not self.closing:
                raise

    def note(self, why: Why, scope: Scope, what: str) -> None:
        """Count what is turned away."""
        if self._refusals is not None:
            client = scope.get("client")
            self._refusals.note(why, "" if client is None else str(client[0]), what)


class _Request:
    """One request on its way to the application, and the answer on its way back."""

    def __init__(self, guard: Guard, scope: Scope, receive: Receive, send: Send) -> None:
        self._guard = guard
        self._scope = scope
        self._receive = receive
        self._send = send
        self._due_s = asyncio.get_running_loop().time() + _BODY_S
        self._has_more = scope["type"] == "http"
        self._is_answered = False
        self._is_over = False

    async def receive(self) -> Any:
        """What the peer says next; a body that does not end in time is answered here, and the application hears no more."""
        if not self._has_more:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._due_s):
                event = await self._receive()
        except TimeoutError:
            self._guard.note(Why.SLOW, self._scope, "a body that does not end")
            if not self._is_answered:
                await _answer(self.send, 408, "too_slow", "the request did not arrive in time", close=True)
            self._is_over = True
            return {"type": "http.disconnect"}
        self._has_more = event.get("more_body", False)
        return event

    async def send(self, event: MutableMapping[str, Any]) -> None:
        """The answer, with the security headers."""
        if self._is_over:
            return
        if event["type"] == "http.response.start":
            self._is_answered = True
            event["headers"] = [*event.get("headers", []), *SECURITY_HEADERS]
            if event["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                self._guard.note(Why.TOO_LARGE, self._scope, "a body that is too large")
                event["headers"].append((b"connection", b"close"))  # what is still to come of it is not read
        await self._send(event)


def _says_its_length_twice(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """By length and by chunks: a proxy before us may believe the other (RFC 9112, 6.3)."""
    return {b"transfer-encoding", b"content-length"} <= {name for name, _ in headers}


def _head_bytes(scope: Scope) -> int:
    """h11 bounds a head that comes in pieces; one that comes at once is as long as what is read at a time."""
    address = len(scope["path"]) + len(scope["query_string"])
    return address + sum(len(name) + len(value) for name, value in scope["headers"])


def same_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request has no Origin or one that names the host it was sent to."""
    named = {name: value.decode("latin-1").lower() for name, value in headers if name in {b"origin", b"host"}}
    origin = named.get(b"origin")
    return origin is None or urlsplit(origin).netloc == named.get(b"host")


async def _refuse(kind: str, send: Send) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "the page is of another site"})
        return
    await _answer(send, 403, "foreign-origin", "refused: the request comes from a page of another site", SECURITY_HEADERS)


async def _answer(
    send: Send, status: int, code: str, text: str, headers: Sequence[tuple[bytes, bytes]] = (), *, close: bool = False
) -> None:
    body = json.dumps({"code": code, "params": {}, "text": text}).encode()
    said = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *headers]
    if close:
        said.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": said, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
