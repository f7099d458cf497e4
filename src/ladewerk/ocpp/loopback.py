"""A channel in memory, with delays and outages: what tests and simulations use where no socket is wanted.

:class:`LoopbackLink` is the way between one station and its CSMS. :class:`LoopbackNetwork` is a network of them: its
``serve`` and ``connect`` stand in for those of ``websocket``, so programs run over it as they are.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlsplit

from ladewerk.entrance import DOOR, Room
from ladewerk.errors import ConfigError, Disconnected
from ladewerk.ocpp.channel import AT_ONCE
from ladewerk.ocpp.opening import OpenChannel
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket_handshake import Admission, Handshake, checked_identity
from ladewerk.ocpp.websocket_server import Compression, Pings
from ladewerk.ocpp.websocket_tls import ClientTls, ServerTls
from ladewerk.refusals import Refusals

_CLOSE_NORMAL = 1000
_CLOSE_GOING_AWAY = 1001


def no_delay() -> float:
    """A way that takes no time, in seconds."""
    return 0.0


class LoopbackChannel:
    """One end of a pair made by :class:`LoopbackLink`."""

    def __init__(self, link: "LoopbackLink", identity: str, version: Version, generation: int) -> None:
        self.version: Version = version
        self.generation: int = generation
        self._link = link
        self._identity = identity
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._other: LoopbackChannel | None = None
        self._gone = ""
        self._said_until_s = 0.0

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
        other = self._other
        if self._gone or other is None:
            raise Disconnected(self._gone)
        self._link.carry(self, lambda: other._hear(text))
        return AT_ONCE

    async def close(self, code: int, reason: str) -> None:
        other = self._other
        if other is not None and not self._gone:
            self._link.carry(self, lambda: other._end(f"closed by the other end with {code} {reason}".rstrip()))
        self._end("closed by this end")

    def _hear(self, text: str) -> None:
        if not self._gone:
            self._inbox.put_nowait(text)

    def _end(self, why: str) -> None:
        if not self._gone:
            self._gone = why
            self._inbox.put_nowait(None)

    def _lose(self, why: str) -> None:
        while not self._inbox.empty():
            self._inbox.get_nowait()
        self._end(why)


class LoopbackLink:
    """The way between one station and its CSMS; it can be cut, stalled and restored, as cables are.

    A cut ends the open pair at both ends and loses the frames under way. While it lasts nothing can be opened; afterwards
    :meth:`open` gives a new pair, never the old one back. A stall keeps what is said, in its order, until the link is
    restored, and nobody notices; or until it is cut, which loses it. ``delay_s`` says how long a frame is under way.
    """

    def __init__(self, identity: str, *, delay_s: Callable[[], float] = no_delay) -> None:
        self._identity = identity
        self._delay_s = delay_s
        self._ends: tuple[LoopbackChannel, LoopbackChannel] | None = None
        self._cut = False
        self._stalled = False
        self._kept: list[tuple[LoopbackChannel, Callable[[], None]]] = []

    def open(self, version: Version = Version.V21, generation: int = 0) -> tuple[LoopbackChannel, LoopbackChannel]:
        """A new pair, station's end first; Disconnected while the link is cut or stalled."""
        if self._cut or self._stalled:
            raise Disconnected(f"no way to the CSMS for {self._identity}")
        station = LoopbackChannel(self, self._identity, version, generation)
        csms = LoopbackChannel(self, self._identity, version, generation)
        station._other, csms._other = csms, station
        self._ends = station, csms
        return self._ends

    def carry(self, end: LoopbackChannel, arrive: Callable[[], None]) -> None:
        """Let what ``end`` says arrive, behind what it said before."""
        if self._stalled:
            self._kept.append((end, arrive))
            return
        delay_s = self._delay_s()
        loop = asyncio.get_running_loop()
        if delay_s <= 0 and end._said_until_s <= loop.time():
            arrive()
            return
        end._said_until_s = max(end._said_until_s, loop.time() + delay_s)
        loop.call_at(end._said_until_s, arrive)

    def stall(self) -> None:
        """Keep what is said from now on."""
        self._stalled = True

    def cut(self) -> None:
        """Break the link until :meth:`restore`."""
        self._cut, self._stalled = True, False
        self._kept.clear()
        self.lose("the link was cut")

    def lose(self, why: str) -> None:
        """End the open pair at both ends, losing what is under way; a new one can be opened at once."""
        if self._ends is not None:
            for end in self._ends:
                end._lose(why)
            self._ends = None

    def restore(self) -> None:
        """Let :meth:`open` work again, and what was kept arrive."""
        self._cut = self._stalled = False
        kept, self._kept = self._kept, []
        for end, arrive in kept:
            self.carry(end, arrive)


