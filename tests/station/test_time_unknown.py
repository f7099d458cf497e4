"""A station that starts without knowing the time, as a Raspberry Pi does after a power cut."""

import asyncio
import csv
import io
import socket
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ladewerk.clock import LoopClock
from ladewerk.ocpp import v21
from tests.station.conftest import START

LATER = timedelta(days=30)
"""How long the power was gone: the machine goes on at the time at which it was switched off."""


def day_and_night(now: Any) -> v21.ChargingProfileType:
    """16 A for an hour before and two hours after ``now``, 8 A for the rest of the day."""
    periods = [(0, 16.0), (3 * 3600, 8.0)]
    return v21.ChargingProfileType(
        id=9,
        stack_level=0,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType.TX_DEFAULT_PROFILE,
        charging_profile_kind=v21.ChargingProfileKindEnumType.RECURRING,
        recurrency_kind=v21.RecurrencyKindEnumType.DAILY,
        charging_schedule=(
            v21.ChargingScheduleType(
                id=1,
                start_schedule=now - timedelta(hours=1),
                duration=86_400,
                charging_rate_unit=v21.ChargingRateUnitEnumType.A,
                charging_schedule_period=tuple(
                    v21.ChargingSchedulePeriodType(start_period=at, limit=limit, number_phases=3) for at, limit in periods
                ),
            ),
        ),
    )


def undated(folder: Path) -> list[tuple[float]]:
    """What is kept of readings, sessions and messages that counts from 1970."""
    columns = (("readings", "begin_s"), ("sessions", "began_s"), ("messages", "at_s"))
    with closing(sqlite3.connect(f"file:{folder}/history.sqlite3?mode=ro", uri=True)) as database:
        asked = (f"select {column} from {table} where {column} < 946684800" for table, column in columns)
        return [row for one in asked for row in database.execute(one)]


def test_without_a_time_the_least_limit_holds_and_what_happened_is_dated_afterwards(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            truly = LoopClock(asyncio.get_running_loop(), START + LATER)
            profile = day_and_night(truly.now())
            set_it = v21.SetChargingProfileRequest(evse_id=1, charging_profile=profile)
            assert (await place.csms.peer.call(set_it)).status.value == "Accepted"
            await place.listening.aclose()
            with socket.create_server(("127.0.0.1", 0)) as free:
                place.csms.port = free.getsockname()[1]
            place.csms.clock = truly
            place.csms.boots.clear()
            async with place.restarted(place.csms.url, tmp_path, time_is_set=lambda: False) as again:
                began_at = truly.now()
                view = again.station.view()
                assert view["time_from"] == "none"
                assert "time_unknown" in [message["code"] for message in view["messages"]]
                again.simulator.world.plug_in()
                await again.until_true(lambda: bool(again.unit()["allowed"]["direct"]))
                assert (await again.press("direct")).status_code == 200
                await again.until_true(lambda: again.unit()["power_w"] > 3000)
                assert again.unit()["set_current_a"] == 8.0, "nobody knows whether it is night"
                asked = await again.submit()
                assert (asked.status_code, asked.json()["code"]) == (409, "no_time"), "nor when a departure is"
                assert "nobody knows what time it is" in asked.json()["text"]
                a_file = {"content": "start;end;current_a\n22:00;23:00;10\n", "params": {"time_zone": "Europe/Berlin"}}
                given = await again.client.post("/api/units/garage/schedule", **a_file)
                assert (given.status_code, given.json()["code"]) == (409, "no_time")
                await again.until_true(lambda: len(undated(tmp_path)) > 10, within_s=300)
                async with again.csms.serving():
                    await again.until_true(lambda: again.station.link.is_up, within_s=600)
                    known_at = truly.now()
                    assert again.station.view()["time_from"] == "csms"
                    assert abs(again.station.link._clock.now() - truly.now()) < timedelta(seconds=1)
                    await again.until_true(lambda: again.unit()["set_current_a"] == 16.0, within_s=10)
                    await again.press("stop")
                    await again.until_true(lambda: again.csms.events[-1].event_type.value == "Ended")
                times = [event.timestamp for event in again.csms.events]
                assert times == sorted(times)
                assert began_at <= times[0] < known_at - timedelta(seconds=10) < times[-1] <= truly.now()
                values = [one for event in again.csms.events for one in msgspec.to_builtins(event).get("meterValue", ())]
                assert values
                assert all(one["timestamp"] >= began_at.isoformat() for one in values)
                assert {event.offline for event in again.csms.events} >= {True}
                assert "time_known" in [message["code"] for message in again.station.view()["messages"]]
                await again.until_true(lambda: not undated(tmp_path), within_s=120)
                assert all(one["at"] > "2026-01" for one in again.station.view()["messages"])
                for table, time in (("readings", "begin"), ("sessions", "begin"), ("messages", "at")):
                    rows = list(csv.DictReader(io.StringIO((await again.client.get(f"/api/history/{table}.csv")).text)))
                    assert [row for row in rows if row[time] < "2026-01"] == []
                    newest = [datetime.fromisoformat(row[time]) for row in rows if row[time] > began_at.isoformat()]
                    assert any(at < known_at for at in newest)
                    assert max(newest) <= truly.now()

    paced(scenario)


def test_a_clock_that_is_set_back_and_forth_leaves_limits_where_they_belong(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, self_test="never") as place:
            await place.until_true(lambda: place.station.link.is_up)
            profile = day_and_night(place.clock.now())
            assert (
                await place.csms.peer.call(v21.SetChargingProfileRequest(evse_id=1, charging_profile=profile))
            ).status.value == "Accepted"
            place.simulator.world.plug_in()
            await place.until_true(lambda: bool(place.unit()["allowed"]["direct"]))
            await place.press("direct")
            await place.until_true(lambda: place.unit()["set_current_a"] == 16.0)
            for told, jump in enumerate((timedelta(hours=5), timedelta(hours=-5)), start=1):
                place.clock.jump(jump)
                wanted_a = 8.0 if jump > timedelta() else 16.0
                await place.until_true(lambda wanted_a=wanted_a: place.unit()["set_current_a"] == wanted_a, within_s=20)
                await place.until_true(
                    lambda told=told: [one["code"] for one in place.station.view()["messages"]].count("time_set") == told
                )

    paced(scenario)
