"""Live events: the overview when it changes, at most once a second, and every frame as it passes."""

import asyncio
from collections import deque
from typing import Any, Final

import msgspec
from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import LOGGED_OUT, Guard
from ladewerk.csms.api.views import FrameView, Overview, frame_view
from ladewerk.csms.frame_log import LoggedFrame
from ladewerk.csms.security.roles import Right

_SPACING_S: Final = 1.0

_MOST_UNSENT: Final = 500
"""Frames a slow reader may be behind; older ones are dropped, as the console shows the newest anyway."""


class OverviewEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="overview"):
    """What is known has changed."""

    overview: Overview


class FrameEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="frame"):
    """A frame has passed."""

    frame: FrameView


@websocket("/api/events", right=Right.READ)
async def events(socket: WebSocket[Any, Any, Any], desk: NamedDependency[Desk], guard: NamedDependency[Guard]) -> None:
    """Tell one listener until it goes."""
    await socket.accept()
    listener = _Listener(socket, desk, guard)
    disconnects = (desk.ledger.changed.connect(listener.changed), desk.frame_log.seen.connect(listener.seen))
    telling = asyncio.create_task(listener.tell())
    try:
        while True:
            await socket.receive_data(mode="text")  # nothing is expected; the end of the connection is
    except WebSocketDisconnect:
        return
    finally:
        for disconnect in disconnects:
            disconnect()
        telling.cancel()
        await asyncio.wait([telling])


class _Listener:
    def __init__(self, socket: WebSocket[Any, Any, Any], desk: Desk, guard: Guard) -> None:
        self._guard = guard
        self._socket = socket
        self._desk = desk
        self._frames: deque[LoggedFrame] = deque(maxlen=_MOST_UNSENT)
        self._overview_due = True
        self._wake = asyncio.Event()
        self._wake.set()
        self._may_send_at_s = 0.0

    def changed(self, _none: None) -> None:
        self._overview_due = True
        self._wake.set()

    def seen(self, frame: LoggedFrame) -> None:
        self._frames.append(frame)
        self._wake.set()

    async def tell(self) -> None:
        clock = self._desk.clock
        try:
            while True:
                await self._wait()
                while self._frames:
                    await self._send(FrameEvent(frame=frame_view(self._frames.popleft())))
                if self._overview_due and clock.monotonic() >= self._may_send_at_s:
                    self._overview_due = False
                    self._may_send_at_s = clock.monotonic() + _SPACING_S
                    await self._send(OverviewEvent(overview=self._desk.overview()))
        except WebSocketDisconnect:
            return  # the reader of the socket hears of it too

    async def _wait(self) -> None:
        """Until there is something to tell, or the time for the overview that is due has come."""
        left_s = self._may_send_at_s - self._desk.clock.monotonic()
        try:
            async with asyncio.timeout(max(0.0, left_s) if self._overview_due else None):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    async def _send(self, event: OverviewEvent | FrameEvent) -> None:
        who = self._guard.who(self._socket)
        if who is None or not who.may(Right.READ):
            await self._socket.close(LOGGED_OUT, "logged out")
            raise WebSocketDisconnect(code=LOGGED_OUT, detail="logged out")
        await self._socket.send_text(msgspec.json.encode(event).decode())
