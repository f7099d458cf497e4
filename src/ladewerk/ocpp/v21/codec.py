"""The codec of OCPP 2.1, the vocabulary inside: what is read and written is already what the wire says."""

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.codec import PayloadCodec
from ladewerk.ocpp.messages import Action, Payload, decode, encode
from ladewerk.ocpp.v21.types import ACTIONS
from ladewerk.ocpp.version import Version

_BY_REQUEST = {action.request: action for action in ACTIONS.values()}


def action_of(request: Payload) -> Action:
    """The action that ``request`` calls; LocalProtocolError for what is no request of OCPP 2.1."""
    action = _BY_REQUEST.get(type(request))
    if action is None:
        raise LocalProtocolError(f"{type(request).__module__}.{type(request).__name__} is no request of OCPP 2.1")
    return action


def response_type(action: str) -> type[Payload]:
    """The class that answers ``action``; LocalProtocolError if nothing does."""
    known = ACTIONS.get(action)
    if known is None or known.response is None:
        raise LocalProtocolError(f"nothing answers {action} in OCPP 2.1")
    return known.response


def check_response(action: str, response: Payload) -> None:
    """LocalProtocolError unless ``response`` is of the class that answers ``action``."""
    expected = response_type(action)
    if type(response) is not expected:
        raise LocalProtocolError(f"{action} is answered by {expected.__name__}, not by {type(response).__name__}")


class V21Codec(PayloadCodec):
    """Reads and writes OCPP 2.1."""

    @property
    def version(self) -> Version:
        return Version.V21

    def decode_request(self, action: str, payload: bytes) -> Payload:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        known = ACTIONS.get(action)
        if known is None:
            raise RemoteProtocolError("NotImplemented", f"OCPP 2.1 has no action {action}"[:255])
        return decode(known.request, payload)

    def decode_response(self, action: str, payload: bytes) -> Payload:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        return decode(response_type(action), payload)

    def encode_request(self, request: Payload) -> tuple[str, bytes]:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        return action_of(request).name, encode(request)

    def encode_response(self, action: str, response: Payload) -> bytes:
        """As :class:`ladewerk.ocpp.codec.PayloadCodec` says."""
        check_response(action, response)
        return encode(response)
