"""The charging unit's table while it charges, and how that ends."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ladewerk.station.drivers.ports import EvseFault
from ladewerk.station.unit.actions import (
    BeginTransaction,
    EndReason,
    MoveLock,
    OpenContactor,
    RequestPlan,
    SetCurrent,
)
from ladewerk.station.unit.events import (
    EvseSeen,
    LockMoved,
    NeedsAnswered,
    NeedsGiven,
    Origin,
    PlanCleared,
    PlanReceived,
    StartPressed,
    StopPressed,
    Tick,
)
from ladewerk.station.unit.state import ENERGISED, Phase, SelfTest
from tests.station.unit_bench import START, A, B, Bench, C, direct, ready


def test_W01_an_error_of_the_board_stops_and_latches() -> None:
    bench = ready()
    bench.charging()
    bench.faults = frozenset({EvseFault.GROUND})
    bench.second()
    assert bench.phase() is Phase.FAULT
    assert (bench.set_a, bench.supply) == (0.0, False)
    assert bench.ended() == [EndReason.GROUND_FAULT]


def test_W01_one_missed_poll_is_no_fault_but_ten_seconds_are() -> None:
    bench = ready()
    bench.charging()
    bench.board_answers = False
    bench.second(9)
    assert bench.phase() is Phase.CHARGING
    bench.second(3)
    assert bench.phase() is Phase.FAULT


def test_W02_a_silent_meter_holds_the_current_then_stops() -> None:
    bench = ready()
    bench.charging((60, 8.0), (3600, 16.0))
    bench.meter_answers = False
    bench.second(28)
    assert bench.at >= START + timedelta(seconds=60)
    assert (bench.phase(), bench.state.offer_a) == (Phase.CHARGING, 8.0)
    bench.second(5)
    assert bench.phase() is Phase.FAULT


def test_W03_stop_ends_without_a_latch_and_unlocks() -> None:
    bench = ready()
    bench.charging()
    bench.feed(StopPressed())
    assert bench.phase() is Phase.FINISHING
    bench.drawn_a, bench.pilot = 0.0, B
    bench.second(3)
    assert bench.phase() is Phase.PLUGGED
    assert MoveLock(locked=False) in bench.actions
    assert bench.ended() == [EndReason.LOCAL]


def test_a_vehicle_that_goes_on_drawing_is_cut_off_and_never_set_free_before() -> None:
    bench = ready()
    bench.charging()
    bench.feed(StopPressed(Origin.REMOTE))
    seen = len(bench.actions)
    for _ in range(25):
        bench.relay = True
        bench.monotonic_s += 1
        bench.feed(EvseSeen(bench.reading()))
        bench.feed(Tick())
    assert OpenContactor() in bench.actions[seen:]
    assert MoveLock(locked=False) not in bench.actions[seen:]
    assert bench.phase() is Phase.FAULT
    assert bench.ended() == [EndReason.REMOTE]


def test_W04_a_new_request_while_charging_is_refused() -> None:
    bench = ready()
    bench.charging()
    before = bench.state
    assert bench.refusal(NeedsGiven(bench.needs())) == "in_use"
    assert bench.state == before


def test_W05_a_new_request_after_a_stop_has_no_trace_of_the_old_session() -> None:
    bench = ready()
    bench.charging()
    bench.feed(StopPressed())
    bench.drawn_a, bench.pilot = 0.0, B
    bench.second(3)
    fresh = replace(ready().state)
    for name in (
        "needs",
        "request",
        "planned",
        "direct",
        "energy",
        "ending",
        "tested",
        "in_transaction",
        "offer_a",
        "locked",
    ):
        assert getattr(bench.state, name) == getattr(fresh, name), name
    bench.feed(NeedsGiven(bench.needs()))
    assert bench.actions.count(BeginTransaction(plugged_now=False)) == 1


def test_W06_start_again_has_no_effect() -> None:
    bench = ready()
    bench.charging()
    before = bench.state
    assert bench.refusal(StartPressed()) == "already_running"
    assert bench.state == before


def test_W07_the_schedule_goes_on_without_the_csms() -> None:
    bench = ready()
    bench.charging((120, 16.0), (120, 10.0))
    bench.link(up=False)
    bench.drawn_a = 9.0
    bench.second(100)
    assert (bench.phase(), bench.state.offer_a) == (Phase.CHARGING, 10.0)


def test_W09_each_period_what_is_missing_goes_out_and_the_new_plan_takes_over_without_a_gap() -> None:
    bench = Bench(calibration_s=120)
    bench.second()
    bench.charging((7200, 16.0))
    seen = len(bench.actions)
    bench.second(125)
    (asked,) = [action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]
    assert asked.needs.energy_wh < 5000
    bench.feed(NeedsAnswered(accepted=True))
    seen = len(bench.actions)
    bench.feed(PlanReceived(bench.plan((3600, 12.0))))
    assert [action for action in bench.actions[seen:] if isinstance(action, SetCurrent)] == [SetCurrent(12.0)]
    assert bench.phase() is Phase.CHARGING
    assert bench.state.planned is not None
    assert bench.state.planned.completed


def test_W10_without_the_csms_the_next_period_tries_again() -> None:
    bench = Bench(calibration_s=120)
    bench.second()
    bench.charging((7200, 16.0))
    bench.link(up=False)
    seen = len(bench.actions)
    bench.second(125)
    assert not [action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]
    bench.link(up=True)
    bench.second(100)
    assert not [action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]
    bench.second(25)
    assert [action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]


def test_a_refused_calibration_leaves_the_plan_as_it_is() -> None:
    bench = ready()
    bench.charging()
    before = bench.state.planned
    bench.feed(NeedsAnswered(accepted=False, reason="no"))
    assert bench.state.planned == before
    assert bench.phase() is Phase.CHARGING


def test_the_last_call_asks_shortly_before_the_end() -> None:
    bench = ready()
    bench.charging((200, 16.0), energy_wh=50_000)
    seen = len(bench.actions)
    bench.second(130)
    assert [action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]


def test_a_plan_taken_back_pauses_until_there_is_a_new_one() -> None:
    bench = ready()
    bench.charging()
    bench.feed(PlanCleared())
    assert (bench.phase(), bench.state.offer_a) == (Phase.WAITING, 0.0)
    bench.drawn_a, bench.pilot = 0.0, B
    seen = len(bench.actions)
    bench.second(61)
    assert [action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]
    bench.feed(PlanReceived(bench.plan((600, 9.0))))
    assert (bench.phase(), bench.state.offer_a) == (Phase.CHARGING, 9.0)


def test_a_plan_taken_back_before_the_start_is_waited_for_again() -> None:
    bench = ready()
    bench.planned()
    bench.feed(PlanCleared())
    assert bench.phase() is Phase.REQUESTED


def test_a_board_that_shows_another_current_is_told_again_then_given_up() -> None:
    bench = ready()
    bench.charging()
    bench.obeys, bench.set_a = False, 20.0
    seen = len(bench.actions)
    bench.second(4)
    assert SetCurrent(16.0) in bench.actions[seen:]
    bench.second(10)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "evse_disobeys"


def test_a_board_that_knows_whole_amps_obeys_when_it_rounds_down() -> None:
    bench = ready()
    bench.charging((3600, 13.7))
    bench.obeys, bench.set_a, bench.drawn_a = False, 13.0, 12.8
    bench.second(15)
    assert bench.phase() is Phase.CHARGING


def test_F01_the_end_of_the_last_action_ends_the_session() -> None:
    bench = ready()
    bench.charging((120, 16.0), (120, 0.0), energy_wh=50_000)
    bench.second(84)
    assert bench.phase() is Phase.CHARGING
    bench.drawn_a, bench.pilot = 0.0, B
    bench.second(5)
    assert bench.phase() is Phase.PLUGGED
    assert bench.ended() == [EndReason.SCHEDULE_OVER]


def test_F02_the_energy_asked_for_ends_the_session() -> None:
    bench = ready()
    bench.charging(energy_wh=200)
    bench.second(65)
    assert bench.phase() is Phase.CHARGING
    assert bench.state.session_energy_wh == pytest.approx(200, abs=5)
    bench.second()
    bench.drawn_a, bench.pilot = 0.0, B
    bench.second(3)
    assert bench.ended() == [EndReason.ENERGY_LIMIT_REACHED]


def test_unplugging_ends_the_session() -> None:
    bench = ready()
    bench.charging()
    bench.pilot, bench.drawn_a = A, 0.0
    bench.second(3)
    assert bench.phase() is Phase.IDLE
    assert bench.ended() == [EndReason.UNPLUGGED]


def test_a_plug_that_cannot_be_let_go_is_a_fault() -> None:
    bench = ready()
    bench.charging()
    bench.lock_works = False
    bench.feed(StopPressed())
    bench.drawn_a, bench.pilot = 0.0, B
    bench.second(3)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "unlock_failed"


def test_a_start_that_overtakes_an_unlock_still_lets_the_plug_go_at_its_end() -> None:
    bench = ready()
    bench.planned()
    bench.state = replace(bench.state, locked=True, unlocking=True)  # as after a crash
    for event in (StartPressed(), LockMoved(locked=False), LockMoved(locked=True)):
        bench.feed(event)
    bench.self_test()
    bench.feed(StopPressed())
    bench.second(3)
    assert (bench.phase(), bench.state.locked) == (Phase.PLUGGED, False)


def test_a_stop_while_locking_lets_the_late_plug_go() -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.feed(StopPressed())
    bench.feed(LockMoved(locked=True))
    bench.second(3)
    assert bench.phase() is Phase.PLUGGED
    assert not bench.state.locked


def test_D01_direct_charges_at_the_configured_current_without_a_calibration() -> None:
    bench = direct()
    assert (bench.phase(), bench.state.offer_a) == (Phase.DIRECT, 10.0)
    bench.second(200)
    assert not [action for action in bench.actions if isinstance(action, RequestPlan)]
    assert bench.refusal(PlanReceived(bench.plan((60, 6.0)))) == "direct_charging"


def test_D02_stop_ends_direct_charging() -> None:
    bench = direct()
    bench.feed(StopPressed())
    bench.drawn_a, bench.pilot = 0.0, B
    bench.second(3)
    assert bench.phase() is Phase.PLUGGED
    assert not bench.state.locked


def test_D03_direct_charging_never_ends_by_energy() -> None:
    bench = direct()
    bench.register_wh += 900_000
    bench.second(5)
    assert bench.phase() is Phase.DIRECT


# Sentence by sentence, as docs/acceptance.md lists them ------------------------------------------------------------------


def test_S3_durations_follow_from_absolute_times() -> None:
    bench = ready()
    bench.planned((1200, 8.0), (600, 16.0), energy_wh=50_000)
    begins = bench.at
    bench.second(600)
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    bench.pilot, bench.drawn_a = C, 7.8
    changes = []
    while bench.phase() in ENERGISED:
        before = bench.state.offer_a
        bench.second()
        if bench.state.offer_a != before:
            changes.append(((bench.at - begins).total_seconds(), bench.state.offer_a))
            bench.drawn_a = max(0.0, bench.state.offer_a - 0.2)
    assert changes == [(632.0, 8.0), (1200.0, 16.0), (1800.0, 0.0)]


def test_S3_right_after_a_start_no_calibration_goes_out() -> None:
    bench = Bench(calibration_s=300)
    bench.second()
    bench.planned((7200, 16.0), energy_wh=50_000)
    bench.second(295)
    seen = len(bench.actions)
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    bench.pilot, bench.drawn_a = C, 15.8
    bench.second(290)
    assert not [action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]
    bench.second(20)
    assert len([action for action in bench.actions[seen:] if isinstance(action, RequestPlan)]) == 1


@pytest.mark.parametrize(
    ("rules", "startup_s"),
    [
        ({}, 32),
        ({"has_lock": False}, 30),
        ({"self_test": SelfTest.NEVER}, 2),
        ({"has_lock": False, "self_test": SelfTest.NEVER}, 0),
    ],
)
def test_S3_the_start_up_work_that_is_subtracted_is_what_the_unit_does(rules: dict[str, Any], startup_s: int) -> None:
    bench = Bench(**rules)
    bench.second()
    bench.planned((3600, 16.0))
    bench.second(60)
    bench.feed(StartPressed())
    assert bench.state.planned is not None
    first = next(bench.state.planned.line.segments())
    assert first.start == bench.at + timedelta(seconds=startup_s)
    assert first.end == bench.at + timedelta(seconds=3540)
