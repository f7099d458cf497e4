"""Users, logins and keys: known in memory, written to the store first.

There is no default password. Until the first administrator exists a code is asked for that stands where the program was
started, so that only who can look there becomes it.
"""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.csms.security.records import Change, Key, Login, Scope, User, user_key
from ladewerk.csms.security.roles import RIGHTS, SCOPES, Right, Role
from ladewerk.csms.store.ports import AccountStore
from ladewerk.web.passwords import Hashing, hash_password

STAYS: Final = timedelta(days=30)
"""A browser that does not come for so long has to log in again."""

KEY_PREFIX: Final = "lwk_"
MOST_KEYS: Final = 100
_MOST_LOGINS: Final = 20
"""Browsers of one user; with one more the oldest is logged out."""

_TOUCHED_AFTER: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Who:
    """Whose request it is and what it may. ``login`` where it came from a browser that is logged in."""

    name: str
    rights: frozenset[Right]
    role: Role | None = None
    id_tokens: tuple[str, ...] = ()
    login: Login | None = None

    def may(self, right: Right) -> bool:
        """Whether it has a right."""
        return right in self.rights

    def owns(self, id_token: str | None) -> bool:
        """Whether an id token is one's own; case makes no difference in them."""
        return id_token is not None and id_token.casefold() in {one.casefold() for one in self.id_tokens}


WHO: Final = "ladewerk.who"
"""Key of a request's ASGI scope under which it says whose it is."""

ANYBODY: Final = Who("anybody on this machine", frozenset(Right))
"""Of a CSMS without users."""


