"""Who answers which action: plain functions of any module, registered on a router that many connections share."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp.messages import OneWay, Payload, Request
from ladewerk.ocpp.version import Version

S = TypeVar("S")
P = TypeVar("P", bound=Payload)
R = TypeVar("R", bound=Payload)
Q_co = TypeVar("Q_co", bound=Payload, covariant=True)


class OtherEnd(Protocol):
    """The peer as a handler knows it; see :class:`ladewerk.ocpp.Peer`."""

    @property
    def identity(self) -> str: ...

    @property
    def version(self) -> Version: ...

    @property
    def why_ended(self) -> str | None: ...

    async def call(
        self, request: Request[R], *, timeout_s: float | None = None, priority: int = 0, ttl_s: float | None = None
    ) -> R: ...

    async def send(self, message: OneWay) -> None: ...

    def close(self, reason: str = "") -> Awaitable[None]: ...


class Context(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """What a handler is given beside the message; ``received_at`` is aware UTC."""

    peer: OtherEnd
    state: S
    message_id: str
    received_at: datetime


class Responding(Generic[S, Q_co]):
    """Decorator made by :meth:`Router.on`; ties the answer's class to the request's."""

    def __init__(self, register: Callable[[Callable[..., Awaitable[Payload]]], None]) -> None:
        self._register = register

    def __call__(
        self: "Responding[S, Request[R]]", handler: Callable[[Context[S], Q_co], Awaitable[R]]
    ) -> Callable[[Context[S], Q_co], Awaitable[R]]:
        self._register(handler)
        return handler


class Defaulting(Generic[S, Q_co]):
    """Decorator made by :meth:`Router.default`; ties the answer's class to the request's."""

    def __init__(self, register: Callable[[Callable[..., Payload]], None]) -> None:
        self._register = register

    def __call__(
        self: "Defaulting[S, Request[R]]", reply: Callable[[Context[S], Q_co], R]
    ) -> Callable[[Context[S], Q_co], R]:
        self._register(reply)
        return reply


class Router(Generic[S]):
    """Exactly one responder and any number of observers for each action, over a state ``S`` handed to all of them."""

    def __init__(self) -> None:
        self._responders: dict[str, Callable[[Context[S], Any], Awaitable[Payload]]] = {}
        self._observers: dict[str, list[Callable[[Context[S], Any], Awaitable[None]]]] = {}
        self._defaults: dict[str, Callable[[Context[S], Any], Payload]] = {}
        self._order_keys: dict[str, Callable[[Any], Hashable]] = {}

    def on(self, request_type: type[P]) -> Responding[S, P]:
        """Answer requests of this type with the decorated function.

        It may take its time and may call the peer; other messages are answered meanwhile. RemoteProtocolError raised in
        it becomes a CALLERROR with that code, any other exception InternalError and a line in the log.
        Raises LocalProtocolError when the type has a responder already, or is one that nothing answers.
        """
        if not issubclass(request_type, Request):
            raise LocalProtocolError(f"nothing answers {request_type.__name__}: observe it")
        action = action_name(request_type)

        def register(handler: Callable[[Context[S], Any], Awaitable[Payload]]) -> None:
            if action in self._responders:
                raise LocalProtocolError(f"{action} has a responder already: {self._responders[action]!r}")
            self._responders[action] = handler

        return Responding(register)

    def observe(
        self, message_type: type[P]
    ) -> Callable[[Callable[[Context[S], P], Awaitable[None]]], Callable[[Context[S], P], Awaitable[None]]]:
        """Show messages of this type to the decorated function: a CALL once it is answered with a result, a SEND at once."""
        action = action_name(message_type)

        def register(observer: Callable[[Context[S], P], Awaitable[None]]) -> Callable[[Context[S], P], Awaitable[None]]:
            self._observers.setdefault(action, []).append(observer)
            return observer

        return register

    def default(self, request_type: type[P]) -> Defaulting[S, P]:
        """Answer with what the decorated plain function returns when the responder of this type is not ready in time.

        Without one such a CALL is answered with InternalError. Raises LocalProtocolError when the type has one already.
        """
        action = action_name(request_type)

        def register(reply: Callable[[Context[S], Any], Payload]) -> None:
            if action in self._defaults:
                raise LocalProtocolError(f"{action} has a default reply already: {self._defaults[action]!r}")
            self._defaults[action] = reply

        return Defaulting(register)

    def in_order(self, message_type: type[P], key: Callable[[P], Hashable]) -> None:
        """Handle messages of this type one after another, as they came, where ``key`` gives the same for them.

        Types whose keys are equal share one order. A message waits for its turn without holding up any other key.
        """
        action = action_name(message_type)
        if action in self._order_keys:
            raise LocalProtocolError(f"{action} has an order already: {self._order_keys[action]!r}")
        self._order_keys[action] = key

    def responder(self, action: str) -> Callable[[Context[S], Any], Awaitable[Payload]] | None:
        return self._responders.get(action)

    def observers(self, action: str) -> Sequence[Callable[[Context[S], Any], Awaitable[None]]]:
        return tuple(self._observers.get(action, ()))

    def default_reply(self, action: str) -> Callable[[Context[S], Any], Payload] | None:
        return self._defaults.get(action)

    def order_key(self, action: str) -> Callable[[Any], Hashable] | None:
        return self._order_keys.get(action)


def action_name(message_type: type[Payload]) -> str:
    """The action on the wire: the class's name without "Request" (OCPP 2.x part 4, 4.2.1)."""
    return message_type.__name__.removesuffix("Request")
