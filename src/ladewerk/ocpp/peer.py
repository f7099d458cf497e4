"""Drives a session over a channel: calls go out, handlers answer what comes in, and nobody waits for a slow one."""

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, assert_never, cast
from uuid import uuid4

from ladewerk.clock import Clock
from ladewerk.errors import CallFailed, CallRefused, CallTimedOut, Disconnected, LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.channel import Channel
from ladewerk.ocpp.codec import Hearing, Saying, codec_for
from ladewerk.ocpp.events import (
    CallAnswered,
    CallErrored,
    CallExpired,
    CallLost,
    CallReceived,
    CallSpoiled,
    CloseWanted,
    Event,
    FrameDropped,
    ResultRejected,
    SendReceived,
)
from ladewerk.ocpp.frames import ErrorCode, printable
from ladewerk.ocpp.messages import OneWay, Payload, Request
from ladewerk.ocpp.router import Context, Router, action_name
from ladewerk.ocpp.session import DEFAULT_TIMEOUT_S, Session
from ladewerk.ocpp.version import Version
from ladewerk.signals import Signal

S = TypeVar("S")
R = TypeVar("R", bound=Payload)

log = logging.getLogger(__name__)

_CLOSE_NORMAL = 1000
_HANDLER_GRACE_S = 5.0
"""How long handlers may go on after the link is gone: what they carry out is real even if nobody hears their answer."""

_CLOSE_GRACE_S = 5.0
"""How long a peer may take to accept what was said before a close."""

_TASKS_AT_ONCE = 128
"""Handlers and observers of one connection; CALLs are bounded by the session, SENDs above this are dropped."""


class AnswerMalformed(RemoteProtocolError, CallFailed):
    """The peer answered a CALL of ours with something that is no valid answer to it."""


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """One frame as it went over the wire; ``at`` is aware UTC."""

    at: datetime
    sent: bool
    text: str


