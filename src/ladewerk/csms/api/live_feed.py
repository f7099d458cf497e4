"""What all listeners of live events are told, made once for all of them."""

from collections.abc import Callable
from typing import Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.csms.api.views import Overview
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.watching.frame_log import FrameLog, LoggedFrame

SPACING_S: Final = 1.0
"""Between two overviews: that of many stations is long."""

MOST_LISTENERS: Final = 100


class OverviewEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="overview"):
    """What is known has changed."""

    overview: Overview


class Listening:
    """One listener, as the feed sees it: ``number`` is that of the last frame that it was told."""

    def __init__(self, number: int, wake: Callable[[], None], drop: Callable[[], None]) -> None:
        self.number = number
        self.wake = wake
        self.drop = drop


class LiveFeed:
    """``run`` names this run of the program: numbers of frames mean something within it alone.

    No listener has a queue of its own: each has its place in the log of frames, and who falls behind the oldest one there
    is too slow and dropped.
    """

    def __init__(
        self, ledger: Ledger, frame_log: FrameLog, overview: Callable[[], Overview], clock: Clock, *, run: str
    ) -> None:
        self.run = run
        self.frames = frame_log
        self.version = 0
        """Of what is known; it grows with each change."""
        self._overview = overview
        self._clock = clock
        self._listening: set[Listening] = set()
        self._made = -1
        self._text = ""
        self._due_s = float("-inf")
        ledger.changed.connect(self._changed)
        frame_log.seen.connect(self._seen)

    def __len__(self) -> int:
        return len(self._listening)

    def enter(self, listening: Listening) -> Callable[[], None]:
        """Wake ``listening`` whenever there is something to tell; what is returned ends that."""
        self._listening.add(listening)
        return lambda: self._listening.discard(listening)

    def overview_text(self) -> tuple[int, str]:
        """The overview, of a second ago at most, and the version that it shows."""
        if self._made != self.version and self.waits_s() <= 0:
            self._made = self.version
            self._due_s = self._clock.monotonic() + SPACING_S
            self._text = msgspec.json.encode(OverviewEvent(overview=self._overview())).decode()
        return self._made, self._text

    def waits_s(self) -> float:
        """How long there is no newer overview than the last, however much has changed."""
        return max(0.0, self._due_s - self._clock.monotonic())

    def _changed(self, _none: None) -> None:
        self.version += 1
        for listening in self._listening:
            listening.wake()

    def _seen(self, _frame: LoggedFrame) -> None:
        for listening in list(self._listening):
            if self.frames.has_all_after(listening.number):
                listening.wake()
            else:
                self._listening.discard(listening)
                listening.drop()
