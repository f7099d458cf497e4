"""How long a profile is offered, on a loop whose time runs fast."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from msgspec import UNSET, structs

from ladewerk.clock import LoopClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import NeedState
from ladewerk.csms.smart_charging.quirks import KnownQuirks, QuirksSaid
from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.paced_loop import PacedLoop

ORIGIN = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
REJECTED = v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.REJECTED, status_info=UNSET)


def paced(work: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(work)


def fast_csms(database: str, site: Site | None = None) -> Any:
    clock = LoopClock(asyncio.get_running_loop(), ORIGIN)
    config = CsmsConfig(
        listen="127.0.0.1:0", web="127.0.0.1:0", database=database, accept_unknown=True, open=True, site=site
    )
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


def test_a_station_without_tx_profiles_is_told_its_plan_as_a_default_and_not_too_often(
    database: str, tiny_station: Any, until: Any
) -> None:
    async def go() -> None:
        told: asyncio.Queue[v21.ChargingProfileType] = asyncio.Queue()

        async def take(_ctx: Any, request: v21.SetChargingProfileRequest) -> v21.SetChargingProfileResponse:
            told.put_nowait(request.charging_profile)
            return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)

        async with fast_csms(database) as running, tiny_station(running.ocpp_port, on_profile=take) as station:
            loop, ledger, key = asyncio.get_running_loop(), running.ledger, ("s-1", 1)
            await station.boot()
            said = QuirksSaid(purpose="TxDefaultProfile", min_interval_s=900, least_limit_a=6.0)
            await ledger.put_quirks("s-1", KnownQuirks(said=said))
            await station.event("Started", 0, register_wh=0.0)
            fallback = await told.get()
            assert (fallback.charging_profile_purpose, fallback.stack_level) == ("TxDefaultProfile", 0)
            await station.needs(departure=ORIGIN + timedelta(hours=12), mode=2)
            first, first_at_s = await told.get(), loop.time()
            assert (first.charging_profile_purpose, first.stack_level, first.transaction_id) == (
                "TxDefaultProfile",
                1,
                UNSET,
            )
            # The night is cheap: 0 A until then, which this station does not take.
            limits = {period.limit for period in first.charging_schedule[0].charging_schedule_period}
            assert 6 in limits
            assert 0 not in limits
            await until(running, lambda: ledger.needs[key].state is NeedState.ACCEPTED)
            # In other words the fallback is told anew.
            await ledger.put_quirks("s-1", KnownQuirks(said=structs.replace(said, rate_unit="W")))
            in_watts = await told.get()
            assert (in_watts.stack_level, in_watts.charging_schedule[0].charging_rate_unit) == (0, "W")
            # More at once: that can wait. Less at once: that cannot.
            await station.needs(departure=ORIGIN + timedelta(hours=12), mode=1)
            await told.get()
            assert loop.time() - first_at_s == pytest.approx(900, abs=30)
            raised_at_s = loop.time()
            await station.needs(departure=ORIGIN + timedelta(hours=12), mode=2)
            await told.get()
            assert loop.time() - raised_at_s < 60

    paced(go())


def test_a_station_that_places_no_periods_in_time_is_told_each_step_when_it_comes(
    database: str, tiny_station: Any, until: Any
) -> None:
    async def go() -> None:
        async with fast_csms(database) as running, tiny_station(running.ocpp_port) as station:
            loop, ledger = asyncio.get_running_loop(), running.ledger
            await station.boot()
            await ledger.put_quirks("s-1", KnownQuirks(said=QuirksSaid(kind="Relative")))
            await station.event("Started", 0, register_wh=0.0)
            await station.needs(departure=ORIGIN + timedelta(hours=12), mode=2)
            for expected_a in (0, 16):
                profile = (await station.profiles.get()).charging_profile
                (schedule,) = profile.charging_schedule
                assert (profile.charging_profile_kind, schedule.start_schedule, schedule.duration) == (
                    "Relative",
                    UNSET,
                    UNSET,
                )
                assert [period.limit for period in schedule.charging_schedule_period] == [expected_a]
                await until(running, lambda: ledger.needs["s-1", 1].state is NeedState.ACCEPTED)
            # 17:40 it was, and from 22:00 on energy is cheap.
            assert loop.time() == pytest.approx(4 * 3600 + 20 * 60, abs=120)

    paced(go())


def test_after_a_reset_nobody_gets_more_until_the_fallback_is_confirmed_again(database: str, tiny_station: Any) -> None:
    async def go() -> None:
        site = Site(fallback_a=6.0)
        async with fast_csms(database, site=site) as running, tiny_station(running.ocpp_port) as station:
            await station.boot()
            await station.event("Started", 0, register_wh=0.0)
            await station.fallbacks.get()
            await asyncio.sleep(20)
            outlets, key = running.outlets, ("s-1", 1)
            assert outlets.of(key).base() == Rate(6.0, 3)
            seen: list[Rate] = []
            outlets.changed.connect(lambda _none: seen.append(outlets.of(key).base()))
            async with httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
                # It knows no Reset, so nobody can say what it has done.
                answer = await client.post("/api/stations/S-1/commands/Reset", json={"type": "Immediate"})
                assert answer.status_code == 502
            assert seen[0] == Rate(32.0, 3)
            await station.fallbacks.get()
            await asyncio.sleep(1)
            assert outlets.of(key).base() == Rate(6.0, 3)

    paced(go())


def test_a_plan_in_the_queue_before_its_station_is_dropped_with_its_transaction(
    database: str, tiny_station: Any, until: Any
) -> None:
    async def go() -> None:
        answer_now, asked = asyncio.Event(), asyncio.Event()
        told: list[v21.ChargingProfilePurposeEnumType] = []

        async def take_slowly(_ctx: Any, request: v21.SetChargingProfileRequest) -> v21.SetChargingProfileResponse:
            told.append(request.charging_profile.charging_profile_purpose)
            asked.set()
            await answer_now.wait()
            return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)

        async with fast_csms(database) as running, tiny_station(running.ocpp_port, on_profile=take_slowly) as station:
            ledger, outlet = running.ledger, ("s-1", 1)
            await station.boot()
            await station.event("Started", 0, register_wh=0.0)
            await asked.wait()  # the fallback has no answer yet, so whatever else there is to say has to wait
            await station.needs(departure=ORIGIN + timedelta(hours=12))
            await until(running, lambda: ledger.needs[outlet].state is NeedState.SENT)
            await station.event("Ended", 1, register_wh=0.0)
            answer_now.set()
            await asyncio.sleep(60)
            assert told == ["TxDefaultProfile"]
            assert ledger.needs[outlet].state is NeedState.ENDED
            assert not running.outlets.of(outlet).sent

    paced(go())


def test_a_station_that_comes_back_is_heard_out_before_it_gets_its_plan(
    database: str, tiny_station: Any, until: Any
) -> None:
    async def go() -> None:
        async with fast_csms(database) as running:
            async with tiny_station(running.ocpp_port) as station:
                station.answers.append(REJECTED)
                await station.boot()
                await station.event("Started", 0, register_wh=0.0, at=ORIGIN)
                await station.needs(departure=ORIGIN + timedelta(hours=12))
                await station.profiles.get()
            await asyncio.sleep(120)
            async with tiny_station(running.ocpp_port) as station:
                for number in range(1, 8):
                    await asyncio.sleep(2)
                    await station.event("Updated", number, register_wh=0.0, at=ORIGIN + timedelta(seconds=number))
                await station.event("Ended", 8, register_wh=0.0, at=ORIGIN + timedelta(seconds=8))
                await until(running, lambda: running.ledger.needs["s-1", 1].state is NeedState.ENDED)
                await asyncio.sleep(60)
                assert station.profiles.empty()

    paced(go())


def test_a_car_gets_no_new_plan_in_the_moment_its_old_one_is_over(database: str, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        async with fast_csms(database) as running, tiny_station(running.ocpp_port) as station:
            ledger, key = running.ledger, ("s-1", 1)
            await station.boot()
            await station.event("Started", 0, register_wh=0.0)
            await station.needs(energy_wh=1000, departure=ORIGIN + timedelta(hours=12), mode=1)
            await station.profiles.get()
            await until(running, lambda: ledger.needs[key].state is NeedState.ACCEPTED)
            plan = ledger.plans[key]
            over_at = max(slot.start_at + timedelta(seconds=slot.duration_s) for slot in plan.slots if slot.current_a > 0)
            await asyncio.sleep((over_at - ORIGIN).total_seconds() - asyncio.get_running_loop().time() + 50)
            assert ledger.plans[key] is plan
            # Its session goes on, so it still wants what it has not got.
            await station.profiles.get()
            assert ledger.plans[key] is not plan

    paced(go())
