"""Handlers of a peer: who answers, what goes wrong in them, and what cannot be served."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version
from tests.ocpp.peers import BOOT, BOOTED, STREAM, ask, booting, pair, raw, refusing, run

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
