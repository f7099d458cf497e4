"""Acceptance cases W01 to W10, F01, F02, D01 to D03 and S01, S02, S04, S05, driven from outside."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ladewerk.ocpp import v21
from ladewerk.simulator.evse_board import BoardFailure
from tests.acceptance.test_before_charging import break_something, codes, dark, energy_asked_wh, planned, plugged
from tests.station.conftest import charging_place, on_paced_loop

REASONS = v21.ReasonEnumType


async def charging(place: Any, **needs: Any) -> None:
    """A vehicle that charges by a plan."""
    await planned(place, **needs)
    assert (await place.press("start")).status_code == 200
    await place.until("charging")
    await place.until_true(lambda: place.simulator.world.vehicle.current_a > 0)


async def ended(place: Any) -> v21.TransactionEventRequest:
    """The last event of the transaction, once the CSMS has it."""
    await place.until_true(lambda: place.csms.events[-1].event_type.value == "Ended")
    last: v21.TransactionEventRequest = place.csms.events[-1]
    return last


def nothing_was_lost(place: Any) -> None:
    """Every event of every transaction, in order, once."""
    seen: dict[str, list[int]] = {}
    for event in place.csms.events:
        seen.setdefault(event.transaction_info.transaction_id, []).append(event.seq_no)
    assert all(numbers == list(range(len(numbers))) for numbers in seen.values()), seen


@pytest.mark.parametrize(
    ("case", "faults", "code", "within_s"),
    [
        ("W01", {"board_failure": BoardFailure.DIODE}, "evse_error", 10),
        ("W01", {"board_silent": True}, "evse_silent", 20),
        ("W02", {"meter_silent": True}, "meter_silent", 45),
        ("W02", {"meter_refuses": True}, "meter_silent", 45),
        ("S02", {"vehicle_ignores_offer": True}, "surge", 20),
    ],
)
def test_W01_W02_S02_what_is_wrong_stops_the_charging_with_a_fault(
    tmp_path: Path, case: str, faults: dict[str, object], code: str, within_s: float
) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            place.csms.periods = [(0, 8.0)]
            await charging(place)
            break_something(place, **faults)
            unit = await place.until("fault", within_s=within_s)
            assert unit["error"]["code"] == code, case
            # A board that hears nothing cannot be told; one that hears is dark at once.
            if "board_silent" not in faults:
                await place.until_true(lambda: dark(place), within_s=10)
            assert (await place.press("start")).json()["code"] == "error_latched"
            last = await ended(place)
            assert last.transaction_info.stopped_reason in (REASONS.OTHER, REASONS.OVERCURRENT_FAULT)

    on_paced_loop(scenario)


def test_W03_W05_stop_leaves_no_latch_and_a_new_request_has_no_trace_of_the_old_session(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await charging(place, energy_wh=5000)
            first = place.unit()["transaction_id"]
            assert (await place.press("stop")).status_code == 200
            unit = await place.until("plugged")
            assert (await ended(place)).transaction_info.stopped_reason == REASONS.LOCAL
            assert dark(place)
            assert not place.simulator.world.lock.locked
            assert (unit["error"], unit["plan"], unit["needs"], unit["session_energy_wh"]) == (None, None, None, 0)
            assert unit["actions"] == {"waiting": [], "current": None, "completed": []}

            assert (await place.submit(energy_wh=700)).status_code == 202
            await place.until("planned")
            assert energy_asked_wh(place.csms.needs[-1]) == 700
            await place.press("start")
            unit = await place.until("charging")
            assert unit["transaction_id"] not in (None, first)

    on_paced_loop(scenario)


def test_W04_W06_a_running_session_is_touched_by_no_new_request_and_no_second_start(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await charging(place)
            before = place.unit()
            assert (await place.submit(energy_wh=9000)).json()["code"] == "in_use"
            assert (await place.press("start")).json()["code"] == "already_running"
            await asyncio.sleep(10)
            after = place.unit()
            assert {key: after[key] for key in ("state", "needs", "plan", "transaction_id", "set_current_a")} == {
                key: before[key] for key in ("state", "needs", "plan", "transaction_id", "set_current_a")
            }
            assert len(place.csms.needs) == 1

    on_paced_loop(scenario)


def test_W07_W08_W10_without_the_csms_the_plan_goes_on_and_everything_is_delivered_later(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path, calibration_s=120) as place:
            await charging(place, energy_wh=8000)
            port = place.csms.port
            await place.listening.aclose()
            await place.until_true(lambda: not place.station.link.is_up)
            asked, told = len(place.csms.needs), len(place.csms.events)
            offered_a = set()
            for _ in range(100):
                await asyncio.sleep(3)
                offered_a.add(place.simulator.world.board.configured_a)
            assert offered_a == {16}
            assert len(place.csms.events) == told
            place.csms.port = port
            async with place.csms.serving():
                await place.until_true(lambda: place.station.link.is_up, within_s=600)
                await place.until_true(lambda: len(place.csms.needs) == asked + 1, within_s=300)
                await place.press("stop")
                await ended(place)
                nothing_was_lost(place)
                assert any(event.offline is True for event in place.csms.events)

    on_paced_loop(scenario)


def test_W09_a_calibration_asks_for_what_is_missing_and_its_plan_takes_over_without_a_gap(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path, calibration_s=120) as place:
            await charging(place, energy_wh=6000)
            began_s = place.clock.monotonic()
            transaction = place.unit()["transaction_id"]
            place.csms.periods = [(0, 10.0)]
            offers: list[float] = []
            place.simulator.samples.connect(lambda sample: offers.append(sample.offer_a))
            await place.until_true(lambda: len(place.csms.needs) == 2)
            assert place.clock.monotonic() - began_s > 100
            missing = energy_asked_wh(place.csms.needs[1])
            assert 5000 < missing < 5900
            await place.until_true(lambda: place.simulator.world.board.configured_a == 10)
            assert 0 not in offers
            unit = place.unit()
            assert (unit["transaction_id"], unit["state"]) == (transaction, "charging")
            assert unit["session_energy_wh"] > 100

    on_paced_loop(scenario)


def test_F01_after_the_last_action_charging_stops_and_the_plug_is_let_go(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            place.csms.duration_s = 300
            await charging(place, energy_wh=9000)
            place.csms.plans = False
            await place.until("plugged", within_s=400)
            assert (await ended(place)).transaction_info.stopped_reason == REASONS.TIME_LIMIT_REACHED
            assert dark(place)
            assert not place.simulator.world.lock.locked
            nothing_was_lost(place)

    on_paced_loop(scenario)


def test_F02_at_the_planned_energy_charging_stops_and_the_plug_is_let_go(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await charging(place, energy_wh=500)
            before_wh = place.simulator.world.sample().drawn_wh
            await place.until("plugged", within_s=600)
            assert (await ended(place)).transaction_info.stopped_reason == REASONS.ENERGY_LIMIT_REACHED
            assert place.simulator.world.sample().drawn_wh - before_wh == pytest.approx(500, abs=30)
            assert dark(place)
            assert not place.simulator.world.lock.locked

    on_paced_loop(scenario)


def test_D03_direct_charging_goes_on_without_plan_calibration_or_an_end_by_energy(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path, calibration_s=120) as place:
            await plugged(place)
            await place.press("direct")
            await place.until("direct")
            await asyncio.sleep(3600)
            assert place.simulator.world.sample().drawn_wh > 9000
            assert place.unit()["state"] == "direct"
            assert place.csms.needs == []
            await place.press("stop")
            await place.until("plugged")

    on_paced_loop(scenario)


def test_S01_a_swinging_current_is_an_alarm_and_caps_the_offer(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await charging(place)
            break_something(place, vehicle_swings_a=5.0)
            await place.until_true(lambda: place.csms.problems == [("current_fluctuates", "true")], within_s=120)
            assert "current_fluctuates" in codes(place)
            await place.until_true(lambda: place.simulator.world.board.configured_a == 13, within_s=30)

    on_paced_loop(scenario)


def test_S04_whatever_fails_the_locks_motor_is_never_driven_too_long_nor_both_ways(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            lock = place.simulator.world.lock
            await charging(place)
            await place.press("stop")
            await place.until("plugged")
            await place.press("direct")
            await place.until("locking")
            async with place.restarted(place.csms.url, tmp_path) as again:
                await again.until("plugged")
                await again.press("direct")
                await again.until("direct")
                break_something(again, board_failure=BoardFailure.DIODE)
                await again.until("fault")
                await again.until_true(lambda: not again.simulator.world.lock.locked)
            assert lock.violations == []
            assert lock.longest_drive_s <= 1.2

    on_paced_loop(scenario)


@pytest.mark.parametrize("jump", [timedelta(hours=2), -timedelta(hours=2)], ids=["forward", "back"])
def test_S05_a_jump_of_the_clock_never_raises_the_current_above_the_plan(tmp_path: Path, jump: timedelta) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            place.csms.periods = [(0, 8.0), (900, 16.0)]
            await charging(place, energy_wh=9000)
            began_s = place.clock.monotonic()
            place.clock.jump(jump)
            while place.clock.monotonic() - began_s < 600:
                await asyncio.sleep(15)
                assert place.simulator.world.board.configured_a <= 8

    on_paced_loop(scenario)


@pytest.mark.parametrize("jump", [timedelta(minutes=3), -timedelta(hours=2)], ids=["forward", "back"])
def test_S05_a_plan_lasts_as_long_as_it_was_to_whatever_the_clock_shows(tmp_path: Path, jump: timedelta) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            place.csms.duration_s = 240
            await charging(place, energy_wh=9000)
            place.csms.plans = False
            since_plug_s = (place.clock.now() - place.csms.events[0].timestamp).total_seconds()
            began_s = place.clock.monotonic()
            place.clock.jump(jump)
            await place.until("plugged", within_s=400)
            assert (await ended(place)).transaction_info.stopped_reason == REASONS.TIME_LIMIT_REACHED
            assert since_plug_s + place.clock.monotonic() - began_s == pytest.approx(240, abs=30)

    on_paced_loop(scenario)


def test_a_vehicle_that_is_pulled_out_by_force_ends_the_session_without_a_latch(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await charging(place)
            world = place.simulator.world
            world.vehicle.plugged = False
            world.settle()
            await place.until("idle")
            assert (await ended(place)).transaction_info.stopped_reason == REASONS.EV_DISCONNECTED
            assert dark(place)
            assert place.unit()["error"] is None

    on_paced_loop(scenario)


def test_a_meter_that_freezes_is_a_meter_that_fails(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with charging_place(tmp_path) as place:
            await charging(place)
            world = place.simulator.world
            world.set_faults(msgspec.structs.replace(world.faults, meter_frozen=True))
            unit = await place.until("fault", within_s=120)
            assert unit["error"]["code"] == "meter_frozen"
            assert dark(place)

    on_paced_loop(scenario)
