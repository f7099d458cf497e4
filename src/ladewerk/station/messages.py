"""What the station has said lately: bounded, newest last, for the page. The log has it too, and the history all of it."""

import logging
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ladewerk.clock import Clock
from ladewerk.signals import Signal
from ladewerk.station.database_file import Damaged
from ladewerk.station.unit.actions import Level
from ladewerk.station.wall_clock import is_of_this_start, is_time
from ladewerk.station.wording import text

KEPT: Final = 200
_LEVELS: Final = {Level.INFO: logging.INFO, Level.WARNING: logging.WARNING, Level.ERROR: logging.ERROR}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One line; ``unit_id`` is None where it concerns the whole station."""

    at: datetime
    level: Level
    code: str
    params: Mapping[str, object]
    text: str
    unit_id: str | None


class Messages:
    """``said`` announces each new one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: deque[Message] = deque(maxlen=KEPT)
        self.said: Signal[Message] = Signal()

    def recall(self, earlier: Iterable[Message]) -> None:
        """Put what was said before the start, oldest first, before what has been said since."""
        self._kept = deque([*earlier, *self._kept], maxlen=KEPT)

    def time_found(self, behind: timedelta) -> None:
        """The clock was ``behind``: what it stamped while nobody knew the time is dated."""
        if not is_time(self._clock.now() - behind):
            dated = (replace(one, at=one.at + behind) if is_of_this_start(one.at) else one for one in self._kept)
            self._kept = deque(dated, maxlen=KEPT)

    def say(self, level: Level, code: str, params: Mapping[str, object], *, unit_id: str | None = None) -> None:
        """Note a message, log it and announce it."""
        message = Message(self._clock.now(), level, code, dict(params), text(code, params), unit_id)
        self._kept.append(message)
        _log.log(_LEVELS[level], "%s%s", f"{unit_id}: " if unit_id else "", message.text)
        self.said.emit(message)

    def say_damaged(self, file: Damaged) -> None:
        """A database file was damaged and set aside."""
        self.say(Level.ERROR, "file_damaged", {"file": file.file, "kept_as": file.kept_as})

    def newest_last(self) -> tuple[Message, ...]:
        """All that are kept."""
        return tuple(self._kept)
