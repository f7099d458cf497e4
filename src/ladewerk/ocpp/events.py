"""What a session tells its owner."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ladewerk.ocpp.frames import MalformedFrame


@dataclass(frozen=True, slots=True)
class CallReceived:
    """Owes one :meth:`Session.answer` or :meth:`Session.refuse`."""

    message_id: str
    action: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class SendReceived:
    message_id: str
    action: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class ReplyDue:
    """This CALL of the peer must be answered now, by default, at once: its handler is not ready."""

    message_id: str


@dataclass(frozen=True, slots=True)
class CallSent:
    """The turn of this CALL of ours has come: it is the open one."""

    message_id: str


@dataclass(frozen=True, slots=True)
class CallAnswered:
    message_id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class CallErrored:
    """The peer answered with a CALLERROR; ``code`` is neutral."""

    message_id: str
    code: str
    description: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CallSpoiled:
    """The peer answered with a frame that cannot be read."""

    message_id: str
    error: MalformedFrame


@dataclass(frozen=True, slots=True)
class CallExpired:
    """No answer in time; with ``sent`` False the peer has never seen the CALL."""

    message_id: str
    sent: bool


@dataclass(frozen=True, slots=True)
class CallLost:
    """The link went before the answer came."""

    message_id: str
    sent: bool


@dataclass(frozen=True, slots=True)
class ResultRejected:
    """The peer could not use our CALLRESULT (OCPP 2.1)."""

    message_id: str
    code: str
    description: str


@dataclass(frozen=True, slots=True)
class FrameDropped:
    """Something arrived that leads to nothing; ``count`` names the counter it went to."""

    count: str
    why: str


@dataclass(frozen=True, slots=True)
class CloseWanted:
    """Write what is left, then close the link with this code."""

    code: int
    reason: str


Event = (
    CallReceived
    | SendReceived
    | ReplyDue
    | CallSent
    | CallAnswered
    | CallErrored
    | CallSpoiled
    | CallExpired
    | CallLost
    | ResultRejected
    | FrameDropped
    | CloseWanted
)
