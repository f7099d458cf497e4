"""Rules for every request of a page or API, whatever the application behind."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

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


class Guard:
    """Lets a browser write, or open a WebSocket, only from a page of this very server, and adds the security headers.

    A page of a foreign site could otherwise press Start in the network of whoever reads it. Programs send no Origin.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self.closing = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan, as ASGI says."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        writes = scope["type"] == "websocket" or scope["method"] not in _READING
        if writes and not same_origin(scope["headers"]):
            await _refuse(scope["type"], send)
            return

        async def send_guarded(event: MutableMapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event.get("headers", []), *SECURITY_HEADERS]
            await send(event)

        try:
            await self._app(scope, receive, send_guarded)
        except asyncio.CancelledError:
            if not self.closing:
                raise


def same_origin(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a request has no Origin or one that names the host it was sent to."""
    named = {name: value.decode("latin-1").lower() for name, value in headers if name in {b"origin", b"host"}}
    origin = named.get(b"origin")
    return origin is None or urlsplit(origin).netloc == named.get(b"host")


async def _refuse(kind: str, send: Send) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "the page is of another site"})
        return
    body = b'{"code": "foreign-origin", "params": {}, "text": "refused: the request comes from a page of another site"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *SECURITY_HEADERS]
    await send({"type": "http.response.start", "status": 403, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
