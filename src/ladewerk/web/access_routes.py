"""The routes of login: first password, sessions, another password, tokens."""

from datetime import datetime
from typing import Annotated, Any, cast

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from ladewerk.clock import Clock
from ladewerk.web.access import MOST_TOKENS, STAYS, Access
from ladewerk.web.bodies import Problem, Refused, Unusable, read_body
from ladewerk.web.gate import WHO, Kind, Who
from ladewerk.web.login import NEVER_KEPT, address_of, login_cookie, wait_to_try_s
from ladewerk.web.passwords import LEAST_LENGTH, MOST_LENGTH
from ladewerk.web.tries import Tries


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """Where a visitor stands: ``setup``, ``login``, ``in``, or ``open`` where nobody has to log in."""

    door: str


class Setup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first visit: the code that the program has told, and the password from now on."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    password: str


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A session begins with the password."""

    password: Annotated[str, msgspec.Meta(max_length=MOST_LENGTH)]


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another password; every other session ends."""

    old: Annotated[str, msgspec.Meta(max_length=MOST_LENGTH)]
    new: str


class TokenWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token for a script, by the name under which it can be taken back."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f/]+$")]


class TokenView(msgspec.Struct, frozen=True, kw_only=True):
    """A token without its text."""

    name: str
    made_at: datetime


