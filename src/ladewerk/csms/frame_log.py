"""The newest frames of all stations, for the console; in memory alone."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ladewerk.csms.redaction import redacted
from ladewerk.signals import Signal

MOST_FRAMES: Final = 2000
MOST_CHARACTERS: Final = 4_000_000
"""Of all frames together: a report of a station may be long."""


@dataclass(frozen=True, slots=True)
class LoggedFrame:
    """A frame as it went over the wire, without its secrets; ``sent`` by the CSMS."""

    at: datetime
    station_id: str
    sent: bool
    text: str


class FrameLog:
    """A bounded ring; ``seen`` announces each frame."""

    def __init__(self) -> None:
        self._frames: deque[LoggedFrame] = deque()
        self._characters = 0
        self.seen: Signal[LoggedFrame] = Signal()

    def add(self, at: datetime, station_id: str, sent: bool, text: str) -> None:
        """Keep and announce a frame, but never a password (A01.FR.09)."""
        frame = LoggedFrame(at, station_id, sent, redacted(text))
        self._frames.append(frame)
        self._characters += len(frame.text)
        while len(self._frames) > MOST_FRAMES or self._characters > MOST_CHARACTERS:
            self._characters -= len(self._frames.popleft().text)
        self.seen.emit(frame)

    def newest(self, limit: int, station_id: str | None = None) -> list[LoggedFrame]:
        """Up to ``limit`` frames, oldest first; of one station or of all."""
        wanted = [frame for frame in self._frames if station_id is None or frame.station_id == station_id]
        return wanted[-limit:] if limit > 0 else []
