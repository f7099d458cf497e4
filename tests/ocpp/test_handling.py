"""How handlers are run: reported from both ends, in order where asked for, answered by default where they are not ready."""

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from ladewerk.errors import Disconnected, LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.handling import ReplyTimes
from ladewerk.ocpp.loopback import LoopbackLink
from ladewerk.ocpp.reports import Outcome, RequestReceived, ResponseReceived, ResponseSent, Sent
from ladewerk.ocpp.router import Context, Router
from tests.ocpp.handled import ANSWER, HEARTBEAT, answering, at_once, hear, peer, raw, say
from tests.ocpp.peers import NOW, run

# The three signals


def test_a_request_and_its_answer_are_reported() -> None:
    async def test() -> None:
        async with raw(answering(at_once)) as (channel, served):
            requests, answers = list[RequestReceived](), list[ResponseSent]()
            served.request_received.connect(requests.append)
            served.response_sent.connect(answers.append)
            await say(channel, 2, "id-1", "Heartbeat", {})
            await hear(channel)
            assert requests == [
                RequestReceived(action="Heartbeat", message_id="id-1", payload=b"{}", request=HEARTBEAT, received_at=NOW)
            ]
            (answer,) = answers
            assert (answer.action, answer.message_id, answer.status) == ("Heartbeat", "id-1", Sent.IN_TIME)
            assert (answer.error, answer.received_at, answer.sent_at) == (None, NOW, NOW)
            assert json.loads(answer.payload or b"") == {"currentTime": "2026-01-05T17:00:00.000Z"}

    run(test())


def test_a_request_that_cannot_be_read_is_reported_with_what_refused_it() -> None:
    async def test() -> None:
        async with raw(answering(at_once)) as (channel, served):
            requests, answers = list[RequestReceived](), list[ResponseSent]()
            served.request_received.connect(requests.append)
            served.response_sent.connect(answers.append)
            await say(channel, 2, "id-1", "Heartbeat", {"customData": 7})
            await hear(channel)
            assert [(report.payload, report.request) for report in requests] == [(b'{"customData": 7}', None)]
            (answer,) = answers
            assert answer.status is Sent.IN_TIME
            assert answer.error is not None
            assert (answer.error.code, answer.payload) == ("TypeConstraintViolation", None)

    run(test())


def test_an_answer_that_fails_is_reported_as_failed() -> None:
    async def breaks() -> None:
        raise KeyError("oops")

    async def test() -> None:
        answers = list[ResponseSent]()
        async with raw(answering(breaks)) as (channel, served):
            served.response_sent.connect(answers.append)
            await say(channel, 2, "id-1", "Heartbeat", {})
            await hear(channel)
        link = LoopbackLink("LW-1")
        one, other = link.open()
        async with peer(other, answering(lambda: asyncio.sleep(2))) as served:
            served.response_sent.connect(answers.append)
            await say(one, 2, "id-2", "Heartbeat", {})
            await asyncio.sleep(1)
            link.cut()
            await asyncio.sleep(2)
        assert [(report.message_id, report.status) for report in answers] == [
            ("id-1", Sent.FAILED),
            ("id-2", Sent.FAILED),
        ]

    run(test())


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ([3, {"currentTime": "2026-01-05T17:00:00.000Z"}], Outcome.VALID),
        ([3, {}], Outcome.MALFORMED),
        ([4, "NotSupported", "", {}], Outcome.REFUSED),
        (None, Outcome.TIMED_OUT),
        ("cut", Outcome.LOST),
    ],
)
def test_what_became_of_a_call_is_reported(reply: Any, outcome: Outcome) -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, other = link.open()
        async with peer(one) as station:
            reports = list[ResponseReceived]()
            station.response_received.connect(reports.append)
            calling = asyncio.create_task(station.call(HEARTBEAT))
            message_id = (await hear(other))[1]
            await asyncio.sleep(2)
            if reply == "cut":
                link.cut()
            elif reply is not None:
                await say(other, reply[0], message_id, *reply[1:])
            await asyncio.wait([calling])
            error = calling.exception()
            (report,) = reports
            assert (report.action, report.message_id, report.request) == ("Heartbeat", message_id, HEARTBEAT)
            assert (report.outcome, report.error) == (outcome, error)
            assert (report.payload is not None) == (reply is not None and reply[0] == 3)
            after = timedelta(seconds=30 if reply is None else 2)
            assert (report.called_at, report.sent_at) == (NOW, NOW)
            assert report.ended_at - NOW == pytest.approx(after, abs=timedelta(seconds=0.01))

    run(test())


