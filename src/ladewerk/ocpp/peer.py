"""Drives a session over a channel: calls go out, handlers answer what comes in, and nobody waits for a slow one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, assert_never, cast
from uuid import uuid4

import msgspec

from ladewerk.clock import Clock
from ladewerk.errors import CallRefused, CallTimedOut, Disconnected
from ladewerk.ocpp.calling import Calling
from ladewerk.ocpp.calls import Priority
from ladewerk.ocpp.channel import AT_ONCE, Channel
from ladewerk.ocpp.codec import Codec
from ladewerk.ocpp.events import (
    CallAnswered,
    CallErrored,
    CallExpired,
    CallLost,
    CallReceived,
    CallSent,
    CallSpoiled,
    CloseWanted,
    Event,
    FrameDropped,
    ReplyDue,
    ResultRejected,
    SendReceived,
)
from ladewerk.ocpp.handling import Handling, ReplyTimes
from ladewerk.ocpp.lenient import Forgiveness, Leniency
from ladewerk.ocpp.lenient_codec import LenientCodec
from ladewerk.ocpp.messages import OneWay, Payload, Request
from ladewerk.ocpp.reports import (
    AnswerMalformed,
    CallNotSent,
    RequestReceived,
    ResponseReceived,
    ResponseSent,
)
from ladewerk.ocpp.router import Router
from ladewerk.ocpp.session import DEFAULT_TIMEOUT_S, Session
from ladewerk.ocpp.version import Version
from ladewerk.ocpp.version_codecs import codec_for
from ladewerk.signals import Signal

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R", bound=Payload)

log: logging.Logger = logging.getLogger(__name__)

_CLOSE_NORMAL = 1000
_HANDLER_GRACE_S = 5.0
"""How long handlers may go on after the link is gone: what they carry out is real even if nobody hears their answer."""

_CLOSE_GRACE_S = 5.0
"""How long a peer may take to accept what was said before a close."""


class FrameSeen(msgspec.Struct, frozen=True, gc=False):
    """One frame as it went over the wire; ``at`` is aware UTC."""

    at: datetime
    sent: bool
    text: str


def random_id() -> str:
    """A message id that no other message has."""
    return str(uuid4())


class Peer(Generic[S]):
    """The other end of one connection. Make it where an event loop runs.

    Either await :meth:`run`, or use the peer as an ``async with`` block, which runs it beside the block and closes it
    behind. ``new_id`` makes the ids of our messages.
    """

    frames: Signal[FrameSeen] = Signal(FrameSeen)
    request_received: Signal[RequestReceived] = Signal(RequestReceived)
    response_sent: Signal[ResponseSent] = Signal(ResponseSent)
    response_received: Signal[ResponseReceived] = Signal(ResponseReceived)
    forgave: Signal[Forgiveness] = Signal(Forgiveness)

    def __init__(
        self,
        channel: Channel,
        *,
        version: Version,
        router: Router[S],
        state: S,
        clock: Clock,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        reply: ReplyTimes = ReplyTimes(),  # noqa: B008  # a frozen value
        leniency: Leniency | None = None,
        codec: Codec | None = None,
        new_id: Callable[[], str] = random_id,
    ) -> None:
        self.version = version
        self.identity: str = channel.identity
        self._channel = channel
        self._clock = clock
        self._timeout_s = timeout_s
        self._new_id = new_id
        self._codec = codec or codec_for(version, channel.identity)
        if leniency is not None:
            self._codec = LenientCodec(self._codec, leniency, self._forgive)
        self._session = Session(version, reply_within_s=reply.within_s)
        self._handling = Handling(
            self, router=router, state=state, codec=self._codec, session=self._session, clock=clock, apply=self._apply
        )
        self._calling = Calling(
            self,
            codec=self._codec,
            session=self._session,
            clock=clock,
            apply=self._apply,
            learn=self._handling.take_learned,
            turns=self._handling.turns,
            new_id=new_id,
        )
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._link_gone: asyncio.Future[None] = self._loop.create_future()
        self.why_gone: str = "the connection is closed"
        """What :attr:`why_ended` says, or would."""
        self._closing = False
        self._writer: asyncio.Task[None] | None = None
        self._runner: asyncio.Task[None] | None = None
        self._running = False

    @property
    def why_ended(self) -> str | None:
        """Why the connection is no more; None before its end."""
        return self.why_gone if self._link_gone.done() else None

    @property
    def counts(self) -> Mapping[str, int]:
        """How often something led to nothing, by what it was: see :attr:`Session.counts`."""
        return self._session.counts

    @property
    def open_calls(self) -> int:
        """CALLs of ours that wait for their turn or their answer."""
        return len(self._calling)

    async def call(
        self,
        request: Request[R],
        *,
        timeout_s: float | None = None,
        priority: int = Priority.NORMAL,
        ttl_s: float | None = None,
    ) -> R:
        """Send ``request`` when it is its turn and wait for the answer.

        The turn comes by ``priority``, then by the order of calling; it must come within ``ttl_s``, and the answer within
        ``timeout_s`` from then on. A ``ttl_s`` of None is as long as the timeout. Raises CallNotSent when the turn did not
        come in time, CallTimedOut, CallRefused, Disconnected or AnswerMalformed (all CallFailed), or LocalProtocolError when
        the request is invalid.
        """
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        answer = await self._calling.call(
            request, timeout_s=limit_s, priority=priority, ttl_s=limit_s if ttl_s is None else ttl_s
        )
        return cast("R", answer)

    async def send(self, message: OneWay) -> None:
        """Send a message that nothing answers (OCPP 2.1); raises Disconnected or LocalProtocolError."""
        action, payload = self._codec.encode_send(message)
        self._apply(self._session.send(self._new_id(), action, payload))

    async def run(self) -> None:
        """Serve the connection until its end; then CALLs still open fail with Disconnected."""
        self._running = True
        try:
            await self._read()
            self._end()
            if self._handling.tasks:
                await asyncio.wait(self._handling.tasks, timeout=_HANDLER_GRACE_S)
        finally:
            self._end()
            for task in self._handling.tasks:
                task.cancel()
            await asyncio.gather(*self._handling.tasks, return_exceptions=True)

    async def settled(self, within_s: float) -> None:
        """Wait until every message that has come is handled and answered, but no longer than ``within_s``."""
        deadline_s = self._loop.time() + within_s
        while self._handling.tasks and (left_s := deadline_s - self._loop.time()) > 0:
            await asyncio.wait(self._handling.tasks, timeout=left_s)

    def close(self, reason: str = "") -> Coroutine[Any, Any, None]:
        """Send what is already answered, then close the connection; await what is returned, which waits for the end.

        By the call itself, before anything is awaited, CALLs of ours that are open have failed, and none is sent any more: a
        connection that has lost to a newer one is told nothing but goodbye.
        """
        self._apply(self._session.close(_CLOSE_NORMAL, reason))
        return self._until_closed(reason)

    async def _until_closed(self, reason: str) -> None:
        if self._running:
            await asyncio.shield(self._link_gone)
        else:
            await self._channel.close(_CLOSE_NORMAL, reason)

    async def __aenter__(self) -> Self:
        self._runner = asyncio.create_task(self.run())
        self._running = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._runner is not None
        await self.close()
        await self._runner

    # The link

    async def _read(self) -> None:
        while True:
            try:
                data = await self._channel.receive()
            except Disconnected as err:
                if not self._closing:
                    self.why_gone = str(err)
                return
            self._show(data if isinstance(data, str) else data.decode(errors="replace"), sent=False)
            self._apply(self._session.receive(data, self._loop.time()))

    def _write(self) -> None:
        """Hand over what waits, as long as the link has room at once; a task waits where it has not."""
        while self._writer is None and (text := self._session.next_frame()) is not None:
            try:
                room = self._channel.send(text)
            except Disconnected:
                return  # the reader hears of it too, and with the reason
            if room is not AT_ONCE:
                self._writer = self._loop.create_task(self._write_on(room), name=f"{self.identity} write")
            self._show(text, sent=True)

    async def _write_on(self, room: Awaitable[None]) -> None:
        try:
            await room
        except Disconnected:
            return  # as above
        self._writer = None
        self._write()

    async def _close_link(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_GRACE_S):
                while self._writer is not None and not self._writer.done():
                    await asyncio.wait([self._writer])
        except TimeoutError:
            log.warning("%s: closing without what it does not take", self.identity)
        await self._channel.close(code, reason)

    def _end(self) -> None:
        self._apply(self._session.disconnect())
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._writer is not None:
            self._writer.cancel()
        if not self._link_gone.done():
            self._link_gone.set_result(None)
        self._running = False

    def _show(self, text: str, *, sent: bool) -> None:
        if self.frames:
            self.tell(self.frames, FrameSeen(self._clock.now(), sent, text))

    def _forgive(self, forgiveness: Forgiveness) -> None:
        self._session.counts["forgiven"] += 1
        self.tell(self.forgave, forgiveness)

    def tell(self, signal: Signal[T], report: T) -> None:
        """Announce ``report``: someone who only looks on must not end the connection."""
        try:
            signal.emit(report)
        except Exception:
            # A slot is not our code, and it runs inside the reader and the writer: they must live on.
            log.exception("%s: a slot of %s failed", self.identity, signal.name)

    # The session

    def _apply(self, events: Sequence[Event]) -> None:
        for event in events:
            self._act(event)
        self._write()
        deadline = self._session.next_deadline
        # A timer that is early looks again when it comes: most deadlines are gone by then, and their timers not made.
        if deadline is not None and (self._timer is None or self._timer.when() > deadline):
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._on_timer, deadline)

    def _on_timer(self, deadline: float) -> None:
        self._timer = None
        # asyncio may call a clock tick early.
        self._apply(self._session.handle_timer(max(deadline, self._loop.time())))

    def _act(self, event: Event) -> None:
        match event:
            case CallReceived():
                self._handling.take_call(event)
            case SendReceived():
                self._handling.take_send(event)
            case ReplyDue(message_id):
                self._handling.reply_by_default(message_id)
            case CallSent(message_id):
                self._calling.sent(message_id)
            case CallAnswered(message_id, payload):
                self._calling.end(message_id, payload)
            case CallErrored(message_id, code, description, details):
                self._calling.end(message_id, CallRefused(code, description, details))
            case CallSpoiled(message_id, error):
                self._calling.end(message_id, AnswerMalformed(error.code, error.description, message_id=message_id))
            case CallExpired(message_id, sent):
                self._calling.end(message_id, CallTimedOut() if sent else CallNotSent())
            case CallLost(message_id):
                self._calling.end(message_id, Disconnected(self.why_gone))
            case ResultRejected(message_id, code, description):
                log.warning("%s: our answer to %r was rejected: %s %s", self.identity, message_id, code, description)
            case FrameDropped(_, why):
                log.warning("%s: dropped %s", self.identity, why)
            case CloseWanted(code, reason):
                self._closing = True
                self.why_gone = f"we closed the connection: {reason}" if reason else "we closed the connection"
                if self._running:
                    self._handling.spawn(self._close_link(code, reason), "close")
            case _:
                assert_never(event)
