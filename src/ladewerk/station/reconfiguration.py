"""Units added, changed and removed while the station runs: by its configuration file, or over the API.

Either way the whole is checked first, what is wrong changes nothing, and file and station say the same afterwards.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ladewerk.errors import ConfigError, DeviceFault
from ladewerk.station.config import StationConfig, StationTable
from ladewerk.station.config_file import ConfigFile
from ladewerk.station.messages import Messages
from ladewerk.station.roster import Roster
from ladewerk.station.unit.actions import Level

HIDDEN: Final = "********"
"""Shown for a password; a password that is given so stays as it is."""

STATION_SETTINGS: Final = ("identity", "csms", "password", "time_zone")
"""What can be changed over the API; where the page is reached is left to the file, so that nobody locks himself out."""

_SECRETS: Final = frozenset({"password"})


class Reconfiguration:
    """``file`` is None for a station that was composed by a program: its units cannot be changed."""

    def __init__(self, config: StationConfig, file: ConfigFile | None, roster: Roster, messages: Messages) -> None:
        self._station = config.station
        self._file = file
        self._roster = roster
        self._messages = messages
        self._changing = asyncio.Lock()
        self._in_file: StationTable | None = None

    def settings(self, name: str) -> dict[str, Any] | None:
        """What is set of the unit called ``name``, as it could stand in the file; passwords are hidden."""
        unit = self._roster.wanted.get(name)
        return None if unit is None else _hidden(_said(unit))

    def waits(self, name: str) -> bool:
        """Whether a session has to end before that is true."""
        return self._roster.waits(name)

    async def change(self, name: str, settings: Mapping[str, Any] | None) -> bool:
        """Add or change the unit called ``name``, or remove it where ``settings`` is None; True where a session goes first.

        Raises ConfigError for what cannot work, DeviceFault for a device that must not be used: nothing has changed then.
        """
        if self._file is None:
            raise ConfigError("units", "this station has no configuration file that could be changed")
        async with self._changing:
            present = self._roster.wanted.get(name)
            if settings is not None and present is not None:
                settings = _revealed(settings, msgspec.to_builtins(present))
            staged = await asyncio.to_thread(self._file.staged, name, settings)
            try:
                waiting = await self._roster.apply(staged.config.units)
            except BaseException:
                staged.drop()
                raise
            staged.put()
            return name in waiting

    def station_settings(self) -> dict[str, Any]:
        """Those of ``[station]`` that :meth:`change_station` takes, as they stand in the file; passwords are hidden."""
        table = self._in_file or self._station
        return _hidden({name: getattr(table, name) for name in STATION_SETTINGS if getattr(table, name) is not None})

    @property
    def needs_restart(self) -> bool:
        """Whether the file says something of ``[station]`` that this run does not follow."""
        return self._in_file is not None and bool(_differences(self._station, self._in_file))

    async def change_station(self, changes: Mapping[str, Any]) -> None:
        """Change settings of ``[station]`` in the file, for the next start; None takes one out.

        Raises ConfigError for what cannot work: nothing has changed then.
        """
        if self._file is None:
            raise ConfigError("station", "this station has no configuration file that could be changed")
        async with self._changing:
            staged = await asyncio.to_thread(self._file.staged_station, changes)
            staged.put()
            self._in_file = staged.config.station

    async def watch_file(self) -> None:
        """Follow the file, for ever."""
        while self._file is not None:
            await self._file.changed()
            async with self._changing:
                try:
                    config = await asyncio.to_thread(self._file.load)
                    await self._roster.apply(config.units)
                except (ConfigError, DeviceFault) as err:
                    self._messages.say(Level.ERROR, "settings_refused", {"why": str(err)})
                    continue
            self._in_file = config.station
            later = _differences(self._station, config.station)
            if later:
                self._messages.say(Level.WARNING, "settings_need_restart", {"keys": ", ".join(later)})


def _differences(old: StationTable, new: StationTable) -> list[str]:
    return [f"station.{name}" for name in old.__struct_fields__ if getattr(old, name) != getattr(new, name)]


def _said(table: msgspec.Struct) -> dict[str, Any]:
    """What differs from the defaults, as plain values."""
    said: dict[str, Any] = {}
    for one in msgspec.structs.fields(table):
        value = getattr(table, one.name)
        if one.required or value != one.default:
            said[one.encode_name] = _said(value) if isinstance(value, msgspec.Struct) else msgspec.to_builtins(value)
    return said


def _hidden(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _hidden(value) if isinstance(value, Mapping) else HIDDEN if key in _SECRETS else value
        for key, value in settings.items()
    }


def _revealed(settings: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    revealed = dict(settings)
    for key, value in settings.items():
        old = known.get(key)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            revealed[key] = _revealed(value, old)
        elif key in _SECRETS and value == HIDDEN and old is not None:
            revealed[key] = old
    return revealed
