"""The charging unit's table from the plug to the first current."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from ladewerk.station.drivers.ports import EvseFault
from ladewerk.station.unit.actions import (
    AllowSupply,
    AuthorizeTransaction,
    BeginTransaction,
    EndReason,
    MoveLock,
    OpenContactor,
    RequestPlan,
    SetCurrent,
    StartSelfTest,
)
from ladewerk.station.unit.events import (
    DirectPressed,
    Event,
    EvseSeen,
    LockFailed,
    LockMoved,
    NeedsAnswered,
    NeedsGiven,
    PlanReceived,
    ResetPressed,
    StartPressed,
    StopPressed,
    Tick,
)
from ladewerk.station.unit.state import ENERGISED, Phase, Request, SelfTest, allowed
from tests.station.unit_bench import A, B, Bench, faulted, ready


def test_B03_needs_are_refused_while_the_board_reports_an_error() -> None:
    bench = ready()
    bench.plug_in()
    bench.faults = frozenset({EvseFault.DIODE})
    bench.second()
    assert bench.refusal(NeedsGiven(bench.needs())) == "evse_error"
    assert bench.phase() is Phase.PLUGGED


def test_B04_needs_are_refused_while_the_meter_is_silent() -> None:
    bench = ready()
    bench.plug_in()
    bench.meter_answers = False
    bench.second(11)
    assert bench.refusal(NeedsGiven(bench.needs())) == "meter_silent"


def test_B05_needs_go_out_when_everything_is_ready() -> None:
    bench = ready()
    bench.plug_in()
    actions = bench.feed(NeedsGiven(bench.needs()))
    assert RequestPlan(bench.state.needs) in actions  # type: ignore[arg-type]
    assert AuthorizeTransaction() in actions
    assert bench.phase() is Phase.REQUESTED


@pytest.mark.parametrize(
    ("event", "code"),
    [(StartPressed(), "nothing_prepared"), (StopPressed(), "nothing_running"), (ResetPressed(), "no_error")],
)
def test_B06_B07_B14_B15_B16_buttons_without_a_reason_give_a_hint_and_change_nothing(event: Event, code: str) -> None:
    for bench in (ready(), ready()):
        before = bench.state
        assert bench.refusal(event) == code
        assert bench.state == before
        bench.plug_in()


def test_B08_B09_a_request_waits_for_the_csms_and_goes_out_once() -> None:
    bench = ready()
    bench.plug_in()
    bench.link(up=False)
    bench.feed(NeedsGiven(bench.needs()))
    bench.second(30)
    assert not [action for action in bench.actions if isinstance(action, RequestPlan)]
    bench.link(up=True)
    bench.second(30)
    assert len([action for action in bench.actions if isinstance(action, RequestPlan)]) == 1


def test_B09_a_request_that_was_lost_on_the_way_goes_out_again() -> None:
    bench = ready()
    bench.plug_in()
    bench.feed(NeedsGiven(bench.needs()))
    bench.feed(NeedsAnswered(accepted=False, retry=True))
    assert bench.request() is Request.WANTED
    bench.second(11)
    assert bench.request() is Request.SENT


def test_K15_FR08_a_plan_that_does_not_come_is_asked_for_again() -> None:
    bench = ready()
    bench.plug_in()
    bench.feed(NeedsGiven(bench.needs()))
    bench.feed(NeedsAnswered(accepted=True))
    bench.second(61)
    assert len([action for action in bench.actions if isinstance(action, RequestPlan)]) == 2


def test_B10_a_refusal_of_the_csms_halts_with_its_reason() -> None:
    bench = ready()
    bench.plug_in()
    bench.feed(NeedsGiven(bench.needs()))
    (said,) = bench.feed(NeedsAnswered(accepted=False, reason="no grid"))
    assert bench.phase() is Phase.PLUGGED
    assert said.params == {"reason": "no grid"}  # type: ignore[union-attr]


def test_B12_needs_and_direct_without_a_vehicle_are_refused() -> None:
    bench = ready()
    assert bench.refusal(NeedsGiven(bench.needs())) == "no_vehicle"
    assert bench.refusal(DirectPressed()) == "no_vehicle"


def test_B13_a_plug_begins_a_transaction_and_its_cable_limit_is_known() -> None:
    bench = ready()
    bench.plug_in()
    assert BeginTransaction(plugged_now=True) in bench.actions
    assert bench.state.cable_limit_a == 20


def test_B17_B18_start_and_stop_are_refused_while_the_error_is_latched() -> None:
    bench = faulted()
    for event in (StartPressed(), StopPressed(), DirectPressed(), NeedsGiven(bench.needs())):
        assert bench.refusal(event) == "error_latched"
    assert bench.phase() is Phase.FAULT


def test_B19_a_reset_clears_the_latch_only_when_the_cause_is_gone() -> None:
    bench = faulted()
    assert bench.refusal(ResetPressed()) == "cause_still_there"
    bench.board_answers, bench.drawn_a, bench.pilot = True, 0.0, B
    bench.second(3)
    assert bench.refusal(ResetPressed()) is None
    assert bench.phase() is Phase.PLUGGED
    assert bench.state.fault is None


def test_B20_after_all_steps_the_unit_says_that_it_can_start() -> None:
    bench = ready()
    bench.planned()
    may = allowed(bench.state, bench.now)
    assert may.start
    assert may.stop
    assert not may.reset
    assert not may.direct


def test_G01_a_vehicle_that_left_takes_the_plan_along() -> None:
    bench = ready()
    bench.planned()
    bench.pilot = A
    bench.second()
    assert bench.ended() == [EndReason.UNPLUGGED]
    assert bench.refusal(StartPressed()) == "nothing_prepared"


def test_G02_a_board_in_error_refuses_the_start_with_a_fault() -> None:
    bench = ready()
    bench.planned()
    bench.faults = frozenset({EvseFault.GROUND})
    bench.second()
    assert bench.refusal(StartPressed()) == "ground_fault"
    assert bench.phase() is Phase.FAULT


def test_G04_a_silent_meter_refuses_the_start_with_a_fault() -> None:
    bench = ready()
    bench.planned()
    bench.meter_answers = False
    bench.second(11)
    assert bench.refusal(StartPressed()) == "meter_silent"
    assert bench.phase() is Phase.FAULT


def test_G06_nothing_is_energised_before_start() -> None:
    bench = ready()
    bench.planned()
    bench.second(60)
    assert not [action for action in bench.actions if isinstance(action, SetCurrent | AllowSupply | MoveLock)]


def test_G07_lock_then_self_test_then_current() -> None:
    bench = ready()
    bench.charging()
    kinds = [type(action) for action in bench.actions if isinstance(action, MoveLock | StartSelfTest)]
    assert kinds == [MoveLock, StartSelfTest]
    first = next(i for i, action in enumerate(bench.actions) if isinstance(action, SetCurrent) and action.current_a > 0)
    assert first > bench.actions.index(StartSelfTest())


def test_the_supply_is_cut_before_the_self_test_and_comes_back_behind_it() -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    assert bench.phase() is Phase.TESTING
    assert bench.actions[-2:] == [OpenContactor(), StartSelfTest()]
    bench.self_test()
    assert bench.phase() in ENERGISED
    order = [action for action in bench.actions if isinstance(action, OpenContactor | StartSelfTest | AllowSupply)]
    assert order == [OpenContactor(), StartSelfTest(), AllowSupply()]


def test_a_board_that_lets_current_flow_in_its_self_test_is_a_fault() -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.testing, bench.drawn_a = True, 15.8
    bench.second(6)
    assert bench.phase() is Phase.FAULT
    assert OpenContactor() in bench.actions


def test_G07_the_plan_is_trimmed_by_what_the_start_takes() -> None:
    bench = ready()
    bench.planned((3600, 16.0))
    bench.second(600)
    bench.feed(StartPressed())
    assert bench.state.planned is not None
    assert next(bench.state.planned.line.segments()).start == bench.at + timedelta(seconds=32)


def test_a_plan_that_is_over_at_the_start_is_asked_for_again() -> None:
    bench = ready()
    bench.planned((40, 16.0))
    bench.second(20)
    assert bench.refusal(StartPressed()) == "plan_expired"
    assert bench.phase() is Phase.REQUESTED


def test_a_plan_that_nobody_starts_runs_out() -> None:
    bench = ready()
    bench.planned((40, 16.0))
    bench.second(45)
    assert bench.phase() is Phase.REQUESTED


def test_G08_after_the_self_test_a_later_slot_is_waited_for() -> None:
    bench = ready()
    bench.planned((600, 0.0), (600, 10.0))
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    assert bench.phase() is Phase.WAITING
    bench.second(600)
    assert (bench.phase(), bench.state.offer_a) == (Phase.CHARGING, 10.0)


def test_G09_a_self_test_that_fails_is_a_fault() -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.testing = True
    bench.second(5)
    bench.faults = frozenset({EvseFault.GROUND})
    bench.second()
    assert bench.state.fault is not None
    assert bench.state.fault.code == "self_test_failed"


@pytest.mark.parametrize("begins", [False, True])
def test_G09_a_self_test_without_a_result_is_a_fault(begins: bool) -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.testing = begins
    bench.second(65)
    assert bench.phase() is Phase.FAULT


def test_a_lock_that_fails_is_a_fault_before_anything_is_energised() -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.feed(LockFailed(locking=True, why="blocked"))
    assert bench.phase() is Phase.FAULT
    assert not [action for action in bench.actions if isinstance(action, StartSelfTest | AllowSupply)]


def test_a_lock_that_never_answers_is_a_fault() -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.lock_works = False
    bench.state = replace(bench.state)
    for _ in range(11):
        bench.monotonic_s += 1
        bench.feed(EvseSeen(bench.reading()))
        bench.feed(Tick())
    assert bench.phase() is Phase.FAULT


def test_without_lock_and_self_test_the_current_flows_at_once() -> None:
    bench = Bench(has_lock=False, self_test=SelfTest.NEVER)
    bench.second()
    bench.planned()
    bench.feed(StartPressed())
    assert (bench.phase(), bench.state.offer_a) == (Phase.CHARGING, 16.0)


def test_autostart_needs_no_button() -> None:
    bench = Bench(autostart=True)
    bench.second()
    bench.plug_in()
    bench.feed(NeedsGiven(bench.needs()))
    bench.feed(PlanReceived(bench.plan((3600, 16.0))))
    assert bench.phase() is Phase.LOCKING
