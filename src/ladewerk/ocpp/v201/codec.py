"""The codec of OCPP 2.0.1: its payloads on the wire, OCPP 2.1 objects inside."""

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.codec import PayloadCodec
from ladewerk.ocpp.messages import Action, Payload
from ladewerk.ocpp.v21 import types as v21
from ladewerk.ocpp.v21.codec import action_of, check_response, response_type
from ladewerk.ocpp.v201 import translate
from ladewerk.ocpp.v201.types import ACTIONS
from ladewerk.ocpp.version import Version


class V201Codec(PayloadCodec):
    """Reads and writes OCPP 2.0.1."""

    @property
    def version(self) -> Version:
        return Version.V201

    def decode_request(self, action: str, payload: bytes) -> Payload:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        known = ACTIONS.get(action)
        if known is None:
            raise RemoteProtocolError("NotImplemented", f"OCPP 2.0.1 has no action {action}"[:255])
        return translate.up(payload, known.request, v21.ACTIONS[action].request)

    def decode_response(self, action: str, payload: bytes) -> Payload:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        return translate.up(payload, _old_response(action), response_type(action))

    def encode_request(self, request: Payload) -> tuple[str, bytes]:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        action = action_of(request).name
        return action, translate.down(request, _known(action).request)

    def encode_response(self, action: str, response: Payload) -> bytes:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        check_response(action, response)
        return translate.down(response, _old_response(action))


def _known(action: str) -> Action:
    known = ACTIONS.get(action)
    if known is None:
        raise LocalProtocolError(f"OCPP 2.0.1 has no action {action}")
    return known


def _old_response(action: str) -> type[Payload]:
    response = _known(action).response
    if response is None:
        raise LocalProtocolError(f"nothing answers {action} in OCPP 2.0.1")
    return response
