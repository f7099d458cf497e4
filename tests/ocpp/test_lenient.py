"""What is forgiven, where, and that nothing else is."""

import asyncio
import json
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.lenient import EVERYTHING, Forgiven, Forgiveness, Leniency, Rule, forgive, put_back
from ladewerk.ocpp.loopback import LoopbackLink
from ladewerk.ocpp.messages import Payload, decode
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.reports import AnswerMalformed
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.paced_loop import PacedLoop

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 3600))


def meter_values(**more: Any) -> dict[str, Any]:
    sample = {"value": 1.5, **more.pop("sample", {})}
    value = {"timestamp": "2026-01-05T17:00:00Z", "sampledValue": [sample], **more.pop("value", {})}
    return {"evseId": 1, "meterValue": [value], **more}


CASES: list[tuple[dict[str, Any], str, Rule, dict[str, Any]]] = [
    (
        meter_values(value={"timestamp": "2026-01-05T17:00:00.5"}),
        "$.meterValue[0].timestamp",
        Rule.NAIVE_TIME,
        meter_values(value={"timestamp": "2026-01-05T17:00:00.5Z"}),
    ),
    (meter_values(evseId=1.0), "$.evseId", Rule.WHOLE_FLOAT, meter_values()),
    (meter_values(color="red"), "$.color", Rule.UNKNOWN_KEY, meter_values()),
    (
        meter_values(sample={"a.b[0]": [1]}),
        "$.meterValue[0].sampledValue[0].a.b[0]",
        Rule.UNKNOWN_KEY,
        meter_values(),
    ),
    (
        meter_values(sample={"context": None}),
        "$.meterValue[0].sampledValue[0].context",
        Rule.NULL,
        meter_values(),
    ),
]


@pytest.mark.parametrize(("payload", "path", "rule", "meant"), CASES)
def test_each_rule_forgives_at_its_place_and_only_if_it_is_allowed(
    payload: dict[str, Any], path: str, rule: Rule, meant: dict[str, Any]
) -> None:
    wire = json.dumps(payload).encode()
    mended, items = forgive(v21.MeterValuesRequest, wire, frozenset({rule}))
    assert [(item.path, item.rule) for item in items] == [(path, rule)]
    assert decode(v21.MeterValuesRequest, mended) == decode(v21.MeterValuesRequest, json.dumps(meant).encode())
    assert forgive(v21.MeterValuesRequest, wire, frozenset(Rule) - {rule}) == (wire, ())


@pytest.mark.parametrize(
    "payload",
    [
        {"evseId": 1.5, "meterValue": []},
        meter_values(evseId=1e300),
        meter_values(evseId="1"),
        meter_values(evseId=None),
        meter_values(value={"timestamp": "yesterday"}),
        meter_values(value={"timestamp": "2026-02-30T17:00:00"}),
        meter_values(meterValue=7),
        meter_values(meterValue=[7]),
        {"color": "red"},
        [],
    ],
)
def test_what_no_rule_covers_stays_as_it_came_and_is_refused_as_ever(payload: Any) -> None:
    wire = json.dumps(payload).encode()
    assert forgive(v21.MeterValuesRequest, wire, frozenset(Rule)) == (wire, ())
    assert forgive(v21.MeterValuesRequest, b"{", frozenset(Rule)) == (b"{", ())


def test_what_is_valid_is_not_touched() -> None:
    for payload in ({"vendorId": "x", "data": {"free": 1.0, "none": None}}, {"vendorId": "x", "data": None}):
        wire = json.dumps(payload).encode()
        assert forgive(v21.DataTransferRequest, wire, frozenset(Rule)) == (wire, ())


def test_several_things_are_forgiven_at_once() -> None:
    wire = json.dumps(meter_values(evseId=1.0, color="red", value={"timestamp": "2026-01-05T17:00:00"})).encode()
    _, items = forgive(v21.MeterValuesRequest, wire, EVERYTHING)
    assert {item.rule for item in items} == {Rule.WHOLE_FLOAT, Rule.UNKNOWN_KEY, Rule.NAIVE_TIME}


# Long text


def long_boot(rules: frozenset[Rule]) -> tuple[v21.BootNotificationRequest, tuple[Forgiven, ...]]:
    modem = {"iccid": "i" * 30}
    station = {"model": "m" * 25, "vendorName": "V", "modem": modem}
    wire = json.dumps({"reason": "PowerUp", "chargingStation": station}).encode()
    mended, items = forgive(v21.BootNotificationRequest, wire, rules)
    return put_back(decode(v21.BootNotificationRequest, mended), items)


