"""The two questions a translation asks: a request of OCPP 2.1 to the inside, a CALL of OCPP 1.6 to the peer."""

from collections.abc import Generator, Mapping
from typing import TypeVar, cast

from ladewerk.errors import LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.messages import Payload, Request, decode, encode, write
from ladewerk.ocpp.v16.types import ACTIONS
from ladewerk.ocpp.v21.codec import action_of, check_response

R = TypeVar("R", bound=Payload)
T = TypeVar("T")

Asks = Generator[Payload, Payload, T]
"""Yields v21 requests, wants their v21 responses."""

Up = Generator[Payload, Payload, Payload]
"""Yields v21 requests, wants their v21 responses, returns the v16 response."""

Calls = Generator[tuple[str, bytes], bytes, T]
"""Yields v16 CALLs, wants their results."""

Down = Generator[tuple[str, bytes], bytes, Payload]
"""Yields v16 CALLs, wants their results, returns the v21 response."""

_ACTION_OF = {action.request: action for action in ACTIONS.values()}


def ask(request: Request[R]) -> Generator[Payload, Payload, R]:
    """Ask the inside. RemoteProtocolError where 2.1 forbids what 1.6 allows, and what the inside refuses with."""
    decode(type(request), write(request))
    response = yield request
    check_response(action_of(request).name, response)
    encode(response)
    return cast("R", response)


def mention(request: Request[R]) -> Generator[Payload, Payload, None]:
    """Tell the inside what it may not want to know."""
    try:
        yield from ask(request)
    except RemoteProtocolError as err:
        if err.code != "NotSupported":
            raise


def call(request: Request[R]) -> Generator[tuple[str, bytes], bytes, R]:
    """Call the peer. LocalProtocolError where 1.6 forbids what 2.1 allows."""
    action = _ACTION_OF[type(request)]
    try:
        payload = encode(request)
    except LocalProtocolError as err:
        raise LocalProtocolError(f"OCPP 1.6 cannot say this: {err}") from err
    result = yield action.name, payload
    assert action.response is not None
    return cast("R", decode(action.response, result))


def raised(response: R) -> R:
    """A v21 response made of a v16 one, checked."""
    return decode(type(response), write(response))


def word(table: Mapping[str, str], value: str, what: str) -> str:
    """The word of 1.6 for a value of 2.1, or LocalProtocolError."""
    if value not in table:
        raise LocalProtocolError(f"OCPP 1.6 has no {what} {value}")
    return table[value]


def refused(what: str) -> LocalProtocolError:
    """What 1.6 cannot do."""
    return LocalProtocolError(f"OCPP 1.6 cannot {what}")