class NewToken(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a new token, told this once."""

    name: str
    token: str


BODIES: dict[tuple[str, str], type] = {
    ("post", "/api/session"): Login,
    ("post", "/api/setup"): Setup,
    ("put", "/api/password"): PasswordChange,
    ("post", "/api/tokens"): TokenWanted,
}
"""What each route takes."""

_Any = Request[Any, Any, Any]


class _Desk:
    """Takes passwords: limits the guessing, answers with a cookie."""

    def __init__(self, access: Access, clock: Clock, cookie: str) -> None:
        self.access = access
        self._tries = Tries(clock)
        self._cookie = cookie

    def may_try(self, request: _Any) -> None:
        """Raises Refused where an address guesses too often, or the machine is busy with another guess."""
        wait_s = wait_to_try_s(self._tries, request, busy=self.access.busy)
        if wait_s > 0:
            text = f"too many tries: wait {wait_s} s"
            raise Refused(429, "too_many_tries", text, {"wait_s": wait_s}, {"Retry-After": str(wait_s)})

    def forgive(self, request: _Any) -> None:
        self._tries.forgive(address_of(request))

    def answer(self, request: _Any, door: str, secret: str | None) -> Response[Door]:
        """``secret`` None takes the cookie back."""
        cookie = login_cookie(request, self._cookie, secret, STAYS)
        return Response(Door(door=door), status_code=200, cookies=[cookie], headers=NEVER_KEPT)


def access_routes(access: Access | None, clock: Clock, cookie: str) -> list[BaseRouteHandler]:
    """The handlers; without ``access`` everybody may do everything, and the one that says so is all there is."""
    if access is None:

        @get("/api/session", name="door", summary="Nobody has to log in here")
        async def always_open() -> Door:
            return Door(door="open")

        return [always_open]
    desk = _Desk(access, clock, cookie)
    return [*_sessions(desk, cookie), *_tokens(access)]


def _sessions(desk: _Desk, cookie: str) -> list[BaseRouteHandler]:
    access = desk.access

    @get("/api/session", name="door", summary="Whether one is logged in, may log in, or has to choose the first password")
    async def door(request: _Any) -> Response[Door]:
        who = _who(request)
        if who is None:
            return Response(Door(door="login" if access.is_set_up else "setup"), headers=NEVER_KEPT)
        if who.session is not None and await access.seen(who.session):
            return desk.answer(request, "in", request.cookies.get(cookie))
        return Response(Door(door="in"), headers=NEVER_KEPT)

    @post("/api/setup", name="setup", summary="Choose the first password", status_code=200)
    async def setup(request: _Any) -> Response[Door]:
        body = read_body(await request.body(), Setup)
        if access.is_set_up:
            raise Refused(409, "already_set_up", "a password was chosen already: log in with it")
        _check_new("password", body.password)
        desk.may_try(request)
        secret = await access.set_up(body.code, body.password)
        if secret is None:
            raise Unusable(Problem(field="code", code="wrong_code", text="this is not the code that the program has told"))
        desk.forgive(request)
        return desk.answer(request, "in", secret)

    @post("/api/session", name="login", summary="Log in: the answer sets a cookie", status_code=200)
    async def login(request: _Any) -> Response[Door]:
        body = read_body(await request.body(), Login)
        if not access.is_set_up:
            raise Refused(409, "setup_needed", "nobody has chosen a password yet: open the page and do that")
        desk.may_try(request)
        secret = await access.log_in(body.password)
        if secret is None:
            raise Unusable(Problem(field="password", code="wrong_password", text="this is not the password"))
        desk.forgive(request)
        return desk.answer(request, "in", secret)

    @delete("/api/session", name="logout", summary="Log out", status_code=200)
    async def logout(request: _Any) -> Response[Door]:
        who = _who(request)
        if who is not None and who.session is not None:
            await access.log_out(who.session)
        return desk.answer(request, "login", None)

    @put("/api/password", name="password", summary="Choose another password", status_code=200)
    async def password(request: _Any) -> Response[Door]:
        _owner(request)
        body = read_body(await request.body(), PasswordChange)
        _check_new("new", body.new)
        desk.may_try(request)
        secret = await access.change_password(body.old, body.new)
        if secret is None:
            raise Unusable(Problem(field="old", code="wrong_password", text="this is not the password"))
        desk.forgive(request)
        return desk.answer(request, "in", secret)

    return [door, setup, login, logout, password]


def _tokens(access: Access) -> list[BaseRouteHandler]:
    @get("/api/tokens", name="tokens", summary="The tokens of scripts, without their texts")
    async def tokens(request: _Any) -> list[TokenView]:
        _owner(request)
        return [TokenView(name=one.name, made_at=one.made_at) for one in access.tokens()]

    @post("/api/tokens", name="new_token", summary="A token for a script; its text is told this once", status_code=201)
    async def new_token(request: _Any) -> NewToken:
        _owner(request)
        wanted = read_body(await request.body(), TokenWanted)
        names = {one.name for one in access.tokens()}
        if wanted.name in names:
            raise Unusable(Problem(field="name", code="name_taken", text=f"there is a token {wanted.name!r} already"))
        if len(names) >= MOST_TOKENS:
            raise Refused(
                409, "too_many_tokens", f"at most {MOST_TOKENS} tokens: take one back first", {"most": MOST_TOKENS}
            )
        return NewToken(name=wanted.name, token=await access.add_token(wanted.name))

    @delete("/api/tokens/{name:str}", name="drop_token", summary="Take a token back", status_code=200)
    async def drop_token(request: _Any, name: FromPath[str]) -> dict[str, Any]:
        _owner(request)
        if not await access.remove_token(name):
            raise Refused(404, "no_such_token", f"there is no token {name!r}", {"name": name})
        return {}

    return [tokens, new_token, drop_token]


def _check_new(field: str, password: str) -> None:
    """Raises Unusable for a password that is too easily guessed."""
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        text = f"a password has {LEAST_LENGTH} to {MOST_LENGTH} characters"
        raise Unusable(
            Problem(field=field, code="password_length", params={"min": LEAST_LENGTH, "max": MOST_LENGTH}, text=text)
        )
    if len(set(password)) < 5:
        raise Unusable(Problem(field=field, code="password_simple", text="at least five different characters, please"))


def _who(request: _Any) -> Who | None:
    scope = cast("dict[str, Any]", request.scope)  # the key is ours
    found: Who | None = scope.get(WHO)
    return found


def _owner(request: _Any) -> None:
    """A token that leaks must not make more of itself."""
    who = _who(request)
    if who is None or who.kind is not Kind.OWNER:
        raise Refused(403, "person_needed", "not with a token: log in on the page for this")
