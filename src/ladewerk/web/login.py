"""What every login has, whoever may log in: the cookie that a browser gets, and how long somebody waits to guess again."""

from datetime import timedelta
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from ladewerk.web.tries import Tries

NEVER_KEPT: Final = {"Cache-Control": "no-store"}
"""Headers of an answer that says who somebody is."""

_ONE_AT_A_TIME_S: Final = 1.0

_Any = ASGIConnection[Any, Any, Any, Any]


def login_cookie(request: _Any, name: str, secret: str | None, stays: timedelta) -> Cookie:
    """``secret`` for the browser alone, where no script of a page reads it; None takes the cookie back."""
    return Cookie(
        key=name,
        value=secret or "",
        max_age=int(stays.total_seconds()) if secret else 0,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def wait_to_try_s(tries: Tries, request: _Any, *, busy: bool) -> int:
    """0, or the seconds until its address may guess again: after too many tries, or while somebody else's is looked at."""
    wait_s = tries.take(address_of(request))
    if wait_s == 0 and busy:
        wait_s = _ONE_AT_A_TIME_S
    return max(1, round(wait_s)) if wait_s > 0 else 0


def address_of(request: _Any) -> str:
    """Where it came from; "" where that is not known."""
    return request.client.host if request.client is not None else ""
