"""A station of 2.1 at a CSMS of 2.1 with 1.6 between them: whatever gets lost, each transaction arrives once and whole."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET
from msgspec.structs import replace

from ladewerk.errors import Disconnected
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import encode
from ladewerk.ocpp.transaction_numbers import BegunTransactions, StartedTransactions
from ladewerk.ocpp.v16.codec import V16Codec

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
STATES = ("EVConnected", "Charging", "SuspendedEV", "SuspendedEVSE", "Idle")

ACCEPTED = v21.IdTokenInfoType(status=v21.AuthorizationStatusEnumType.ACCEPTED)
ANSWERS: dict[type[Any], Any] = {
    v21.TransactionEventRequest: v21.TransactionEventResponse(id_token_info=ACCEPTED),
    v21.StatusNotificationRequest: v21.StatusNotificationResponse(),
    v21.NotifyEventRequest: v21.NotifyEventResponse(),
}


@st.composite
def sessions(draw: st.DrawFn) -> list[Any]:
    """What a station reports over some transactions on two EVSEs, in its order."""
    reports: list[Any] = []
    register_wh = {1: 1000, 2: 5000}
    seconds = count()
    for number in range(draw(st.integers(1, 3))):
        evse = draw(st.integers(1, 2))
        reports.append(status(next(seconds), evse, "Occupied"))
        tagged = draw(st.integers(0, 4))
        last = draw(st.integers(1, 4))
        for seq_no in range(last + 1):
            register_wh[evse] += draw(st.integers(0, 50))
            kind = "Started" if seq_no == 0 else "Ended" if seq_no == last else "Updated"
            # A meter that is read now and then, but always at the beginning and at the end.
            wh = register_wh[evse] if kind != "Updated" or draw(st.booleans()) else None
            state = draw(st.sampled_from(STATES))
            reports.append(
                event(next(seconds), kind, f"t-{number}", evse, wh=wh, state=state, tag="A" if seq_no == tagged else None)
            )
        reports.append(status(next(seconds), evse, "Available"))
    return reports


def status(second: int, evse: int, word: str) -> v21.StatusNotificationRequest:
    return v21.StatusNotificationRequest(
        timestamp=NOW + timedelta(seconds=second),
        connector_status=v21.ConnectorStatusEnumType(word),
        evse_id=evse,
        connector_id=1,
    )


def event(
    second: int, kind: str, transaction_id: str, evse: int, *, wh: int | None, state: str, tag: str | None
) -> v21.TransactionEventRequest:
    at = NOW + timedelta(seconds=second)
    sample = v21.SampledValueType(value=float(wh or 0), measurand=v21.MeasurandEnumType.ENERGY_ACTIVE_IMPORT_REGISTER)
    reading = v21.MeterValueType(timestamp=at, sampled_value=(sample,))
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType(kind),
        timestamp=at,
        trigger_reason=v21.TriggerReasonEnumType.AUTHORIZED,
        seq_no=second,
        transaction_info=v21.TransactionType(transaction_id=transaction_id, charging_state=v21.ChargingStateEnumType(state)),
        evse=v21.EVSEType(id=evse, connector_id=1),
        id_token=UNSET if tag is None else v21.IdTokenType(id_token=tag, type="ISO14443"),
        meter_value=UNSET if wh is None else (reading,),
    )


class Line:
    """Both ends; ``fates`` is what happens to the CALLs: "ok", "lost" on the way, or "unanswered" for its answer is lost."""

    def __init__(self, fates: list[str]) -> None:
        self.fates = fates
        self.heard: list[Any] = []
        self.started = StartedTransactions()
        self.begun = BegunTransactions()
        self.known: set[str] = set()
        self.connect()

    def connect(self) -> None:
        """A new connection, of a station that has just restarted: only what was written is known."""
        written = [(known, kept) for known in sorted(self.known) if (kept := self.begun.written(known)) is not None]
        self.begun = BegunTransactions(written)
        self.station = V16Codec("CP-1", begun=self.begun)
        self.csms = V16Codec("CP-1", started=self.started)

    def say(self, request: Any) -> None:
        """As a journal does: again and again until it is delivered."""
        if isinstance(request, v21.TransactionEventRequest):
            self.known.add(request.transaction_info.transaction_id)
        while True:
            try:
                self.try_to_say(request)
            except Disconnected:
                self.connect()
            else:
                if getattr(request, "event_type", None) == "Ended":
                    self.known.discard(request.transaction_info.transaction_id)
                return

    def try_to_say(self, request: Any) -> None:
        exchange = self.station.say(request)
        step = next(exchange, None)
        while isinstance(step, tuple):
            fate = self.fates.pop() if self.fates else "ok"
            if fate == "lost":
                raise Disconnected("lost")
            result = self.hear(*step)
            if fate == "unanswered":
                raise Disconnected("no answer")
            try:
                step = exchange.send(result)
            except StopIteration:
                return

    def hear(self, action: str, payload: bytes) -> bytes:
        exchange = self.csms.hear(action, payload, NOW)
        try:
            request = next(exchange)
            while True:
                self.heard.append(request)
                request = exchange.send(ANSWERS[type(request)])
        except StopIteration as done:
            result: bytes = done.value
            return result


def registers(events: list[Any]) -> list[float]:
    return [
        sample.value
        for said in events
        if said.meter_value is not UNSET
        for value in said.meter_value
        for sample in value.sampled_value
    ]


@settings(max_examples=150, deadline=None)
@given(reports=sessions(), fates=st.lists(st.sampled_from(["ok", "lost", "unanswered"]), max_size=30))
def test_each_transaction_arrives_once_and_whole(reports: list[Any], fates: list[str]) -> None:
    line = Line(fates)
    for report in reports:
        line.say(report)
    told = [request for request in line.heard if isinstance(request, v21.TransactionEventRequest)]
    said = [report for report in reports if isinstance(report, v21.TransactionEventRequest)]
    ids = list(dict.fromkeys(report.transaction_info.transaction_id for report in said))
    of_each = [[report for report in said if report.transaction_info.transaction_id == known] for known in ids]
    tagged = [events for events in of_each if any(report.id_token is not UNSET for report in events)]
    numbers = list(dict.fromkeys(request.transaction_info.transaction_id for request in told))
    assert len(numbers) == len(tagged)
    for number, events in zip(numbers, tagged, strict=True):
        heard = [request for request in told if request.transaction_info.transaction_id == number]
        started = [request for request in heard if request.event_type == "Started"]
        first_info = started[0].transaction_info
        # What is repeated has the same content; only what the connector did meanwhile is told anew.
        assert len({encode(replace(request, transaction_info=first_info)) for request in started}) == 1
        assert heard[0] is started[0]
        assert heard[-1].event_type == "Ended"
        begun = next(index for index, report in enumerate(events) if report.id_token is not UNSET)
        before = registers(events[: begun + 1])
        assert registers(started)[0] == before[-1]
        assert registers(heard)[-1] == registers(events)[-1]
        assert started[0].timestamp == events[begun].timestamp
        assert started[0].evse == events[0].evse
        assert max(registers(heard)) - min(registers(heard)) == registers(events)[-1] - before[-1]
