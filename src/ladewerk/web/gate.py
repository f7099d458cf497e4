"""The gate before an API: who is not logged in gets no further than the page's own files and the login."""

import ipaddress
from collections.abc import MutableMapping
from dataclasses import dataclass
from enum import StrEnum
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from zlib import crc32

import msgspec

from ladewerk.web.access import Access, Session
from ladewerk.web.bodies import Refusal
from ladewerk.web.guard import AsgiApp, Receive, Scope, Send

WHO: Final = "ladewerk.who"
"""Key of the scope under which a request says who it is from."""

_NEEDED: Final = "/api/"
_FOR_ALL: Final = frozenset({"/api/session", "/api/setup"})
_LOGGED_OUT: Final = 4401
"""Code with which a WebSocket is closed whose session has ended."""


class Kind(StrEnum):
    """What somebody has shown."""

    OWNER = "owner"
    TOKEN = "token"
    ANYBODY = "anybody"


@dataclass(frozen=True, slots=True)
class Who:
    """Whose request it is; ``session`` where it came with a cookie."""

    kind: Kind
    session: Session | None = None


def cookie_name(identity: str) -> str:
    """Programs on one machine are one site to a browser, whatever their ports: each has a cookie of its own."""
    return f"ladewerk-{crc32(identity.encode()):08x}"


class Gate:
    """Lets requests of those pass who have shown that they may; without ``access`` everybody on this machine may."""

    def __init__(self, app: AsgiApp, access: Access | None, cookie: str) -> None:
        self._app = app
        self._access = access
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan, as ASGI says."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        who = self._who(scope)
        path = str(scope["path"])
        if path.startswith(_NEEDED) and path not in _FOR_ALL and who is None:
            await _refuse(scope["type"], self._reason(), send)
            return
        scope[WHO] = who
        if scope["type"] == "websocket" and self._access is not None:
            send = self._until_logged_out(scope, send)
        await self._app(scope, receive, send)

    def _who(self, scope: Scope) -> Who | None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if self._access is None:
            return Who(Kind.ANYBODY) if is_local(headers.get(b"host", "")) else None
        scheme, _, token = headers.get(b"authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return None if self._access.token(token.strip()) is None else Who(Kind.TOKEN)
        session = self._access.session(_cookie(headers.get(b"cookie", ""), self._cookie))
        return None if session is None else Who(Kind.OWNER, session)

    def _reason(self) -> Refusal:
        if self._access is None:
            return Refusal(
                code="foreign_host", text="refused: open this page by the address of this machine, or as localhost"
            )
        if self._access.is_set_up:
            return Refusal(code="login_needed", text="log in first, or send a token: Authorization: Bearer lw_...")
        return Refusal(code="setup_needed", text="nobody has chosen a password yet: open the page and do that")

    def _until_logged_out(self, scope: Scope, send: Send) -> Send:
        """A WebSocket hears no more once its session or token is gone."""
        closed = False

        async def send_if_still_in(event: MutableMapping[str, Any]) -> None:
            nonlocal closed
            if closed:
                return
            if event["type"] == "websocket.send" and self._who(scope) is None:
                closed = True
                await send({"type": "websocket.close", "code": _LOGGED_OUT, "reason": "logged out"})
                return
            await send(event)

        return send_if_still_in


def _cookie(header: str, name: str) -> str:
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value


def is_local(host: str) -> bool:
    """A name that somebody else's name server gives this machine would make a foreign page one of ours."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() and not host.endswith("]") else host
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


async def _refuse(kind: str, refusal: Refusal, send: Send) -> None:
    if kind == "websocket":
        await send({"type": "websocket.close", "code": _LOGGED_OUT, "reason": refusal.code})
        return
    body = msgspec.json.encode(refusal)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(b"cache-control", b"no-store"), (b"www-authenticate", b'Bearer realm="Ladewerk"')]
    await send({"type": "http.response.start", "status": 401, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": body, "more_body": False})
