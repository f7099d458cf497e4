"""Carries out what a peer asks: handlers and observers as bounded tasks, in order where asked for, answered in time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from ladewerk.clock import Clock
from ladewerk.errors import CallFailed, LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.codec import Codec, Hearing
from ladewerk.ocpp.events import CallReceived, Event, SendReceived
from ladewerk.ocpp.frames import ErrorCode, printable
from ladewerk.ocpp.link import Link
from ladewerk.ocpp.messages import OneWay, Payload
from ladewerk.ocpp.reports import RequestReceived, ResponseSent, Sent
from ladewerk.ocpp.router import Context, OtherEnd, Router, action_name
from ladewerk.ocpp.session import Session
from ladewerk.ocpp.turns import Turns
from ladewerk.signals import Signal

S = TypeVar("S")
T = TypeVar("T")

log: logging.Logger = logging.getLogger(__name__)

TASKS_AT_ONCE = 256
"""Messages of one connection that are being handled or observed; above it CALLs are refused."""

TASKS_BEFORE_SENDS_ARE_DROPPED = 128
"""Nothing bounds the SENDs of a peer but this; they must leave room for its CALLs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyTimes:
    """When a CALL is answered by default, in seconds: in time for an answer to arrive before the peer gives it up."""

    timeout_s: float = 30.0
    """How long the peer waits for an answer; OCPP 2.x part 2, 3.2 suggests 30 s."""
    network_s: float = 5.0
    lead_s: float = 1.0

    def __post_init__(self) -> None:
        if self.within_s <= 0:
            raise ValueError("the allowances leave no time for an answer")

    @property
    def within_s(self) -> float:
        return self.timeout_s - self.network_s - self.lead_s


class Announcer(OtherEnd, Protocol):
    """The peer whose messages are handled: it also tells those who listen what becomes of them."""

    @property
    def request_received(self) -> Signal[RequestReceived]: ...

    @property
    def response_sent(self) -> Signal[ResponseSent]: ...

    def tell(self, signal: Signal[T], report: T) -> None: ...


@dataclass(slots=True)
class _Call:
    """A CALL of the peer while its handler runs; ``request`` is what the handler is at."""

    action: str
    message_id: str
    payload: bytes
    received_at: datetime
    exchange: Hearing
    request: Payload | None = None
    heard: list[Payload] = field(default_factory=list)
    overtaken: bool = False
    task: asyncio.Task[None] | None = None


