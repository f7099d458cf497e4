"""Settings files: TOML into typed values, with the file and the line or key in every error."""

import os
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from ladewerk.errors import ConfigError

T = TypeVar("T")

_WORDS = {
    "Object contains unknown field": "unknown key",
    "Object missing required field": "missing key",
    "Expected": "expected",
    "`object`": "a table",
    "`array`": "a list",
    "`float`": "a number",
    "`int`": "a whole number",
    "`str`": "a text in quotes",
    "`bool`": "true or false",
}
"""What msgspec says, as a person who writes TOML says it."""


def read_toml(path: Path, kind: type[T]) -> T:
    """The file at ``path`` as a ``kind``. Raises ConfigError whose key is the file, and its line or the key in it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ConfigError(str(path), f"cannot be read: {err.strerror}") from err
    except UnicodeDecodeError as err:
        raise ConfigError(str(path), "is not UTF-8 text") from err
    except tomllib.TOMLDecodeError as err:
        raise ConfigError(str(path), f"is not TOML: {err}") from err
    try:
        return msgspec.convert(document, kind, strict=True)
    except msgspec.ValidationError as err:
        text, _, place = str(err).partition(" - at `$")
        for theirs, ours in _WORDS.items():
            text = text.replace(theirs, ours)
        place = place.rstrip("`").lstrip(".")
        raise ConfigError(f"{path}: {place}" if place else str(path), text) from err


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
