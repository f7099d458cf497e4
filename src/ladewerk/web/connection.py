"""One connection of a browser or program: HTTP, perhaps a WebSocket later, and how long a request may take to arrive.

uvicorn speaks both, but waits for a request for ever and counts nothing.
"""

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ladewerk.entrance import PATIENCE_S, Visit
from ladewerk.refusals import Refusals, Why

MOST_MESSAGE_BYTES: Final = 4096
"""Of a message on a WebSocket: browsers listen there, they say nothing."""


class WebSocketConnection(WebSocketsSansIOProtocol):
    """A connection that has become a WebSocket."""

    visit: Visit | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.visit is not None:
            self.visit.leave()


class HttpConnection(H11Protocol):
    """A connection that ``visit`` stands for; a request whose head does not arrive within :data:`PATIENCE_S` ends it."""

    def __init__(self, visit: Visit, refusals: Refusals | None, **settings: Any) -> None:
        super().__init__(**settings)
        self._visit = visit
        self._refusals = refusals
        self._head_due: asyncio.TimerHandle | None = None
        self.asked: asyncio.Future[None] = self.loop.create_future()
        """Done with the first request, or with the connection."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()  # the beginning of another request may have come with the one before

    def _look(self) -> None:
        if self.conn.their_state is not h11.IDLE:
            self._let_in()
            self._stop_waiting()
        elif not self.conn.trailing_data[0]:
            self._stop_waiting()
        elif self._head_due is None:
            self._head_due = self.loop.call_later(PATIENCE_S, self._too_slow)

    def send_400_response(self, msg: str) -> None:
        self._note(Why.NO_REQUEST, "what it says is no request of HTTP")
        super().send_400_response(msg)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._let_in()
        self._stop_waiting()
        super().handle_websocket_upgrade(event)
        protocol = self.transport.get_protocol()
        assert isinstance(protocol, WebSocketConnection)
        protocol.visit = self._visit

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)
        self._visit.leave()
        self._answer()

    def _let_in(self) -> None:
        self._visit.let_in()
        self._answer()

    def _answer(self) -> None:
        if not self.asked.done():
            self.asked.set_result(None)

    def _stop_waiting(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None

    def _too_slow(self) -> None:
        self._head_due = None
        self._note(Why.SLOW, "a request that does not end")
        self.transport.abort()

    def _note(self, why: Why, what: str) -> None:
        if self._refusals is not None:
            self._refusals.note(why, self._visit.remote, what)
