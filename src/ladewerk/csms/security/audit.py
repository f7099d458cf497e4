"""Around every request that may change something: who wanted what, and how it ended, written down before it is answered."""

import logging
from collections.abc import MutableMapping
from typing import Any, Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.csms.security.accounts import WHO, Accounts, Who
from ladewerk.csms.security.records import Change
from ladewerk.csms.watching.redaction import hide
from ladewerk.errors import StoreError
from ladewerk.refusals import Refusals, Why
from ladewerk.secret_words import HIDDEN
from ladewerk.web.guard import AsgiApp, Receive, Scope, Send
from ladewerk.web.tries import Tries

_log = logging.getLogger(__name__)

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_BODY: Final = 4000
_MOST_PARSED: Final = 100_000
_STRANGERS_NOTED: Final = 20
_STRANGER_NOTED_AFTER_S: Final = 60.0
_SECRETS: Final = frozenset({"old", "new", "code"})


class Audit:
    """An ASGI application around that of the API."""

    def __init__(self, app: AsgiApp, accounts: Accounts, clock: Clock, refusals: Refusals) -> None:
        self._app = app
        self._accounts = accounts
        self._clock = clock
        self._refusals = refusals
        self._strangers = Tries(clock, free=_STRANGERS_NOTED, one_more_after_s=_STRANGER_NOTED_AFTER_S)

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
        remote = "" if client is None else str(client[0])
        if who is None and status >= 400:
            # Whoever is outside must not be able to fill the disk.
            self._refusals.note(Why.NOT_LOGGED_IN, remote, "wanted to change something")
            if self._strangers.take(remote) > 0:
                return
        change = Change(
            at=self._clock.now(),
            who="" if who is None else who.name,
            remote=remote,
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
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def _hide(value: Any) -> Any:
    """What no frame has, and the page of the CSMS sends, is hidden too."""
    shown = hide(value)
    return {name: HIDDEN if name in _SECRETS else item for name, item in shown.items()} if isinstance(shown, dict) else shown