@dataclass(slots=True)
class _Door:
    """A CSMS that lets stations in."""

    versions: Sequence[Version]
    admit: Callable[[Handshake], Awaitable[Admission]]
    serve_channel: Callable[[OpenChannel], Awaitable[None]]
    serving: dict[asyncio.Task[None], LoopbackChannel] = field(default_factory=dict)

    def let_in(self, channel: LoopbackChannel) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(channel), name=f"serve {channel.identity}")
        self.serving[task] = channel
        task.add_done_callback(self.serving.pop)

    async def _serve(self, channel: LoopbackChannel) -> None:
        try:
            await self.serve_channel(channel)
        finally:
            await channel.close(_CLOSE_NORMAL, "")

    async def shut(self) -> None:
        serving = list(self.serving.items())
        for _, channel in serving:
            await channel.close(_CLOSE_GOING_AWAY, "the CSMS ends")
        await asyncio.gather(*(task for task, _ in serving), return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Listening:
    port: int


class LoopbackNetwork:
    """CSMSs by their ports, whatever the host is called, and a link to them for each station.

    ``delay_s`` is asked for every frame.
    """

    def __init__(self, *, delay_s: Callable[[], float] = no_delay) -> None:
        self._delay_s = delay_s
        self._doors: dict[int, _Door] = {}
        self._links: dict[str, LoopbackLink] = {}
        self._generations = count(1)

    def link(self, identity: str) -> LoopbackLink:
        """The way of a station."""
        if identity not in self._links:
            self._links[identity] = LoopbackLink(identity, delay_s=self._delay_s)
        return self._links[identity]

    @asynccontextmanager
    async def serve(
        self,
        host: str,
        port: int,
        *,
        versions: Sequence[Version],
        admit: Callable[[Handshake], Awaitable[Admission]],
        serve_channel: Callable[[OpenChannel], Awaitable[None]],
        tls: ServerTls | None = None,
        compression: Compression = True,
        ping_s: Pings = None,
        door: Room = DOOR,
        refusals: Refusals | None = None,
    ) -> AsyncIterator[_Listening]:
        """As :func:`ladewerk.ocpp.serve`; there is nothing to encrypt, compress or ping, and nobody to keep out."""
        del tls, compression, ping_s, door, refusals
        if port in self._doors:
            raise ConfigError(f"{host}:{port}", "the port is in use")
        csms = self._doors[port] = _Door(versions, admit, serve_channel)
        try:
            yield _Listening(port)
        finally:
            del self._doors[port]
            await csms.shut()

    @asynccontextmanager
    async def connect(
        self,
        url: str,
        *,
        identity: str,
        versions: Sequence[Version] = (Version.V21, Version.V201),
        password: str | bytes | None = None,
        tls: ClientTls | None = None,
        compression: bool = True,
        ping_s: float | None = None,
    ) -> AsyncIterator[LoopbackChannel]:
        """As :func:`ladewerk.ocpp.connect`."""
        del tls, compression, ping_s
        door, link = self._doors.get(urlsplit(url).port or 80), self.link(checked_identity(identity))
        await asyncio.sleep(self._delay_s())
        if door is None:
            raise Disconnected(f"no connection to {url}: nobody answers there")
        version = next((each for each in versions if each in door.versions), None)
        if version is None:
            raise Disconnected(f"no connection to {url}: it speaks none of {', '.join(versions)}")
        if await door.admit(_handshake(identity, password)) is not Admission.ACCEPT:
            raise Disconnected(f"no connection to {url}: it does not let {identity} in")
        ours, theirs = link.open(version, next(self._generations))
        door.let_in(theirs)
        try:
            yield ours
        finally:
            await ours.close(_CLOSE_NORMAL, "")


def _handshake(identity: str, password: str | bytes | None) -> Handshake:
    return Handshake(
        identity=identity,
        path=f"/{identity}",
        remote="in memory",
        basic_user=None if password is None else identity,
        basic_password=password.encode() if isinstance(password, str) else password,
    )
