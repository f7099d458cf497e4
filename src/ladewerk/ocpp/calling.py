"""Says what is asked of a peer: each request as the CALLs that its version takes for it, to the answer or the failure."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, TypeVar, cast

from ladewerk.clock import Clock
from ladewerk.errors import CallFailed, CallTimedOut, Disconnected, RemoteProtocolError
from ladewerk.ocpp.codec import Codec, Learned, Saying
from ladewerk.ocpp.events import Event
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.reports import AnswerMalformed, CallNotSent, ResponseReceived, outcome_of
from ladewerk.ocpp.session import Session
from ladewerk.ocpp.turns import Turns
from ladewerk.signals import Signal

T = TypeVar("T")


class Caller(Protocol):
    """The peer that is called: it tells those who listen what became of each CALL."""

    @property
    def identity(self) -> str: ...

    @property
    def why_gone(self) -> str: ...

    @property
    def response_received(self) -> Signal[ResponseReceived]: ...

    def tell(self, signal: Signal[T], report: T) -> None: ...


@dataclass(slots=True)
class _Call:
    """A CALL of ours until its end."""

    action: str
    message_id: str
    request: Payload
    called_at: datetime
    answer: asyncio.Future[bytes]
    sent_at: datetime | None = None


class Calling:
    """The requests of ours on one connection; ``learn`` takes what an answer said by the way."""

    def __init__(
        self,
        peer: Caller,
        *,
        codec: Codec,
        session: Session,
        clock: Clock,
        apply: Callable[[Sequence[Event]], None],
        learn: Callable[[Sequence[Payload]], None],
        turns: Turns,
        new_id: Callable[[], str],
    ) -> None:
        self._peer = peer
        self._codec = codec
        self._session = session
        self._clock = clock
        self._apply = apply
        self._learn = learn
        self._turns = turns
        self._new_id = new_id
        self._loop = asyncio.get_running_loop()
        self._calls: dict[str, _Call] = {}

    def __len__(self) -> int:
        return len(self._calls)

    async def call(self, request: Payload, *, timeout_s: float, priority: int, ttl_s: float) -> Payload:
        """As :meth:`ladewerk.ocpp.Peer.call` says."""
        exchange = partial(self._exchange, request, timeout_s, priority, ttl_s)
        turn = self._codec.turn_of(request)
        return await (exchange() if turn is None else self._turns.run(("said", turn), exchange))

    def sent(self, message_id: str) -> None:
        """The turn of this CALL has come."""
        self._calls[message_id].sent_at = self._clock.now()

    def end(self, message_id: str, outcome: bytes | CallFailed) -> None:
        """This CALL has its result, or none will come."""
        call = self._calls.get(message_id)
        if call is None or call.answer.done():
            return  # the caller was cancelled in this very moment
        if isinstance(outcome, CallFailed):
            call.answer.set_exception(outcome)
        else:
            call.answer.set_result(outcome)

    async def _exchange(self, request: Payload, timeout_s: float, priority: int, ttl_s: float) -> Payload:
        exchange = self._codec.say(request)
        step: Callable[[], tuple[str, bytes] | Learned] = partial(next, exchange)
        learned: list[Payload] = []
        while True:
            try:
                said = step()
                while not isinstance(said, tuple):
                    learned.append(said(self._clock.now()))
                    said = next(exchange)
            except StopIteration as done:
                self._learn(learned)
                return cast("Payload", done.value)
            action, payload = said
            call = _Call(action, self._new_id(), request, self._clock.now(), self._loop.create_future())
            try:
                result = await self._result_of(call, payload, timeout_s, priority, ttl_s)
            except CallFailed as err:
                self._report(call, None, err)
                step = partial(exchange.throw, err)
            else:
                step = partial(self._read_result, exchange, call, result)

    async def _result_of(self, call: _Call, payload: bytes, timeout_s: float, priority: int, ttl_s: float) -> bytes:
        self._calls[call.message_id] = call
        try:
            self._apply(self._say(call, payload, timeout_s, priority, ttl_s))
            return await call.answer
        except CallNotSent:
            raise CallNotSent(f"{self._peer.identity} left no turn to {call.action} within {ttl_s:g} s") from None
        except CallTimedOut:
            raise CallTimedOut(f"{self._peer.identity} gave no answer to {call.action} within {timeout_s:g} s") from None
        finally:
            del self._calls[call.message_id]
            self._session.cancel(call.message_id)

    def _say(self, call: _Call, payload: bytes, timeout_s: float, priority: int, ttl_s: float) -> list[Event]:
        try:
            return self._session.send_call(
                call.message_id,
                call.action,
                payload,
                timeout_s=timeout_s,
                now=self._loop.time(),
                priority=priority,
                ttl_s=ttl_s,
            )
        except Disconnected:
            raise Disconnected(self._peer.why_gone) from None

    def _read_result(self, exchange: Saying, call: _Call, payload: bytes) -> tuple[str, bytes] | Learned:
        try:
            more = exchange.send(payload)
        except StopIteration:
            self._report(call, payload, None)
            raise
        except RemoteProtocolError as err:
            self._apply(self._session.reject_result(call.message_id, err.code, err.description, {"path": err.path}))
            wrong = AnswerMalformed(err.code, err.description, message_id=call.message_id, path=err.path)
            self._report(call, payload, wrong)
            raise wrong from err
        self._report(call, payload, None)
        return more

    def _report(self, call: _Call, payload: bytes | None, error: CallFailed | None) -> None:
        if self._peer.response_received:
            report = ResponseReceived(
                action=call.action,
                message_id=call.message_id,
                outcome=outcome_of(error),
                request=call.request,
                payload=payload,
                error=error,
                called_at=call.called_at,
                sent_at=call.sent_at,
                ended_at=self._clock.now(),
            )
            self._peer.tell(self._peer.response_received, report)
