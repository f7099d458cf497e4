"""One OCPP-J connection without the connection: frames and times go in, events and frames come out.

The owner hands in what arrived (:meth:`Session.receive`) and what it wants to say, calls :meth:`Session.handle_timer` when
:attr:`Session.next_deadline` has come, and after each of these acts on the events and writes :meth:`Session.frames_to_send`.
Every ``now`` is in seconds on one monotonic clock. Rules: OCPP-J 1.6 chapter 4, OCPP 2.x part 4 chapter 4; one CALL of ours
is open at a time, CALLs of both sides may cross, and nothing a peer sends raises.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from ladewerk.errors import Disconnected, LocalProtocolError
from ladewerk.ocpp import frames
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
from ladewerk.ocpp.frames import (
    UNREADABLE_ID,
    Call,
    CallError,
    CallResult,
    CallResultError,
    ErrorCode,
    FrameLimits,
    MalformedFrame,
    MessageType,
    Send,
    UnknownType,
)
from ladewerk.ocpp.version import Version

DEFAULT_TIMEOUT_S = 30.0
"""OCPP 2.x part 2, 3.2 suggests it for an answer."""

CALLS_HANDLED_AT_ONCE = 32
"""Open CALLs of the peer. It may have one; a few more arise when its timeouts are shorter than our handlers."""

ANSWERS_KEPT = 16
BAD_FRAMES_TOLERATED = 10
BAD_FRAME_FORGOTTEN_AFTER_S = 60.0
UNSENT_TOLERATED = 128
"""Answers a peer may leave unread before the link is given up."""

CLOSE_PROTOCOL_ERROR = 1002
CLOSE_POLICY = 1008


class Link(Enum):
    """What the session may still say."""

    OPEN = auto()
    CLOSING = auto()  # we gave the peer up: nothing more is taken from it or said to it
    CLOSED = auto()


class Input(Enum):
    FRAME = auto()
    CALL = auto()
    ANSWER = auto()
    CLOSE = auto()
    LOSS = auto()


class Verdict(Enum):
    TAKE = auto()
    DROP = auto()
    DISCONNECTED = auto()  # raise Disconnected to the caller
    FORBIDDEN = auto()  # a bug of the owner: LocalProtocolError


LINK_TABLE: Mapping[tuple[Link, Input], tuple[Verdict, Link]] = {
    (Link.OPEN, Input.FRAME): (Verdict.TAKE, Link.OPEN),
    (Link.OPEN, Input.CALL): (Verdict.TAKE, Link.OPEN),
    (Link.OPEN, Input.ANSWER): (Verdict.TAKE, Link.OPEN),
    (Link.OPEN, Input.CLOSE): (Verdict.TAKE, Link.CLOSING),
    (Link.OPEN, Input.LOSS): (Verdict.TAKE, Link.CLOSED),
    (Link.CLOSING, Input.FRAME): (Verdict.DROP, Link.CLOSING),
    (Link.CLOSING, Input.CALL): (Verdict.DISCONNECTED, Link.CLOSING),
    (Link.CLOSING, Input.ANSWER): (Verdict.DROP, Link.CLOSING),
    (Link.CLOSING, Input.CLOSE): (Verdict.DROP, Link.CLOSING),
    (Link.CLOSING, Input.LOSS): (Verdict.TAKE, Link.CLOSED),
    (Link.CLOSED, Input.FRAME): (Verdict.FORBIDDEN, Link.CLOSED),
    (Link.CLOSED, Input.CALL): (Verdict.DISCONNECTED, Link.CLOSED),
    (Link.CLOSED, Input.ANSWER): (Verdict.DROP, Link.CLOSED),  # a handler may outlive the link
    (Link.CLOSED, Input.CLOSE): (Verdict.DROP, Link.CLOSED),
    (Link.CLOSED, Input.LOSS): (Verdict.DROP, Link.CLOSED),
}


@dataclass(slots=True)
class _OutCall:
    message_id: str
    text: str
    timeout_s: float
    deadline: float
    abandoned: bool = False


class Session:
    """Correlation, queue, deadlines, retries and budgets of one connection of ``version``."""

    def __init__(self, version: Version, limits: FrameLimits = frames.DEFAULT_LIMITS) -> None:
        self.version = version
        self.counts: Counter[str] = Counter()
        """How often each kind of frame led to nothing: late, foreign, repeated, refused, malformed, unknown_type."""
        self._limits = limits
        self._link = Link.OPEN
        self._unsent: list[str] = []
        self._open: _OutCall | None = None
        self._queue: deque[_OutCall] = deque()
        self._given_up: deque[str] = deque(maxlen=ANSWERS_KEPT)
        self._handling: dict[str, int] = {}
        self._answered: OrderedDict[str, tuple[int, str]] = OrderedDict()
        self._bad_frames: deque[float] = deque(maxlen=BAD_FRAMES_TOLERATED + 1)

    @property
    def link(self) -> Link:
        return self._link

    @property
    def next_deadline(self) -> float | None:
        """When :meth:`handle_timer` is to be called; None while no CALL of ours waits."""
        waiting = [call.deadline for call in self._queue]
        if self._open is not None:
            waiting.append(self._open.deadline)
        return min(waiting, default=None)

    def frames_to_send(self) -> list[str]:
        """What is to be written now, in this order; each frame is handed out once."""
        unsent, self._unsent = self._unsent, []
        return unsent

    # What the owner says

    def send_call(self, message_id: str, action: str, payload: bytes, *, timeout_s: float, now: float) -> list[Event]:
        """Send a CALL as soon as none of ours is open.

        It expires when it could not be sent within ``timeout_s``, or was not answered within ``timeout_s`` of being sent.
        Raises Disconnected when the link is gone, LocalProtocolError for an id that is in use or cannot be sent.
        """
        self._step(Input.CALL)
        text = frames.encode(Call(message_id, action, payload), self.version)
        if any(call.message_id == message_id for call in self._waiting()):
            raise LocalProtocolError(f"message id {message_id!r} is in use")
        self._queue.append(_OutCall(message_id, text, timeout_s, now + timeout_s))
        return self._fill_slot(now)

    def send(self, message_id: str, action: str, payload: bytes) -> list[Event]:
        """Send a message that nothing answers (OCPP 2.1); it does not wait for an open CALL."""
        self._step(Input.CALL)
        return self._write(frames.encode(Send(message_id, action, payload), self.version))

    def cancel(self, message_id: str) -> None:
        """Nobody waits for this CALL any more. One already sent keeps its place until it is answered or expires."""
        if self._open is not None and self._open.message_id == message_id:
            self._open.abandoned = True
        self._queue = deque(call for call in self._queue if call.message_id != message_id)

    def answer(self, message_id: str, payload: bytes) -> list[Event]:
        """Answer a received CALL with its result; after the link is gone this does nothing."""
        return self._answer(CallResult(message_id, payload))

    def refuse(
        self, message_id: str, code: str, description: str = "", details: Mapping[str, Any] | None = None
    ) -> list[Event]:
        """Answer a received CALL with a CALLERROR; ``code`` is neutral."""
        return self._answer(CallError(message_id, code, description, details or {}))

    def reject_result(self, message_id: str, code: str, description: str, details: Mapping[str, Any]) -> list[Event]:
        """Tell the peer that its CALLRESULT is invalid. Only OCPP 2.1 has a frame for it; before, nothing is said."""
        if self.version is not Version.V21 or self._step(Input.ANSWER) is Verdict.DROP:
            return []
        return self._write(frames.encode(CallResultError(message_id, code, description, details), self.version))

    def close(self, code: int, reason: str) -> list[Event]:
        """Give the link up: pending CALLs are lost at once."""
        if self._step(Input.CLOSE) is Verdict.DROP:
            return []
        return [*self._lose_calls(), CloseWanted(code, reason)]

    # What happens to the session

    def disconnect(self) -> list[Event]:
        """The link is gone: pending CALLs are lost at once."""
        if self._step(Input.LOSS) is Verdict.DROP:
            return []
        self._unsent.clear()
        return self._lose_calls()

    def handle_timer(self, now: float) -> list[Event]:
        """Let expire what is due and send what has waited behind it."""
        events: list[Event] = []
        if self._open is not None and self._open.deadline <= now:
            if not self._open.abandoned:
                events.append(CallExpired(self._open.message_id, sent=True))
            self._given_up.append(self._open.message_id)
            self._open = None
        events += [CallExpired(call.message_id, sent=False) for call in self._queue if call.deadline <= now]
        self._queue = deque(call for call in self._queue if call.deadline > now)
        return events + self._fill_slot(now)

    def receive(self, data: str | bytes, now: float) -> list[Event]:
        """Take what arrived, whatever it is; everything that is wrong with it becomes an event or an answer."""
        if self._step(Input.FRAME) is Verdict.DROP:
            return []
        try:
            frame = frames.decode(data, self.version, self._limits)
        except MalformedFrame as error:
            return self._malformed(error, now)
        match frame:
            case Call():
                return self._call_received(frame)
            case Send(message_id, action, payload):
                return [SendReceived(message_id, action, payload)]
            case CallResult(message_id, payload):
                return self._answer_received(message_id, CallAnswered(message_id, payload), now)
            case CallError(message_id, code, description, details):
                return self._answer_received(message_id, CallErrored(message_id, code, description, details), now)
            case CallResultError(message_id, code, description):
                return [ResultRejected(message_id, code, description)]
            case UnknownType():
                return self._unknown_type(frame)

    # How

    def _step(self, what: Input) -> Verdict:
        verdict, self._link = LINK_TABLE[self._link, what]
        if verdict is Verdict.FORBIDDEN:
            raise LocalProtocolError(f"{what.name} on a link that is {self._link.name}")
        if verdict is Verdict.DISCONNECTED:
            raise Disconnected("the connection is closed")
        return verdict

    def _waiting(self) -> list[_OutCall]:
        return [*self._queue] if self._open is None else [self._open, *self._queue]

    def _write(self, text: str) -> list[Event]:
        self._unsent.append(text)
        if len(self._unsent) > UNSENT_TOLERATED:
            self._unsent.clear()
            return self.close(CLOSE_POLICY, "the peer does not read its answers")
        return []

    def _fill_slot(self, now: float) -> list[Event]:
        if self._open is not None or not self._queue:
            return []
        self._open = self._queue.popleft()
        self._open.deadline = now + self._open.timeout_s
        return self._write(self._open.text)

    def _lose_calls(self) -> list[Event]:
        lost: list[Event] = [
            CallLost(call.message_id, sent=call is self._open) for call in self._waiting() if not call.abandoned
        ]
        self._open = None
        self._queue.clear()
        return lost

    def _answer(self, frame: CallResult | CallError) -> list[Event]:
        if self._step(Input.ANSWER) is Verdict.DROP:
            return []
        if frame.message_id not in self._handling:
            raise LocalProtocolError(f"no CALL {frame.message_id!r} waits for an answer")
        text = frames.encode(frame, self.version)
        self._answered[frame.message_id] = (self._handling.pop(frame.message_id), text)
        if len(self._answered) > ANSWERS_KEPT:
            self._answered.popitem(last=False)
        return self._write(text)

    def _call_received(self, call: Call) -> list[Event]:
        fingerprint = hash((call.action, call.payload))
        known = self._handling.get(call.message_id)
        cached = self._answered.get(call.message_id)
        if cached is not None:
            known = cached[0]
        if known is None:
            return self._new_call(call, fingerprint)
        if known != fingerprint:
            why = "another CALL of this connection has this message id"
            return self._turn_away(call, ErrorCode.RPC_FRAMEWORK_ERROR, why)
        # OCPP 2.1 part 4, 4.1.4: the retry of a message may carry its id. It must not be carried out twice.
        repeated = self._drop("repeated", f"CALL {call.message_id!r} again")
        return repeated if cached is None else [*repeated, *self._write(cached[1])]

    def _new_call(self, call: Call, fingerprint: int) -> list[Event]:
        if len(self._handling) >= CALLS_HANDLED_AT_ONCE:
            return self._turn_away(call, ErrorCode.GENERIC_ERROR, f"{CALLS_HANDLED_AT_ONCE} CALLs wait for their answers")
        self._handling[call.message_id] = fingerprint
        return [CallReceived(call.message_id, call.action, call.payload)]

    def _turn_away(self, call: Call, code: ErrorCode, why: str) -> list[Event]:
        text = frames.encode(CallError(call.message_id, code, why), self.version)
        return [*self._drop("refused", f"CALL {call.message_id!r}: {why}"), *self._write(text)]

    def _answer_received(self, message_id: str, event: Event, now: float) -> list[Event]:
        if self._open is None or self._open.message_id != message_id:
            count = "late" if message_id in self._given_up else "foreign"
            return self._drop(count, f"an answer to {message_id!r}, for which nobody waits")
        abandoned = self._open.abandoned
        self._open = None
        sent = self._fill_slot(now)
        return [*self._drop("late", f"an answer to {message_id!r}"), *sent] if abandoned else [event, *sent]

    def _malformed(self, error: MalformedFrame, now: float) -> list[Event]:
        events = self._drop("malformed", error.description)
        message_id = error.message_id
        if error.message_type in (MessageType.CALLRESULT, MessageType.CALLERROR) and message_id is not None:
            if self._open is not None and self._open.message_id == message_id:
                events += self._answer_received(message_id, CallSpoiled(message_id, error), now)
            if error.message_type == MessageType.CALLRESULT:
                events += self.reject_result(message_id, error.code, error.description, {})
        elif error.message_type in (None, MessageType.CALL):
            answer = CallError(message_id or UNREADABLE_ID, error.code, error.description)
            events += self._write(frames.encode(answer, self.version))
        self._bad_frames.append(now)
        if len(self._bad_frames) > BAD_FRAMES_TOLERATED and self._bad_frames[0] > now - BAD_FRAME_FORGOTTEN_AFTER_S:
            events += self.close(CLOSE_PROTOCOL_ERROR, "too many malformed frames")
        return events

    def _unknown_type(self, frame: UnknownType) -> list[Event]:
        events = self._drop("unknown_type", f"message type {frame.message_type}")
        # 2.0.1 part 4, 4.4 answers it, 1.6 and 2.1 ignore it; an answer is never answered.
        if self.version is Version.V201 and frame.message_type != MessageType.CALLRESULTERROR:
            answer = CallError(
                frame.message_id or UNREADABLE_ID, ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, f"message type {frame.message_type}"
            )
            events += self._write(frames.encode(answer, self.version))
        return events

    def _drop(self, count: str, why: str) -> list[Event]:
        self.counts[count] += 1
        return [FrameDropped(count, why)]
