"""Charging that the CSMS starts: it follows the plans of the CSMS, whether they come with the start or later."""

from pathlib import Path
from typing import Any

import pytest

from ladewerk.charging.installation import Purpose
from ladewerk.ocpp import Version, v21
from ladewerk.station.drivers.ports import PilotState
from ladewerk.station.unit.actions import SetCurrent
from ladewerk.station.unit.events import DirectPressed, LockMoved, Origin, PlanCleared, PlanReceived, StopPressed
from ladewerk.station.unit.state import Phase
from ladewerk.timeline import Timeline
from tests.charging.profiles import period, profile, schedule
from tests.station.unit_bench import Bench


def locking(origin: Origin = Origin.REMOTE) -> Bench:
    bench = Bench(direct_current_a=10.0)
    bench.second()
    bench.plug_in()
    bench.feed(DirectPressed(origin))
    return bench


def energised(bench: Bench) -> Bench:
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    bench.pilot = PilotState.C
    bench.second()
    return bench


def shown(bench: Bench) -> tuple[Phase, float]:
    return bench.phase(), bench.state.offer_a


def test_k01_a_plan_takes_over_without_a_gap_what_the_csms_started() -> None:
    bench = energised(locking())
    assert shown(bench) == (Phase.DIRECT, 10.0)
    before = len(bench.actions)
    assert bench.refusal(PlanReceived(bench.plan((60, 8.0), (60, 0.0), (60, 7.0)))) is None
    assert shown(bench) == (Phase.CHARGING, 8.0)
    assert [action.current_a for action in bench.actions[before:] if isinstance(action, SetCurrent)] == [8.0]
    bench.second(61)
    assert shown(bench) == (Phase.WAITING, 0.0)
    bench.second(60)
    assert shown(bench) == (Phase.CHARGING, 7.0)


def test_k02_fr08_what_the_csms_started_goes_on_directly_where_its_plan_ends() -> None:
    bench = energised(locking())
    bench.feed(PlanReceived(bench.plan((60, 8.0))))
    bench.second(62)
    assert shown(bench) == (Phase.DIRECT, 10.0)
    assert bench.ended() == []


def test_k10_fr05_what_the_csms_started_goes_on_directly_where_its_plan_is_cleared() -> None:
    bench = energised(locking())
    bench.feed(PlanReceived(bench.plan((3600, 8.0))))
    bench.second(10)
    bench.feed(PlanCleared())
    bench.second(10)
    assert shown(bench) == (Phase.DIRECT, 10.0)


def test_k01_a_plan_that_comes_while_the_plug_is_locked_is_followed_from_the_first_current() -> None:
    bench = locking()
    bench.feed(PlanReceived(bench.plan((3600, 8.0))))
    assert shown(energised(bench)) == (Phase.CHARGING, 8.0)
    cleared = locking()
    cleared.feed(PlanReceived(cleared.plan((3600, 8.0))))
    cleared.feed(PlanCleared())
    assert shown(energised(cleared)) == (Phase.DIRECT, 10.0)


def test_k01_a_plan_without_a_current_ends_nothing_that_the_csms_started() -> None:
    bench = locking()
    bench.feed(PlanReceived(Timeline()))
    energised(bench)
    bench.feed(PlanReceived(Timeline()))
    bench.second(5)
    assert bench.phase() is Phase.DIRECT


@pytest.mark.parametrize("prepare", [energised, lambda bench: bench])
def test_a_driver_who_chose_to_charge_directly_is_not_overruled_by_a_plan(prepare: Any) -> None:
    bench = prepare(locking(Origin.LOCAL))
    assert bench.refusal(PlanReceived(bench.plan((60, 8.0)))) == "direct_charging"


def test_the_next_session_knows_nothing_of_who_started_the_last_one() -> None:
    bench = energised(locking())
    bench.feed(StopPressed())
    bench.pilot = PilotState.B
    bench.second(3)
    assert bench.phase() is Phase.PLUGGED
    assert not bench.state.by_csms


def start(**more: Any) -> v21.RequestStartTransactionRequest:
    token = v21.IdTokenType(id_token="A", type="Central")
    return v21.RequestStartTransactionRequest(id_token=token, remote_start_id=1, evse_id=1, **more)


