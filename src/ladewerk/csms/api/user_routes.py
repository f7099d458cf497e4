"""Users, keys of programs, and the record of changes: for administrators."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter

from ladewerk.csms.api.access_routes import check_password
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import who_asks
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.api.refusals import faulty, refused
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.security.accounts import MOST_KEYS, Accounts
from ladewerk.csms.security.records import Change, Key, KeyName, Scope, User, UserName
from ladewerk.csms.security.roles import Right, Role

Name = Annotated[str, PathParameter(description="name of the user, in any case", max_length=64)]


class UserView(msgspec.Struct, frozen=True, kw_only=True):
    """A user; ``id_tokens`` are those whose sessions are theirs."""

    name: str
    role: Role
    id_tokens: tuple[str, ...]
    disabled: bool
    made_at: datetime


class UserWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A user as they shall be; ``password`` None keeps the one there is."""

    name: UserName
    role: Role
    password: str | None = None
    id_tokens: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=255)], ...] = ()
    disabled: bool = False


class KeyView(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its text."""

    name: str
    scope: Scope
    made_at: datetime
    made_by: str
    expires_at: datetime | None


class KeyWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key for a program, by the name under which it can be taken back; ``days`` None: it does not end."""

    name: KeyName
    scope: Scope = "read"
    days: Annotated[int, msgspec.Meta(ge=1, le=3650)] | None = None


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a new key, told this once."""

    name: str
    key: str


class NumberedChange(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the record."""

    number: int
    change: Change


@get("/api/users", right=Right.ADMINISTER, response_headers=LINKED)
async def get_users(
    desk: NamedDependency[Desk], request: Request[Any, Any, Any], after: After = None, limit: Limit = USUAL
) -> Response[list[UserView]]:
    """Users by name."""
    behind = cursor_of(after, str)
    users = [user for user in _accounts(desk).users() if behind is None or user.key > behind[0]]
    return page(request, users, limit, key=lambda user: (user.key,), view=_view)


@put("/api/users/{name:str}", right=Right.ADMINISTER)
async def put_user(desk: NamedDependency[Desk], name: Name, data: JSONBody[UserWanted]) -> UserView:
    """Add a user, or change one."""
    accounts = _accounts(desk)
    known = accounts.user(name)
    if data.name.casefold() != name.casefold():
        raise faulty(Fault(field="name", code="other-user", text=f"the address says {name!r}"))
    if known is None and data.password is None:
        raise faulty(Fault(field="password", code="missing", text="a new user needs a password"))
    if data.password is not None:
        check_password("password", data.password)
    if (
        known is not None
        and accounts.is_last_administrator(known)
        and (data.role is not Role.ADMINISTRATOR or data.disabled)
    ):
        raise _last_administrator(known)
    return _view(
        await accounts.put_user(
            data.name, role=data.role, password=data.password, id_tokens=data.id_tokens, disabled=data.disabled
        )
    )


@delete("/api/users/{name:str}", status_code=204, right=Right.ADMINISTER)
async def delete_user(desk: NamedDependency[Desk], name: Name) -> None:
    """Forget a user; their browsers are logged out."""
    accounts = _accounts(desk)
    user = accounts.user(name)
    if user is None:
        raise refused(404, "unknown-user", f"there is no user {name!r}", user=name)
    if accounts.is_last_administrator(user):
        raise _last_administrator(user)
    await accounts.remove_user(user)


@get("/api/keys", right=Right.ADMINISTER, response_headers=LINKED)
async def get_keys(
    desk: NamedDependency[Desk], request: Request[Any, Any, Any], after: After = None, limit: Limit = USUAL
) -> Response[list[KeyView]]:
    """The keys of programs by name, without their texts."""
    behind = cursor_of(after, str)
    keys = [key for key in _accounts(desk).all_keys() if behind is None or key.name > behind[0]]
    return page(request, keys, limit, key=lambda key: (key.name,), view=_key_view)


def _key_view(key: Key) -> KeyView:
    return msgspec.convert(key, KeyView, from_attributes=True)


@post("/api/keys", right=Right.ADMINISTER)
async def post_key(desk: NamedDependency[Desk], request: Request[Any, Any, Any], data: JSONBody[KeyWanted]) -> NewKey:
    """A key for a program; its text is told this once."""
    accounts = _accounts(desk)
    who = who_asks(request)
    if who.login is None:
        # A key that leaks must not make more of itself.
        raise refused(403, "person-needed", "not with a key: log in for this")
    names = {key.name for key in accounts.all_keys()}
    if data.name in names:
        raise faulty(Fault(field="name", code="taken", text=f"there is a key {data.name!r} already"))
    if len(names) >= MOST_KEYS:
        raise refused(409, "too-many-keys", f"at most {MOST_KEYS} keys: take one back first", most=MOST_KEYS)
    return NewKey(name=data.name, key=await accounts.add_key(data.name, data.scope, made_by=who.name, days=data.days))


@delete("/api/keys/{name:str}", status_code=204, right=Right.ADMINISTER)
async def delete_key(desk: NamedDependency[Desk], name: FromPath[str]) -> None:
    """Take a key back."""
    if not await _accounts(desk).remove_key(name):
        raise refused(404, "unknown-key", f"there is no key {name!r}", key=name)


@get("/api/changes", right=Right.ADMINISTER, response_headers=LINKED)
async def get_changes(
    desk: NamedDependency[Desk], request: Request[Any, Any, Any], after: After = None, limit: Limit = USUAL
) -> Response[list[NumberedChange]]:
    """Who wanted to change what, the newest first."""
    behind = cursor_of(after, int)
    found = await desk.store.accounts.changes(None if behind is None else behind[0], limit + 1)
    return page(
        request, found, limit, key=lambda one: (one[0],), view=lambda one: NumberedChange(number=one[0], change=one[1])
    )


def _accounts(desk: Desk) -> Accounts:
    if desk.accounts is None:
        raise refused(409, "no-users", "this CSMS has no users: it was started for this machine alone (csms.open)")
    return desk.accounts


def _view(user: User) -> UserView:
    return UserView(name=user.name, role=user.role, id_tokens=user.id_tokens, disabled=user.disabled, made_at=user.made_at)


def _last_administrator(user: User) -> Exception:
    text = f"{user.name} is the only administrator: make another one first"
    return refused(409, "last-administrator", text, user=user.name)


ROUTES: Final = (get_users, put_user, delete_user, get_keys, post_key, delete_key, get_changes)
