"""Charging profiles by hand count, and are refused where the limit would not hold with them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec import UNSET

from ladewerk.clock import LoopClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.limit.allocation import Commanded, Fuse, Outlet
from ladewerk.csms.limit.commanded import (
    cleared,
    clears_fallback,
    commanded,
    excess,
    refusal,
    taken,
    with_profile,
    without_profile,
)
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.planning.site import Site
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, Quirks
from ladewerk.ocpp import v21
from ladewerk.paced_loop import PacedLoop
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTLET = Outlet(rating=Rate(32.0, 3), fallback=Rate(6.0, 3))
TX = Commanded(profile_id=7, purpose="TxProfile", stack_level=0, line=Timeline.of([(NOW, Rate(10.0, 3))]))


def schedule(*limits: float, unit: str = "A", start: datetime | None = NOW, hours: float | None = 2) -> Any:
    return v21.ChargingScheduleType(
        id=1,
        start_schedule=UNSET if start is None else start,
        duration=UNSET if hours is None else int(hours * 3600),
        charging_rate_unit=v21.ChargingRateUnitEnumType(unit),
        charging_schedule_period=tuple(
            v21.ChargingSchedulePeriodType(start_period=3600 * hour, limit=limit) for hour, limit in enumerate(limits)
        ),
    )


def profile(*schedules: Any, number: int = 7, purpose: str = "TxProfile", kind: str = "Absolute", level: int = 0) -> Any:
    return v21.ChargingProfileType(
        id=number,
        stack_level=level,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType(purpose),
        charging_profile_kind=v21.ChargingProfileKindEnumType(kind),
        charging_schedule=schedules,
    )


def line_of(made: Any) -> Timeline[Rate] | None:
    one = commanded(made, OUTLET, NOW)
    return None if one is None else one.line


def test_an_absolute_profile_counts_by_its_periods_and_others_by_their_highest() -> None:
    assert line_of(profile(schedule(10, 40))) == Timeline.from_slots(NOW, [3600, 3600], [Rate(10.0, 3), Rate(32.0, 3)])
    highest = Timeline.of([(NOW, Rate(20.0, 3))])
    assert line_of(profile(schedule(10, 20, start=None), kind="Relative")) == highest
    assert line_of(profile(schedule(20, 10), schedule(8), kind="Absolute")) == highest
    assert line_of(profile(schedule(0), kind="Dynamic")) == Timeline.of([(NOW, Rate(32.0, 3))])
    # 2300 W may all flow on one phase.
    assert line_of(profile(schedule(2300, unit="W", hours=None))) == Timeline.of([(NOW, Rate(10.0, 3))])
    assert line_of(profile(schedule(40), purpose="ChargingStationMaxProfile")) is None


def test_what_would_take_the_place_of_ours_is_refused() -> None:
    assert refusal(profile(schedule(6)), NO_QUIRKS) is None
    ours = refusal(profile(schedule(6), number=10_001), NO_QUIRKS)
    assert ours is not None
    assert (ours.field, ours.code) == ("chargingProfile.id", "profile-id")
    for level, code in ((1, None), (2, "takes-fallback")):
        fault = refusal(profile(schedule(6), purpose="TxDefaultProfile", level=level), Quirks(stack_level=2))
        assert (None if fault is None else fault.code) == code


def test_it_counts_until_it_is_refused_replaced_cleared_or_over() -> None:
    out = with_profile(OUTLET, TX)
    assert out.may_follow().at(NOW) == Rate(10.0, 3)
    assert without_profile(out, TX) == OUTLET
    lower = Commanded(profile_id=8, purpose="TxProfile", stack_level=0, line=Timeline.of([(NOW, Rate(8.0, 3))]))
    assert with_profile(out, lower).may_follow().at(NOW) == Rate(10.0, 3)
    assert taken(with_profile(out, lower), lower).may_follow().at(NOW) == Rate(8.0, 3)
    assert cleared(out, v21.ClearChargingProfileRequest(charging_profile_id=7), 1) == OUTLET
    other = v21.ClearChargingProfileType(charging_profile_purpose=v21.ChargingProfilePurposeEnumType("TxDefaultProfile"))
    assert cleared(out, v21.ClearChargingProfileRequest(charging_profile_criteria=other), 1) == out
    assert out.ended() == OUTLET


def test_a_plan_that_is_cleared_goes_on_counting_and_is_there_no_more() -> None:
    line = Timeline.from_slots(NOW, [3600.0], [Rate(16.0, 3)])
    out = cleared(OUTLET.accepted(line, NOW), v21.ClearChargingProfileRequest(charging_profile_id=10_001), 1)
    assert not out.installed.starts
    assert out.may_follow().at(NOW) == Rate(16.0, 3)


@pytest.mark.parametrize(
    ("criteria", "speaks"),
    [
        (v21.ClearChargingProfileType(), True),
        (v21.ClearChargingProfileType(stack_level=1), False),
        (v21.ClearChargingProfileType(evse_id=1), False),
        (v21.ClearChargingProfileType(evse_id=0, stack_level=0), True),
    ],
)
def test_k10_whether_criteria_speak_of_the_fallback(criteria: v21.ClearChargingProfileType, speaks: bool) -> None:
    request = v21.ClearChargingProfileRequest(charging_profile_criteria=criteria)
    assert clears_fallback(request, NO_QUIRKS) is speaks


def test_the_fuse_that_it_passes_is_named_with_the_moment() -> None:
    keys = [("a", 1), ("b", 1)]
    known = dict.fromkeys(keys, OUTLET)
    fuse = Fuse(name="garage", behind=keys, power_w=Timeline.of([(NOW, 12_000.0), (NOW + HOUR, 10_000.0)]))
    assert excess({keys[0]: with_profile(OUTLET, TX)}, known, [fuse], NOW) == (
        # By then the cars must have followed.
        "fuse 'garage', from 2026-01-05T17:59:48+00:00 on: 11.0 kW could be drawn, and it leaves 10.0 kW"
    )
    phases = Fuse(name="row", behind=keys, phase_a=Timeline.of([(NOW, 15.0)]))
    why = excess({keys[0]: with_profile(OUTLET, TX)}, known, [phases], NOW)
    assert why is not None
    assert why.endswith("16.0 A could be drawn on phase 1, and it leaves 15.0 A")
    # What was too much before is not the fault of a profile that adds nothing.
    tight = Fuse(name="row", behind=keys, phase_a=Timeline.of([(NOW, 10.0)]))
    assert excess({keys[0]: OUTLET}, known, [tight], NOW) is None


def known_at(running: Any, station: str, evse_id: int) -> Outlet:
    found: Outlet = running.outlets.known[station, evse_id]
    return found


def body(limit_a: float) -> dict[str, Any]:
    period = {"startPeriod": 0, "limit": limit_a}
    made = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period], "startSchedule": NOW.isoformat()}
    return {
        "evseId": 1,
        "chargingProfile": {
            "id": 7,
            "stackLevel": 3,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Absolute",
            "transactionId": "tx-1",
            "chargingSchedule": [made],
        },
    }


def test_an_operator_cannot_command_past_the_limit(database: str, tiny_station: Any) -> None:
    async def go() -> None:
        clock = LoopClock(asyncio.get_running_loop(), NOW)
        site = Site(limit_w=12_000.0, fallback_a=6.0)
        config = CsmsConfig(
            listen="127.0.0.1:0", web="127.0.0.1:0", database=database, accept_unknown=True, open=True, site=site
        )
        async with (
            running_csms(config, clock) as running,
            tiny_station(running.ocpp_port, "S-1") as first,
            tiny_station(running.ocpp_port, "S-2") as second,
            httpx.AsyncClient(base_url=f"{running.web_url}/api/stations", trust_env=False) as client,
        ):
            for station in (first, second):
                await station.boot()
                await station.event("Started", 0)
                await station.fallbacks.get()
            await asyncio.sleep(20)  # of the loop's time: until the cars have followed
            high = await client.post("/S-1/commands/SetChargingProfile", json=body(16.0))
            assert high.status_code == 422, high.text
            (error,) = high.json()["errors"]
            assert (error["field"], error["code"]) == ("chargingProfile", "limit")
            assert "fuse 'site'" in error["text"]
            assert "15.2 kW could be drawn, and it leaves 12.0 kW" in error["text"]
            assert first.profiles.empty()
            fits = await client.post("/S-1/commands/SetChargingProfile", json=body(10.0))
            assert fits.json() == {"status": "Accepted"}
            assert running.outlets.known["s-1", 1].may_follow().at(clock.now()) == Rate(10.0, 3)
            # What the first may draw now is not there for the second.
            beside = await client.post("/S-2/commands/SetChargingProfile", json=body(8.0))
            assert beside.status_code == 422, beside.text
            for_all = body(7.0)
            for_all["evseId"] = 0
            for_all["chargingProfile"] |= {"id": 8, "chargingProfilePurpose": "TxDefaultProfile"}
            del for_all["chargingProfile"]["transactionId"]
            assert (await client.post("/S-1/commands/SetChargingProfile", json=for_all)).json() == {"status": "Accepted"}
            await first.event("Started", 0, transaction_id="tx-2", evse_id=2)
            assert [one.profile_id for one in known_at(running, "s-1", 2).commanded] == [8]
            everything = await client.post("/S-1/commands/ClearChargingProfile", json={"chargingProfileCriteria": {}})
            assert everything.status_code == 422, everything.text
            assert "the fallback would go" in everything.json()["errors"][0]["text"]

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(go())
