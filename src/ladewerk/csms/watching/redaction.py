"""Frames without their secrets: passwords, keys and credentials in addresses are left out before anybody keeps or sees them.

OCPP 2.1 part 2, A01.FR.09 forbids to log passwords. They stand in fields of their own (``basicAuthPassword``), in the
values of variables and of configuration keys of 1.6 (``AuthorizationKey``), and in the addresses of uploads.
"""

import re
from typing import Any, Final

import msgspec

HIDDEN: Final = "…"

_SIGNS: Final = ("password", "secret", "authorizationkey", "privatekey", "vpn", "://", "\\u")
"""Without one of these, in small letters, a frame holds none; most do not, and are not read for it."""

_SECRET_NAME: Final = re.compile(r"password$|secret$|^authorizationkey$|^privatekey$|^vpnkey$", re.IGNORECASE)
_CREDENTIALS: Final = re.compile(r"(?<=://)[^/?#@\s]*@")
_VALUES: Final = frozenset({"value", "attributeValue"})
_ADDRESSED: Final = frozenset({"server", "user", "key"})
"""What a VPNType has beside its key (part 2, datatypes)."""


def redacted(text: str) -> str:
    """The frame ``text``; one with secrets in it is written anew without them, one that cannot be read is left out."""
    if not any(map(text.lower().__contains__, _SIGNS)):
        return text
    try:
        frame = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return "[a frame that cannot be read and may hold a secret]"
    hidden = _hide(frame, secret=False)
    return text if hidden == frame else msgspec.json.encode(hidden).decode()


def _hide(value: Any, *, secret: bool) -> Any:
    match value:
        case str():
            return _CREDENTIALS.sub(f"{HIDDEN}@", value)
        case list():
            return [_hide(item, secret=secret) for item in value]
        case dict():
            names = (value.get("key"), value.get("name"), value.get("variable"))
            secret = secret or any(_is_secret(name.get("name") if isinstance(name, dict) else name) for name in names)
            is_vpn = value.keys() >= _ADDRESSED
            return {
                key: HIDDEN
                if _is_secret(key) or (secret and key in _VALUES and isinstance(item, str)) or (is_vpn and key == "key")
                else _hide(item, secret=secret)
                for key, item in value.items()
            }
        case _:
            return value


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and _SECRET_NAME.search(name) is not None
