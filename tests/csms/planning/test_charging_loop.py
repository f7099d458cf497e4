"""The loop from need to profile, as a station sees it, on a loop whose time runs fast."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from ladewerk.clock import LoopClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.planning.site import PriceStep, Site
from ladewerk.csms.records import NeedState
from ladewerk.ocpp import v21
from tests.csms.smart_charging.test_delivery import ORIGIN, paced

KEY = ("s-1", 1)


def fast_csms(database: str, site: Site) -> Any:
    clock = LoopClock(asyncio.get_running_loop(), ORIGIN)
    config = CsmsConfig(
        listen="127.0.0.1:0", web="127.0.0.1:0", database=database, accept_unknown=True, open=True, site=site
    )
    return running_csms(config, clock)


async def charging(station: Any, number: int = 1) -> None:
    await station.boot()
    await station.event("Started", 0, transaction_id=f"tx-{number}", register_wh=0.0)
    await station.fallbacks.get()


def test_k15_a_profile_comes_within_a_minute_whoever_else_is_silent(database: str, tiny_station: Any) -> None:
    async def silent(ctx: Any, request: v21.SetChargingProfileRequest) -> Any:
        if request.charging_profile.charging_profile_purpose == "TxProfile":
            ctx.state.profiles.put_nowait(request)
            await asyncio.Event().wait()
        ctx.state.fallbacks.put_nowait(request)
        return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)

    async def go() -> None:
        async with (
            fast_csms(database, Site(limit_w=12_000.0, fallback_a=6.0)) as running,
            tiny_station(running.ocpp_port, "S-1", on_profile=silent) as first,
            tiny_station(running.ocpp_port, "S-2") as second,
        ):
            await charging(first, 1)
            await charging(second, 2)
            assert (await first.needs(departure=ORIGIN + timedelta(hours=6))).status == "Accepted"
            await first.profiles.get()
            await asyncio.sleep(300)
            said_at_s = asyncio.get_running_loop().time()
            assert (await second.needs(departure=ORIGIN + timedelta(hours=6))).status == "Accepted"
            profile = (await second.profiles.get()).charging_profile
            assert asyncio.get_running_loop().time() - said_at_s < 60
            # What the silent one may have taken over counts: 12 kW less 16 A, or less its fallback.
            limits = [period.limit for period in profile.charging_schedule[0].charging_schedule_period]
            assert max(limits) <= 12_000 / 690 - 6.0 + 0.1
            assert running.ledger.needs["s-2", 1].state in {NeedState.SENT, NeedState.ACCEPTED}

    paced(go())


def test_a_profile_goes_out_only_where_it_differs_by_something(database: str, tiny_station: Any, until: Any) -> None:
    async def go() -> None:
        prices = (
            PriceStep(start_at=ORIGIN, price_per_kwh=0.3),
            PriceStep(start_at=ORIGIN + timedelta(hours=2), price_per_kwh=0.2),
        )
        site = Site(prices=prices, value_of_time_per_h=0.0)
        async with fast_csms(database, site) as running, tiny_station(running.ocpp_port) as station:
            await charging(station)
            await station.needs(departure=ORIGIN + timedelta(hours=6), mode=2)
            cheap = (await station.profiles.get()).charging_profile.charging_schedule[0]
            await until(running, lambda: running.ledger.needs[KEY].state is NeedState.ACCEPTED)
            assert cheap.charging_schedule_period[0].limit == 0
            # Dearer by the same all over: the plan is the same, and planned it is at once and every quarter of an hour.
            dearer = tuple(structs.replace(step, price_per_kwh=step.price_per_kwh + 0.1) for step in prices)
            await running.ledger.put_site(structs.replace(site, prices=dearer))
            await asyncio.sleep(3000)
            assert station.profiles.empty()
            # Now the first hours are the cheap ones.
            turned = (prices[0], structs.replace(prices[1], price_per_kwh=0.5))
            await running.ledger.put_site(structs.replace(site, prices=turned))
            now_it_is = (await station.profiles.get()).charging_profile.charging_schedule[0]
            assert now_it_is.charging_schedule_period[0].limit == 16

    paced(go())


@pytest.mark.parametrize(("limit_a", "status"), [(16.0, "Accepted"), (20.0, "Rejected")])
def test_k16_what_the_car_says_that_it_will_draw_is_held_against_its_plan(
    database: str, tiny_station: Any, until: Any, limit_a: float, status: str
) -> None:
    async def go() -> None:
        async with fast_csms(database, Site()) as running, tiny_station(running.ocpp_port) as station:
            await charging(station)
            await station.needs(departure=ORIGIN + timedelta(hours=6), mode=1)
            profile = (await station.profiles.get()).charging_profile
            await until(running, lambda: running.ledger.needs[KEY].state is NeedState.ACCEPTED)
            number = running.ledger.plans[KEY].number
            schedule = structs.replace(
                profile.charging_schedule[0],
                duration=1200,
                charging_schedule_period=(v21.ChargingSchedulePeriodType(start_period=0, limit=limit_a),),
            )
            answer = await station.call(
                v21.NotifyEVChargingScheduleRequest(
                    time_base=profile.charging_schedule[0].start_schedule, evse_id=1, charging_schedule=schedule
                )
            )
            assert answer.status == status
            if status == "Rejected":
                # K16.FR.07: a new schedule follows.
                assert answer.status_info.reason_code == "InvalidSchedule"
                await until(running, lambda: running.ledger.plans[KEY].number > number)

    paced(go())
