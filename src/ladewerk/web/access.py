"""Who may use a page and its API: one owner with a password, sessions of browsers, tokens of scripts.

There is no default password. Until one is chosen a code is asked for that stands where the program was started, so that only
who can look there becomes the owner. Everything is kept in one file, as hashes; the file is the truth: ``reset_access``
changes it under a running program.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.errors import StoreError
from ladewerk.signals import Signal
from ladewerk.web.passwords import Hashing
from ladewerk.web.private_file import replace_file

_log = logging.getLogger(__name__)

STAYS: Final = timedelta(days=90)
"""A browser that does not come for so long has to log in again."""

MOST_TOKENS: Final = 20
_MOST_SESSIONS: Final = 50
_TOUCHED_AFTER: Final = timedelta(days=1)
_CODE_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without those that look like others."""

TOKEN_PREFIX: Final = "lw_"

_NEVER: Final = ""
"""In the place of a password's hash: none is right."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is logged in."""

    digest: str
    seen_at: datetime


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What a script shows; its text was told once."""

    name: str
    digest: str
    made_at: datetime


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    password: str | None = None
    code: str | None = None
    sessions: tuple[Session, ...] = ()
    tokens: tuple[Token, ...] = ()


class Access:
    """The file of one program's page. Methods that guess or hash run in a thread, one at a time."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._kept = _Kept()
        self._stamp = 0
        self._hashing = Hashing()
        self._writing = asyncio.Lock()
        self.tried: Signal[bool] = Signal()
        """Somebody gave a password, and whether it is the right one."""

    async def begin(self) -> str | None:
        """Read the file; the code for the first visit where no password is chosen yet. Raises StoreError."""
        self._refresh(strict=True)
        if self._kept.password is not None:
            return None
        code = _new_code()
        await self._keep(msgspec.structs.replace(self._kept, code=_digest(_plain(code))))
        return code

    @property
    def is_set_up(self) -> bool:
        """Whether there is a password."""
        self._refresh()
        return self._kept.password is not None

    @property
    def busy(self) -> bool:
        """Somebody else's guess is being looked at."""
        return self._hashing.busy

    # Sessions

    def session(self, secret: str) -> Session | None:
        """The session of a browser that shows ``secret``."""
        self._refresh()
        digest, now = _digest(secret), self._clock.now()
        return next((one for one in self._kept.sessions if one.digest == digest and now - one.seen_at < STAYS), None)

    async def seen(self, session: Session) -> bool:
        """Note once a day that a session is in use; True where that was noted, and its cookie may be renewed."""
        now = self._clock.now()
        # A clock that stands before, as at the boot of a machine without one, is no news.
        if now - session.seen_at < _TOUCHED_AFTER:
            return False
        touched = msgspec.structs.replace(session, seen_at=now)
        sessions = tuple(touched if one.digest == session.digest else one for one in self._kept.sessions)
        await self._keep(msgspec.structs.replace(self._kept, sessions=sessions))
        return True

    async def set_up(self, code: str, password: str) -> str | None:
        """Choose the first password; the secret of a new session, None for another code than the one that was told."""
        self._refresh()
        if self._kept.code is None or not hmac.compare_digest(_digest(_plain(code)), self._kept.code):
            return None
        hashed = await self._hashing.hashed(password)
        await self._keep(_Kept(password=hashed))
        return await self._new_session()

    async def log_in(self, password: str) -> str | None:
        """The secret of a new session; None for a wrong password."""
        admitted = await self._matches(password)
        self.tried.emit(admitted)
        return await self._new_session() if admitted else None

    async def log_out(self, session: Session) -> None:
        """End one session."""
        left = tuple(one for one in self._kept.sessions if one.digest != session.digest)
        await self._keep(msgspec.structs.replace(self._kept, sessions=left))

    async def change_password(self, old: str, new: str) -> str | None:
        """Choose another password: every session ends, a new one begins. None where ``old`` is wrong."""
        if not await self._matches(old):
            return None
        hashed = await self._hashing.hashed(new)
        await self._keep(msgspec.structs.replace(self._kept, password=hashed, sessions=()))
        return await self._new_session()

    async def _new_session(self) -> str:
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        fresh = [one for one in self._kept.sessions if now - one.seen_at < STAYS][-(_MOST_SESSIONS - 1) :]
        sessions = (*fresh, Session(digest=_digest(secret), seen_at=now))
        await self._keep(msgspec.structs.replace(self._kept, sessions=sessions))
        return secret

    async def _matches(self, password: str) -> bool:
        self._refresh()
        stored = self._kept.password
        return await self._hashing.matches(password, stored) if stored else False

    # Tokens

    def token(self, text: str) -> Token | None:
        """The token that ``text`` is."""
        self._refresh()
        digest = _digest(text)
        return next((one for one in self._kept.tokens if one.digest == digest), None)

    def tokens(self) -> tuple[Token, ...]:
        """All, the oldest first."""
        self._refresh()
        return self._kept.tokens

    async def add_token(self, name: str) -> str:
        """A new token's text, which is told this once."""
        text = TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = Token(name=name, digest=_digest(text), made_at=self._clock.now())
        await self._keep(msgspec.structs.replace(self._kept, tokens=(*self._kept.tokens, token)))
        return text

    async def remove_token(self, name: str) -> bool:
        """Whether there was one of that name."""
        left = tuple(one for one in self._kept.tokens if one.name != name)
        if len(left) == len(self._kept.tokens):
            return False
        await self._keep(msgspec.structs.replace(self._kept, tokens=left))
        return True

    # The file

    def _refresh(self, *, strict: bool = False) -> None:
        """Read the file again where somebody else has changed it. One that cannot be read lets nobody in."""
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._kept = _read(self._file)
        except StoreError as err:
            if strict:
                raise
            _log.error("nobody is let in: %s", err)
            self._kept = _Kept(password=_NEVER)

    async def _keep(self, kept: _Kept) -> None:
        self._kept = kept
        async with self._writing:
            await asyncio.to_thread(_write, self._file, self._kept)
            self._stamp = _stamp(self._file)


def reset_access(file: Path) -> str:
    """Forget password, sessions and tokens; the code for a new first visit, which a running program takes at once.

    Raises StoreError.
    """
    code = _new_code()
    _write(file, _Kept(code=_digest(_plain(code))))
    return code


def _read(file: Path) -> _Kept:
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return _Kept()
    except OSError as err:
        raise StoreError(f"{file} cannot be read: {err.strerror}") from err
    except msgspec.MsgspecError as err:
        remedy = "delete it, or use station password, and choose a password again"
        raise StoreError(f"{file} is damaged ({err}); {remedy}") from err


def _write(file: Path, kept: _Kept) -> None:
    try:
        replace_file(file, msgspec.json.encode(kept))
    except OSError as err:
        raise StoreError(f"{file} cannot be written: {err.strerror}") from err


def _stamp(file: Path) -> int:
    try:
        found = file.stat()
    except OSError:
        return 0
    return hash((found.st_mtime_ns, found.st_ino, found.st_size))


def _new_code() -> str:
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def _plain(code: str) -> str:
    """As it may be typed."""
    return "".join(letter for letter in code.upper() if letter.isalnum())


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
