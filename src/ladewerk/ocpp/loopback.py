"""A channel in memory, with outages: what tests and simulations use where no socket is wanted."""

import asyncio
from collections.abc import Awaitable

from ladewerk.errors import Disconnected
from ladewerk.ocpp.channel import AT_ONCE


class LoopbackChannel:
    """One end of a pair made by :class:`LoopbackLink`."""

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._other: LoopbackChannel | None = None
        self._gone = ""

    @property
    def identity(self) -> str:
        return self._identity

    async def receive(self) -> str:
        text = await self._inbox.get()
        if text is None:
            self._inbox.put_nowait(None)  # it stays gone
            raise Disconnected(self._gone)
        return text

    def send(self, text: str) -> Awaitable[None]:
        if self._gone or self._other is None:
            raise Disconnected(self._gone)
        self._other._inbox.put_nowait(text)
        return AT_ONCE

    async def close(self, code: int, reason: str) -> None:
        if self._other is not None:
            self._other._end(f"closed by the other end with {code} {reason}".rstrip())
        self._end("closed by this end")

    def _end(self, why: str) -> None:
        if not self._gone:
            self._gone = why
            self._inbox.put_nowait(None)

    def _lose(self, why: str) -> None:
        while not self._inbox.empty():
            self._inbox.get_nowait()
        self._end(why)


class LoopbackLink:
    """The way between one station and its CSMS; it can be cut and restored, as cables are.

    A cut ends the open pair at both ends and loses the frames under way. While it lasts nothing can be opened; afterwards
    :meth:`open` gives a new pair, never the old one back.
    """

    def __init__(self, identity: str) -> None:
        self._identity = identity
        self._ends: tuple[LoopbackChannel, LoopbackChannel] | None = None
        self._cut = False

    def open(self) -> tuple[LoopbackChannel, LoopbackChannel]:
        """A new pair, station's end first; Disconnected while the link is cut."""
        if self._cut:
            raise Disconnected(f"no way to the CSMS for {self._identity}")
        station, csms = LoopbackChannel(self._identity), LoopbackChannel(self._identity)
        station._other, csms._other = csms, station
        self._ends = station, csms
        return self._ends

    def cut(self) -> None:
        """Break the link until :meth:`restore`."""
        self._cut = True
        if self._ends is not None:
            for end in self._ends:
                end._lose("the link was cut")
            self._ends = None

    def restore(self) -> None:
        """Let :meth:`open` work again."""
        self._cut = False
