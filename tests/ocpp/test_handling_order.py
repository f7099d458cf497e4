"""In what order messages are handled and CALLs sent, and how many at once."""

import asyncio

import pytest

from ladewerk.errors import CallRefused, CallTimedOut, RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.calls import Priority
from ladewerk.ocpp.handling import TASKS_AT_ONCE
from ladewerk.ocpp.loopback import LoopbackLink
from ladewerk.ocpp.reports import CallNotSent, Outcome, ResponseReceived
from ladewerk.ocpp.router import Context, Router
from tests.ocpp.handled import HEARTBEAT, answering, at_once, hear, peer, raw, say
from tests.ocpp.peers import run

# Order


def test_messages_with_one_key_are_handled_in_order_and_hold_up_no_other() -> None:
    router = Router[None]()
    begun, gates = list[str](), {name: asyncio.Event() for name in ("a-1", "a-2", "b-1")}

    @router.on(v21.DataTransferRequest)
    async def transfer(ctx: Context[None], _: v21.DataTransferRequest) -> v21.DataTransferResponse:
        begun.append(ctx.message_id)
        await gates[ctx.message_id].wait()
        if ctx.message_id == "a-1":
            raise RemoteProtocolError("SecurityError", "one that fails lets the next go on")
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED)

    router.in_order(v21.DataTransferRequest, lambda request: request.vendor_id)

    async def test() -> None:
        async with raw(router) as (channel, _):
            for name in gates:
                await say(channel, 2, name, "DataTransfer", {"vendorId": name[0]})
            gates["a-2"].set()
            gates["b-1"].set()
            assert (await hear(channel))[:2] == [3, "b-1"]
            assert begun == ["a-1", "b-1"]
            gates["a-1"].set()
            assert [(await hear(channel))[:2] for _ in range(2)] == [[4, "a-1"], [3, "a-2"]]

    run(test())


def test_sends_with_one_key_are_observed_in_order() -> None:
    router = Router[None]()
    seen: list[float] = []

    @router.observe(v21.NotifyPeriodicEventStream)
    async def look(_: Context[None], message: v21.NotifyPeriodicEventStream) -> None:
        await asyncio.sleep(10 / (1 + message.pending))
        seen.append(message.pending)

    router.in_order(v21.NotifyPeriodicEventStream, lambda message: message.id)

    async def test() -> None:
        async with raw(router) as (channel, _):
            for number in range(4):
                stream = {"data": [{"t": 0, "v": "1"}], "id": 1, "pending": number, "basetime": "2026-01-05T17:00:00Z"}
                await say(channel, 6, str(number), "NotifyPeriodicEventStream", stream)
            await asyncio.sleep(100)
            assert seen == [0, 1, 2, 3]

    run(test())


# Bounds


def test_observers_that_never_end_are_bounded_and_calls_above_are_refused() -> None:
    router = answering(at_once)
    looking = 0

    @router.observe(v21.HeartbeatRequest)
    async def look(_: Context[None], __: v21.HeartbeatRequest) -> None:
        nonlocal looking
        looking += 1
        await asyncio.Event().wait()

    router.observe(v21.HeartbeatRequest)(look)

    async def test() -> None:
        async with raw(router) as (channel, _):
            for number in range(TASKS_AT_ONCE):
                await say(channel, 2, str(number), "Heartbeat", {})
                assert (await hear(channel))[0] == 3
            await say(channel, 2, "x", "Heartbeat", {})
            assert (await hear(channel))[:3] == [4, "x", "GenericError"]
            assert looking == 2 * TASKS_AT_ONCE

    run(test())


# Calls


def test_an_urgent_call_goes_first_and_a_stale_one_never() -> None:
    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        async with peer(one) as station:
            reports = list[ResponseReceived]()
            station.response_received.connect(reports.append)
            normal = [asyncio.create_task(station.call(HEARTBEAT, timeout_s=20)) for _ in range(2)]
            await asyncio.sleep(0)
            urgent = asyncio.create_task(
                station.call(v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE), priority=Priority.URGENT)
            )
            stale = asyncio.create_task(station.call(v21.ClearCacheRequest(), ttl_s=5))
            await asyncio.sleep(10)
            with pytest.raises(CallNotSent, match="LW-1 left no turn to ClearCache within 5 s"):
                await stale
            assert [(report.outcome, report.sent_at) for report in reports] == [(Outcome.TIMED_OUT, None)]
            heard = []
            for _ in range(3):
                frame = await hear(other)
                heard.append(frame[2])
                await say(other, 4, frame[1], "NotSupported", "", {})
            assert heard == ["Heartbeat", "Reset", "Heartbeat"]
            results = await asyncio.gather(*normal, urgent, return_exceptions=True)
            assert [type(result) for result in results] == [CallRefused] * 3
            assert issubclass(CallNotSent, CallTimedOut)

    run(test())


def test_a_peer_says_why_its_connection_ended() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        async with peer(link.open()[0]) as cut:
            said = [cut.why_ended]
            link.cut()
            await asyncio.sleep(1)
            assert [*said, cut.why_ended] == [None, "the link was cut"]
        link.restore()
        one, other = link.open()
        async with peer(one) as closed, peer(other) as told:
            await closed.close("good night")
            await asyncio.sleep(1)
            assert closed.why_ended == "we closed the connection: good night"
            assert told.why_ended == "closed by the other end with 1000 good night"

    run(test())
