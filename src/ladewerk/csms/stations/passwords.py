"""Station passwords: kept as salted hashes alone (A01.FR.08).

Several hashes, with spaces between them, are the password in force and those that a station was told to take and may have
taken: whichever it comes with is in force then.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Final

LEAST_LENGTH: Final = 16
MOST_LENGTH: Final = 64
"""OCPP 2.0.1 A00.FR.205 asks for 16 to 40 characters; 2.1 lets a station take up to 64."""

_MOST: Final = 4
"""Hashes: each costs whoever knocks some time, and us too."""

# About 10 ms and 4 MB: dear enough for a guesser, cheap enough when a whole site reconnects at once.
_COST: Final = {"n": 4096, "r": 8, "p": 1}


def hash_password(password: str | bytes) -> str:
    """Salt and scrypt hash, as ``scrypt$<salt>$<hash>``."""
    salt = os.urandom(16)
    said = password.encode() if isinstance(password, str) else password
    return f"scrypt${salt.hex()}${_digest(said, salt).hex()}"


def matching(password: bytes, stored: str) -> str | None:
    """That of the hashes in ``stored`` which was made from ``password``."""
    return next((one for one in stored.split() if _matches(password, one)), None)


def with_candidates(stored: str, candidates: Sequence[str]) -> str:
    """``stored`` with what the station may have taken instead; only the newest of these can be."""
    return " ".join((*stored.split()[: _MOST - len(candidates)], *candidates))


def without_candidates(stored: str, candidates: Sequence[str]) -> str:
    """``stored`` where the station has not taken them; unless it has come with one since."""
    left = [one for one in stored.split() if one not in candidates]
    return " ".join(left) or stored


def _matches(password: bytes, one: str) -> bool:
    _, salt, digest = one.split("$")
    return hmac.compare_digest(_digest(password, bytes.fromhex(salt)), bytes.fromhex(digest))


def _digest(password: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(password, salt=salt, dklen=32, **_COST)
