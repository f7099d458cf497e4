"""Users, logins, keys and entries of the record of changes: plain values, as the store keeps them."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from ladewerk.csms.security.roles import Role

Scope = Literal["read", "operate", "administer"]
UserName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x20/\x7f][^\x00-\x1f/\x7f]*$")]
KeyName = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f/\x7f]+$")]


def user_key(name: str) -> str:
    """The form under which a user is found: case makes no difference."""
    return name.casefold()


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody with a password; ``id_tokens`` are those whose sessions are theirs."""

    name: str
    role: Role
    password_hash: str
    made_at: datetime
    id_tokens: tuple[str, ...] = ()
    disabled: bool = False

    @property
    def key(self) -> str:
        """See :func:`user_key`."""
        return user_key(self.name)


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is logged in; of its secret only the digest is kept."""

    digest: str
    user_key: str
    seen_at: datetime


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What a program shows; its text was told once."""

    name: str
    scope: Scope
    digest: str
    made_at: datetime
    made_by: str
    expires_at: datetime | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One request that wanted to change something: who, from where, what, and how it ended (an HTTP status).

    ``body`` is what was sent, without secrets, cut after some thousand characters.
    """

    at: datetime
    who: str
    remote: str
    action: str
    status: int
    body: str = ""
