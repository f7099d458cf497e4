"""Settings files: TOML into typed values, with the file and the line or key in every error."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from ladewerk.errors import ConfigError

T = TypeVar("T")

_WORDS: Final = {
    " | null": "",
    "Object missing required field": "missing key",
    "Invalid enum value": "unknown value",
    "Expected": "expected",
    "`object`": "a table",
    "`array`": "a list",
    "`float`": "a number",
    "`int`": "a whole number",
    "`str`": "a text in quotes",
    "`bool`": "true or false",
}
"""What msgspec says, as a person who writes TOML says it."""

_ANY_TABLE: Final = re.compile(r"`\$\.(\w+)\[\.\.\.\]")
_UNKNOWN: Final = re.compile("Object contains unknown field `(.*)`")


def read_toml(path: Path, kind: type[T], expected: Mapping[str, str] | None = None) -> T:
    """The file at ``path`` as a ``kind``. Raises ConfigError whose key is the file, and its line or the key in it.

    ``expected`` says for a key, list places as ``[...]``, what was expected where msgspec's own words leave that unclear.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as err:
        raise ConfigError(str(path), f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ConfigError(str(path), "is not UTF-8 text") from err
    return parse_toml(text, path, kind, expected)


def parse_toml(text: str, path: Path, kind: type[T], expected: Mapping[str, str] | None = None) -> T:
    """The same for a ``text`` that is, or is to be, the content of the file at ``path``."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(str(path), f"is not TOML: {err}") from err
    try:
        return msgspec.convert(document, kind, strict=True)
    except msgspec.ValidationError as err:
        said = _named(document, kind, str(err))
        key, why = explained(said, expected or {})
        raise ConfigError(f"{path}: {key}" if key else str(path), why) from err


def _named(document: dict[str, Any], kind: type[Any], said: str) -> str:
    """``said`` with the name of the table at fault, where msgspec says ``[...]`` for it: each is tried by itself."""
    at_fault = _ANY_TABLE.search(said)
    if at_fault is None:
        return said
    for name, table in document[at_fault[1]].items():
        try:
            msgspec.convert({**document, at_fault[1]: {name: table}}, kind, strict=True)
        except msgspec.ValidationError as err:
            return str(err).replace("[...]", f".{name}", 1)
    return said


def explained(said: str, expected: Mapping[str, str]) -> tuple[str, str]:
    """What msgspec said, as the key at fault ("" for the whole) and what was expected there; ``expected`` as above."""
    why, _, where = said.partition(" - at `$")
    key = where.rstrip("`").lstrip(".")
    if unknown := _UNKNOWN.match(why):
        key = f"{key}.{unknown[1]}".lstrip(".")
        why = "no such setting; look for its spelling, and for the table it stands in"
    for theirs, ours in _WORDS.items():
        why = why.replace(theirs, ours)
    return key, expected.get(re.sub(r"\[\d+\]", "[...]", key), why)


def split_address(key: str, text: str) -> tuple[str, int]:
    """``"HOST:PORT"`` or ``"[V6]:PORT"`` in its two parts. Raises ConfigError with ``key``."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(key, f"{text!r} is not HOST:PORT, such as 127.0.0.1:8080")
    return host.removeprefix("[").removesuffix("]"), int(port)


def data_folder() -> Path:
    """Where a user's programs keep their data (XDG base directory specification)."""
    home = os.environ.get("XDG_DATA_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".local" / "share") / "ladewerk"
