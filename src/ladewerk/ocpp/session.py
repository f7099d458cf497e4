"""One OCPP-J connection without the connection: frames and times go in, events and frames come out.

The owner hands in what arrived (:meth:`Session.receive`) and what it wants to say, calls :meth:`Session.handle_timer` when
:attr:`Session.next_deadline` has come, and after each of these acts on the events and writes :meth:`Session.frames_to_send`.
Every ``now`` is in seconds on one monotonic clock. Rules: OCPP-J 1.6 chapter 4, OCPP 2.x part 4 chapter 4; one CALL of ours
is open at a time, CALLs of both sides may cross, and nothing a peer sends raises.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ladewerk.errors import Disconnected, LocalProtocolError
from ladewerk.ocpp import frames
from ladewerk.ocpp.calls import ANSWERS_KEPT, CALLS_HANDLED_AT_ONCE, HANDLERS_IN_OVERTIME, InCalls, OutCall, OutCalls
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
from ladewerk.ocpp.link import LINK_TABLE, Input, Link, Verdict
from ladewerk.ocpp.version import Version

__all__ = [
    "ANSWERS_KEPT",
    "BAD_FRAMES_TOLERATED",
    "CALLS_HANDLED_AT_ONCE",
    "DEFAULT_TIMEOUT_S",
    "HANDLERS_IN_OVERTIME",
    "LINK_TABLE",
    "UNSENT_TOLERATED",
    "Input",
    "Link",
    "Session",
]

DEFAULT_TIMEOUT_S = 30.0
"""OCPP 2.x part 2, 3.2 suggests it for an answer."""

BAD_FRAMES_TOLERATED = 10
BAD_FRAME_FORGOTTEN_AFTER_S = 60.0
UNSENT_TOLERATED = 128
"""Answers a peer may leave unread before the link is given up."""

CLOSE_PROTOCOL_ERROR = 1002
CLOSE_POLICY = 1008


class Session:
    """Correlation, queue, deadlines, retries and budgets of one connection of ``version``.

    A CALL of the peer that is not answered ``reply_within_s`` after it came leads to :class:`ReplyDue`; None never does.
    """

    def __init__(
        self, version: Version, limits: FrameLimits = frames.DEFAULT_LIMITS, *, reply_within_s: float | None = None
    ) -> None:
        self.version = version
        self.counts: Counter[str] = Counter()
        """How often something led to nothing: late, foreign, repeated, refused, malformed, unknown_type frames of the peer,
        and overtaken: answers of ours that came after a default reply."""
        self._reply_within_s = reply_within_s
        self._limits = limits
        self._link = Link.OPEN
        self._unsent: list[str] = []
        self._ours = OutCalls()
        self._theirs = InCalls()
        self._bad_frames: list[float] = []

    @property
    def link(self) -> Link:
        return self._link

    @property
    def next_deadline(self) -> float | None:
        """When :meth:`handle_timer` is to be called; None while nothing has a deadline."""
        ours, theirs = self._ours.next_deadline(), self._theirs.next_due()
        return theirs if ours is None or (theirs is not None and theirs < ours) else ours

    def next_frame(self) -> str | None:
        """What is to be written next, None when nothing is; each frame is handed out once."""
        return self._unsent.pop(0) if self._unsent else None

    def frames_to_send(self) -> list[str]:
        """All that is to be written now, in this order."""
        unsent, self._unsent = self._unsent, []
        return unsent

    # What the owner says

    def send_call(
        self,
        message_id: str,
        action: str,
        payload: bytes,
        *,
        timeout_s: float,
        now: float,
        priority: int = 0,
        ttl_s: float | None = None,
    ) -> list[Event]:
        """Send a CALL as soon as none of ours is open and none of higher priority waits.

        It expires when its turn has not come within ``ttl_s`` (``timeout_s`` if that is None), or when it was not answered
        within ``timeout_s`` of being sent. Raises Disconnected when the link is gone, LocalProtocolError for an id that is
        in use or cannot be sent.
        """
        self._step(Input.CALL)
        text = frames.encode(Call(message_id, action, payload), self.version)
        if self._ours.knows(message_id):
            raise LocalProtocolError(f"message id {message_id!r} is in use")
        deadline = now + (timeout_s if ttl_s is None else ttl_s)
        self._ours.add(OutCall(message_id, text, priority, timeout_s, deadline))
        return self._fill_slot(now)

    def send(self, message_id: str, action: str, payload: bytes) -> list[Event]:
        """Send a message that nothing answers (OCPP 2.1); it does not wait for an open CALL."""
        self._step(Input.CALL)
        return self._write(frames.encode(Send(message_id, action, payload), self.version))

    def cancel(self, message_id: str) -> None:
        """Nobody waits for this CALL any more. One already sent keeps its place until it is answered or expires."""
        self._ours.cancel(message_id)

    def answer(self, message_id: str, payload: bytes, *, by_default: bool = False) -> list[Event]:
        """Answer a received CALL with its result; after the link is gone this does nothing.

        ``by_default`` says that the handler is not ready: the CALL stays known until :meth:`end_overtime`.
        """
        return self._answer(CallResult(message_id, payload), by_default)

    def refuse(
        self,
        message_id: str,
        code: str,
        description: str = "",
        details: Mapping[str, Any] | None = None,
        *,
        by_default: bool = False,
    ) -> list[Event]:
        """Answer a received CALL with a CALLERROR; ``code`` is neutral. The rest is as for :meth:`answer`."""
        return self._answer(CallError(message_id, code, description, details or {}), by_default)

    def end_overtime(self, message_id: str) -> list[Event]:
        """The handler of a CALL that was answered by default is through: what it says is counted and goes nowhere."""
        if not self._theirs.end_overtime(message_id):
            return []
        return self._drop("overtaken", f"our answer to CALL {message_id!r}: a default reply went before it")

    def reject_result(self, message_id: str, code: str, description: str, details: Mapping[str, Any]) -> list[Event]:
        """Tell the peer that its CALLRESULT is invalid. Only OCPP 2.1 has a frame for it; before, nothing is said."""
        if self.version is not Version.V21 or self._step(Input.ANSWER) is Verdict.DROP:
            return []
        return self._write(frames.encode(CallResultError(message_id, code, description, details), self.version))

    def close(self, code: int, reason: str) -> list[Event]:
        """Give the link up: pending CALLs are lost at once."""
        if self._step(Input.CLOSE) is Verdict.DROP:
            return []
        return [CloseWanted(code, reason), *self._lose_calls()]

    # What happens to the session

    def disconnect(self) -> list[Event]:
        """The link is gone: pending CALLs are lost at once."""
        if self._step(Input.LOSS) is Verdict.DROP:
            return []
        lost = self._lose_calls()
        self._unsent.clear()
        return lost

    def handle_timer(self, now: float) -> list[Event]:
        """Let expire what is due, send what has waited behind it, and tell what is to be answered by default."""
        events: list[Event] = []
        overdue = self._ours.take_open_if_due(now)
        if overdue is not None:
            sent = not self._unsay(overdue.text)
            if not overdue.abandoned:
                events.append(CallExpired(overdue.message_id, sent=sent))
        events += [CallExpired(call.message_id, sent=False) for call in self._ours.take_waiting_if_due(now)]
        events += self._fill_slot(now)
        return events + [ReplyDue(message_id) for message_id in self._theirs.take_due(now)]

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
                return self._call_received(frame, now)
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

    def _write(self, text: str) -> list[Event]:
        self._unsent.append(text)
        if len(self._unsent) > UNSENT_TOLERATED:
            self._unsent.clear()
            return self.close(CLOSE_POLICY, "the peer does not read its answers")
        return []

    def _unsay(self, text: str) -> bool:
        """Take back what waits to be written; False if it has been handed out."""
        if text not in self._unsent:
            return False
        self._unsent.remove(text)
        return True

    def _fill_slot(self, now: float) -> list[Event]:
        call = self._ours.next_to_send(now)
        return [] if call is None else [CallSent(call.message_id), *self._write(call.text)]

    def _lose_calls(self) -> list[Event]:
        """Nobody waits for them any more: what has not been handed out of them never is."""
        self._theirs.forget_waiting()
        unsaid = self._ours.open is not None and self._unsay(self._ours.open.text)
        return [CallLost(call.message_id, sent=was_open and not unsaid) for call, was_open in self._ours.take_all()]

    def _answer(self, frame: CallResult | CallError, by_default: bool) -> list[Event]:
        if self._step(Input.ANSWER) is Verdict.DROP:
            return []
        if not self._theirs.is_handled(frame.message_id):
            raise LocalProtocolError(f"no CALL {frame.message_id!r} waits for an answer")
        text = frames.encode(frame, self.version)
        self._theirs.answered(frame.message_id, text, by_default=by_default)
        return self._write(text)

    def _call_received(self, call: Call, now: float) -> list[Event]:
        fingerprint = hash((call.action, call.payload))
        known = self._theirs.fingerprint_of(call.message_id)
        if known is None:
            return self._new_call(call, fingerprint, now)
        if known != fingerprint:
            why = "another CALL of this connection has this message id"
            return self._turn_away(call, ErrorCode.RPC_FRAMEWORK_ERROR, why)
        # OCPP 2.1 part 4, 4.1.4: the retry of a message may carry its id. It must not be carried out twice.
        repeated = self._drop("repeated", f"CALL {call.message_id!r} again")
        answer = self._theirs.answer_to(call.message_id)
        return repeated if answer is None else [*repeated, *self._write(answer)]

    def _new_call(self, call: Call, fingerprint: int, now: float) -> list[Event]:
        full = self._theirs.why_full()
        if full is not None:
            return self._turn_away(call, ErrorCode.GENERIC_ERROR, full)
        due = None if self._reply_within_s is None else now + self._reply_within_s
        self._theirs.add(call.message_id, fingerprint, due)
        return [CallReceived(call.message_id, call.action, call.payload)]

    def _turn_away(self, call: Call, code: ErrorCode, why: str) -> list[Event]:
        text = frames.encode(CallError(call.message_id, code, why), self.version)
        return [*self._drop("refused", f"CALL {call.message_id!r}: {why}"), *self._write(text)]

    def _answer_received(self, message_id: str, event: Event, now: float) -> list[Event]:
        call = self._ours.open
        if call is None or call.message_id != message_id:
            count = "late" if self._ours.was_given_up(message_id) else "foreign"
            return self._drop(count, f"an answer to {message_id!r}, for which nobody waits")
        self._ours.open = None
        sent = self._fill_slot(now)
        return [*self._drop("late", f"an answer to {message_id!r}"), *sent] if call.abandoned else [event, *sent]

    def _malformed(self, error: MalformedFrame, now: float) -> list[Event]:
        events = self._drop("malformed", error.description)
        message_id = error.message_id
        if error.message_type in (MessageType.CALLRESULT, MessageType.CALLERROR) and message_id is not None:
            if self._ours.is_open(message_id):
                events += self._answer_received(message_id, CallSpoiled(message_id, error), now)
            if error.message_type == MessageType.CALLRESULT:
                events += self.reject_result(message_id, error.code, error.description, {})
        elif error.message_type in (None, MessageType.CALL):
            answer_to = UNREADABLE_ID if message_id is None else message_id
            answer = CallError(answer_to, error.code, error.description)
            events += self._write(frames.encode(answer, self.version))
        self._bad_frames = [*self._bad_frames[-BAD_FRAMES_TOLERATED:], now]
        if len(self._bad_frames) > BAD_FRAMES_TOLERATED and self._bad_frames[0] > now - BAD_FRAME_FORGOTTEN_AFTER_S:
            events += self.close(CLOSE_PROTOCOL_ERROR, "too many malformed frames")
        return events

    def _unknown_type(self, frame: UnknownType) -> list[Event]:
        events = self._drop("unknown_type", f"message type {frame.message_type}")
        # 2.0.1 part 4, 4.4 answers it, 1.6 and 2.1 ignore it; an answer is never answered.
        if self.version is Version.V201 and frame.message_type != MessageType.CALLRESULTERROR:
            answer_to = UNREADABLE_ID if frame.message_id is None else frame.message_id
            answer = CallError(answer_to, ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, f"message type {frame.message_type}")
            events += self._write(frames.encode(answer, self.version))
        return events

    def _drop(self, count: str, why: str) -> list[Event]:
        self.counts[count] += 1
        return [FrameDropped(count, why)]
