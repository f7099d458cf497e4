"""K15, K16, K17: a car that negotiates gets a profile, even where its plan is still the same."""

import asyncio
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from ladewerk.clock import SystemClock
from ladewerk.csms.planning.site import Site
from ladewerk.ocpp import v21

WIDE = Site(limit_w=1_000_000)
DEPARTURE = SystemClock().now().replace(microsecond=0) + timedelta(hours=9)


def test_k16_fr07_k17_renewed_needs_and_a_refused_schedule_are_each_answered_by_a_profile(
    csms: Any, tiny_station: Any
) -> None:
    async def go() -> None:
        async with csms(site=WIDE) as running, tiny_station(running.ocpp_port, "S-1") as station:

            async def profile() -> v21.ChargingProfileType:
                told = (await asyncio.wait_for(station.profiles.get(), 120)).charging_profile
                assert isinstance(told, v21.ChargingProfileType)
                assert told.transaction_id == "tx-1"
                return told

            await station.boot()
            await station.event("Started", 0, register_wh=0)
            assert (await station.needs(departure=DEPARTURE)).status == "Accepted"
            first = await profile()
            assert (await station.needs(departure=DEPARTURE)).status == "Accepted"
            (schedule,) = (await profile()).charging_schedule
            (before,) = first.charging_schedule
            assert schedule.charging_schedule_period[0].limit == before.charging_schedule_period[0].limit
            more = tuple(replace(period, limit=80.0) for period in schedule.charging_schedule_period)
            said = v21.NotifyEVChargingScheduleRequest(
                time_base=SystemClock().now(), evse_id=1, charging_schedule=replace(schedule, charging_schedule_period=more)
            )
            assert (await station.call(said)).status == "Rejected"
            await profile()
            # One that keeps within asks for nothing.
            assert (await station.call(replace(said, charging_schedule=schedule))).status == "Accepted"

    asyncio.run(go())
