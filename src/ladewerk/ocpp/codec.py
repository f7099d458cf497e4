"""Between the wire of one version and the one vocabulary inside, OCPP 2.1: bytes in, checked v21 objects out, and back."""

from typing import Protocol

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.version import Version


class Codec(Protocol):
    """Reads and writes the payloads of one version; everything outside sees v21 objects only.

    Reading raises RemoteProtocolError with the neutral (2.x) code and the JSON path; writing raises LocalProtocolError
    when the payload is invalid or the version cannot say it.
    """

    version: Version

    def decode_request(self, action: str, payload: bytes) -> Payload:
        """Read a CALL's or SEND's payload; the code is NotImplemented for an action the version does not have."""
        ...

    def decode_response(self, action: str, payload: bytes) -> Payload:
        """Read the payload of a CALLRESULT that answers ``action``."""
        ...

    def encode_request(self, request: Payload) -> tuple[str, bytes]:
        """The action and the payload of a CALL or SEND."""
        ...

    def encode_response(self, action: str, response: Payload) -> bytes:
        """The payload of the CALLRESULT that answers ``action``."""
        ...


def codec_for(version: Version) -> Codec:
    """The codec of ``version``; the version's types are loaded now, not when this module is."""
    match version:
        case Version.V21:
            from ladewerk.ocpp.v21.codec import V21Codec

            return V21Codec()
        case Version.V201:
            from ladewerk.ocpp.v201.codec import V201Codec

            return V201Codec()
        case Version.V16:
            raise LocalProtocolError("OCPP 1.6 sessions are not served yet: use ocpp2.0.1 or ocpp2.1")
