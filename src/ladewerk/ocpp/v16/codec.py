"""The codec of OCPP 1.6: its payloads on the wire, OCPP 2.1 objects inside; ``translate`` has the rules."""

from datetime import datetime
from typing import Final

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.codec import Hearing, Saying
from ladewerk.ocpp.messages import Payload, decode, encode
from ladewerk.ocpp.v16.memory import StartedTransactions
from ladewerk.ocpp.v16.translate import UP, Translation
from ladewerk.ocpp.v16.types import ACTIONS
from ladewerk.ocpp.v21.codec import action_of
from ladewerk.ocpp.version import Version

_STARTED: Final = StartedTransactions()
"""Of every station of the process: a start is repeated over another connection than the one that lost its answer."""


class V16Codec:
    """Reads and writes OCPP 1.6 for the CSMS at one end of a connection."""

    version = Version.V16

    def __init__(self, identity: str, started: StartedTransactions = _STARTED) -> None:
        self._translation = Translation(identity, started)

    def served_as(self, action: str) -> str:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        return UP[action][0] if action in UP else action

    def hear(self, action: str, payload: bytes, received_at: datetime) -> Hearing:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        known = ACTIONS.get(action)
        if known is None:
            raise RemoteProtocolError("NotImplemented", f"OCPP 1.6 has no action {action}"[:255])
        response = yield from self._translation.up(action, decode(known.request, payload), received_at)
        return encode(response)

    def say(self, request: Payload) -> Saying:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        encode(request)
        return (yield from self._translation.down(request))

    def decode_send(self, action: str, payload: bytes) -> Payload:
        """As :class:`ladewerk.ocpp.codec.Codec` says; 1.6 has no SEND."""
        raise RemoteProtocolError("NotImplemented", f"OCPP 1.6 sends nothing unanswered: {len(payload)} bytes of {action}")

    def encode_send(self, message: Payload) -> tuple[str, bytes]:
        """As :class:`ladewerk.ocpp.codec.Codec` says; 1.6 has no SEND."""
        raise LocalProtocolError(f"OCPP 1.6 has no SEND, so no {action_of(message).name}")
