"""How a connection is opened and taken, as ports: over WebSockets, or in memory."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ladewerk.entrance import Room
from ladewerk.ocpp.channel import Channel
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket_handshake import Admission, Handshake
from ladewerk.ocpp.websocket_server import Compression, Pings
from ladewerk.ocpp.websocket_tls import ClientTls, ServerTls
from ladewerk.refusals import Refusals


class OpenChannel(Channel, Protocol):
    """A channel whose ends have agreed on a version. ``generation`` grows with each connection of the process."""

    version: Version
    generation: int


class Connect(Protocol):
    """The station's end: :func:`ladewerk.ocpp.connect`, or that of a :class:`~ladewerk.ocpp.loopback.LoopbackNetwork`."""

    def __call__(
        self,
        url: str,
        *,
        identity: str,
        versions: Sequence[Version],
        password: str | bytes | None,
        tls: ClientTls | None,
        compression: bool,
        ping_s: float | None,
    ) -> AbstractAsyncContextManager[OpenChannel]: ...


class OpenListener(Protocol):
    """Where stations are let in."""

    @property
    def port(self) -> int: ...


class Serve(Protocol):
    """The CSMS's end: :func:`ladewerk.ocpp.serve`, or that of a :class:`~ladewerk.ocpp.loopback.LoopbackNetwork`."""

    def __call__(
        self,
        host: str,
        port: int,
        *,
        versions: Sequence[Version],
        admit: Callable[[Handshake], Awaitable[Admission]],
        serve_channel: Callable[[OpenChannel], Awaitable[None]],
        tls: ServerTls | None,
        compression: Compression,
        ping_s: Pings,
        door: Room,
        refusals: Refusals | None,
    ) -> AbstractAsyncContextManager[OpenListener]: ...
