"""Live events over a WebSocket: the overview when it changes, at most once a second, and every frame as it passes.

The first thing that is told is ``hello``, with the ``run`` of the program and the number of the last frame. Who comes back
as ``/api/events?run=…&after=…`` is told the frames that it missed; where these are gone, or of another run, ``missed`` says
that what is shown has to be asked for anew. Who reads too slowly is dropped with code 4408, and told so by it.

A listener that hears nothing cannot know whether there is nothing to tell, or nobody any more who tells it: whatever text it
sends is answered with ``here``.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromQuery

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import LOGGED_OUT, Guard
from ladewerk.csms.api.live_feed import MOST_LISTENERS, Listening
from ladewerk.csms.api.views import FrameView, frame_view
from ladewerk.csms.security.roles import Right

_log = logging.getLogger(__name__)

TOO_SLOW: Final = 4408
TOO_MANY: Final = 4429

_AT_ONCE: Final = 100
_GOODBYE_S: Final = 5.0


class HelloEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="hello"):
    """Where a listener begins: behind the frame ``number``. ``missed``: what it asked for is not there any more."""

    run: str
    number: int
    missed: bool


class HereEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="here"):
    """The answer to a listener that asks: all frames up to ``number`` were told."""

    number: int


class FrameEvent(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="frame"):
    """A frame has passed."""

    frame: FrameView


@websocket("/api/events", right=Right.READ)
async def events(
    socket: WebSocket[Any, Any, Any],
    desk: NamedDependency[Desk],
    guard: NamedDependency[Guard],
    run: FromQuery[str | None] = None,
    after: FromQuery[int | None] = None,
) -> None:
    """Tell one listener until it goes, or is too slow."""
    await socket.accept()
    if len(desk.live) >= MOST_LISTENERS:
        await socket.close(TOO_MANY, f"{MOST_LISTENERS} listen already")
        return
    listener = _Listener(socket, desk, guard)
    leave = desk.live.enter(listener.listening)
    hearing = asyncio.create_task(_hear(socket, listener.ask))
    telling = asyncio.create_task(listener.tell(listener.hello(run, after)))
    slow = asyncio.create_task(listener.slow.wait())
    try:
        await asyncio.wait((hearing, telling, slow), return_when=asyncio.FIRST_COMPLETED)
    finally:
        leave()
        for task in (hearing, telling, slow):
            task.cancel()
        await asyncio.wait((hearing, telling, slow))
    if not telling.cancelled():
        telling.result()
    if listener.slow.is_set():
        desk.measures.listeners_dropped += 1
        _log.info("a listener to live events is too slow: it is dropped behind frame %d", listener.listening.number)
        # It may not even take this: then TCP ends what is left of the connection.
        with suppress(TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(_GOODBYE_S):
                await socket.close(TOO_SLOW, f"too slow: come back with after={listener.listening.number}")


async def _hear(socket: WebSocket[Any, Any, Any], asked: Callable[[], None]) -> None:
    with suppress(WebSocketDisconnect):
        while True:
            await socket.receive_data(mode="text")
            asked()


class _Listener:
    def __init__(self, socket: WebSocket[Any, Any, Any], desk: Desk, guard: Guard) -> None:
        self._guard = guard
        self._socket = socket
        self._feed = desk.live
        self._version = -1
        self._asked = False
        self._wake = asyncio.Event()
        self.slow = asyncio.Event()
        self.listening = Listening(desk.frame_log.last_number, self._wake.set, self.slow.set)

    def hello(self, run: str | None, after: int | None) -> HelloEvent:
        """Begin behind the frame ``after`` of ``run``, where all that came then is still there; else with the next one."""
        asked = run is not None and after is not None
        resumes = asked and run == self._feed.run and after is not None and self._feed.frames.has_all_after(after)
        if resumes and after is not None:
            self.listening.number = after
        return HelloEvent(run=self._feed.run, number=self.listening.number, missed=asked and not resumes)

    def ask(self) -> None:
        """It wants to know whether anybody is there; however often it asks meanwhile, it is answered once."""
        self._asked = True
        self._wake.set()

    async def tell(self, hello: HelloEvent) -> None:
        """Until the connection ends."""
        with suppress(WebSocketDisconnect):
            await self._send(msgspec.json.encode(hello).decode())
            while True:
                self._wake.clear()
                for frame in self._feed.frames.after(self.listening.number, _AT_ONCE):
                    await self._send(msgspec.json.encode(FrameEvent(frame=frame_view(frame))).decode())
                    self.listening.number = frame.number
                if self._asked:
                    self._asked = False
                    await self._send(msgspec.json.encode(HereEvent(number=self.listening.number)).decode())
                version, text = self._feed.overview_text()
                if version != self._version:
                    self._version = version
                    await self._send(text)
                await self._rest()

    async def _rest(self) -> None:
        """Until there is something to tell, or the time has come for the overview that is due."""
        if self.listening.number < self._feed.frames.last_number:
            return
        waits_s = None if self._version == self._feed.version else self._feed.waits_s()
        with suppress(TimeoutError):
            async with asyncio.timeout(waits_s):
                await self._wake.wait()

    async def _send(self, text: str) -> None:
        who = self._guard.who(self._socket)
        if who is None or not who.may(Right.READ):
            await self._socket.close(LOGGED_OUT, "logged out")
            raise WebSocketDisconnect(code=LOGGED_OUT, detail="logged out")
        await self._socket.send_text(text)


ROUTES: Final = (events,)