class Accounts:
    """Methods that guess or hash run in a thread, one at a time. All that write raise StoreError."""

    def __init__(self, store: AccountStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._users: dict[str, User] = {}
        self._logins: dict[str, Login] = {}
        self._keys: dict[str, Key] = {}
        self._code: str | None = None
        self._hashing = Hashing()
        self._setting_up = asyncio.Lock()
        # A name that nobody has takes as long to refuse as a wrong password.
        self._nobody = hash_password(secrets.token_hex())

    async def begin(self) -> str | None:
        """Read the store; the code for the first visit where there is no administrator yet."""
        known = await self._store.accounts()
        self._users = {user.key: user for user in known.users}
        self._logins = {login.digest: login for login in known.logins}
        self._keys = {key.digest: key for key in known.keys}
        self._code = None if self.is_set_up else secrets.token_urlsafe(12)
        return self._code

    @property
    def is_set_up(self) -> bool:
        """Whether somebody can administer."""
        return any(user.role is Role.ADMINISTRATOR and not user.disabled for user in self._users.values())

    @property
    def busy(self) -> bool:
        """Somebody else's guess is being looked at."""
        return self._hashing.busy

    # -- who is it ------------------------------------------------------------------------------------------------------

    def by_cookie(self, secret: str) -> Who | None:
        """Whose browser shows ``secret``."""
        login = self._logins.get(_digest(secret)) if secret else None
        if login is None or self._clock.now() - login.seen_at >= STAYS:
            return None
        user = self._users.get(login.user_key)
        if user is None or user.disabled:
            return None
        return Who(user.name, RIGHTS[user.role], user.role, user.id_tokens, login)

    def by_key(self, text: str) -> Who | None:
        """Whose key ``text`` is."""
        key = self._keys.get(_digest(text))
        if key is None or (key.expires_at is not None and self._clock.now() >= key.expires_at):
            return None
        return Who(f"key {key.name}", SCOPES[key.scope])

    async def seen(self, login: Login) -> bool:
        """Note twice a day that a login is in use; True where that was noted, and its cookie may be renewed."""
        now = self._clock.now()
        if abs(now - login.seen_at) < _TOUCHED_AFTER:
            return False
        await self._put_login(msgspec.structs.replace(login, seen_at=now))
        return True

    # -- in and out -----------------------------------------------------------------------------------------------------

    async def set_up(self, code: str, name: str, password: str) -> str | None:
        """Make the first administrator; the secret of a login, None for a wrong code."""
        async with self._setting_up:
            if self._code is None or not hmac.compare_digest(code.strip().encode(), self._code.encode()):
                return None
            user = User(
                name=name,
                role=Role.ADMINISTRATOR,
                password_hash=await self._hashing.hashed(password),
                made_at=self._clock.now(),
            )
            await self._put_user(user)
            self._code = None
        return await self._new_login(user)

    async def log_in(self, name: str, password: str) -> str | None:
        """The secret of a login; None where name or password are wrong."""
        user = self._users.get(user_key(name))
        usable = user is not None and not user.disabled
        if not await self._hashing.matches(password, user.password_hash if user is not None and usable else self._nobody):
            return None
        return await self._new_login(user) if user is not None and usable else None

    async def log_out(self, login: Login) -> None:
        """End one login."""
        await self._store.drop_logins([login.digest])
        self._logins.pop(login.digest, None)

    async def change_password(self, login: Login, old: str, new: str) -> str | None:
        """Another password for the user of ``login``: every login ends, a new one begins. None where ``old`` is wrong."""
        user = self._users[login.user_key]
        if not await self._hashing.matches(old, user.password_hash):
            return None
        user = msgspec.structs.replace(user, password_hash=await self._hashing.hashed(new))
        await self._put_user(user)
        await self._end_logins(user)
        return await self._new_login(user)

    async def _new_login(self, user: User) -> str:
        own = sorted((one for one in self._logins.values() if one.user_key == user.key), key=lambda one: one.seen_at)
        if len(own) >= _MOST_LOGINS:
            await self.log_out(own[0])
        secret = secrets.token_urlsafe(32)
        await self._put_login(Login(digest=_digest(secret), user_key=user.key, seen_at=self._clock.now()))
        return secret

    async def _put_login(self, login: Login) -> None:
        await self._store.put_login(login)
        self._logins[login.digest] = login

    async def _end_logins(self, user: User) -> None:
        own = [login.digest for login in self._logins.values() if login.user_key == user.key]
        await self._store.drop_logins(own)
        for digest in own:
            self._logins.pop(digest, None)

    # -- users ----------------------------------------------------------------------------------------------------------

    def users(self) -> list[User]:
        """All, by name."""
        return [self._users[key] for key in sorted(self._users)]

    def user(self, name: str) -> User | None:
        """The user of that name."""
        return self._users.get(user_key(name))

    def is_last_administrator(self, user: User) -> bool:
        """Whether nobody could administer without them."""
        others = (one for one in self._users.values() if one.key != user.key)
        return self.user(user.name) is not None and not any(
            one.role is Role.ADMINISTRATOR and not one.disabled for one in others
        )

    async def put_user(
        self, name: str, *, role: Role, password: str | None, id_tokens: tuple[str, ...], disabled: bool
    ) -> User:
        """Add a user, who needs a ``password``, or change one; a new password or less rights end their logins."""
        known = self.user(name)
        if known is None and password is None:
            raise ValueError("a new user needs a password")
        hashed = (
            known.password_hash if password is None and known is not None else await self._hashing.hashed(password or "")
        )
        user = User(
            name=name if known is None else known.name,
            role=role,
            password_hash=hashed,
            made_at=self._clock.now() if known is None else known.made_at,
            id_tokens=id_tokens,
            disabled=disabled,
        )
        await self._put_user(user)
        if known is not None and (password is not None or disabled):
            await self._end_logins(user)
        return user

    async def remove_user(self, user: User) -> None:
        """Forget a user and their logins."""
        await self._end_logins(user)
        await self._store.drop_user(user.key)
        self._users.pop(user.key, None)

    async def _put_user(self, user: User) -> None:
        await self._store.put_user(user)
        self._users[user.key] = user

    # -- keys -----------------------------------------------------------------------------------------------------------

    def all_keys(self) -> list[Key]:
        """All, by name."""
        return sorted(self._keys.values(), key=lambda key: key.name)

    async def add_key(self, name: str, scope: Scope, *, made_by: str, days: int | None) -> str:
        """A new key's text, which is told this once."""
        text = KEY_PREFIX + secrets.token_urlsafe(32)
        now = self._clock.now()
        key = Key(
            name=name,
            scope=scope,
            digest=_digest(text),
            made_at=now,
            made_by=made_by,
            expires_at=None if days is None else now + timedelta(days=days),
        )
        await self._store.put_key(key)
        self._keys[key.digest] = key
        return text

    async def remove_key(self, name: str) -> bool:
        """Whether there was one of that name."""
        found = [key for key in self._keys.values() if key.name == name]
        if found:
            await self._store.drop_key(name)
        for key in found:
            self._keys.pop(key.digest, None)
        return bool(found)

    # -- the record of changes ------------------------------------------------------------------------------------------

    async def note(self, change: Change) -> None:
        """Write down a change."""
        await self._store.add_change(change)

    async def changes(self, before: int | None, limit: int) -> list[tuple[int, Change]]:
        """The newest ``limit`` changes before the one of that number, newest first."""
        return await self._store.changes(before, limit)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
