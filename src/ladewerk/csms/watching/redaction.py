"""What is kept or shown of frames and commands, without its secrets: passwords, keys and credentials in addresses.

OCPP 2.1 part 2, A01.FR.09 forbids to log passwords. They stand in fields of their own (``basicAuthPassword``), in the
values of variables and of configuration keys of 1.6 (``AuthorizationKey``), in the addresses of files, and in what makers
put into texts of JSON. What a station tells of a customer is for operators, and stands in its report alone.
"""

import json
import re
from typing import Any, Final

from ladewerk.secret_words import HIDDEN, SECRET_NAME, is_secret_name, without_credentials

_SIGNS: Final = (
    "pass",
    "pwd",
    "psk",
    "secret",
    "credential",
    "key",
    "pin",
    "puk",
    "vpn",
    "://",
    "%3a%2f%2f",
    "\\u",
    "\\/",
    "customer",
)
"""Without one of these, in small letters, a frame holds none; most do not, and are not read for it."""

_VALUES: Final = frozenset({"value", "attributeValue", "actualValue"})
_VPN: Final = "vpn"
_NAMED: Final = re.compile(rf"(\b{SECRET_NAME}[\"']?\s*[:=]\s*)[^\s,;}}\]{HIDDEN}][^,;}}\]]*", re.IGNORECASE)
_UNREADABLE: Final = "[a frame that cannot be read and may hold a secret]"


def redacted(text: str) -> str:
    """The frame ``text``; one with secrets in it is written anew without them, one that cannot be read is left out."""
    if not any(map(text.lower().__contains__, _SIGNS)):
        return text
    try:
        frame = json.loads(text, object_pairs_hook=_object)
        hidden = hide(_without_customer(frame))
        said = json.dumps(hidden, ensure_ascii=False, separators=(",", ":"))
        said.encode()
    except (ValueError, RecursionError):
        return _UNREADABLE
    return text if hidden == frame else said


def _without_customer(frame: Any) -> Any:
    match frame:
        case [kind, number, "NotifyCustomerInformation" as action, {"data": _} as payload]:
            return [kind, number, action, {**payload, "data": HIDDEN}]
        case _:
            return frame


def hide(value: Any, *, secret: bool = False) -> Any:
    """``value``, as JSON has it, without its secrets; ``secret`` says that it is of a variable whose value is one."""
    match value:
        case str():
            return _hide_in_text(value)
        case list():
            return [hide(item, secret=secret) for item in value]
        case dict():
            named = (value.get("key"), value.get("name"), value.get("variable"))
            secret = secret or any(_is_secret(one.get("name") if isinstance(one, dict) else one) for one in named)
            return {name: _hidden_field(name, item, secret=secret) for name, item in value.items()}
        case _:
            return value


def _hidden_field(name: str, item: Any, *, secret: bool) -> Any:
    if _is_secret(name) or (secret and name in _VALUES and not isinstance(item, list | dict)):
        return HIDDEN
    if name == _VPN and isinstance(item, dict):
        # Its key is called so and no more (part 2, VPNType).
        item = {inner: HIDDEN if inner == "key" else value for inner, value in item.items()}
    return hide(item, secret=secret)


def _hide_in_text(text: str) -> str:
    """A text may be JSON itself, of a DataTransfer or an event, or say a name and its secret in some way of its own."""
    shown = redacted(text) if text[:1] in {"{", "["} else text
    return without_credentials(_NAMED.sub(rf"\1{HIDDEN}", text if shown == _UNREADABLE else shown))


def _is_secret(name: object) -> bool:
    return isinstance(name, str) and is_secret_name(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        # Whoever reads it sees another one of them than we do.
        raise ValueError("a field twice")
    return read
