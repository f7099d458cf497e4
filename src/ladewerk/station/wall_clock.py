"""The station's clock, and what it shows while nobody has said what time it is.

A Raspberry Pi has no clock that goes on while it is off. Until its time is set, or the CSMS has told it, this clock counts
from 1970: what it stamped is seen to be undated wherever it ends up, and dated as soon as the time is known. The machine's
own clock is never set.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.ocpp import v21
from ladewerk.signals import Signal
from ladewerk.station.moment import Moment

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
UNTOLD: Final = timedelta(days=365)
"""No machine runs for so long without being told the time."""
_LOOK_S: Final = 10.0
_JUMP_S: Final = 2.0
"""A clock that NTP holds in step moves by less than this between two looks."""


class Source(StrEnum):
    """Who says what time it is."""

    NONE = "none"
    CSMS = "csms"
    MACHINE = "machine"


def is_time(at: datetime) -> bool:
    """False for what counts from the start of the machine because nobody knew the time."""
    return at >= _FIRST_TIME


def is_of_this_start(at: datetime) -> bool:
    """Whether ``at`` counts from this start of the machine, so that it can be dated: no machine runs for long untold."""
    return at < BEGINNING + UNTOLD


class WallClock:
    """``machine`` with the time of the CSMS as long as ``is_set`` says that its own is not right.

    ``found`` announces that the time is known now, or is another one than was shown, and by how much that was behind.
    """

    def __init__(self, machine: Clock, is_set: Callable[[], bool]) -> None:
        self.found: Signal[timedelta] = Signal()
        self.source = Source.MACHINE if is_set() else Source.NONE
        self._machine = machine
        self._is_set = is_set
        self._told = Moment(BEGINNING, 0.0)

    def now(self) -> datetime:
        """Aware UTC; counted from 1970 while the time is not known."""
        if self.source is Source.MACHINE:
            return self._machine.now()
        # By the monotonic clock: whatever sets the machine's own in between does not count twice.
        return self._told.at + timedelta(seconds=self._machine.monotonic() - self._told.monotonic_s)

    def monotonic(self) -> float:
        return self._machine.monotonic()

    def tell(self, at: datetime) -> None:
        """The CSMS says that it is ``at`` now. A machine whose own clock is right knows better."""
        if self.source is Source.MACHINE or not is_time(at):
            return
        before = self.now()
        first, self.source = self.source is Source.NONE, Source.CSMS
        self._told = Moment(at, self._machine.monotonic())
        if first:
            self.found.emit(at - before)

    async def watch(self) -> None:
        """Look whether the machine's own clock is right now, and whether somebody has set it, for ever."""
        while True:
            before = Moment.of(self)
            await asyncio.sleep(_LOOK_S)
            if self.source is not Source.MACHINE and self._is_set():
                self.source = Source.MACHINE
            now = Moment.of(self)
            jump = now.at - before.on(now)
            if self.source is Source.MACHINE and abs(jump.total_seconds()) > _JUMP_S:
                self.found.emit(jump)

    def date(self, at: datetime) -> datetime:
        """``at`` itself, or the time that it was if nobody knew it then and it is known now.

        What counts further than this start of the machine has lasted is of an earlier one: it was before this one.
        """
        if is_time(at) or self.source is Source.NONE:
            return at
        counted = BEGINNING + timedelta(seconds=self._machine.monotonic())
        return self.now() - (counted - at if at <= counted else counted - BEGINNING)

    def dated(self, event: v21.TransactionEventRequest) -> v21.TransactionEventRequest:
        """``event`` with the times that it was given while nobody knew them.

        They count from the start of the machine, so they can be told after a restart of the program too.
        """
        if is_time(event.timestamp):
            return event
        values = event.meter_value
        if values is not UNSET:
            values = tuple(msgspec.structs.replace(one, timestamp=self.date(one.timestamp)) for one in values)
        return msgspec.structs.replace(event, timestamp=self.date(event.timestamp), meter_value=values)


_: tuple[type[Clock], ...] = (WallClock,)
