"""What a session tells its owner. Structs: one is made for every message, and they are quicker to make than dataclasses."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ladewerk.ocpp.frames import MalformedFrame


class CallReceived(msgspec.Struct, frozen=True):
    """Owes one :meth:`Session.answer` or :meth:`Session.refuse`."""

    message_id: str
    action: str
    payload: bytes


class SendReceived(msgspec.Struct, frozen=True):
    message_id: str
    action: str
    payload: bytes


class ReplyDue(msgspec.Struct, frozen=True):
    """This CALL of the peer must be answered now, by default, at once: its handler is not ready."""

    message_id: str


class CallSent(msgspec.Struct, frozen=True):
    """The turn of this CALL of ours has come: it is the open one."""

    message_id: str


class CallAnswered(msgspec.Struct, frozen=True):
    message_id: str
    payload: bytes


class CallErrored(msgspec.Struct, frozen=True):
    """The peer answered with a CALLERROR; ``code`` is neutral."""

    message_id: str
    code: str
    description: str
    details: Mapping[str, Any]


class CallSpoiled(msgspec.Struct, frozen=True):
    """The peer answered with a frame that cannot be read."""

    message_id: str
    error: MalformedFrame


class CallExpired(msgspec.Struct, frozen=True):
    """No answer in time; with ``sent`` False the peer has never seen the CALL."""

    message_id: str
    sent: bool


class CallLost(msgspec.Struct, frozen=True):
    """The link went before the answer came."""

    message_id: str
    sent: bool


class ResultRejected(msgspec.Struct, frozen=True):
    """The peer could not use our CALLRESULT (OCPP 2.1)."""

    message_id: str
    code: str
    description: str


class FrameDropped(msgspec.Struct, frozen=True):
    """Something arrived that leads to nothing; ``count`` names the counter it went to."""

    count: str
    why: str


class CloseWanted(msgspec.Struct, frozen=True):
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
