"""Between the wire of one version and the one vocabulary inside, OCPP 2.1: bytes in, checked v21 objects out, and back.

A whole exchange goes through the codec, call and answer: in OCPP 1.6 one message may be several of 2.1 or none. An exchange
is a generator, so that the codec keeps what an answer depends on and its owner does the waiting.
"""

from collections.abc import Callable, Generator, Hashable
from datetime import datetime
from typing import Protocol

from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.version import Version

Hearing = Generator[Payload, Payload, bytes]
"""A CALL of the peer: yields each v21 request in it, wants its v21 response, returns the payload of the CALLRESULT.

A request that is refused inside is thrown in as RemoteProtocolError; what comes out again is the answer.
"""

Learned = Callable[[datetime], Payload]
"""A v21 request of the peer that was in an answer of its own; made with the time at which it was heard."""

Saying = Generator[tuple[str, bytes] | Learned, bytes, Payload]
"""A request of ours: yields action and payload of each CALL it takes, wants the result's payload, returns the v21 response.

A CALL that fails is thrown in as CallFailed. What was learned by the way it yields too; nothing is sent back for that.
"""


class Codec(Protocol):
    """One connection's way between its version and OCPP 2.1; everything outside sees v21 objects only.

    Reading raises RemoteProtocolError with the neutral (2.x) code and the JSON path; writing raises LocalProtocolError
    when the payload is invalid or the version cannot say it.
    """

    @property
    def version(self) -> Version: ...

    def served_as(self, action: str) -> str:
        """The action of OCPP 2.1 whose responder answers a CALL of ``action``; unknown actions are their own."""
        ...

    def hear(self, action: str, payload: bytes, received_at: datetime) -> Hearing:
        """Read a CALL's payload; the code is NotImplemented for an action the version does not have."""
        ...

    def say(self, request: Payload) -> Saying:
        """Write a request as CALLs and read what answers them."""
        ...

    def turn_of(self, request: Payload) -> Hashable | None:
        """Requests with the same key are said one after the other, each when the one before is answered; None is free."""
        ...

    def decode_send(self, action: str, payload: bytes) -> Payload:
        """Read the payload of a SEND."""
        ...

    def encode_send(self, message: Payload) -> tuple[str, bytes]:
        """The action and the payload of a SEND."""
        ...


class PayloadCodec(Codec, Protocol):
    """A codec whose messages are those of OCPP 2.1, each by itself: one that says how they are read and written is whole."""

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

    def served_as(self, action: str) -> str:
        return action

    def hear(self, action: str, payload: bytes, received_at: datetime) -> Hearing:
        del received_at
        response = yield self.decode_request(action, payload)
        return self.encode_response(action, response)

    def say(self, request: Payload) -> Saying:
        action, payload = self.encode_request(request)
        result = yield action, payload
        return self.decode_response(action, result)

    def turn_of(self, request: Payload) -> Hashable | None:
        del request
        return None  # no request needs the answer to another

    def decode_send(self, action: str, payload: bytes) -> Payload:
        return self.decode_request(action, payload)

    def encode_send(self, message: Payload) -> tuple[str, bytes]:
        return self.encode_request(message)
