"""How long a profile is offered, on a loop whose time runs fast."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.clock import LoopClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.records import NeedState
from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.paced_loop import PacedLoop

ORIGIN = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
REJECTED = v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.REJECTED, status_info=UNSET)


def paced(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(work)


def fast_csms(database: str) -> Any:
    clock = LoopClock(asyncio.get_running_loop(), ORIGIN)
    config = CsmsConfig(listen="127.0.0.1:0", web="127.0.0.1:0", database=database, accept_unknown=True, open=True)
    return running_csms(config, clock)


async def first_offer(station: Any) -> None:
    await station.boot()
    await station.event("Started", 0, register_wh=0.0)
    await station.needs(departure=ORIGIN + timedelta(hours=12))
    await station.profiles.get()


def test_a_rejected_profile_is_offered_again_later_each_time(database: str, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        async with fast_csms(database) as running, tiny_station(running.ocpp_port) as station:
            loop = asyncio.get_running_loop()
            station.answers += [REJECTED] * 4
            await first_offer(station)
            offered_at_s = [loop.time()]
            for _ in range(4):
                await station.profiles.get()
                offered_at_s.append(loop.time())
            waits_s = [later - sooner for sooner, later in pairwise(offered_at_s)]
            assert waits_s == pytest.approx([10, 20, 40, 80], abs=2)
            await until(running, lambda: running.ledger.needs["s-1", 1].state is NeedState.ACCEPTED)

    paced(go())


def test_a_plan_that_waited_too_long_is_made_anew_before_it_is_sent(database: str, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        async with fast_csms(database) as running:
            async with tiny_station(running.ocpp_port) as station:
                station.answers.append(REJECTED)
                await first_offer(station)
            await asyncio.sleep(3600)
            away = running.ledger.plans["s-1", 1].number
            async with tiny_station(running.ocpp_port) as station:
                await station.profiles.get()
                await until(running, lambda: running.ledger.needs["s-1", 1].state is NeedState.ACCEPTED)
            assert running.ledger.plans["s-1", 1].number > away
            assert running.ledger.plans["s-1", 1].slots[0].start_at >= ORIGIN + timedelta(minutes=59)

    paced(go())


def test_a_station_that_knows_no_smart_charging_is_asked_once(database: str, until: Any, tiny_station: Any) -> None:
    async def refuse(_ctx: Any, _request: Any) -> Any:
        raise RemoteProtocolError("NotSupported", "no smart charging here")

    async def go() -> None:
        async with fast_csms(database) as running, tiny_station(running.ocpp_port, on_profile=refuse) as station:
            await station.boot()
            await station.event("Started", 0, register_wh=0.0)
            await station.needs()
            await until(running, lambda: running.ledger.needs["s-1", 1].state is NeedState.REJECTED)
            assert "no smart charging" in running.ledger.needs["s-1", 1].reason
            await asyncio.sleep(10)  # its fallback was asked for by then, too
            frames = len(running.frame_log.newest(1000))
            await asyncio.sleep(1000)
            assert len(running.frame_log.newest(1000)) == frames

    paced(go())
