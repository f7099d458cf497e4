"""Passwords of people: kept as salted scrypt hashes alone, with their cost, so that it may grow."""

import hashlib
import hmac
import os
from typing import Final

LEAST_LENGTH: Final = 10
MOST_LENGTH: Final = 200

_LOG_N, _R, _P = 14, 8, 1
"""16 MB and about 50 ms here; OWASP's least for an interactive login on a small machine."""


def hash_password(password: str) -> str:
    """Cost, salt and hash, as ``scrypt$14$8$1$<salt>$<hash>``. Takes its time: call it in a thread."""
    salt = os.urandom(16)
    return f"scrypt${_LOG_N}${_R}${_P}${salt.hex()}${_digest(password, salt, _LOG_N, _R, _P).hex()}"


def password_matches(password: str, stored: str) -> bool:
    """Whether ``password`` is the one that ``stored`` was made from. Takes its time too."""
    _, log_n, r, p, salt, digest = stored.split("$")
    found = _digest(password, bytes.fromhex(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(found, bytes.fromhex(digest))


def _digest(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    most_bytes = 256 * r * 2**log_n
    return hashlib.scrypt(password.encode(), salt=salt, n=2**log_n, r=r, p=p, maxmem=most_bytes, dklen=32)
