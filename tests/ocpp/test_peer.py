"""Peers over a channel in memory: typed calls, handlers as tasks, and every way a handler or a peer can misbehave."""

import asyncio
import json

import pytest

from ladewerk.clock import LoopClock
from ladewerk.errors import CallFailed, CallRefused, CallTimedOut, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.loopback import LoopbackLink
from ladewerk.ocpp.peer import FrameSeen, Peer
from ladewerk.ocpp.reports import AnswerMalformed
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from tests.ocpp.peers import BOOT, BOOTED, NOW, STREAM, ask, booting, pair, peer, raw, refusing, run


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
