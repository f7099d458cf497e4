"""Whatever a 1.6 station says, in whatever order, over however many connections: what comes out is sound OCPP 2.1."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload, encode
from ladewerk.ocpp.transaction_numbers import StartedTransactions

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ocpp.v16.conftest import Wire

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)

STATUSES = ("Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Faulted", "Unavailable")
CONNECTORS = st.integers(1, 2)
ACTS = st.one_of(
    st.tuples(st.just("start"), CONNECTORS, st.sampled_from(["A", "B"])),
    st.tuples(st.just("values"), CONNECTORS, st.sampled_from(["", "7.5", "x"])),
    st.tuples(st.just("stop"), CONNECTORS, st.sampled_from(["Local", "Remote"])),
    st.tuples(st.just("status"), CONNECTORS, st.sampled_from(STATUSES)),
    st.tuples(st.just("again"), st.just(0), st.just("")),
    st.tuples(st.just("reconnect"), st.just(0), st.just("")),
)


def told(event: v21.TransactionEventRequest) -> Any:
    """What the station said, without what was added from memory."""
    return event.event_type, event.timestamp, event.seq_no, event.transaction_info.transaction_id, event.meter_value


class Story:
    """A station that does what it is told, and the CSMS that hears of it."""

    def __init__(self, new_wire: "Callable[..., Wire]") -> None:
        self.new_wire = new_wire
        self.started = StartedTransactions()
        self.wire = new_wire(self.started)
        self.at = NOW
        self.last: tuple[str, dict[str, Any]] | None = None
        self.numbers: dict[int, int] = {}
        self.given: set[int] = set()
        self.events: list[v21.TransactionEventRequest] = []

    def act(self, what: str, connector: int, detail: str) -> None:
        self.at += timedelta(seconds=1)
        match what:
            case "again" if self.last is not None:
                before = [told(event) for event in self.events]
                self.say(*self.last)
                # After a reconnection a status may be news again: it is a change in what is remembered.
                repeated = [told(event) for event in self.events[len(before) :]]
                assert self.last[0] == "StatusNotification" or all(event in before for event in repeated)
            case "reconnect":
                self.wire = self.new_wire(self.started)
            case "start":
                said = {"connectorId": connector, "idTag": detail, "meterStart": 0, "timestamp": self.time()}
                number = self.say("StartTransaction", said)["transactionId"]
                assert number not in self.given
                self.given.add(number)
                self.numbers[connector] = number
            case "values" if connector in self.numbers:
                reading = {"timestamp": self.time(), "sampledValue": [{"value": detail}]}
                number = self.numbers[connector]
                self.say("MeterValues", {"connectorId": connector, "transactionId": number, "meterValue": [reading]})
            case "stop" if connector in self.numbers:
                number = self.numbers.pop(connector)
                said = {"transactionId": number, "meterStop": 1, "timestamp": self.time(), "reason": detail}
                self.say("StopTransaction", said)
            case "status":
                said = {"connectorId": connector, "status": detail, "errorCode": "NoError", "timestamp": self.time()}
                self.say("StatusNotification", said)

    def time(self) -> str:
        return self.at.isoformat()

    def say(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.last = (action, payload)
        return self.wire.hears(action, payload, self.take, self.at)[1]

    def take(self, request: Any) -> Payload:
        encode(request)
        if isinstance(request, v21.TransactionEventRequest):
            self.events.append(request)
        response = v21.ACTIONS[type(request).__name__.removesuffix("Request")].response
        assert response is not None
        return response()


@settings(max_examples=150, deadline=None)
@given(acts=st.lists(ACTS, max_size=25))
def test_every_transaction_has_one_beginning_growing_numbers_and_one_end(
    new_wire: "Callable[..., Wire]", acts: list[Any]
) -> None:
    story = Story(new_wire)
    for act in acts:
        story.act(*act)
    by_transaction: dict[str, dict[int, v21.TransactionEventRequest]] = {}
    for event in story.events:
        known = by_transaction.setdefault(event.transaction_info.transaction_id, {})
        # The same number is the same event: a repetition.
        assert told(known.setdefault(event.seq_no, event)) == told(event)
    assert {int(transaction_id) for transaction_id in by_transaction} == story.given
    for known in by_transaction.values():
        ordered = [known[number] for number in sorted(known)]
        assert [event.timestamp for event in ordered] == sorted(event.timestamp for event in ordered)
        assert [event.event_type for event in ordered].count(v21.TransactionEventEnumType.STARTED) == 1
        assert ordered[0].event_type == "Started"
        assert [event.event_type for event in ordered].count(v21.TransactionEventEnumType.ENDED) <= 1
