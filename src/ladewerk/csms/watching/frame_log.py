"""The newest frames of all stations, numbered, for the console; in memory alone."""

from collections import deque
from datetime import datetime
from itertools import islice
from typing import Final

from msgspec import Struct

from ladewerk.csms.watching.redaction import redacted
from ladewerk.signals import Signal

MOST_FRAMES: Final = 2000
MOST_CHARACTERS: Final = 4_000_000
"""Of all frames together: a report of a station may be long."""


class LoggedFrame(Struct, frozen=True, gc=False):
    """A frame as it went over the wire, without its secrets; ``sent`` by the CSMS. The first ``number`` is 1."""

    at: datetime
    station_id: str
    sent: bool
    text: str
    number: int


class FrameLog:
    """A bounded ring; ``seen`` announces each frame."""

    def __init__(self) -> None:
        self._frames: deque[LoggedFrame] = deque()
        self._characters = 0
        self.last_number = 0
        self.seen: Signal[LoggedFrame] = Signal()

    def add(self, at: datetime, station_id: str, sent: bool, text: str) -> None:
        """Keep and announce a frame, but never a password (A01.FR.09)."""
        self.last_number += 1
        frame = LoggedFrame(at, station_id, sent, redacted(text), self.last_number)
        self._frames.append(frame)
        self._characters += len(frame.text)
        while len(self._frames) > MOST_FRAMES or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._frames.popleft().text)
        self.seen.emit(frame)

    def newest(self, limit: int, station_id: str | None = None, before: int | None = None) -> list[LoggedFrame]:
        """Up to ``limit`` frames, oldest first; of one station or of all, with numbers below ``before``."""
        wanted = (
            frame
            for frame in reversed(self._frames)
            if (station_id is None or frame.station_id == station_id) and (before is None or frame.number < before)
        )
        return list(islice(wanted, max(0, limit)))[::-1]

    def has_all_after(self, number: int) -> bool:
        """Whether every frame behind the one of that number is still here."""
        return self.last_number - len(self._frames) <= number <= self.last_number

    def after(self, number: int, limit: int) -> list[LoggedFrame]:
        """The first ``limit`` frames behind the one of that number, oldest first, as far as they are here."""
        behind = min(len(self._frames), self.last_number - number)
        # Whoever follows is near the end: counted from there it is not far.
        return list(islice(reversed(self._frames), behind))[::-1][:limit]