class Peer(Generic[S]):
    """The other end of one connection. Make it where an event loop runs.

    Either await :meth:`run`, or use the peer as an ``async with`` block, which runs it beside the block and closes it
    behind.
    """

    def __init__(
        self,
        channel: Channel,
        *,
        version: Version,
        router: Router[S],
        state: S,
        clock: Clock,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        self.version = version
        self.identity = channel.identity
        self.frames: Signal[FrameSeen] = Signal()
        self._channel = channel
        self._router = router
        self._state = state
        self._clock = clock
        self._timeout_s = timeout_s
        self._codec = codec_for(version, channel.identity)
        self._session = Session(version)
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._wake = asyncio.Event()
        self._link_gone = asyncio.Event()
        self._why_gone = "the connection is closed"
        self._closing = False
        self._flushed = asyncio.Event()
        self._calls: dict[str, asyncio.Future[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: asyncio.Task[None] | None = None
        self._running = False

    async def call(self, request: Request[R], *, timeout_s: float | None = None) -> R:
        """Send ``request`` when it is its turn and wait for the answer.

        ``timeout_s`` bounds the wait for its turn, and from then on the wait for the answer. Raises CallTimedOut,
        CallRefused, Disconnected or AnswerMalformed (all CallFailed), or LocalProtocolError when the request is invalid.
        """
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        exchange = self._codec.say(request)
        step = partial(next, exchange)
        while True:
            try:
                action, payload = step()
            except StopIteration as done:
                return cast("R", done.value)
            message_id = str(uuid4())
            try:
                result = await self._result_of(message_id, action, payload, limit_s)
            except CallFailed as err:
                step = partial(exchange.throw, err)
            else:
                step = partial(self._read_result, exchange, message_id, result)

    async def _result_of(self, message_id: str, action: str, payload: bytes, limit_s: float) -> bytes:
        self._calls[message_id] = self._loop.create_future()
        try:
            self._apply(self._say(message_id, action, payload, limit_s))
            return await self._calls[message_id]
        except CallTimedOut as err:
            raise CallTimedOut(f"{self.identity} {err} to {action} within {limit_s:g} s") from None
        finally:
            del self._calls[message_id]
            self._session.cancel(message_id)

    def _say(self, message_id: str, action: str, payload: bytes, timeout_s: float) -> list[Event]:
        try:
            return self._session.send_call(message_id, action, payload, timeout_s=timeout_s, now=self._loop.time())
        except Disconnected:
            raise Disconnected(self._why_gone) from None

    async def send(self, message: OneWay) -> None:
        """Send a message that nothing answers (OCPP 2.1); raises Disconnected or LocalProtocolError."""
        action, payload = self._codec.encode_send(message)
        self._apply(self._session.send(str(uuid4()), action, payload))

    async def run(self) -> None:
        """Serve the connection until its end; then CALLs still open fail with Disconnected."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write())
                await self._read()
                self._end()
                writer.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_HANDLER_GRACE_S)
        finally:
            self._end()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self, reason: str = "") -> None:
        """Send what is already answered, then close the connection. CALLs of ours that are open fail at once."""
        self._apply(self._session.close(_CLOSE_NORMAL, reason))
        if self._running:
            await self._link_gone.wait()
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
                self._why_gone = str(err)
                return
            self._show(data if isinstance(data, str) else data.decode(errors="replace"), sent=False)
            self._apply(self._session.receive(data, self._loop.time()))

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                for text in self._session.frames_to_send():
                    await self._channel.send(text)
                    self._show(text, sent=True)
                if self._closing:
                    self._flushed.set()
                    return
        except Disconnected:
            return  # the reader hears of it too, and with the reason

    async def _close_link(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(_CLOSE_GRACE_S):
                await self._flushed.wait()
        except TimeoutError:
            log.warning("%s: closing without what it does not take", self.identity)
        await self._channel.close(code, reason)

    def _end(self) -> None:
        self._apply(self._session.disconnect())
        self._link_gone.set()
        self._running = False

    def _show(self, text: str, *, sent: bool) -> None:
        try:
            self.frames.emit(FrameSeen(self._clock.now(), sent, text))
        except Exception:
            # Someone who only looks on must not end the connection.
            log.exception("%s: a listener to its frames failed", self.identity)

    # The session

    def _apply(self, events: Sequence[Event]) -> None:
        for event in events:
            self._act(event)
        self._wake.set()
        deadline = self._session.next_deadline
        if self._timer is not None and self._timer.when() != deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None and deadline is not None:
            self._timer = self._loop.call_at(deadline, self._on_timer, deadline)

    def _on_timer(self, deadline: float) -> None:
        self._timer = None
        # asyncio may call a clock tick early.
        self._apply(self._session.handle_timer(max(deadline, self._loop.time())))

    def _act(self, event: Event) -> None:
        match event:
            case CallReceived():
                self._spawn(self._handle(event, self._clock.now()), event.action)
            case SendReceived():
                self._take_send(event)
            case CallAnswered(message_id, payload):
                self._resolve(message_id, payload)
            case CallErrored(message_id, code, description, details):
                self._resolve(message_id, CallRefused(code, description, details))
            case CallSpoiled(message_id, error):
                self._resolve(message_id, AnswerMalformed(error.code, error.description, message_id=message_id))
            case CallExpired(message_id, sent):
                self._resolve(message_id, CallTimedOut("gave no answer" if sent else "left no turn"))
            case CallLost(message_id):
                self._resolve(message_id, Disconnected(self._why_gone))
            case ResultRejected(message_id, code, description):
                log.warning("%s: our answer to %r was rejected: %s %s", self.identity, message_id, code, description)
            case FrameDropped(_, why):
                log.warning("%s: dropped %s", self.identity, why)
            case CloseWanted(code, reason):
                self._closing = True
                self._why_gone = f"we closed the connection: {reason}" if reason else "we closed the connection"
                if self._running:
                    self._spawn(self._close_link(code, reason), "close")
            case _:
                assert_never(event)

    def _resolve(self, message_id: str, outcome: bytes | CallFailed) -> None:
        answer = self._calls.get(message_id)
        if answer is None or answer.done():
            return  # the caller was cancelled in this very moment
        if isinstance(outcome, CallFailed):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    def _read_result(self, exchange: Saying, message_id: str, payload: bytes) -> tuple[str, bytes]:
        try:
            return exchange.send(payload)
        except RemoteProtocolError as err:
            self._apply(self._session.reject_result(message_id, err.code, err.description, {"path": err.path}))
            raise AnswerMalformed(err.code, err.description, message_id=message_id, path=err.path) from err

    # Handlers

    def _spawn(self, work: Coroutine[Any, Any, None], action: str) -> None:
        task = asyncio.create_task(work, name=f"{self.identity} {action}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _handle(self, call: CallReceived, received_at: datetime) -> None:
        try:
            heard, payload = await self._respond(call, received_at)
        except CallFailed as err:
            log.warning("%s: %s not answered: %s", self.identity, _named(call), printable(str(err)))
            self._fail(call)
        except RemoteProtocolError as err:
            self._refuse(call, err)
        except Exception:
            log.exception("%s: the handler of %s failed", self.identity, _named(call))
            self._fail(call)
        else:
            self._apply(self._session.answer(call.message_id, payload))
            for request in heard:
                self._show_observers(call, request, received_at)

    async def _respond(self, call: CallReceived, received_at: datetime) -> tuple[list[Payload], bytes]:
        """What the CALL said, request by request, and the payload that answers it."""
        heard: list[Payload] = []
        exchange = self._codec.hear(call.action, call.payload, received_at)
        step = partial(self._read_call, exchange, call.action)
        while True:
            try:
                request = step()
            except StopIteration as done:
                return heard, done.value
            try:
                response = await self._ask(call, request, received_at)
            except RemoteProtocolError as err:
                step = partial(exchange.throw, err)
            else:
                heard.append(request)
                step = partial(exchange.send, response)

    def _read_call(self, exchange: Hearing, action: str) -> Payload:
        try:
            return next(exchange)
        except RemoteProtocolError as err:
            served = self._router.responder(self._codec.served_as(action)) is not None
            if served or err.code == ErrorCode.NOT_IMPLEMENTED:
                raise
            raise _not_served(action) from err

    async def _ask(self, call: CallReceived, request: Payload, received_at: datetime) -> Payload:
        responder = self._router.responder(action_name(type(request)))
        if responder is None:
            raise _not_served(call.action)
        context = Context(peer=self, state=self._state, message_id=call.message_id, received_at=received_at)
        return await responder(context, request)

    def _refuse(self, call: CallReceived, err: RemoteProtocolError) -> None:
        details = {"path": err.path} if err.path else {}
        try:
            events = self._session.refuse(call.message_id, err.code, err.description, details)
        except LocalProtocolError:
            log.exception("%s: the handler of %s refused wrongly", self.identity, _named(call))
            self._fail(call)
        else:
            log.warning("%s: %s refused: %s", self.identity, _named(call), printable(str(err)))
            self._apply(events)

    def _fail(self, call: CallReceived) -> None:
        # What went wrong in here is no business of the peer: the log has it.
        self._apply(self._session.refuse(call.message_id, ErrorCode.INTERNAL_ERROR))

    def _take_send(self, message: SendReceived) -> None:
        if len(self._tasks) >= _TASKS_AT_ONCE:
            log.warning("%s: dropped %s: too many messages at once", self.identity, _named(message))
            return
        self._spawn(self._hear(message, self._clock.now()), message.action)

    async def _hear(self, message: SendReceived, received_at: datetime) -> None:
        try:
            payload = self._codec.decode_send(message.action, message.payload)
            if not isinstance(payload, OneWay):
                raise RemoteProtocolError(ErrorCode.PROTOCOL_ERROR, f"{message.action} is called, not sent")
        except RemoteProtocolError as err:
            log.warning("%s: dropped %s: %s", self.identity, _named(message), printable(str(err)))
        else:
            self._show_observers(message, payload, received_at)

    def _show_observers(self, message: CallReceived | SendReceived, payload: Payload, received_at: datetime) -> None:
        context = Context(peer=self, state=self._state, message_id=message.message_id, received_at=received_at)
        for observer in self._router.observers(action_name(type(payload))):
            self._spawn(self._observe(observer(context, payload), message), message.action)

    async def _observe(self, looking: Any, message: CallReceived | SendReceived) -> None:
        try:
            await looking
        except Exception:
            log.exception("%s: an observer of %s failed", self.identity, _named(message))


def _named(message: CallReceived | SendReceived) -> str:
    return printable(f"{message.action} {message.message_id}")


def _not_served(action: str) -> RemoteProtocolError:
    return RemoteProtocolError(ErrorCode.NOT_SUPPORTED, f"{action} is known but not served here")
