"""Peers over a channel in memory: typed calls, handlers as tasks, and every way a handler or a peer can misbehave."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import CallFailed, CallRefused, CallTimedOut, Disconnected, LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.loopback import LoopbackChannel, LoopbackLink
from ladewerk.ocpp.peer import FrameSeen, Peer
from ladewerk.ocpp.reports import AnswerMalformed
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from ladewerk.paced_loop import PacedLoop

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)

BOOT = v21.BootNotificationRequest(
    charging_station=v21.ChargingStationType(model="M", vendor_name="V"), reason=v21.BootReasonEnumType.POWER_UP
)
BOOTED = v21.BootNotificationResponse(current_time=NOW, interval=300, status=v21.RegistrationStatusEnumType.ACCEPTED)
STREAM = v21.NotifyPeriodicEventStream(data=(v21.StreamDataElementType(t=0.0, v="1"),), id=1, pending=0, basetime=NOW)


def run(test: Coroutine[Any, Any, None]) -> None:
    """As fast as it goes; a test that hangs ends after an hour of loop time, which is no time."""
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(asyncio.wait_for(test, 3600))


def peer(
    channel: LoopbackChannel, router: Router[None] | None = None, version: Version = Version.V21, timeout_s: float = 30
) -> Peer[None]:
    clock = LoopClock(asyncio.get_running_loop(), NOW)
    return Peer(channel, version=version, router=router or Router(), state=None, clock=clock, timeout_s=timeout_s)


@asynccontextmanager
async def pair(
    station: Router[None] | None = None, csms: Router[None] | None = None, version: Version = Version.V21
) -> AsyncIterator[tuple[Peer[None], Peer[None], LoopbackLink]]:
    link = LoopbackLink("LW-1")
    one, other = link.open()
    async with peer(one, station, version) as first, peer(other, csms, version) as second:
        yield first, second, link


@asynccontextmanager
async def raw(router: Router[None], version: Version = Version.V21) -> AsyncIterator[LoopbackChannel]:
    """A peer with this router, and the bare channel to it."""
    one, other = LoopbackLink("LW-1").open()
    async with peer(other, router, version):
        yield one


async def ask(channel: LoopbackChannel, *frame: Any) -> Any:
    await channel.send(json.dumps(frame))
    return json.loads(await channel.receive())


def booting() -> Router[None]:
    router = Router[None]()

    @router.on(v21.BootNotificationRequest)
    async def boot(_: Context[None], request: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
        assert request == BOOT
        return BOOTED

    return router


def test_a_call_returns_the_typed_answer() -> None:
    async def test() -> None:
        async with pair(csms=booting()) as (station, _, _):
            answer = await station.call(BOOT)
            assert answer.interval == 300
            assert answer == BOOTED

    run(test())


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
def test_both_sides_call_at_once(version: Version) -> None:
    station_router = Router[None]()

    @station_router.on(v21.ResetRequest)
    async def reset(_: Context[None], __: v21.ResetRequest) -> v21.ResetResponse:
        return v21.ResetResponse(status=v21.ResetStatusEnumType.SCHEDULED)

    async def test() -> None:
        async with pair(station_router, booting(), version) as (station, csms, _):
            booted, was_reset = await asyncio.gather(
                station.call(BOOT), csms.call(v21.ResetRequest(type=v21.ResetEnumType.ON_IDLE))
            )
            assert (booted, was_reset.status) == (BOOTED, v21.ResetStatusEnumType.SCHEDULED)

    run(test())


def test_a_handler_gets_its_context() -> None:
    router = Router[dict[str, str]]()
    seen: list[Context[dict[str, str]]] = []

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[dict[str, str]], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        seen.append(ctx)
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        clock = LoopClock(asyncio.get_running_loop(), NOW)
        state = {"k": "v"}
        async with Peer(other, version=Version.V21, router=router, state=state, clock=clock) as served:
            assert (await ask(one, 2, "id-1", "Heartbeat", {}))[:2] == [3, "id-1"]
            (context,) = seen
            assert context.peer is served
            assert context.state is state
            assert context.message_id == "id-1"
            assert context.received_at == NOW
            assert (served.identity, served.version) == ("LW-1", Version.V21)

    run(test())


# Concurrency


def gated(gate: asyncio.Event, entered: list[str]) -> Router[None]:
    router = booting()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        entered.append(ctx.message_id)
        await gate.wait()
        return v21.HeartbeatResponse(current_time=NOW)

    return router


def test_a_slow_handler_delays_nobody_and_one_action_runs_side_by_side() -> None:
    async def test() -> None:
        gate, entered = asyncio.Event(), list[str]()
        async with raw(gated(gate, entered)) as channel:
            await channel.send('[2,"slow-1","Heartbeat",{}]')
            await channel.send('[2,"slow-2","Heartbeat",{}]')
            boot = {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}
            assert (await ask(channel, 2, "quick", "BootNotification", boot))[:2] == [3, "quick"]
            assert entered == ["slow-1", "slow-2"]
            gate.set()
            assert {json.loads(await channel.receive())[1] for _ in range(2)} == {"slow-1", "slow-2"}

    run(test())


def test_a_handler_may_call_the_peer_it_answers() -> None:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        answer = await ctx.peer.call(BOOT)
        return v21.HeartbeatResponse(current_time=answer.current_time)

    async def test() -> None:
        async with pair(station=booting(), csms=router) as (station, _, _):
            assert (await station.call(v21.HeartbeatRequest())).current_time == NOW

    run(test())


def test_a_flood_of_sends_is_bounded() -> None:
    router = Router[None]()
    gate = asyncio.Event()
    begun = 0

    @router.observe(v21.NotifyPeriodicEventStream)
    async def look(_: Context[None], __: v21.NotifyPeriodicEventStream) -> None:
        nonlocal begun
        begun += 1
        await gate.wait()

    async def test() -> None:
        async with pair(csms=router) as (station, csms, _):
            for _ in range(1000):
                await station.send(STREAM)
                await asyncio.sleep(0)
            with pytest.raises(CallRefused, match="NotSupported"):
                await station.call(v21.HeartbeatRequest())
            assert 0 < begun <= 128
            gate.set()
            assert csms.version is Version.V21

    run(test())


# The router


def test_a_second_responder_for_an_action_is_refused() -> None:
    router = booting()
    with pytest.raises(LocalProtocolError, match="BootNotification has a responder already"):

        @router.on(v21.BootNotificationRequest)
        async def again(_: Context[None], __: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
            return BOOTED


def test_what_nothing_answers_has_no_responder() -> None:
    with pytest.raises(LocalProtocolError, match="observe"):
        Router[None]().on(v21.NotifyPeriodicEventStream)


def test_observers_look_once_the_answer_is_given() -> None:
    router = booting()
    looked: list[str] = []
    done = asyncio.Event()

    @router.observe(v21.BootNotificationRequest)
    async def first(ctx: Context[None], request: v21.BootNotificationRequest) -> None:
        looked.append(f"first {ctx.message_id} {request.reason}")

    @router.observe(v21.BootNotificationRequest)
    async def second(_: Context[None], __: v21.BootNotificationRequest) -> None:
        looked.append("second")
        done.set()

    async def test() -> None:
        async with raw(router) as channel:
            boot = {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}
            assert (await ask(channel, 2, "id-1", "BootNotification", boot))[0] == 3
            await done.wait()
            assert sorted(looked) == ["first id-1 PowerUp", "second"]

    run(test())


def test_observers_do_not_see_what_was_refused() -> None:
    router = Router[None]()
    looked: list[str] = []

    @router.observe(v21.HeartbeatRequest)
    async def look(ctx: Context[None], _: v21.HeartbeatRequest) -> None:
        looked.append(ctx.message_id)

    async def test() -> None:
        async with raw(router) as channel:
            assert (await ask(channel, 2, "id-1", "Heartbeat", {}))[:3] == [4, "id-1", "NotSupported"]
            assert (await ask(channel, 2, "id-2", "Heartbeat", {}))[:3] == [4, "id-2", "NotSupported"]
            assert looked == []

    run(test())


def test_a_failing_observer_is_logged_and_disturbs_nobody(caplog: pytest.LogCaptureFixture) -> None:
    router = booting()
    done = asyncio.Event()

    @router.observe(v21.BootNotificationRequest)
    async def fails(_: Context[None], __: v21.BootNotificationRequest) -> None:
        raise KeyError("oops")

    @router.observe(v21.BootNotificationRequest)
    async def works(_: Context[None], __: v21.BootNotificationRequest) -> None:
        done.set()

    async def test() -> None:
        async with pair(csms=router) as (station, _, _):
            assert await station.call(BOOT) == BOOTED
            await done.wait()
            assert await station.call(BOOT) == BOOTED

    run(test())
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2  # one for each BootNotification
    assert "BootNotification" in errors[0].getMessage()


# What goes wrong in a handler


HeartbeatHandler = Callable[[Context[None], v21.HeartbeatRequest], Awaitable[v21.HeartbeatResponse]]


async def raises_key_error(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    raise KeyError("secret detail")


async def answers_invalid(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    return v21.HeartbeatResponse(current_time=datetime(2026, 1, 5))  # noqa: DTZ001 - naive on purpose


async def answers_another_type(_: Context[None], __: v21.HeartbeatRequest) -> Any:
    return BOOTED


async def answers_nothing(_: Context[None], __: v21.HeartbeatRequest) -> Any:
    return None


@pytest.mark.parametrize("handler", [raises_key_error, answers_invalid, answers_another_type, answers_nothing])
def test_a_bug_in_a_handler_is_an_internal_error_logged_once_with_its_trace(
    handler: HeartbeatHandler, caplog: pytest.LogCaptureFixture
) -> None:
    router = booting()
    router.on(v21.HeartbeatRequest)(handler)

    async def test() -> None:
        async with raw(router) as channel:
            assert await ask(channel, 2, "id-1", "Heartbeat", {}) == [4, "id-1", "InternalError", "", {}]
            boot = {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}
            assert (await ask(channel, 2, "id-2", "BootNotification", boot))[0] == 3

    run(test())
    (error,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error.exc_info is not None
    for word in ("LW-1", "Heartbeat", "id-1"):
        assert word in error.getMessage()


def refusing(code: str) -> Router[None]:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        raise RemoteProtocolError(code, "boot first", path="$.x")

    return router


def test_a_handler_refuses_with_a_code_of_its_choice() -> None:
    async def test() -> None:
        async with raw(refusing("SecurityError")) as channel:
            answer = await ask(channel, 2, "id-1", "Heartbeat", {})
            assert answer == [4, "id-1", "SecurityError", "boot first", {"path": "$.x"}]

    run(test())


def test_a_code_that_ocpp_does_not_know_is_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with raw(refusing("Nonsense")) as channel:
            assert (await ask(channel, 2, "id-1", "Heartbeat", {}))[:3] == [4, "id-1", "InternalError"]

    run(test())
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_handler_whose_own_call_fails_answers_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=(await ctx.peer.call(BOOT)).current_time)

    async def test() -> None:
        async with raw(router) as channel:
            call = await ask(channel, 2, "id-1", "Heartbeat", {})
            await channel.send(json.dumps([3, call[1], {"nonsense": 1}]))
            answers = [json.loads(await channel.receive()) for _ in range(2)]
            assert [answer[0] for answer in answers] == [5, 4]
            assert answers[1][:3] == [4, "id-1", "InternalError"]

    run(test())
    assert [record.levelname for record in caplog.records] == ["WARNING"]


# What cannot be served


@pytest.mark.parametrize("version", [Version.V201, Version.V21])
@pytest.mark.parametrize(
    ("action", "payload", "code", "path"),
    [
        ("Nonsense", {}, "NotImplemented", None),
        ("heartbeat", {}, "NotImplemented", None),
        ("Heartbeat", {}, "NotSupported", None),
        ("Heartbeat", {"x": 1}, "NotSupported", None),
        ("BootNotification", {}, "OccurrenceConstraintViolation", "$.chargingStation"),
        (
            "BootNotification",
            {"chargingStation": {"model": 7, "vendorName": "V"}},
            "TypeConstraintViolation",
            "$.chargingStation.model",
        ),
    ],
)
def test_calls_that_cannot_be_served(version: Version, action: str, payload: Any, code: str, path: str | None) -> None:
    async def test() -> None:
        async with raw(booting(), version) as channel:
            answer = await ask(channel, 2, "id-1", action, payload)
            assert answer[:3] == [4, "id-1", code]
            assert answer[4].get("path") == path

    run(test())


def test_a_send_that_is_called_is_not_supported() -> None:
    async def test() -> None:
        async with raw(Router()) as channel:
            stream = {"data": [{"t": 0, "v": "1"}], "id": 1, "pending": 0, "basetime": "2026-01-05T17:00:00Z"}
            answer = await ask(channel, 2, "id-1", "NotifyPeriodicEventStream", stream)
            assert answer[:3] == [4, "id-1", "NotSupported"]

    run(test())


def test_sends_reach_observers_and_bad_ones_nobody() -> None:
    router = booting()
    seen: list[v21.NotifyPeriodicEventStream] = []
    done = asyncio.Event()

    @router.observe(v21.NotifyPeriodicEventStream)
    async def look(_: Context[None], message: v21.NotifyPeriodicEventStream) -> None:
        seen.append(message)
        done.set()

    async def test() -> None:
        async with pair(csms=router) as (station, _, _):
            await station.send(STREAM)
            await done.wait()
            assert seen == [STREAM]
        async with raw(router) as channel:
            await channel.send('[6,"s","NotifyPeriodicEventStream",{}]')
            await channel.send('[6,"s","Heartbeat",{}]')
            await channel.send('[6,"s","Nonsense",{}]')
            assert (await ask(channel, 2, "id-1", "Nonsense", {}))[1] == "id-1"
            assert seen == [STREAM]

    run(test())


# Calls that fail


def test_a_refused_call_carries_code_description_and_details() -> None:
    async def test() -> None:
        async with pair(csms=refusing("SecurityError")) as (station, _, _):
            with pytest.raises(CallRefused) as caught:
                await station.call(v21.HeartbeatRequest())
            assert (caught.value.code, caught.value.description) == ("SecurityError", "boot first")
            assert caught.value.details == {"path": "$.x"}

    run(test())


def test_a_call_without_an_answer_times_out_and_the_next_one_goes_through() -> None:
    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        loop = asyncio.get_running_loop()
        async with peer(one, timeout_s=20) as station:
            begun = loop.time()
            with pytest.raises(CallTimedOut, match=r"LW-1 gave no answer to Heartbeat within 20 s"):
                await station.call(v21.HeartbeatRequest())
            assert loop.time() - begun == pytest.approx(20)
            with pytest.raises(CallTimedOut, match="within 3 s"):
                await station.call(v21.HeartbeatRequest(), timeout_s=3)
            assert loop.time() - begun == pytest.approx(23)
            late = json.loads(await other.receive())
            await other.send(json.dumps([3, late[1], {"currentTime": "2026-01-05T17:00:00Z"}]))
            with pytest.raises(CallTimedOut):
                await station.call(v21.HeartbeatRequest())

    run(test())


def test_a_cancelled_caller_leaves_the_connection_usable() -> None:
    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        async with peer(one) as station:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await station.call(v21.HeartbeatRequest())
            cancelled = json.loads(await other.receive())[1]
            waiting = asyncio.create_task(station.call(v21.HeartbeatRequest()))
            await other.send(json.dumps([3, cancelled, {"currentTime": "2020-01-01T00:00:00Z"}]))
            message_id = json.loads(await other.receive())[1]
            await other.send(json.dumps([3, message_id, {"currentTime": "2026-01-05T17:00:00Z"}]))
            assert (await waiting).current_time == NOW

    run(test())


@pytest.mark.parametrize(("version", "told"), [(Version.V201, False), (Version.V21, True)])
def test_an_invalid_answer_fails_the_call_and_is_told_to_a_2_1_peer(version: Version, told: bool) -> None:
    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        async with peer(one, version=version) as station:
            for payload, code in (({}, "OccurrenceConstraintViolation"), ([], "FormatViolation")):
                calling = asyncio.create_task(station.call(v21.HeartbeatRequest()))
                message_id = json.loads(await other.receive())[1]
                await other.send(json.dumps([3, message_id, payload]))
                with pytest.raises(AnswerMalformed) as caught:
                    await calling
                assert isinstance(caught.value, CallFailed)
                assert caught.value.code == code
                if told:
                    assert json.loads(await other.receive())[:3] == [5, message_id, code]

    run(test())


def test_an_invalid_request_is_never_sent() -> None:
    async def test() -> None:
        async with pair() as (station, _, _):
            seen: list[FrameSeen] = []
            station.frames.connect(seen.append)
            with pytest.raises(LocalProtocolError):
                await station.call(v21.ResetRequest(type="Nonsense"))  # type: ignore[arg-type]
            assert seen == []

    run(test())


def test_what_a_peer_says_stays_on_one_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        async with raw(Router()) as channel:
            answer = await ask(channel, 2, "id\r\n\x1b[2J", "Non\nsense", {})
            assert answer[:3] == [4, "id\r\n\x1b[2J", "NotImplemented"]

    run(test())
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.isprintable()
    assert "Non\\nsense id\\r\\n\\x1b[2J" in line


# The end of the link


def test_a_cut_fails_pending_calls_at_once_and_later_ones_too() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, _ = link.open()
        loop = asyncio.get_running_loop()
        async with peer(one) as station:
            pending = [asyncio.create_task(station.call(v21.HeartbeatRequest())) for _ in range(3)]
            await asyncio.sleep(1)
            link.cut()
            results = await asyncio.gather(*pending, return_exceptions=True)
            assert [type(result) for result in results] == [Disconnected] * 3
            assert str(results[0]) == "the link was cut"
            with pytest.raises(Disconnected, match="the link was cut"):
                await station.call(v21.HeartbeatRequest())
            assert loop.time() < 2

    run(test())


def test_run_ends_with_the_link() -> None:
    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, _ = link.open()
        station = peer(one)
        running = asyncio.create_task(station.run())
        await asyncio.sleep(1)
        link.cut()
        await running

    run(test())


def test_close_says_first_what_is_already_answered() -> None:
    router = Router[None]()

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    async def test() -> None:
        one, other = LoopbackLink("LW-1").open()
        csms = peer(other, router)
        running = asyncio.create_task(csms.run())
        answered: list[FrameSeen] = []
        csms.frames.connect(answered.append)
        await one.send('[2,"id-1","Heartbeat",{}]')
        assert json.loads(await one.receive())[:2] == [3, "id-1"]
        await csms.close("good night")
        with pytest.raises(Disconnected, match="1000 good night"):
            await one.receive()
        await running
        with pytest.raises(Disconnected, match="we closed the connection: good night"):
            await csms.call(BOOT)

    run(test())


def test_a_handler_finishes_what_it_began_when_the_link_goes() -> None:
    router = Router[None]()
    stored: list[str] = []

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        await asyncio.sleep(2)
        stored.append(ctx.message_id)
        return v21.HeartbeatResponse(current_time=NOW)

    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, other = link.open()
        running = asyncio.create_task(peer(other, router).run())
        await one.send('[2,"id-1","Heartbeat",{}]')
        await asyncio.sleep(1)
        link.cut()
        await running
        assert stored == ["id-1"]

    run(test())


@pytest.mark.parametrize("how", ["link cut", "run cancelled"])
def test_a_handler_that_does_not_end_is_cancelled(how: str) -> None:
    router = Router[None]()
    cancelled: list[float] = []

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(_: Context[None], __: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(asyncio.get_running_loop().time())
        return v21.HeartbeatResponse(current_time=NOW)

    async def test() -> None:
        link = LoopbackLink("LW-1")
        one, other = link.open()
        running = asyncio.create_task(peer(other, router).run())
        await one.send('[2,"id-1","Heartbeat",{}]')
        await asyncio.sleep(1)
        if how == "link cut":
            link.cut()
            await running
        else:
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        assert cancelled == [pytest.approx(6 if how == "link cut" else 1)]

    run(test())


def test_a_peer_that_sends_rubbish_is_closed_with_1002() -> None:
    async def test() -> None:
        async with raw(Router()) as channel:
            for _ in range(11):
                await channel.send("rubbish")
            answers = [json.loads(await channel.receive()) for _ in range(11)]
            with pytest.raises(Disconnected, match="1002 too many malformed frames"):
                await channel.receive()
            assert [answer[:3] for answer in answers] == [[4, "-1", "RpcFrameworkError"]] * 11

    run(test())


# Watching


def test_frames_are_shown_with_their_times_in_order() -> None:
    async def test() -> None:
        async with pair(csms=booting()) as (station, csms, _):
            at_station, at_csms = list[FrameSeen](), list[FrameSeen]()
            station.frames.connect(at_station.append)
            csms.frames.connect(at_csms.append)
            await station.call(BOOT)
            assert [seen.sent for seen in at_station] == [True, False]
            assert [seen.sent for seen in at_csms] == [False, True]
            assert [seen.text for seen in at_station] == [seen.text for seen in at_csms]
            assert json.loads(at_station[0].text)[2] == "BootNotification"
            assert at_station[0].at == NOW

    run(test())


def test_a_failing_listener_to_frames_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fails(_: FrameSeen) -> None:
        raise KeyError("oops")

    async def test() -> None:
        async with pair(csms=booting()) as (station, _, _):
            station.frames.connect(fails)
            assert await station.call(BOOT) == BOOTED

    run(test())
    assert {record.levelname for record in caplog.records} == {"ERROR"}
