"""The way in: first administrator, login, another password."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import COOKIE, anyone, who_asks
from ladewerk.csms.api.refusals import faulty, refused, too_early
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.security.accounts import STAYS, Accounts, Who
from ladewerk.csms.security.records import UserName
from ladewerk.csms.security.roles import Right
from ladewerk.refusals import Why
from ladewerk.web.login import NEVER_KEPT, address_of, login_cookie, wait_to_try_s
from ladewerk.web.passwords import LEAST_LENGTH, MOST_LENGTH

_Any = Request[Any, Any, Any]
_MOST_BODY_BYTES: Final = 10_000
"""Of those who are not inside: there may be many, and each body is held in memory."""

Secret = Annotated[str, msgspec.Meta(max_length=MOST_LENGTH)]


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """Where a visitor stands: ``setup``, ``login``, ``in``, or ``open`` where there are no users; who it is, what it may."""

    door: str
    user: str | None = None
    role: str | None = None
    rights: list[str] = []


class Setup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first administrator; ``code`` stands in the link that the program has told."""

    code: Annotated[str, msgspec.Meta(max_length=100)]
    user: UserName
    password: str


class LoginWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session begins with a name and its password."""

    user: Annotated[str, msgspec.Meta(max_length=64)]
    password: Secret


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password; every other session of the user ends."""

    old: Secret
    new: str


@get("/api/session", right=Right.OPEN)
async def get_session(desk: NamedDependency[Desk], request: _Any) -> Response[Door]:
    """Whether one is logged in, may log in, or has to become the first administrator."""
    who = anyone(request)
    if desk.accounts is None:
        return Response(Door(door="open", rights=[*Right]), headers=NEVER_KEPT)
    if who is None:
        return Response(Door(door="login" if desk.accounts.is_set_up else "setup"), headers=NEVER_KEPT)
    secret = request.cookies.get(COOKIE)
    if who.login is not None and secret and await desk.accounts.seen(who.login):
        return _answer(request, desk.accounts, secret)
    return Response(_inside(who), headers=NEVER_KEPT)


@post("/api/setup", status_code=200, right=Right.OPEN, request_max_body_size=_MOST_BODY_BYTES)
async def post_setup(desk: NamedDependency[Desk], request: _Any, data: JSONBody[Setup]) -> Response[Door]:
    """Become the first administrator."""
    accounts = _accounts(desk)
    if accounts.is_set_up:
        raise refused(409, "already-set-up", "there is an administrator already: log in")
    check_password("password", data.password)
    _may_try(desk, accounts, request)
    secret = await accounts.set_up(data.code, data.user, data.password)
    if secret is None:
        desk.refusals.note(Why.WRONG_PASSWORD, address_of(request), "code for the first administrator")
        raise faulty(Fault(field="code", code="wrong-code", text="this is not the code that the program has told"))
    desk.tries.forgive(address_of(request))
    return _answer(request, accounts, secret)


@post("/api/session", status_code=200, right=Right.OPEN, request_max_body_size=_MOST_BODY_BYTES)
async def post_session(desk: NamedDependency[Desk], request: _Any, data: JSONBody[LoginWanted]) -> Response[Door]:
    """Log in: the answer sets a cookie."""
    accounts = _accounts(desk)
    _may_try(desk, accounts, request)
    secret = await accounts.log_in(data.user, data.password)
    if secret is None:
        # A name nobody has may be a password in the wrong field.
        user = accounts.user(data.user)
        whose = "a user that is not known" if user is None else f"user {user.name}"
        desk.refusals.note(Why.WRONG_PASSWORD, address_of(request), f"password of {whose}")
        raise faulty(Fault(field="password", code="wrong-password", text="this is not that user's password"))
    desk.tries.forgive(address_of(request))
    return _answer(request, accounts, secret)


@delete("/api/session", status_code=200, right=Right.OPEN)
async def delete_session(desk: NamedDependency[Desk], request: _Any) -> Response[Door]:
    """Log out."""
    accounts = _accounts(desk)
    who = accounts.by_cookie(request.cookies.get(COOKIE, ""))
    if who is not None and who.login is not None:
        await accounts.log_out(who.login)
    return _answer(request, accounts, None)


@put("/api/password", right=Right.OWN)
async def put_password(desk: NamedDependency[Desk], request: _Any, data: JSONBody[PasswordChange]) -> Response[Door]:
    """Choose another password."""
    accounts = _accounts(desk)
    login = who_asks(request).login
    if login is None:
        raise refused(403, "person-needed", "not with a key: log in for this")
    check_password("new", data.new)
    _may_try(desk, accounts, request)
    secret = await accounts.change_password(login, data.old, data.new)
    if secret is None:
        desk.refusals.note(Why.WRONG_PASSWORD, address_of(request), "old password of somebody who is logged in")
        raise faulty(Fault(field="old", code="wrong-password", text="this is not the password"))
    desk.tries.forgive(address_of(request))
    return _answer(request, accounts, secret)


def check_password(field: str, password: str) -> None:
    """Raises Refused for a password that is too easily guessed."""
    params: dict[str, str | float] = {"least": LEAST_LENGTH, "most": MOST_LENGTH}
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        text = f"a password has {LEAST_LENGTH} to {MOST_LENGTH} characters"
        raise faulty(Fault(field=field, code="length", params=params, text=text))
    if len(set(password)) < 5:
        raise faulty(Fault(field=field, code="too-simple", text="at least five different characters, please"))


def _accounts(desk: Desk) -> Accounts:
    if desk.accounts is None:
        raise refused(409, "no-users", "this CSMS has no users: it was started for this machine alone (csms.open)")
    return desk.accounts


def _may_try(desk: Desk, accounts: Accounts, request: _Any) -> None:
    """Raises Refused where an address guesses too often, or the machine is busy with another guess."""
    wait_s = wait_to_try_s(desk.tries, request, busy=accounts.busy)
    if wait_s > 0:
        desk.refusals.note(Why.TOO_MANY_TRIES, address_of(request), "passwords of users")
        raise too_early(f"too many tries: wait {wait_s} s", wait_s)


def _answer(request: _Any, accounts: Accounts, secret: str | None) -> Response[Door]:
    """``secret`` None takes the cookie back."""
    cookie = login_cookie(request, COOKIE, secret, STAYS)
    who = None if secret is None else accounts.by_cookie(secret)
    door = Door(door="login") if who is None else _inside(who)
    return Response(door, status_code=200, cookies=[cookie], headers=NEVER_KEPT)


def _inside(who: Who) -> Door:
    return Door(door="in", user=who.name, role=who.role, rights=sorted(who.rights))


ROUTES: Final = (get_session, post_setup, post_session, delete_session, put_password)
