"""One end's translation of 1.6, talked to in payloads: the peer's words go in as 1.6, what handlers see comes out as 2.1."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from ladewerk.errors import CallFailed
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.transaction_numbers import BegunTransactions, StartedTransactions
from ladewerk.ocpp.v16.codec import V16Codec

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)


class Wire:
    """Both directions of one connection."""

    def __init__(
        self,
        started: StartedTransactions | None = None,
        identity: str = "CP-1",
        begun: BegunTransactions | None = None,
    ) -> None:
        self.started = started or StartedTransactions()
        self.begun = begun or BegunTransactions()
        self.codec = V16Codec(identity, started=self.started, begun=self.begun)

    def hears(
        self, action: str, payload: dict[str, Any], answer: Callable[[Any], Payload], now: datetime = NOW
    ) -> tuple[list[Any], dict[str, Any]]:
        """The 2.1 requests in a CALL of the station, and the payload that answers it."""
        exchange = self.codec.hear(action, json.dumps(payload).encode(), now)
        heard: list[Any] = []
        try:
            request = next(exchange)
            while True:
                heard.append(request)
                request = exchange.send(answer(request))
        except StopIteration as done:
            return heard, json.loads(done.value)

    def says(self, request: Payload, *results: dict[str, Any]) -> tuple[list[tuple[str, dict[str, Any]]], Any]:
        """The CALLs that a 2.1 request takes, and the 2.1 response made of their results."""
        left = list(results)
        said, answer, _ = self.converses(request, lambda _action, _payload: left.pop(0))
        assert not left
        return said, answer

    def converses(
        self, request: Payload, answer: Callable[[str, dict[str, Any]], Mapping[str, Any] | CallFailed]
    ) -> tuple[list[tuple[str, dict[str, Any]]], Any, list[Any]]:
        """The same with a peer that answers each CALL; and what was learned by the way."""
        exchange = self.codec.say(request)
        said: list[tuple[str, dict[str, Any]]] = []
        learned: list[Any] = []
        try:
            step = next(exchange)
            while True:
                if not isinstance(step, tuple):
                    learned.append(step(NOW))
                    step = next(exchange)
                    continue
                said.append((step[0], json.loads(step[1])))
                told = answer(*said[-1])
                step = exchange.throw(told) if isinstance(told, CallFailed) else exchange.send(json.dumps(told).encode())
        except StopIteration as done:
            return said, done.value, learned


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture(scope="session")
def new_wire() -> Callable[..., Wire]:
    return Wire
