"""Needs given by a file: read each time a vehicle is plugged in, so that a station without a page can charge by plan."""

import asyncio
from pathlib import Path

import msgspec

from ladewerk.errors import ConfigError
from ladewerk.station.control import UnitControl
from ladewerk.station.messages import Messages
from ladewerk.station.unit.actions import Level
from ladewerk.station.unit.events import NeedsGiven
from ladewerk.station.unit.needs import Needs, read_needs
from ladewerk.station.unit.state import Phase, trouble
from ladewerk.station.wall_clock import is_time
from ladewerk.station.wording import text


class NeedsFile:
    """One unit's file: JSON with the fields of the API's request. It is taken once for each plug-in."""

    def __init__(self, path: Path, unit: UnitControl, messages: Messages) -> None:
        self._path = path
        self._unit = unit
        self._messages = messages
        self._armed = True
        self._wanted = asyncio.Event()
        unit.changed.connect(self._look)

    def _look(self, unit: UnitControl) -> None:
        state = unit.state
        if state.phase is Phase.IDLE:
            self._armed = True
        elif self._armed and state.phase is Phase.PLUGGED and trouble(state, unit.now) is None:
            self._armed = False
            self._wanted.set()

    async def run(self) -> None:
        """Read the file whenever a vehicle has come and the hardware is ready, for ever."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                needs = await asyncio.to_thread(load_needs, self._path, self._unit)
            except ConfigError as err:
                params = {"file": str(self._path), "why": str(err)}
                self._messages.say(Level.ERROR, "needs_file_refused", params, unit_id=self._unit.unit_id)
            else:
                self._unit.handle(NeedsGiven(needs))


def load_needs(path: Path, unit: UnitControl) -> Needs:
    """The needs in ``path``. Raises ConfigError with the field and what was expected."""
    try:
        raw = msgspec.json.decode(path.read_bytes())
    except OSError as err:
        raise ConfigError(str(path), f"cannot be read: {err.strerror}") from err
    except msgspec.DecodeError as err:
        raise ConfigError(str(path), f"is not JSON: {err}") from err
    if not is_time(unit.now.at):
        raise ConfigError(str(path), text("no_time", {}))
    read = read_needs(raw, now=unit.now.at, max_current_a=unit.state.rules.max_current_a)
    if isinstance(read, Needs):
        return read
    raise ConfigError(f"{path}: {read[0].field}" if read[0].field else str(path), read[0].text)
