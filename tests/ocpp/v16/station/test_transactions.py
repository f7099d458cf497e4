"""A station's transactions at a 1.6 CSMS: told when all is known that 1.6 wants, under the number that the CSMS gives."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from ladewerk.clock import LoopClock
from ladewerk.errors import CallFailed, CallRefused, Disconnected, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.loopback import LoopbackLink
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.router import Router
from ladewerk.ocpp.transaction_numbers import BegunTransactions
from ladewerk.ocpp.version import Version
from ladewerk.paced_loop import PacedLoop

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire

NOW = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
STARTED, UPDATED, ENDED = (v21.TransactionEventEnumType(word) for word in ("Started", "Updated", "Ended"))
REGISTER = "Energy.Active.Import.Register"


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def spoken(minutes: float) -> str:
    return at(minutes).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reading(minutes: float, register: float, unit: str = "Wh", **more: Any) -> v21.MeterValueType:
    sample = v21.SampledValueType(
        value=register,
        measurand=v21.MeasurandEnumType(REGISTER),
        unit_of_measure=v21.UnitOfMeasureType(unit=unit),
        **more,
    )
    return v21.MeterValueType(timestamp=at(minutes), sampled_value=(sample,))


def event(
    kind: v21.TransactionEventEnumType,
    minutes: float,
    *,
    tag: str | None = None,
    wh: float | None = None,
    state: str | None = None,
    reason: str | None = None,
    evse: int | None = 1,
    transaction_id: str = "t-1",
    **more: Any,
) -> v21.TransactionEventRequest:
    return v21.TransactionEventRequest(
        event_type=kind,
        timestamp=at(minutes),
        trigger_reason=v21.TriggerReasonEnumType.AUTHORIZED,
        seq_no=int(minutes),
        transaction_info=v21.TransactionType(
            transaction_id=transaction_id,
            charging_state=UNSET if state is None else v21.ChargingStateEnumType(state),
            stopped_reason=UNSET if reason is None else v21.ReasonEnumType(reason),
        ),
        evse=UNSET if evse is None else v21.EVSEType(id=evse, connector_id=1),
        id_token=UNSET if tag is None else v21.IdTokenType(id_token=tag, type="ISO14443"),
        meter_value=UNSET if wh is None else (reading(minutes, wh),),
        **more,
    )


class Csms:
    """Answers as a central system does; ``loses`` and ``refuses`` are what happens to the next CALLs of an action."""

    def __init__(self, wire: "Wire") -> None:
        self.wire = wire
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.loses: list[str] = []
        self.refuses: list[str] = []

    def answer(self, action: str, payload: dict[str, Any]) -> Mapping[str, Any] | CallFailed:
        self.heard.append((action, payload))
        if action in self.loses:
            self.loses.remove(action)
            return Disconnected("the connection was lost")
        if action in self.refuses:
            return CallRefused("InternalError", "no", {})
        info = {"status": "Accepted", "parentIdTag": "FLEET"}
        answers: dict[str, dict[str, Any]] = {
            "StartTransaction": {"transactionId": 4711, "idTagInfo": info},
            "StopTransaction": {"idTagInfo": info},
        }
        return answers.get(action, {})

    def hears(self, *requests: Any) -> Any:
        """The answer to the last."""
        answer = None
        for request in requests:
            answer = self.wire.converses(request, self.answer)[1]
        return answer

    def names(self) -> list[str]:
        return [action for action, _ in self.heard]

    def said(self, action: str) -> list[dict[str, Any]]:
        return [payload for name, payload in self.heard if name == action]


@pytest.fixture
def csms(wire: "Wire") -> Csms:
    return Csms(wire)


def test_a_start_is_held_back_until_somebody_is_known(csms: Csms) -> None:
    assert csms.hears(event(STARTED, 0, wh=1000.4), event(UPDATED, 1, wh=1001.6)) == v21.TransactionEventResponse()
    assert csms.heard == []
    answer = csms.hears(event(UPDATED, 2, tag="04A1B2"))
    start = {"connectorId": 1, "idTag": "04A1B2", "meterStart": 1002, "timestamp": spoken(2)}
    assert csms.heard == [("StartTransaction", start)]
    group = v21.IdTokenType(id_token="FLEET", type="ISO14443")
    accepted = v21.AuthorizationStatusEnumType.ACCEPTED
    assert answer.id_token_info == v21.IdTokenInfoType(status=accepted, group_id_token=group)


def test_a_start_is_held_back_until_the_connector_and_the_meter_are_known(csms: Csms) -> None:
    csms.hears(event(STARTED, 0, tag="A", evse=None, reservation_id=7), event(UPDATED, 1, evse=2))
    assert csms.heard == []
    csms.hears(event(UPDATED, 2, evse=2, wh=500))
    start = {"connectorId": 2, "idTag": "A", "meterStart": 500, "timestamp": spoken(0), "reservationId": 7}
    assert csms.heard[0] == ("StartTransaction", start)
    assert csms.heard[1][1]["transactionId"] == 4711


def test_a_transaction_that_nobody_asked_for_is_not_told(csms: Csms) -> None:
    csms.hears(event(STARTED, 0, wh=1), event(UPDATED, 1, wh=1), event(ENDED, 2, wh=1, reason="EVDisconnected"))
    assert csms.heard == []


def test_a_meter_that_never_spoke_measured_nothing(csms: Csms) -> None:
    csms.hears(event(STARTED, 0, tag="A"), event(ENDED, 2, reason="Local"))
    assert [csms.said("StartTransaction")[0]["meterStart"], csms.said("StopTransaction")[0]["meterStop"]] == [0, 0]


def test_a_whole_transaction(csms: Csms) -> None:
    csms.hears(
        event(STARTED, 0, tag="A", wh=1000),
        event(UPDATED, 5, wh=1500),
        event(UPDATED, 6, state="Charging"),
        event(ENDED, 10, wh=2000.5, reason="EVDisconnected", tag="B"),
    )
    assert csms.names() == ["StartTransaction", "MeterValues", "StopTransaction"]
    sample = {"measurand": REGISTER, "unit": "Wh"}
    values = {"timestamp": spoken(5), "sampledValue": [{**sample, "value": "1500"}]}
    assert csms.said("MeterValues") == [{"connectorId": 1, "transactionId": 4711, "meterValue": [values]}]
    last = {"timestamp": spoken(10), "sampledValue": [{**sample, "value": "2000.5"}]}
    assert csms.said("StopTransaction") == [
        {
            "transactionId": 4711,
            "meterStop": 2000,
            "timestamp": spoken(10),
            "reason": "EVDisconnected",
            "idTag": "B",
            "transactionData": [last],
        }
    ]


def test_kilowatthours_and_multipliers_count_for_the_register(csms: Csms) -> None:
    scaled = v21.SampledValueType(value=12.0, unit_of_measure=v21.UnitOfMeasureType(unit="Wh", multiplier=2))
    first = v21.MeterValueType(timestamp=at(0), sampled_value=(scaled,))
    csms.hears(event(STARTED, 0, tag="A"), event(UPDATED, 1), event(UPDATED, 2, wh=None))
    csms.hears(v21.TransactionEventRequest(**_fields(event(UPDATED, 3)) | {"meter_value": (first,)}))
    csms.hears(v21.TransactionEventRequest(**_fields(event(ENDED, 4)) | {"meter_value": (reading(4, 1.5, "kWh"),)}))
    assert csms.said("StartTransaction")[0]["meterStart"] == 1200
    assert csms.said("MeterValues")[0]["meterValue"][0]["sampledValue"][0]["value"] == "1200"
    assert csms.said("StopTransaction")[0]["meterStop"] == 1500


def _fields(request: v21.TransactionEventRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in request.__struct_fields__}


def test_a_lost_start_is_repeated_with_the_same_content(csms: Csms) -> None:
    start = event(STARTED, 0, tag="A", wh=1000)
    csms.loses = ["StartTransaction"]
    with pytest.raises(Disconnected):
        csms.hears(start)
    csms.hears(start)
    assert csms.said("StartTransaction")[0] == csms.said("StartTransaction")[1]
    csms.hears(start)
    assert len(csms.said("StartTransaction")) == 2


def test_whatever_comes_after_a_lost_start_says_it_first(csms: Csms) -> None:
    csms.loses = ["StartTransaction"]
    with pytest.raises(Disconnected):
        csms.hears(event(STARTED, 0, tag="A", wh=1000))
    csms.hears(event(UPDATED, 5, wh=1500))
    assert csms.names() == ["StartTransaction", "StartTransaction", "MeterValues"]
    assert csms.heard[0] == csms.heard[1]


@pytest.mark.parametrize("restarted", [False, True])
def test_the_number_outlives_the_connection(csms: Csms, new_wire: Any, restarted: bool) -> None:
    csms.hears(event(STARTED, 0, tag="A", wh=1000))
    begun = csms.wire.begun
    if restarted:
        written = begun.written("t-1")
        assert written is not None
        begun = BegunTransactions([("t-1", written)])
    csms.wire = new_wire(begun=begun)
    csms.hears(event(UPDATED, 5, wh=1500), event(ENDED, 6, reason="PowerLoss"))
    assert csms.names() == ["StartTransaction", "MeterValues", "StopTransaction"]
    stop = csms.said("StopTransaction")[0]
    assert (stop["transactionId"], stop["meterStop"], stop["reason"]) == (4711, 1500, "PowerLoss")


def test_what_was_held_back_outlives_a_restart(csms: Csms, new_wire: Any) -> None:
    csms.hears(event(STARTED, 0, wh=1000))
    written = csms.wire.begun.written("t-1")
    assert written is not None
    csms.wire = new_wire(begun=BegunTransactions([("t-1", written)]))
    csms.hears(event(UPDATED, 5, tag="A"))
    assert csms.said("StartTransaction")[0]["meterStart"] == 1000


def test_what_begun_elsewhere_cannot_be_told_on(csms: Csms) -> None:
    with pytest.raises(LocalProtocolError, match="transaction t-1: its beginning was not told"):
        csms.hears(event(UPDATED, 5, wh=1500))
    # One that says who charges may begin here.
    csms.hears(event(UPDATED, 6, wh=1500, tag="A"))
    assert csms.names() == ["StartTransaction", "MeterValues"]


def test_a_token_that_is_too_long_is_refused(csms: Csms) -> None:
    with pytest.raises(LocalProtocolError, match="more than 20 characters"):
        csms.hears(event(STARTED, 0, tag="x" * 21, wh=0))
    assert csms.heard == []


def test_a_stop_is_not_repeated_for_what_failed_after_it(csms: Csms) -> None:
    csms.hears(occupied(0), event(STARTED, 0, tag="A", wh=1000, state="Charging"))
    csms.loses = ["StatusNotification"]
    stop = event(ENDED, 5, wh=1500, reason="Local", state="EVConnected")
    with pytest.raises(Disconnected):
        csms.hears(stop)
    csms.hears(stop)
    assert csms.names().count("StopTransaction") == 1
    assert csms.said("StatusNotification")[-1]["status"] == "Finishing"


def test_messages_of_a_transaction_wait_for_its_number_whoever_asks_when() -> None:
    async def test() -> None:
        ours, theirs = LoopbackLink("CP-1").open()
        clock = LoopClock(asyncio.get_running_loop(), NOW)
        router: Router[None] = Router()
        async with (
            Peer(ours, version=Version.V16, router=router, state=None, clock=clock) as peer,
            asyncio.TaskGroup() as tasks,
        ):
            requests = [event(STARTED, 0, tag="A", wh=1000), event(UPDATED, 5, wh=1500), event(ENDED, 6, reason="Local")]
            answers = [tasks.create_task(peer.call(request)) for request in requests]
            beating = tasks.create_task(peer.call(v21.HeartbeatRequest()))
            heard: list[tuple[str, int | None]] = []
            while len(heard) < 4:
                call = json.loads(await theirs.receive())
                heard.append((call[2], call[3].get("transactionId")))
                info = {"idTagInfo": {"status": "Accepted"}}
                result = {"StartTransaction": {**info, "transactionId": 9}, "Heartbeat": {"currentTime": spoken(0)}}
                await theirs.send(json.dumps([3, call[1], result.get(call[2], {})]))
            await asyncio.gather(*answers, beating)
        assert [item for item in heard if item[0] != "Heartbeat"] == [
            ("StartTransaction", None),
            ("MeterValues", 9),
            ("StopTransaction", 9),
        ]

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test(), 3600))


# The connector's status


def status(minutes: float, word: str, **more: Any) -> v21.StatusNotificationRequest:
    return v21.StatusNotificationRequest(
        timestamp=at(minutes), connector_status=v21.ConnectorStatusEnumType(word), evse_id=1, connector_id=1, **more
    )


def occupied(minutes: float) -> v21.StatusNotificationRequest:
    return status(minutes, "Occupied")


def statuses(csms: Csms) -> list[tuple[int, str]]:
    return [(payload["connectorId"], payload["status"]) for payload in csms.said("StatusNotification")]


def test_the_status_of_the_station_goes_before_that_of_its_connectors(csms: Csms) -> None:
    csms.hears(status(0, "Available"), status(1, "Unavailable"))
    assert statuses(csms) == [(0, "Available"), (1, "Available"), (1, "Unavailable")]
    assert {payload["errorCode"] for payload in csms.said("StatusNotification")} == {"NoError"}


def test_an_occupied_connector_says_what_its_transaction_does(csms: Csms) -> None:
    csms.hears(
        occupied(0),
        event(STARTED, 0, wh=1000, state="EVConnected"),
        event(UPDATED, 1, tag="A"),
        event(UPDATED, 2, state="SuspendedEVSE"),
        event(UPDATED, 3, state="Charging"),
        event(UPDATED, 4, state="Charging", wh=1200),
        event(UPDATED, 5, state="SuspendedEV"),
        event(UPDATED, 6, state="EVConnected"),
        event(ENDED, 7, wh=2000, reason="Local"),
        status(8, "Available"),
        occupied(9),
    )
    words = [word for connector, word in statuses(csms) if connector == 1]
    assert words == [
        "Preparing",
        "SuspendedEVSE",
        "Charging",
        "SuspendedEV",
        "Finishing",
        "Available",
        "Finishing",
    ]


def test_a_new_transaction_forgets_the_one_before(csms: Csms) -> None:
    csms.hears(
        occupied(0),
        event(STARTED, 0, tag="A", wh=0, state="Charging"),
        event(ENDED, 1, wh=10, reason="Local", state="EVConnected"),
        event(STARTED, 2, wh=10, state="EVConnected", transaction_id="t-2"),
    )
    assert [word for connector, word in statuses(csms) if connector == 1] == [
        "Preparing",
        "Charging",
        "Finishing",
        "Preparing",
    ]
    assert csms.wire.begun.get("t-1") is None


def test_a_status_of_the_past_is_not_older_than_what_was_said_since(csms: Csms) -> None:
    csms.hears(occupied(30), event(STARTED, 0, tag="A", wh=0, state="Charging", offline=True))
    assert csms.said("StatusNotification")[-1] == {
        "connectorId": 1,
        "errorCode": "NoError",
        "status": "Charging",
        "timestamp": spoken(30),
    }


def test_a_status_on_its_way_does_not_hide_the_next(csms: Csms) -> None:
    reporting: Any = csms.wire.codec.say(occupied(0))
    assert json.loads(next(reporting)[1])["connectorId"] == 0
    assert json.loads(reporting.send(b"{}")[1])["status"] == "Preparing"
    # Before that is answered the transaction begins to charge.
    csms.hears(event(STARTED, 0, tag="A", wh=0, state="Charging"))
    assert statuses(csms) == [(1, "Charging")]


def test_a_status_while_the_stop_is_on_its_way_is_that_of_an_ended_transaction(csms: Csms) -> None:
    csms.hears(event(STARTED, 0, tag="A", wh=0, state="Charging"))
    stopping: Any = csms.wire.codec.say(event(ENDED, 1, reason="PowerLoss"))
    assert next(stopping)[0] == "StopTransaction"
    csms.hears(occupied(2))
    assert statuses(csms)[-1] == (1, "Finishing")


def test_a_transaction_that_ends_without_a_connector_is_forgotten(csms: Csms) -> None:
    csms.hears(event(STARTED, 0, tag="A", evse=None), event(ENDED, 1, reason="Local", evse=None))
    assert csms.heard == []
    assert csms.wire.begun.get("t-1") is None


def test_a_refused_status_does_not_hold_up_its_event(csms: Csms) -> None:
    csms.hears(occupied(0))
    csms.refuses = ["StatusNotification"]
    csms.hears(event(STARTED, 1, tag="A", wh=0, state="Charging"))
    csms.refuses = []
    csms.hears(event(UPDATED, 2, wh=5))
    assert statuses(csms)[-2:] == [(1, "Charging"), (1, "Charging")]
