"""Before every route: whose request is it, and has it the right that the route asks for?"""

from typing import Any, Final, cast

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import WebSocketException
from litestar.handlers import BaseRouteHandler

from ladewerk.csms.api.refusals import Refused, refused
from ladewerk.csms.security.accounts import ANYBODY, WHO, Accounts, Who
from ladewerk.csms.security.roles import Right
from ladewerk.refusals import Refusals, Why
from ladewerk.web.gate import is_local

LOGGED_OUT: Final = 4401
"""Code with which a WebSocket is closed that may not listen, or no longer."""

COOKIE: Final = "ladewerk-csms"

_Any = ASGIConnection[Any, Any, Any, Any]


class Guard:
    """``accounts`` None: there are no users, and everybody on this machine may do everything."""

    def __init__(self, accounts: Accounts | None, refusals: Refusals) -> None:
        self._accounts = accounts
        self._refusals = refusals

    async def __call__(self, connection: _Any, handler: BaseRouteHandler) -> None:
        """Raises Refused, or WebSocketException, where a request gets no further."""
        who = self.who(connection)
        scope = cast("dict[str, Any]", connection.scope)  # the key is ours
        scope[WHO] = who
        # A route that asks for nothing by name is for administrators: one that was forgotten lets nobody in.
        right = Right(handler.opt.get("right", Right.ADMINISTER))
        if right == Right.OPEN or (who is not None and who.may(right)):
            return
        if self._accounts is None:
            client = connection.client
            self._refusals.note(Why.FOREIGN_HOST, client.host if client else "", "the page was asked for by a foreign name")
        if connection.scope["type"] == ScopeType.WEBSOCKET:
            raise WebSocketException(detail="log in first", code=LOGGED_OUT)
        raise self._refusal(who, right)

    def who(self, connection: _Any) -> Who | None:
        """Whose request it is."""
        if self._accounts is None:
            return ANYBODY if is_local(connection.headers.get("host", "")) else None
        scheme, _, text = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._accounts.by_key(text.strip())
        return self._accounts.by_cookie(connection.cookies.get(COOKIE, ""))

    def _refusal(self, who: Who | None, right: Right) -> Refused:
        if who is not None:
            return refused(403, "no-right", f"{who.name} may not do this: it needs the right to {right}", right=right)
        if self._accounts is None:
            return refused(401, "foreign-host", "refused: open this page by the address of this machine, or as localhost")
        if not self._accounts.is_set_up:
            return refused(401, "setup-needed", "nobody administers this yet: open the page with the link in the terminal")
        return refused(401, "login-needed", "log in first, or send a key: Authorization: Bearer lwk_...")


def anyone(connection: _Any) -> Who | None:
    """Whose request it is, behind the guard; None where that is not known."""
    scope = cast("dict[str, Any]", connection.scope)
    found: Who | None = scope.get(WHO)
    return found


def who_asks(connection: _Any) -> Who:
    """Whose request it is, on a route that asks for a right."""
    found = anyone(connection)
    if found is None:
        raise refused(401, "login-needed", "log in first, or send a key: Authorization: Bearer lwk_...")
    return found