def test_long_text_is_cut() -> None:
    read, items = long_boot(frozenset({Rule.CUT_LONG_TEXT}))
    assert read.charging_station.model == "m" * 20
    assert [item.path for item in items] == ["$.chargingStation.model", "$.chargingStation.modem.iccid"]


def test_long_text_is_kept() -> None:
    read, items = long_boot(EVERYTHING)
    assert read.charging_station.model == "m" * 25
    assert isinstance(read.charging_station.modem, v21.ModemType)
    assert read.charging_station.modem.iccid == "i" * 30
    assert {item.rule for item in items} == {Rule.KEEP_LONG_TEXT}


def test_long_text_inside_arrays_is_kept() -> None:
    wire = json.dumps(meter_values(sample={"unitOfMeasure": {"unit": "u" * 30}})).encode()
    mended, items = forgive(v21.MeterValuesRequest, wire, EVERYTHING)
    read, _ = put_back(decode(v21.MeterValuesRequest, mended), items)
    unit = read.meter_value[0].sampled_value[0].unit_of_measure
    assert isinstance(unit, v21.UnitOfMeasureType)
    assert unit.unit == "u" * 30


def test_long_text_that_has_no_place_in_what_is_read_stays_cut_and_is_told_so() -> None:
    lost = Forgiven("$.gone", Rule.KEEP_LONG_TEXT, ("gone",), "x" * 99)
    moved = Forgiven("$.vendorId", Rule.KEEP_LONG_TEXT, ("vendorId",), "other")
    read, items = put_back(v21.DataTransferRequest(vendor_id="x"), (lost, moved))
    assert read == v21.DataTransferRequest(vendor_id="x")
    assert [item.rule for item in items] == [Rule.CUT_LONG_TEXT] * 2


# On a connection

ONLY_NULL = Leniency(rules=frozenset(), actions={"Heartbeat": frozenset({Rule.NULL})})


def heartbeats(seen: list[Payload]) -> Router[None]:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(_: Context[None], request: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        seen.append(request)
        if len(seen) > 1:
            raise RemoteProtocolError("SecurityError", "once")
        return v21.HeartbeatResponse(current_time=NOW)

    @router.observe(v21.NotifyPeriodicEventStream)
    async def stream(_: Context[None], message: v21.NotifyPeriodicEventStream) -> None:
        seen.append(message)

    return router


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
def test_a_lenient_peer_takes_tells_and_refuses_the_rest(version: Version) -> None:
    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        clock, seen = LoopClock(asyncio.get_running_loop(), NOW), list[Payload]()
        async with Peer(
            other, version=version, router=heartbeats(seen), state=None, clock=clock, leniency=ONLY_NULL
        ) as served:
            told = list[Forgiveness]()
            served.forgave.connect(told.append)
            answers: list[Any] = []
            for payload in ({"customData": None}, {"x": 1}, {"customData": None}):
                await one.send(json.dumps([2, f"id-{len(answers)}", "Heartbeat", payload]))
                answers.append(json.loads(await one.receive()))
            assert [answer[0] for answer in answers] == [3, 4, 4]
            assert answers[2][2] == "SecurityError"
            assert seen == [v21.HeartbeatRequest()] * 2
            assert [(report.action, report.items[0].path) for report in told] == [("Heartbeat", "$.customData")] * 2
            assert served.counts["forgiven"] == 2

    run(test())


def test_answers_and_sends_are_forgiven_too() -> None:
    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        clock, seen = LoopClock(asyncio.get_running_loop(), NOW), list[Payload]()
        async with Peer(
            other, version=Version.V21, router=heartbeats(seen), state=None, clock=clock, leniency=Leniency()
        ) as served:
            calling = asyncio.create_task(served.call(v21.HeartbeatRequest()))
            message_id = json.loads(await one.receive())[1]
            await one.send(json.dumps([3, message_id, {"currentTime": "2026-01-05T17:00:00", "x": 1}]))
            assert await calling == v21.HeartbeatResponse(current_time=NOW)
            stream = {"data": [{"t": 0, "v": "1"}], "id": 1.0, "pending": 0, "basetime": "2026-01-05T17:00:00"}
            await one.send(json.dumps([6, "s", "NotifyPeriodicEventStream", stream]))
            await one.send(json.dumps([2, "id-1", "Nonsense", {}]))
            assert json.loads(await one.receive())[2] == "NotImplemented"
            assert [type(one) for one in seen] == [v21.NotifyPeriodicEventStream]
            calling = asyncio.create_task(served.call(v21.HeartbeatRequest()))
            message_id = json.loads(await one.receive())[1]
            await one.send(json.dumps([3, message_id, {}]))
            with pytest.raises(AnswerMalformed):
                await calling

    run(test())
