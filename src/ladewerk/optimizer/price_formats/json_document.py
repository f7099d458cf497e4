"""JSON from outside, with the path in every error."""

import re
from typing import Any, Final, TypeVar

import msgspec

from ladewerk.errors import ConfigError

T = TypeVar("T")

_BOM: Final = b"\xef\xbb\xbf"
_AT: Final = re.compile(r" - at `(?P<path>\$[^`]*)`$")
_MISSING: Final = re.compile(r"Object missing required field `(?P<name>[^`]+)`")


def decoded(document: bytes, kind: type[T]) -> T:
    """``document`` as ``kind``. Raises ConfigError whose key is the JSON path of what does not fit."""
    try:
        return msgspec.json.decode(document.removeprefix(_BOM), type=kind)
    except msgspec.ValidationError as err:
        raise _explained(str(err)) from err
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise ConfigError("", f"JSON is expected: {err}") from err


def _explained(said: str) -> ConfigError:
    at = _AT.search(said)
    path = "$" if at is None else at["path"]
    why = said if at is None else said[: at.start()]
    if missing := _MISSING.fullmatch(why):
        return ConfigError(f"{path}.{missing['name']}", "is expected and missing")
    return ConfigError(path, why[0].lower() + why[1:])


def value_at(document: bytes, *path: str) -> Any:
    """What stands at ``path`` in a JSON object, None where there is nothing or no JSON."""
    try:
        found: Any = msgspec.json.decode(document.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found