class Handling(Generic[S]):
    """The messages of one connection on their way through the handlers; ``tasks`` are those at it.

    Who has to keep an order waits in ``turns``.
    """

    def __init__(
        self,
        peer: Announcer,
        *,
        router: Router[S],
        state: S,
        codec: Codec,
        session: Session,
        clock: Clock,
        apply: Callable[[Sequence[Event]], None],
    ) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self.turns: Turns = Turns()
        self._peer = peer
        self._router = router
        self._state = state
        self._codec = codec
        self._session = session
        self._clock = clock
        self._apply = apply
        self._loop = asyncio.get_running_loop()
        self._calls: dict[str, _Call] = {}

    def take_call(self, call: CallReceived) -> None:
        """Begin to handle a CALL; the session gets its answer."""
        if len(self.tasks) >= TASKS_AT_ONCE:
            log.warning("%s: %s refused: too many messages at once", self._peer.identity, _named(call))
            self._apply(self._session.refuse(call.message_id, ErrorCode.GENERIC_ERROR, "too many messages at once"))
            return
        now = self._clock.now()
        exchange = self._codec.hear(call.action, call.payload, now)
        taken = self._calls[call.message_id] = _Call(call.action, call.message_id, call.payload, now, exchange)
        # Not spawned: it takes itself off the tasks in the end, which saves the loop a turn for every message.
        taken.task = self._loop.create_task(self._handle(taken), name=f"{self._peer.identity} {call.action}")
        self.tasks.add(taken.task)

    def take_send(self, message: SendReceived) -> None:
        """Show a SEND to its observers."""
        if len(self.tasks) >= TASKS_BEFORE_SENDS_ARE_DROPPED:
            log.warning("%s: dropped %s: too many messages at once", self._peer.identity, _named(message))
            return
        self.spawn(self._hear(message, self._clock.now()), message.action)

    def take_learned(self, learned: Sequence[Payload]) -> None:
        """Handle what an answer to us said by the way, and what is a message of its own in OCPP 2.1."""
        for request in learned:
            self.spawn(self._learn(request, self._clock.now()), action_name(type(request)))

    def reply_by_default(self, message_id: str) -> None:
        """Answer a CALL whose handler is not ready; what the handler says later goes nowhere."""
        call = self._calls[message_id]
        call.overtaken = True
        log.warning("%s: %s answered by default: its handler is not ready", self._peer.identity, _named(call))
        try:
            payload = self._default_payload(call)
        except RemoteProtocolError as err:
            events = self._session.refuse(message_id, err.code, err.description, by_default=True)
            self._report(call, Sent.LATE, None, err)
        except Exception:
            # Not our code: whatever it raises, the CALL is owed an answer and the timer must go on.
            log.exception("%s: the default reply to %s failed", self._peer.identity, _named(call))
            events = self._session.refuse(message_id, ErrorCode.INTERNAL_ERROR, by_default=True)
            self._report(call, Sent.FAILED, None, _internal_error())
        else:
            events = self._session.answer(message_id, payload, by_default=True)
            self._report(call, Sent.LATE, payload, None)
        self._apply(events)

    def _default_payload(self, call: _Call) -> bytes:
        """What the codec makes of default answers to all that the CALL asks."""
        request = call.request
        if request is None:
            raise _not_ready()
        try:
            while True:
                reply = self._router.default_reply(action_name(type(request)))
                if reply is None:
                    request = call.exchange.throw(_not_ready())
                else:
                    request = call.exchange.send(reply(self._context(call.message_id, call.received_at), request))
        except StopIteration as done:
            payload: bytes = done.value
            return payload

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run ``work`` as a task of this connection."""
        task = self._loop.create_task(work, name=f"{self._peer.identity} {name}")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # One CALL

    async def _handle(self, call: _Call) -> None:
        try:
            payload = await self._respond(call)
        except CallFailed as err:
            log.warning("%s: %s not answered: %s", self._peer.identity, _named(call), printable(str(err)))
            self._fail(call)
        except RemoteProtocolError as err:
            self._refuse(call, err)
        except Exception:
            # The supervisor of handlers, which are not our code: whatever one raises, the CALL is owed an answer.
            log.exception("%s: the handler of %s failed", self._peer.identity, _named(call))
            self._fail(call)
        else:
            self._answer(call, payload)
            await self._show(call.heard, call, call.received_at)
        finally:
            del self._calls[call.message_id]
            if call.task is not None:
                self.tasks.discard(call.task)

    async def _respond(self, call: _Call) -> bytes:
        """The payload that answers the CALL, request by request."""
        step: Callable[[], Payload] = partial(self._read, call)
        while True:
            try:
                request = call.request = step()
            except StopIteration as done:
                payload: bytes = done.value
                return payload
            try:
                response = await self._ask(call, request)
            except RemoteProtocolError as err:
                if call.overtaken:
                    raise
                step = partial(call.exchange.throw, err)
            else:
                call.heard.append(request)
                if call.overtaken:
                    return b""
                step = partial(call.exchange.send, response)

    def _read(self, call: _Call) -> Payload:
        try:
            request = next(call.exchange)
        except RemoteProtocolError as err:
            self._announce(call, None)
            served = self._router.responder(self._codec.served_as(call.action)) is not None
            if served or err.code == ErrorCode.NOT_IMPLEMENTED:
                raise
            raise _not_served(call.action) from err
        self._announce(call, request)
        return request

    async def _ask(self, call: _Call, request: Payload) -> Payload:
        action = action_name(type(request))
        responder = self._router.responder(action)
        if responder is None:
            raise _not_served(call.action)
        context = self._context(call.message_id, call.received_at)
        key_of = self._router.order_key(action)
        if key_of is None:
            return await responder(context, request)
        return await self.turns.run(key_of(request), partial(responder, context, request))

    def _answer(self, call: _Call, payload: bytes) -> None:
        if not self._was_overtaken(call):
            self._report(call, Sent.IN_TIME, payload, None)
            self._apply(self._session.answer(call.message_id, payload))

    def _refuse(self, call: _Call, err: RemoteProtocolError) -> None:
        if self._was_overtaken(call):
            return
        details = {"path": err.path} if err.path else {}
        link = self._session.link
        try:
            events = self._session.refuse(call.message_id, err.code, err.description, details)
        except LocalProtocolError:
            log.exception("%s: the handler of %s refused wrongly", self._peer.identity, _named(call))
            self._fail(call)
        else:
            log.warning("%s: %s refused: %s", self._peer.identity, _named(call), printable(str(err)))
            self._report(call, Sent.IN_TIME if link is Link.OPEN else Sent.FAILED, None, err)
            self._apply(events)

    def _fail(self, call: _Call) -> None:
        # What went wrong in here is no business of the peer: the log has it.
        if not self._was_overtaken(call):
            self._report(call, Sent.FAILED, None, _internal_error())
            self._apply(self._session.refuse(call.message_id, ErrorCode.INTERNAL_ERROR))

    def _was_overtaken(self, call: _Call) -> bool:
        if call.overtaken:
            self._apply(self._session.end_overtime(call.message_id))
        return call.overtaken

    # Those who look on

    async def _learn(self, request: Payload, at: datetime) -> None:
        message = SendReceived("", action_name(type(request)), b"")
        responder = self._router.responder(message.action)
        if responder is not None:
            await self._observe(partial(responder, self._context("", at), request), message)
        await self._show([request], message, at)

    async def _hear(self, message: SendReceived, received_at: datetime) -> None:
        try:
            payload = self._codec.decode_send(message.action, message.payload)
            if not isinstance(payload, OneWay):
                raise RemoteProtocolError(ErrorCode.PROTOCOL_ERROR, f"{message.action} is called, not sent")
        except RemoteProtocolError as err:
            log.warning("%s: dropped %s: %s", self._peer.identity, _named(message), printable(str(err)))
            return
        key_of = self._router.order_key(message.action)
        if key_of is None:
            await self._show([payload], message, received_at)
        else:
            await self.turns.run(key_of(payload), partial(self._show, [payload], message, received_at))

    async def _show(self, heard: Sequence[Payload], message: "_Message", received_at: datetime) -> None:
        """In this task or its children, so that what bounds the tasks bounds the observers."""
        looking = []
        for payload in heard:
            observers = self._router.observers(action_name(type(payload)))
            if not observers:
                continue
            context = self._context(message.message_id, received_at)
            looking += [self._observe(partial(observer, context, payload), message) for observer in observers]
        if len(looking) == 1:
            await looking[0]
        elif looking:
            await asyncio.gather(*looking)

    async def _observe(self, look: Callable[[], Awaitable[object]], message: "_Message") -> None:
        try:
            await look()
        except Exception:
            # The supervisor of those whom nobody waits for: one that fails must not end the others, nor go unseen.
            log.exception("%s: a handler or observer of %s failed", self._peer.identity, _named(message))

    def _context(self, message_id: str, received_at: datetime) -> Context[S]:
        return Context(peer=self._peer, state=self._state, message_id=message_id, received_at=received_at)

    # Reports

    def _announce(self, call: _Call, request: Payload | None) -> None:
        if self._peer.request_received:
            report = RequestReceived(
                action=call.action,
                message_id=call.message_id,
                payload=call.payload,
                request=request,
                received_at=call.received_at,
            )
            self._peer.tell(self._peer.request_received, report)

    def _report(self, call: _Call, status: Sent, payload: bytes | None, error: RemoteProtocolError | None) -> None:
        if self._peer.response_sent:
            report = ResponseSent(
                action=call.action,
                message_id=call.message_id,
                status=status if self._session.link is Link.OPEN else Sent.FAILED,
                payload=payload,
                error=error,
                received_at=call.received_at,
                sent_at=self._clock.now(),
            )
            self._peer.tell(self._peer.response_sent, report)


_Message = _Call | CallReceived | SendReceived


def _named(message: _Message) -> str:
    return printable(f"{message.action} {message.message_id}")


def _not_served(action: str) -> RemoteProtocolError:
    return RemoteProtocolError(ErrorCode.NOT_SUPPORTED, f"{action} is known but not served here")


def _not_ready() -> RemoteProtocolError:
    return RemoteProtocolError(ErrorCode.INTERNAL_ERROR, "not ready in time")


def _internal_error() -> RemoteProtocolError:
    return RemoteProtocolError(ErrorCode.INTERNAL_ERROR, "")