def test_a_slot_that_fails_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_: object) -> None:
        raise KeyError("oops")

    async def test() -> None:
        async with raw(answering(at_once)) as (channel, served):
            served.request_received.connect(fails)
            served.response_sent.connect(fails)
            await say(channel, 2, "id-1", "Heartbeat", {})
            assert (await hear(channel))[0] == 3

    run(test())
    assert [record.levelname for record in caplog.records] == ["ERROR", "ERROR"]


# Default replies


def test_a_handler_that_is_not_ready_is_answered_for_and_its_answer_dropped() -> None:
    router = answering(lambda: asyncio.sleep(100))

    @router.default(v21.HeartbeatRequest)
    def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=ctx.received_at + timedelta(days=1))

    seen: list[str] = []

    @router.observe(v21.HeartbeatRequest)
    async def look(ctx: Context[None], _: v21.HeartbeatRequest) -> None:
        seen.append(ctx.message_id)

    async def test() -> None:
        async with raw(router) as (channel, served):
            reports = list[ResponseSent]()
            served.response_sent.connect(reports.append)
            await say(channel, 2, "id-1", "Heartbeat", {})
            assert await hear(channel) == [3, "id-1", {"currentTime": "2026-01-06T17:00:00.000Z"}]
            (report,) = reports
            assert (report.status, report.payload is not None) == (Sent.LATE, True)
            assert report.sent_at - report.received_at == pytest.approx(timedelta(seconds=24), abs=timedelta(seconds=0.01))
            assert seen == []
            await asyncio.sleep(100)
            assert served.counts["overtaken"] == 1
            assert seen == ["id-1"], "it was carried out after all"
            await say(channel, 2, "id-2", "Nonsense", {})
            assert (await hear(channel))[1] == "id-2", "nothing else was said"
            assert len(reports) == 2

    run(test())


def test_without_a_default_reply_it_is_an_internal_error() -> None:
    async def test() -> None:
        times = ReplyTimes(timeout_s=10, network_s=2, lead_s=0)
        async with raw(answering(lambda: asyncio.sleep(100)), reply=times) as (channel, served):
            await say(channel, 2, "id-1", "Heartbeat", {})
            assert await hear(channel) == [4, "id-1", "InternalError", "not ready in time", {}]
            assert asyncio.get_running_loop().time() == pytest.approx(8, abs=0.1)
            await asyncio.sleep(100)
            assert served.counts["overtaken"] == 1

    run(test())


def test_no_default_reply_is_made_behind_the_end_of_the_link() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, other = link.open()
        async with peer(other, answering(lambda: asyncio.sleep(1)), reply=ReplyTimes(timeout_s=8)) as served:
            reports = list[ResponseSent]()
            served.response_sent.connect(reports.append)
            await say(one, 2, "id-1", "Heartbeat", {})
            await asyncio.sleep(0.5)
            link.cut()
            await asyncio.sleep(10)
            assert [report.status for report in reports] == [Sent.FAILED]

    run(test())


@pytest.mark.parametrize("ending", [KeyError("oops"), RemoteProtocolError("SecurityError", "no"), Disconnected("gone")])
def test_a_handler_may_also_fail_behind_its_default_reply(ending: Exception) -> None:
    async def fails() -> None:
        await asyncio.sleep(100)
        raise ending

    async def test() -> None:
        async with raw(answering(fails)) as (channel, served):
            await say(channel, 2, "id-1", "Heartbeat", {})
            assert (await hear(channel))[0] == 4
            await asyncio.sleep(100)
            assert served.counts["overtaken"] == 1

    run(test())


def test_a_default_reply_that_fails_is_an_internal_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    router = answering(lambda: asyncio.sleep(100))

    @router.default(v21.HeartbeatRequest)
    def heartbeat(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        raise KeyError("oops")

    async def test() -> None:
        async with raw(router) as (channel, served):
            reports = list[ResponseSent]()
            served.response_sent.connect(reports.append)
            await say(channel, 2, "id-1", "Heartbeat", {})
            assert (await hear(channel))[:3] == [4, "id-1", "InternalError"]
            assert [report.status for report in reports] == [Sent.FAILED]

    run(test())
    assert [record.exc_info is not None for record in caplog.records if record.levelno == logging.ERROR] == [True]


def test_an_action_has_one_default_reply_and_one_order() -> None:
    router = Router[None]()

    def reply(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return ANSWER

    router.default(v21.HeartbeatRequest)(reply)
    with pytest.raises(LocalProtocolError, match="Heartbeat has a default reply already"):
        router.default(v21.HeartbeatRequest)(reply)
    router.in_order(v21.HeartbeatRequest, type)
    with pytest.raises(LocalProtocolError, match="Heartbeat has an order already"):
        router.in_order(v21.HeartbeatRequest, type)


def test_allowances_must_leave_time() -> None:
    with pytest.raises(ValueError, match="leave no time"):
        ReplyTimes(timeout_s=6)
