"""The codec of OCPP 1.6: its payloads on the wire, OCPP 2.1 objects inside.

It serves either end, for no message but DataTransfer goes both ways: ``translate`` has the rules of a CSMS, ``station``
those of a station.
"""

from collections.abc import Hashable
from datetime import datetime
from functools import cached_property
from typing import Final

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.codec import Hearing, Saying
from ladewerk.ocpp.messages import Payload, decode, encode
from ladewerk.ocpp.transaction_numbers import BegunTransactions, StartedTransactions
from ladewerk.ocpp.v16.station.translate import HEARD, StationTranslation
from ladewerk.ocpp.v16.translate import DOWN, REFUSED, UP, Translation
from ladewerk.ocpp.v16.types import ACTIONS
from ladewerk.ocpp.v21 import types as v21
from ladewerk.ocpp.v21.codec import action_of
from ladewerk.ocpp.version import Version

_STARTED: Final = StartedTransactions()
"""Of every station of the process: a start is repeated over another connection than the one that lost its answer."""


class V16Codec:
    """Reads and writes OCPP 1.6 for the CSMS or the station at one end of a connection.

    ``started`` and ``begun`` are as :func:`ladewerk.ocpp.version_codecs.codec_for` says.
    """

    version = Version.V16

    def __init__(
        self, identity: str, *, started: StartedTransactions | None = None, begun: BegunTransactions | None = None
    ) -> None:
        self._identity = identity
        self._started = started or _STARTED
        self._begun = begun

    @cached_property
    def _csms(self) -> Translation:
        return Translation(self._identity, self._started)

    @cached_property
    def _station(self) -> StationTranslation:
        return StationTranslation(self._begun or BegunTransactions())

    def served_as(self, action: str) -> str:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        known = UP.get(action) or HEARD.get(action)
        return action if known is None else known[0]

    def hear(self, action: str, payload: bytes, received_at: datetime) -> Hearing:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        known = ACTIONS.get(action)
        if known is None:
            raise RemoteProtocolError("NotImplemented", f"OCPP 1.6 has no action {action}"[:255])
        request = decode(known.request, payload)
        translation = self._csms if action in UP else self._station
        response = yield from translation.up(action, request, received_at)
        return encode(response)

    def say(self, request: Payload) -> Saying:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        encode(request)
        action = action_of(request).name
        if action in DOWN or action in REFUSED:
            return (yield from self._csms.down(request))
        return (yield from self._station.down(request))

    def turn_of(self, request: Payload) -> Hashable | None:
        """As :class:`ladewerk.ocpp.codec.Codec` says: a transaction has no name before its start is answered."""
        if isinstance(request, v21.TransactionEventRequest):
            return request.transaction_info.transaction_id
        return None

    def decode_send(self, action: str, payload: bytes) -> Payload:
        """As :class:`ladewerk.ocpp.codec.Codec` says; 1.6 has no SEND."""
        raise RemoteProtocolError("NotImplemented", f"OCPP 1.6 sends nothing unanswered: {len(payload)} bytes of {action}")

    def encode_send(self, message: Payload) -> tuple[str, bytes]:
        """As :class:`ladewerk.ocpp.codec.Codec` says; 1.6 has no SEND."""
        raise LocalProtocolError(f"OCPP 1.6 has no SEND, so no {action_of(message).name}")
