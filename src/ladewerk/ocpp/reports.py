"""What a peer announces about each CALL: that it came, how the answer went out, and how an answer of the other end came in.

Payloads are the bytes on the wire beside the objects of OCPP 2.1 that they mean. Times are aware UTC.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ladewerk.errors import CallFailed, CallRefused, CallTimedOut, RemoteProtocolError
from ladewerk.ocpp.messages import Payload


class AnswerMalformed(RemoteProtocolError, CallFailed):
    """The peer answered a CALL of ours with something that is no valid answer to it."""


class CallNotSent(CallTimedOut):
    """The time of a CALL of ours was over before its turn came: the peer has never seen it."""


class RequestReceived(Struct, frozen=True, kw_only=True):
    """A CALL came. ``request`` is None for one that cannot be read or is not served."""

    action: str
    message_id: str
    payload: bytes
    request: Payload | None
    received_at: datetime


class Sent(StrEnum):
    """How an answer of ours went out."""

    IN_TIME = "in time"
    LATE = "late"  # the handler was not ready: a default reply went out in its place
    FAILED = "failed"  # the handler failed, or the link was gone before its answer


class ResponseSent(Struct, frozen=True, kw_only=True):
    """A CALL was answered: with ``payload``, or with ``error`` as a CALLERROR; ``sent_at`` is when the link took it over."""

    action: str
    message_id: str
    status: Sent
    payload: bytes | None
    error: RemoteProtocolError | None
    received_at: datetime
    sent_at: datetime


class Outcome(StrEnum):
    """What became of a CALL of ours."""

    VALID = "valid"
    TIMED_OUT = "timed out"
    REFUSED = "refused"
    MALFORMED = "malformed"
    LOST = "lost"  # the link went before an answer came


class ResponseReceived(Struct, frozen=True, kw_only=True):
    """A CALL of ours ended; ``sent_at`` is None when its turn never came, ``payload`` when nothing readable came back."""

    action: str
    message_id: str
    outcome: Outcome
    request: Payload
    payload: bytes | None
    error: CallFailed | None
    called_at: datetime
    sent_at: datetime | None
    ended_at: datetime


def outcome_of(error: CallFailed | None) -> Outcome:
    """The outcome that ``error`` stands for."""
    match error:
        case None:
            return Outcome.VALID
        case CallTimedOut():
            return Outcome.TIMED_OUT
        case CallRefused():
            return Outcome.REFUSED
        case AnswerMalformed():
            return Outcome.MALFORMED
        case _:
            return Outcome.LOST
