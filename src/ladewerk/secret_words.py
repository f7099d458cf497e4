"""How secrets are told from what anybody may read: by the names they go by, and by their place in an address. Pure."""

import re
from typing import Final

HIDDEN: Final = "…"

_NAME: Final = (
    r"pass(?:word|wd|phrase|key)|pwd|psk(?![a-z0-9])|secret|credential|auth(?:entication|orization)?key|private_?key|api_?key|access_?key"
    r"|vpn_?key|(?:wep|wpa|wifi)_?key|sim_?(?:pin|puk)"
)
"""In small letters, anywhere in a name: BasicAuthPassword, of 1.6 AuthorizationKey, makers' WiFi_PassPhrase."""

SECRET_NAME: Final = rf"\w*(?:{_NAME})\w*"
"""A name of a secret, for patterns that ignore case."""

_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_SECRET: Final = re.compile(_NAME.replace("_?", ""))

_PLACES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        # To the last @ of the authority; further if what looks like a port is none, so that a password has a slash in it.
        (r"(?<=://)(?:[^/?#\s\"'<>]*@|[^/?#\s\"'<>@:]+:(?!\d{0,5}(?:[/?#\s\"'<>]|$))[^\s\"'<>]*@)", f"{HIDDEN}@"),
        # An address within an address.
        (r"(?<=%3a%2f%2f)[^&#\s\"'<>]*?(?:%40|@)", f"{HIDDEN}@"),
        # A signed address is a key to the place: ?X-Amz-Signature=, ?sig=, ?token=.
        (rf"([?&;][^=&#\s]*?(?:{_NAME}|sig|signature|token|key)=)[^&#\s\"'<>]+", rf"\1{HIDDEN}"),
        (r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(?:(?=-----END)|\Z)", rf"\1{HIDDEN}"),
    )
)


def is_secret_name(name: str) -> bool:
    """Whether what goes by ``name`` is nobody's business; case, blanks and dots in it count for nothing."""
    return _SECRET.search(_LETTERS.sub("", name.lower())) is not None


def without_credentials(text: str) -> str:
    """``text`` without names and passwords in its addresses, without what signs one, and without private keys."""
    for pattern, replacement in _PLACES:
        text = pattern.sub(replacement, text)
    return text
