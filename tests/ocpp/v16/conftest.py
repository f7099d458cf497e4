"""One 1.6 station's translation, talked to in payloads: what it says goes in as 1.6, what handlers see comes out as 2.1."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.v16.codec import V16Codec
from ladewerk.ocpp.v16.memory import StartedTransactions

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)


class Wire:
    """Both directions of one connection."""

    def __init__(self, started: StartedTransactions | None = None, identity: str = "CP-1") -> None:
        self.started = started or StartedTransactions()
        self.codec = V16Codec(identity, self.started)

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
        exchange = self.codec.say(request)
        said: list[tuple[str, dict[str, Any]]] = []
        left = list(results)
        try:
            action, payload = next(exchange)
            while True:
                said.append((action, json.loads(payload)))
                action, payload = exchange.send(json.dumps(left.pop(0)).encode())
        except StopIteration as done:
            assert not left
            return said, done.value


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture(scope="session")
def new_wire() -> Callable[..., Wire]:
    return Wire
