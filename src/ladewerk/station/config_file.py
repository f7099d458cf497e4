"""The configuration file of a running station: watched, and written when a unit is changed over the API."""

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ladewerk.errors import ConfigError
from ladewerk.station.config import StationConfig, load_config, parse_config
from ladewerk.station.config_text import with_station, with_unit

_LOOK_S: Final = 2.0
"""How often the file is looked at; a change counts once the file has stayed the same for so long."""


def _as_it_is(config: StationConfig) -> StationConfig:
    return config


class ConfigFile:
    """The file at ``path``; ``complete`` adds what the command line says beside it."""

    def __init__(self, path: Path, complete: Callable[[StationConfig], StationConfig] = _as_it_is) -> None:
        # A link stays a link when the file is written anew.
        self._path = path.resolve()
        self._complete = complete
        self._known = self._stamp()

    def load(self) -> StationConfig:
        """What stands in it. Raises ConfigError."""
        return self._complete(load_config(self._path))

    async def changed(self) -> None:
        """Wait until somebody else has changed the file, and is done with it."""
        seen = self._known
        while True:
            await asyncio.sleep(_LOOK_S)
            before, seen = seen, self._stamp()
            if seen == before != self._known:
                self._known = seen
                return

    def staged(self, name: str, settings: Mapping[str, Any] | None) -> "StagedFile":
        """The file with the unit called ``name`` changed, or removed, on disk beside it. Raises ConfigError."""
        text = self._text()
        changed = with_unit(text, name, settings)
        if changed is None:
            raise ConfigError(f"units.{name}", f"is no table [units.{name}] of its own in {self._path}: change it there")
        return StagedFile(self._complete(parse_config(changed, self._path)), self._path, changed, self)

    def staged_station(self, changes: Mapping[str, Any]) -> "StagedFile":
        """The same with ``changes`` in its table ``[station]``; None takes a setting out. Raises ConfigError."""
        changed = with_station(self._text(), changes)
        if changed is None:
            raise ConfigError(
                f"station.{next(iter(changes), '')}", f"is not on a line of its own in {self._path}: change it there"
            )
        return StagedFile(self._complete(parse_config(changed, self._path)), self._path, changed, self)

    def _text(self) -> str:
        try:
            text = self._path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as err:
            raise ConfigError(str(self._path), f"cannot be read: {err}") from err
        self.load()  # what is wrong in it already is said as it is, not as a consequence of the change
        return text

    def take_note(self) -> None:
        """What stands in the file now is known."""
        self._known = self._stamp()

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


class StagedFile:
    """A new content, checked and on disk, that takes the place of the old one as a whole or not at all."""

    def __init__(self, config: StationConfig, path: Path, text: str, file: ConfigFile) -> None:
        self.config = config
        self._path = path
        self._file = file
        try:
            mode = path.stat().st_mode
            descriptor, self._beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            with os.fdopen(descriptor, "w", encoding="utf-8") as beside:
                beside.write(text)
                beside.flush()
                os.fsync(descriptor)
            Path(self._beside).chmod(mode)
        except OSError as err:
            raise ConfigError(str(path), f"cannot be written: {err.strerror}; nothing was changed") from err

    def put(self) -> None:
        """It is the file from now on."""
        Path(self._beside).replace(self._path)
        self._file.take_note()

    def drop(self) -> None:
        """It never was."""
        Path(self._beside).unlink()
