"""Passwords of people: kept as salted Argon2id hashes alone (RFC 9106), with their cost, so that it may grow.

What hashes is loaded when the first password is said: a station that nobody visits does without it.
"""

import asyncio
import os
from typing import Final

LEAST_LENGTH: Final = 10
MOST_LENGTH: Final = 200

_MEMORY_KIB: Final = 19 * 1024
_PASSES: Final = 2
"""OWASP's least for an interactive login, on one lane: some 50 ms here, and a small machine has the memory."""


def hash_password(password: str) -> str:
    """Cost, salt and hash, as ``$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>``. Takes its time: call it in a thread."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    deriving = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return deriving.derive_phc_encoded(password.encode())


def _matches(password: str, stored: str) -> bool:
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(password.encode(), stored)
    except InvalidKey:
        return False
    return True


class Hashing:
    """New passwords and guesses in a thread, one at a time: those that come all at once must not take a machine's memory."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @property
    def busy(self) -> bool:
        """Somebody's guess is being looked at."""
        return self._lock.locked()

    async def matches(self, password: str, stored: str) -> bool:
        """Whether ``password`` is the one that ``stored`` was made from."""
        async with self._lock:
            return await asyncio.to_thread(_matches, password, stored)

    async def hashed(self, password: str) -> str:
        """As :func:`hash_password`."""
        async with self._lock:
            return await asyncio.to_thread(hash_password, password)
