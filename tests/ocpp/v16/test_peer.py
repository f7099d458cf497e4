"""A peer that speaks 1.6: frames on the wire, handlers of 2.1."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.clock import LoopClock
from ladewerk.errors import CallRefused, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.lenient import Leniency
from ladewerk.ocpp.loopback import LoopbackChannel, LoopbackLink
from ladewerk.ocpp.peer import Peer
from ladewerk.ocpp.reports import AnswerMalformed
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.paced_loop import PacedLoop

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
START = {"connectorId": 1, "idTag": "x", "meterStart": 0, "timestamp": "2026-01-05T17:00:00Z"}
FAULT = {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError"}


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 3600))


@asynccontextmanager
async def station(
    router: Router[None], leniency: Leniency | None = None
) -> AsyncIterator[tuple[LoopbackChannel, Peer[None]]]:
    """The bare channel of a 1.6 station, and the CSMS's peer at its other end."""
    one, other = LoopbackLink("CP-1").open()
    clock = LoopClock(asyncio.get_running_loop(), NOW)
    async with Peer(other, version=Version.V16, router=router, state=None, clock=clock, leniency=leniency) as peer:
        yield one, peer


async def ask(channel: LoopbackChannel, message_id: str, action: str, payload: Any) -> Any:
    await channel.send(json.dumps([2, message_id, action, payload]))
    return json.loads(await channel.receive())


async def answer(channel: LoopbackChannel, kind: int, *rest: Any) -> list[Any]:
    """Answer the next CALL; what it was."""
    call: list[Any] = json.loads(await channel.receive())
    await channel.send(json.dumps([kind, call[1], *rest]))
    return call[2:]


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("StartTransaction", START, "NotSupported"),
        ("StartTransaction", {}, "NotSupported"),
        ("MeterValues", {"connectorId": 1}, "NotSupported"),
        ("Reset", {"type": "Hard"}, "NotSupported"),
        ("TransactionEvent", {}, "NotImplemented"),
        ("StatusNotification", {"connectorId": 1}, "OccurenceConstraintViolation"),
        ("StatusNotification", [1], "FormationViolation"),
        ("StatusNotification", {**FAULT, "status": "Perhaps"}, "PropertyConstraintViolation"),
        ("StatusNotification", {**FAULT, "connectorId": "1"}, "TypeConstraintViolation"),
        ("StatusNotification", {**FAULT, "connectorId": -1}, "PropertyConstraintViolation"),
    ],
)
def test_refusals_in_the_spelling_of_16(action: str, payload: Any, code: str) -> None:
    async def test() -> None:
        async with station(statuses([])) as (channel, _):
            assert (await ask(channel, "id-1", action, payload))[:3] == [4, "id-1", code]

    run(test())


def statuses(seen: list[Any]) -> Router[None]:
    router = Router[None]()

    @router.on(v21.StatusNotificationRequest)
    async def status(_: Context[None], request: v21.StatusNotificationRequest) -> v21.StatusNotificationResponse:
        seen.append(request)
        return v21.StatusNotificationResponse()

    return router


def test_one_message_is_two_requests_and_both_are_observed() -> None:
    seen: list[Any] = []
    observed: asyncio.Queue[Any] = asyncio.Queue()
    router = statuses(seen)

    @router.on(v21.NotifyEventRequest)
    async def event(_: Context[None], request: v21.NotifyEventRequest) -> v21.NotifyEventResponse:
        seen.append(request)
        return v21.NotifyEventResponse()

    @router.observe(v21.StatusNotificationRequest)
    async def look(_: Context[None], request: v21.StatusNotificationRequest) -> None:
        observed.put_nowait(request)

    @router.observe(v21.NotifyEventRequest)
    async def look_too(_: Context[None], request: v21.NotifyEventRequest) -> None:
        observed.put_nowait(request)

    async def test() -> None:
        async with station(router) as (channel, _):
            assert await ask(channel, "id-1", "StatusNotification", FAULT) == [3, "id-1", {}]
            assert [await observed.get(), await observed.get()] == seen
        assert [type(request).__name__ for request in seen] == ["StatusNotificationRequest", "NotifyEventRequest"]

    run(test())


def test_what_nobody_takes_beside_the_status_is_dropped() -> None:
    async def test() -> None:
        async with station(statuses([])) as (channel, _):
            assert await ask(channel, "id-1", "StatusNotification", FAULT) == [3, "id-1", {}]
            assert await ask(channel, "id-2", "StatusNotification", {**FAULT, "connectorId": 0}) == [3, "id-2", {}]

    run(test())


def setting(name: str) -> v21.SetVariableDataType:
    return v21.SetVariableDataType(
        attribute_value="1", component=v21.ComponentType(name="OCPP16"), variable=v21.VariableType(name=name)
    )


