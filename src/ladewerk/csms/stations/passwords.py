"""Station passwords: kept as salted hashes alone (A01.FR.08)."""

import hashlib
import hmac
import os
from typing import Final

LEAST_LENGTH: Final = 16
MOST_LENGTH: Final = 64
"""OCPP 2.0.1 A00.FR.205 asks for 16 to 40 characters; 2.1 lets a station take up to 64."""

# About 10 ms and 4 MB: dear enough for a guesser, cheap enough when a whole site reconnects at once.
_COST: Final = {"n": 4096, "r": 8, "p": 1}


def hash_password(password: str) -> str:
    """Salt and scrypt hash, as ``scrypt$<salt>$<hash>``."""
    salt = os.urandom(16)
    return f"scrypt${salt.hex()}${_digest(password.encode(), salt).hex()}"


def password_matches(password: bytes, stored: str) -> bool:
    """Whether ``password`` is the one that ``stored`` was made from."""
    _, salt, digest = stored.split("$")
    return hmac.compare_digest(_digest(password, bytes.fromhex(salt)), bytes.fromhex(digest))


def _digest(password: bytes, salt: bytes) -> bytes:
    return hashlib.scrypt(password, salt=salt, dklen=32, **_COST)
