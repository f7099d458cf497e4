"""A codec that forgives before it refuses: stands before the strict one of any version, which stays as it is."""

from collections.abc import Callable, Hashable
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import TypeVar

from ladewerk.errors import CallFailed, RemoteProtocolError
from ladewerk.ocpp.codec import Codec, Hearing, Saying
from ladewerk.ocpp.lenient import Forgiven, Forgiveness, Leniency, forgive, put_back
from ladewerk.ocpp.messages import Action, Payload
from ladewerk.ocpp.version import Version

P = TypeVar("P", bound=Payload)

_FOLDERS = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}


class LenientCodec:
    """``strict`` behind the forgiveness that ``leniency`` allows; ``told`` hears what was forgiven."""

    def __init__(self, strict: Codec, leniency: Leniency, told: Callable[[Forgiveness], None]) -> None:
        self._strict = strict
        self._leniency = leniency
        self._told = told
        self._actions: dict[str, Action] = import_module(f"ladewerk.ocpp.{_FOLDERS[strict.version]}.types").ACTIONS

    @property
    def version(self) -> Version:
        return self._strict.version

    def served_as(self, action: str) -> str:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        return self._strict.served_as(action)

    def turn_of(self, request: Payload) -> Hashable | None:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        return self._strict.turn_of(request)

    def encode_send(self, message: Payload) -> tuple[str, bytes]:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        return self._strict.encode_send(message)

    def decode_send(self, action: str, payload: bytes) -> Payload:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        payload, items = self._forgive_request(action, payload)
        return self._told_of(action, self._strict.decode_send(action, payload), items)

    def hear(self, action: str, payload: bytes, received_at: datetime) -> Hearing:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        payload, items = self._forgive_request(action, payload)
        exchange = self._strict.hear(action, payload, received_at)
        step = partial(next, exchange)
        while True:
            try:
                request = step()
            except StopIteration as done:
                answer: bytes = done.value
                return answer
            if items:
                request, items = self._told_of(action, request, items), ()
            try:
                response = yield request
            except RemoteProtocolError as err:
                step = partial(exchange.throw, err)
            else:
                step = partial(exchange.send, response)

    def say(self, request: Payload) -> Saying:
        """As :class:`ladewerk.ocpp.codec.Codec` says."""
        exchange = self._strict.say(request)
        step = partial(next, exchange)
        action, items = "", tuple[Forgiven, ...]()
        while True:
            try:
                said = step()
            except StopIteration as done:
                response: Payload = done.value
                return self._told_of(action, response, items) if items else response
            if not isinstance(said, tuple):
                yield said
                step = partial(next, exchange)
                continue
            action, _ = said
            try:
                result = yield said
            except CallFailed as err:
                step = partial(exchange.throw, err)
            else:
                known = self._actions.get(action)
                if known is not None and known.response is not None:
                    result, items = forgive(known.response, result, self._leniency.rules_for(action))
                step = partial(exchange.send, result)

    def _forgive_request(self, action: str, payload: bytes) -> tuple[bytes, tuple[Forgiven, ...]]:
        known = self._actions.get(action)
        if known is None:
            return payload, ()
        return forgive(known.request, payload, self._leniency.rules_for(action))

    def _told_of(self, action: str, read: P, items: tuple[Forgiven, ...]) -> P:
        if items:
            read, items = put_back(read, items)
            self._told(Forgiveness(action=action, items=items))
        return read
