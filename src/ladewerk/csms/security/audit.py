"""Around every request that may change something: who wanted what, and how it ended, written down before it is answered."""

import logging
from collections.abc import MutableMapping
from typing import Any, Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.csms.security.accounts import WHO, Accounts, Who
from ladewerk.csms.security.records import Change
from ladewerk.errors import StoreError
from ladewerk.web.guard import AsgiApp, Receive, Scope, Send

_log = logging.getLogger(__name__)

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_BODY: Final = 4000
_MOST_PARSED: Final = 100_000
_HIDDEN: Final = "…"
_SECRETS: Final = frozenset({"old", "new", "code", "basicAuthPassword", "privateKey", "apnPassword"})


class Audit:
    """An ASGI application around that of the API."""

    def __init__(self, app: AsgiApp, accounts: Accounts, clock: Clock) -> None:
        self._app = app
        self._accounts = accounts
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, WebSocket or lifespan, as ASGI says."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return
        body = bytearray()

        async def receive_noted() -> Any:
            event = await receive()
            if event["type"] == "http.request" and len(body) < _MOST_PARSED:
                body.extend(event.get("body", b""))
            return event

        async def send_noted(event: MutableMapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                await self._note(scope, bytes(body), int(event["status"]))
            await send(event)

        await self._app(scope, receive_noted, send_noted)

    async def _note(self, scope: Scope, body: bytes, status: int) -> None:
        who: Who | None = scope.get(WHO)
        client = scope.get("client")
        change = Change(
            at=self._clock.now(),
            who="" if who is None else who.name,
            remote="" if client is None else str(client[0]),
            action=f"{scope['method']} {scope['path']}"[:_MOST_BODY],
            status=status,
            body=without_secrets(body),
        )
        try:
            await self._accounts.note(change)
        except StoreError as err:
            _log.error("%s by %s could not be written down: %s", change.action, change.who, err)


def without_secrets(body: bytes) -> str:
    """A JSON body as it may be kept: secrets left out, cut after some thousand characters. Others are not kept."""
    if not body or len(body) >= _MOST_PARSED:
        return ""
    try:
        return msgspec.json.encode(_hide(msgspec.json.decode(body))).decode()[:_MOST_BODY]
    except msgspec.MsgspecError:
        return ""


def _hide(value: Any) -> Any:
    if isinstance(value, list):
        return [_hide(item) for item in value]
    if not isinstance(value, dict):
        return value
    # OCPP sets a station's password as the value of a variable (A01).
    variable = value.get("variable")
    of_password = isinstance(variable, dict) and "password" in str(variable.get("name", "")).lower()
    return {
        name: _HIDDEN
        if name in _SECRETS or "password" in name.lower() or (of_password and name == "attributeValue")
        else _hide(item)
        for name, item in value.items()
    }
