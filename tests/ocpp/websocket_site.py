"""A server of WebSockets that keeps what it saw."""

import asyncio
import base64
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ladewerk.errors import Disconnected
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.websocket import Admission, Handshake, Listener, WebSocketChannel, serve
from ladewerk.paced_loop import PacedLoop

HOST = "127.0.0.1"


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 86_400))


def basic(user: bytes, password: bytes) -> str:
    return "Basic " + base64.b64encode(user + b":" + password).decode()


class Site:
    """A server that keeps what it saw and hears every channel to its end."""

    def __init__(self, admission: Admission = Admission.ACCEPT) -> None:
        self.admission = admission
        self.handshakes: list[Handshake] = []
        self.channels: list[WebSocketChannel] = []
        self.ends: asyncio.Queue[str] = asyncio.Queue()

    async def admit(self, handshake: Handshake) -> Admission:
        self.handshakes.append(handshake)
        return self.admission

    async def hear(self, channel: WebSocketChannel) -> None:
        self.channels.append(channel)
        try:
            while True:
                await channel.receive()
        except Disconnected as err:
            self.ends.put_nowait(str(err))

    @asynccontextmanager
    async def listening(
        self, versions: Sequence[Version] = (Version.V21, Version.V201), ping_s: float | None = 60
    ) -> AsyncIterator[Listener]:
        async with serve(HOST, 0, versions=versions, admit=self.admit, serve_channel=self.hear, ping_s=ping_s) as listener:
            yield listener
