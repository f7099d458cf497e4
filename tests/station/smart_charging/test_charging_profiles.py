"""The station's charging profiles: driven over OCPP, with the current that the simulated board is told as the proof."""

import asyncio
import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UnsetType

from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Unit
from ladewerk.ocpp import v21
from ladewerk.simulator.app import running_simulator
from ladewerk.simulator.config import SimulatorConfig
from ladewerk.station.config import EvseConfig, LockConfig, MeterConfig
from tests.charging.profiles import installed, period, relative, station_max, tx
from tests.station.conftest import running_place
from tests.station.smart_charging.profiles import STATUS, charging, from_now, offered, put


def test_k04_the_station_maximum_lowers_the_current_and_k10_fr05_gives_it_back(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await charging(place)
            limit = station_max(from_now(place, period(0, 10)), number=20)
            assert (await put(place, limit)).status is STATUS.ACCEPTED
            assert offered(place) == 10
            watts = station_max(from_now(place, period(0, 6900, number_phases=1), unit=Unit.W), number=20)
            assert (await put(place, watts)).status is STATUS.ACCEPTED
            assert offered(place) == 10
            cleared = await place.csms.peer.call(v21.ClearChargingProfileRequest(charging_profile_id=20))
            assert cleared.status.value == "Accepted"
            await place.until_true(lambda: offered(place) == 16)

    paced(scenario)


def test_k04_fr05_two_units_share_what_the_station_has(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path / "one") as place:
            ports = SimulatorConfig(meter_port=0, pins_port=0, panel_port=0, serial_link=None)
            async with running_simulator(ports, place.clock) as second:
                first = place.config.units["garage"]
                other = msgspec.structs.replace(
                    first,
                    evse_id=2,
                    evse=EvseConfig(driver="evse-wb", device=second.serial_device),
                    meter=MeterConfig(driver="shelly-3em", url=second.meter_url),
                    lock=LockConfig(driver="motor", pins=second.pins_url, lock_pin=23, unlock_pin=24),
                )
                await place.running.aclose()
                config = msgspec.structs.replace(place.config, units={"garage": first, "yard": other})
                async with running_place(place.clock, place.simulator, place.csms, config, place.listening) as both:
                    await both.until_true(lambda: both.station.link.is_up)
                    limit = station_max(from_now(both, period(0, 20), period(1200, 13), period(1800, 11)), number=20)
                    assert (await put(both, limit)).status is STATUS.ACCEPTED
                    place.simulator.world.plug_in()
                    second.world.plug_in()
                    await both.until_true(lambda: all(unit["state"] == "plugged" for unit in both.station.view()["units"]))
                    await both.press("direct")
                    await both.until_true(lambda: shared(both) == [16, 0])
                    await both.client.post("/api/units/yard/direct")
                    await both.until_true(lambda: shared(both) == [10, 10])
                    await both.until_true(lambda: shared(both) == [6.5, 6.5], within_s=1200)
                    await both.until_true(lambda: shared(both) == [11, 0], within_s=1200)
                    await both.press("stop")
                    await both.until_true(lambda: shared(both) == [0, 11], within_s=600)

    paced(scenario)


def test_a_plan_is_refused_while_a_vehicle_charges_directly_and_nothing_changes(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.press("direct")
            await place.until_true(lambda: offered(place) == 16)
            answer = await place.csms.set_profile(place.csms.peer, 1, place.unit()["transaction_id"])
            assert (answer.status, answer.status_info.reason_code) == (STATUS.REJECTED, "InvalidProfile")
            nothing = v21.GetChargingProfilesRequest(request_id=1, charging_profile=v21.ChargingProfileCriterionType())
            assert (await place.csms.peer.call(nothing)).status.value == "NoProfiles"
            assert offered(place) == 16

    paced(scenario)


def test_S05_a_clock_that_is_set_back_stops_nobody_and_the_profiles_follow_it(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            line = from_now(place, period(0, 10), period(3600, 14))
            assert (await put(place, installed(1, line, number=20))).status is STATUS.ACCEPTED
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.press("direct")
            await place.until_true(lambda: offered(place) == 10)
            place.clock.jump(timedelta(days=-1))
            await asyncio.sleep(60)
            assert offered(place) == 10
            # A day before its start the profile says nothing: the EVSE's own current holds.
            await place.until_true(lambda: offered(place) == 16, within_s=600)
            place.clock.jump(timedelta(days=1, hours=1))
            await place.until_true(lambda: offered(place) == 14, within_s=600)

    paced(scenario)


def shared(place: Any) -> list[float]:
    return [unit.state.offer_a for unit in place.station.units]


def test_a_limit_changes_on_time_and_holds_for_direct_charging_too(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            default = installed(1, from_now(place, period(0, 8), period(600, 3), period(900, 12)), number=20)
            assert (await put(place, default)).status is STATUS.ACCEPTED
            began = place.clock.now()
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.press("direct")
            await place.until_true(lambda: offered(place) == 8)
            await place.until_true(lambda: offered(place) == 0, within_s=900)
            assert abs((place.clock.now() - began).total_seconds() - 600) < 5
            await place.until_true(lambda: offered(place) == 12, within_s=900)

    paced(scenario)


def test_k02_fr08_behind_its_tx_profile_a_session_goes_on_by_the_default(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            place.csms.duration_s = 900
            await place.until_true(lambda: place.station.link.is_up)
            assert (await put(place, installed(0, from_now(place, period(0, 7)), number=20))).status is STATUS.ACCEPTED
            await charging(place)
            await place.until_true(lambda: offered(place) == 7, within_s=1200)
            assert place.unit()["state"] == "charging"
            await place.csms.peer.call(v21.ClearChargingProfileRequest(charging_profile_id=20))
            await place.until_true(lambda: place.unit()["state"] != "charging", within_s=60)

    paced(scenario)


def test_k01_fr27_what_the_csms_has_set_survives_a_restart_and_k09_reports_it(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            kept = [
                station_max(from_now(place, period(0, 9)), number=20),
                installed(1, from_now(place, period(0, 12)), number=21),
            ]
            for one in kept:
                assert (await put(place, one)).status is STATUS.ACCEPTED
            async with place.restarted(place.csms.url, tmp_path) as again:
                await again.until_true(lambda: again.station.link.is_up)
                reports = await reported(again)
                assert [(one.evse_id, one.charging_limit_source, one.tbc) for one in reports] == [
                    (0, "CSO", True),
                    (1, "CSO", False),
                ]
                assert [one.charging_profile[0].id for one in reports] == [20, 21]
                answer = await again.csms.peer.call(v21.GetCompositeScheduleRequest(duration=60, evse_id=1))
                assert [one.limit for one in answer.schedule.charging_schedule_period] == [9]
                criterion = v21.ChargingProfileCriterionType(charging_profile_id=(99,))
                nothing = await again.csms.peer.call(
                    v21.GetChargingProfilesRequest(request_id=1, charging_profile=criterion)
                )
                assert nothing.status.value == "NoProfiles"

    paced(scenario)


async def reported(place: Any) -> list[v21.ReportChargingProfilesRequest]:
    found: list[v21.ReportChargingProfilesRequest] = place.csms.reports
    found.clear()
    everything = v21.GetChargingProfilesRequest(request_id=7, charging_profile=v21.ChargingProfileCriterionType())
    assert (await place.csms.peer.call(everything)).status.value == "Accepted"
    await place.until_true(lambda: bool(found) and found[-1].tbc is False)
    return found


def test_k28_a_dynamic_profile_is_updated(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await charging(place)
            dynamic = installed(0, relative(period(0, 12)), number=20, kind=Kind.DYNAMIC)
            assert (await put(place, dynamic)).status is STATUS.ACCEPTED
            lower = v21.ChargingScheduleUpdateType(limit=9.0)
            # The TxProfile leads: a TxDefaultProfile waits behind it.
            assert offered(place) == 16
            maximum = msgspec.structs.replace(
                dynamic.profile, id=21, charging_profile_purpose=Purpose.CHARGING_STATION_MAX_PROFILE
            )
            assert (await put(place, Installation(0, maximum))).status is STATUS.ACCEPTED
            assert offered(place) == 12
            updated = await place.csms.peer.call(
                v21.UpdateDynamicScheduleRequest(charging_profile_id=21, schedule_update=lower)
            )
            assert updated.status.value == "Accepted"
            assert offered(place) == 9
            unknown = await place.csms.peer.call(
                v21.UpdateDynamicScheduleRequest(charging_profile_id=99, schedule_update=lower)
            )
            assert (unknown.status.value, unknown.status_info.reason_code) == ("Rejected", "InvalidProfile")

    paced(scenario)


def test_k01_what_is_refused_changes_nothing(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await charging(place)
            candidates = [
                (installed(0, from_now(place), number=20, purpose=Purpose.PRIORITY_CHARGING), "UnsupportedPurpose"),
                (station_max(relative(), number=20, kind=Kind.RELATIVE), "InvalidValue"),
                (installed(1, from_now(place, period(5)), number=20), "InvalidSchedule"),
            ]
            for candidate, reason in candidates:
                answer = await put(place, candidate)
                assert answer.status is STATUS.REJECTED
                assert not isinstance(answer.status_info, UnsetType)
                assert answer.status_info.reason_code == reason
            assert offered(place) == 16
            assert [one.id for report in await reported(place) for one in report.charging_profile] == [7]

    paced(scenario)


def test_k01_fr101_a_profile_ends_with_a_long_offline_time_and_fr102_some_for_good(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                place.csms.port = probe.getsockname()[1]
            async with place.restarted(place.csms.url, tmp_path / "b") as again:
                async with again.csms.serving():
                    await charging(again)
                    lasting = station_max(from_now(again, period(0, 12)), number=20, max_offline_duration=60)
                    ending = station_max(
                        from_now(again, period(0, 10)),
                        number=21,
                        level=1,
                        max_offline_duration=60,
                        invalid_after_offline_duration=True,
                    )
                    for one in (lasting, ending):
                        assert (await put(again, one)).status is STATUS.ACCEPTED
                    assert offered(again) == 10
                await again.until_true(lambda: not again.station.link.is_up)
                assert offered(again) == 10
                await again.until_true(lambda: offered(again) == 16, within_s=120)
                async with again.csms.serving():
                    await again.until_true(lambda: offered(again) == 12, within_s=600)
                    assert {one.id for report in await reported(again) for one in report.charging_profile} == {7, 20}

    paced(scenario)


def test_a_relative_plan_begins_when_the_vehicle_may_charge(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            place.csms.plans = False
            await place.until_true(lambda: place.station.link.is_up)
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.submit(energy_wh=20000)
            await place.until("requested")
            plan = tx(
                1,
                relative(period(0, 8), period(120, 14), duration=3600),
                number=7,
                kind=Kind.RELATIVE,
                transaction=place.unit()["transaction_id"],
            )
            assert (await put(place, plan)).status is STATUS.ACCEPTED
            await place.until("planned")
            await asyncio.sleep(300)
            await place.press("start")
            await place.until("charging")
            began = place.clock.now()
            assert offered(place) == 8
            await place.until_true(lambda: offered(place) == 14, within_s=300)
            assert abs((place.clock.now() - began).total_seconds() - 120) < 5

    paced(scenario)