@pytest.mark.parametrize("version", [Version.V21, Version.V201, Version.V16])
def test_k01_a_profile_for_the_running_transaction_takes_over(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await place.until_true(lambda: place.station.link.is_up)
            place.simulator.world.plug_in()
            await place.until("plugged")
            assert (await place.csms.peer.call(start())).status.value == "Accepted"
            await place.until("direct")
            await place.until_true(lambda: bool(place.csms.events))
            place.csms.periods = [(0, 8.0), (600, 12.0)]
            running = place.csms.events[-1].transaction_info.transaction_id
            answer = await place.csms.set_profile(place.csms.peer, 1, running)
            assert answer.status.value == "Accepted"
            assert (place.unit()["state"], _offered(place)) == ("charging", 8.0)
            await place.until_true(lambda: _offered(place) == 12.0, within_s=660)
            await place.until("direct", within_s=3600)
            assert _offered(place) == 16.0

    paced(scenario)


def brought(place: Any, **more: Any) -> v21.ChargingProfileType:
    said = {"purpose": Purpose.TX_PROFILE, "number": 5, **more}
    return profile(schedule(period(0, 8.0), start_schedule=place.clock.now(), duration=1800), **said)


@pytest.mark.parametrize("version", [Version.V21, Version.V201, Version.V16])
def test_k05_fr01_a_profile_that_comes_with_the_start_is_carried_out(
    tmp_path: Path, place_at: Any, paced: Any, version: Version
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, versions=(version,)) as place:
            await place.until_true(lambda: place.station.link.is_up)
            place.simulator.world.plug_in()
            await place.until("plugged")
            answer = await place.csms.peer.call(start(charging_profile=brought(place)))
            assert answer.status.value == "Accepted"
            await place.until("charging")
            assert _offered(place) == 8.0
            await place.until("direct", within_s=1900)
            assert _offered(place) == 16.0
            await place.press("stop")
            await place.until("plugged")
            assert not await cleared(place)
            # The vehicle is still there: the transaction of the next start is not open yet.
            answer = await place.csms.peer.call(start(charging_profile=brought(place)))
            assert answer.status.value == "Accepted"
            await place.until("charging")
            assert _offered(place) == 8.0

    paced(scenario)


def test_k05_a_start_with_a_profile_that_cannot_be_installed_starts_nothing(
    tmp_path: Path, place_at: Any, paced: Any
) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            place.simulator.world.plug_in()
            await place.until("plugged")
            installed = await place.csms.set_profile(place.csms.peer, 1, place.unit()["transaction_id"])
            assert installed.status.value == "Accepted"
            await place.until("planned")
            late = profile(schedule(period(60, 8.0)), purpose=Purpose.TX_PROFILE, number=5, level=1)
            for refused, reason in [
                (brought(place, purpose=Purpose.TX_DEFAULT_PROFILE), "InvalidProfile"),  # K05.FR.02
                (brought(place, transaction="t-1"), "TxNotFound"),
                (late, "InvalidSchedule"),  # K01.FR.31
                (brought(place), "InvalidStackLevel"),  # K01.FR.39
            ]:
                answer = await place.csms.peer.call(start(charging_profile=refused))
                assert (answer.status.value, answer.status_info.reason_code) == ("Rejected", reason)
                assert (place.unit()["state"], await cleared(place)) == ("planned", False)
            answer = await place.csms.peer.call(start(charging_profile=brought(place, level=1)))
            assert answer.status.value == "Accepted"
            await place.until("charging")
            assert _offered(place) == 8.0

    paced(scenario)


def test_k05_a_profile_with_a_start_that_is_refused_is_not_kept(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path) as place:
            await place.until_true(lambda: place.station.link.is_up)
            answer = await place.csms.peer.call(start(charging_profile=brought(place)))
            assert (answer.status.value, answer.status_info.reason_code) == ("Rejected", "NotReady")
            assert not await cleared(place)
            place.simulator.world.plug_in()
            await place.until("plugged")
            await place.press("direct")
            await place.until("direct")
            answer = await place.csms.peer.call(start(charging_profile=brought(place)))
            assert (answer.status.value, answer.status_info.reason_code) == ("Rejected", "NotReady")
            assert _offered(place) == 16.0
            assert not await cleared(place)

    paced(scenario)


async def cleared(place: Any) -> bool:
    """There was a profile as :func:`brought`; it is gone now."""
    answer = await place.csms.peer.call(v21.ClearChargingProfileRequest(charging_profile_id=5))
    return bool(answer.status.value == "Accepted")


def _offered(place: Any) -> float:
    return float(place.station.units.of_evse(1).state.offer_a)
