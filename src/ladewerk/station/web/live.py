"""The live state for every open page: at once, then whenever something changed, at most once a second."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketException

_AT_MOST_EVERY_S: Final = 1.0


class Live:
    """Feeds the WebSockets of ``/api/events``; a station that nobody looks at builds nothing."""

    def __init__(self, state: Callable[[], dict[str, Any]]) -> None:
        self._state = state
        self._watchers: set[asyncio.Event] = set()

    def changed(self) -> None:
        """Something is not as it was shown."""
        for watcher in self._watchers:
            watcher.set()

    async def serve(self, socket: WebSocket[Any, Any, Any]) -> None:
        """Feed one page until it is gone."""
        await socket.accept()
        news = asyncio.Event()
        news.set()
        self._watchers.add(news)
        leaving = asyncio.create_task(_until_gone(socket, news))
        feeding = asyncio.create_task(self._feed(socket, news))
        try:
            await asyncio.wait((leaving, feeding), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watchers.discard(news)
            for task in (leaving, feeding):
                task.cancel()
            await asyncio.gather(leaving, feeding, return_exceptions=True)

    async def _feed(self, socket: WebSocket[Any, Any, Any], news: asyncio.Event) -> None:
        while True:
            await news.wait()
            news.clear()
            await socket.send_text(msgspec.json.encode({"type": "state", "state": self._state()}).decode())
            await asyncio.sleep(_AT_MOST_EVERY_S)


async def _until_gone(socket: WebSocket[Any, Any, Any], news: asyncio.Event) -> None:
    """A page that has heard nothing for a while asks whether its connection still leads here: it is told the state again."""
    try:
        while True:
            await socket.receive_data(mode="text")
            news.set()
    except WebSocketException:
        return