def test_a_request_may_take_several_calls() -> None:
    async def test() -> None:
        async with station(Router()) as (channel, peer), asyncio.TaskGroup() as tasks:
            request = v21.SetVariablesRequest(set_variable_data=(setting("A"), setting("B"), setting("C")))
            told = tasks.create_task(peer.call(request))
            assert await answer(channel, 3, {"status": "Accepted"}) == ["ChangeConfiguration", {"key": "A", "value": "1"}]
            assert await answer(channel, 4, "InternalError", "", {}) == ["ChangeConfiguration", {"key": "B", "value": "1"}]
            assert await answer(channel, 3, {"status": "RebootRequired"}) == [
                "ChangeConfiguration",
                {"key": "C", "value": "1"},
            ]
            results = (await told).set_variable_result
        assert [result.attribute_status for result in results] == ["Accepted", "Rejected", "RebootRequired"]

    run(test())


def test_failures_of_a_call_are_those_of_the_request() -> None:
    async def test() -> None:
        async with station(Router()) as (channel, peer), asyncio.TaskGroup() as tasks:
            refused = tasks.create_task(failing(peer, CallRefused))
            await answer(channel, 4, "FormationViolation", "no", {})
            assert "FormatViolation" in await refused
            malformed = tasks.create_task(failing(peer, AnswerMalformed))
            await answer(channel, 3, {"status": "Perhaps"})
            assert "$.status" in await malformed

    run(test())


async def failing(peer: Peer[None], kind: type[Exception]) -> str:
    with pytest.raises(kind) as failed:
        await peer.call(v21.ClearCacheRequest())
    return str(failed.value)


def test_what_cannot_be_said_is_not_sent() -> None:
    async def test() -> None:
        async with station(Router()) as (_, peer):
            with pytest.raises(LocalProtocolError, match=r"OCPP 1\.6 has no way"):
                await peer.call(v21.GetTransactionStatusRequest())

    run(test())


def reports(heard: "asyncio.Queue[Any]", observed: "asyncio.Queue[Any]") -> Router[None]:
    router = Router[None]()

    @router.on(v21.NotifyReportRequest)
    async def report(_: Context[None], request: v21.NotifyReportRequest) -> v21.NotifyReportResponse:
        heard.put_nowait(request)
        return v21.NotifyReportResponse()

    @router.observe(v21.NotifyReportRequest)
    async def look(_: Context[None], request: v21.NotifyReportRequest) -> None:
        observed.put_nowait(request)

    return router


@pytest.mark.parametrize("leniency", [None, Leniency()])
def test_a_base_report_is_made_of_the_configuration_and_heard_behind_its_answer(leniency: Leniency | None) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    observed: asyncio.Queue[Any] = asyncio.Queue()

    async def test() -> None:
        async with station(reports(heard, observed), leniency) as (channel, peer), asyncio.TaskGroup() as tasks:
            base = v21.ReportBaseEnumType.FULL_INVENTORY
            told = tasks.create_task(peer.call(v21.GetBaseReportRequest(request_id=7, report_base=base)))
            keys = [
                {"key": "heartbeatinterval", "readonly": False, "value": "300"},
                {"key": "Colour", "readonly": True},
            ]
            assert await answer(channel, 3, {"configurationKey": keys}) == ["GetConfiguration", {}]
            assert (await told).status == "Accepted"
            report = await heard.get()
            assert await observed.get() == report
            assert (report.request_id, report.generated_at, report.seq_no, report.tbc) == (7, NOW, 0, UNSET)
            named = [(item.component.name, item.variable.name, item.variable_attribute[0]) for item in report.report_data]
            writable, fixed = v21.MutabilityEnumType.READ_WRITE, v21.MutabilityEnumType.READ_ONLY
            assert named == [
                ("OCPPCommCtrlr", "HeartbeatInterval", v21.VariableAttributeType(value="300", mutability=writable)),
                ("OCPP16", "Colour", v21.VariableAttributeType(mutability=fixed)),
            ]

    run(test())


@pytest.mark.parametrize(
    ("base", "keys", "status"),
    [
        ("ConfigurationInventory", [{"key": "Colour", "readonly": True}], "EmptyResultSet"),
        ("FullInventory", [], "EmptyResultSet"),
        ("SummaryInventory", None, "NotSupported"),
    ],
)
def test_a_base_report_without_anything_in_it(base: str, keys: list[Any] | None, status: str) -> None:
    async def test() -> None:
        async with station(Router()) as (channel, peer), asyncio.TaskGroup() as tasks:
            asked = v21.GetBaseReportRequest(request_id=7, report_base=v21.ReportBaseEnumType(base))
            told = tasks.create_task(peer.call(asked))
            if keys is not None:
                await answer(channel, 3, {"configurationKey": keys})
            assert (await told).status == status

    run(test())
