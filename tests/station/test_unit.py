"""The charging unit's table: one bench turns the clock by hand and feeds readings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ladewerk.station.actions import (
    Action,
    AllowSupply,
    AuthorizeTransaction,
    BeginTransaction,
    EndReason,
    EndTransaction,
    MoveLock,
    OpenContactor,
    Refuse,
    RequestPlan,
    Say,
    SetCurrent,
    StartSelfTest,
)
from ladewerk.station.drivers.ports import EvseFault, EvseReading, MeterReading, PilotState
from ladewerk.station.events import (
    EVENTS,
    Device,
    DeviceMissed,
    DirectPressed,
    Event,
    EvseSeen,
    LinkChanged,
    LockFailed,
    LockMoved,
    MeterSeen,
    NeedsAnswered,
    NeedsGiven,
    Origin,
    PlanCleared,
    PlanReceived,
    ResetPressed,
    StartPressed,
    StopPressed,
    Tick,
    TokenRefused,
)
from ladewerk.station.moment import Moment
from ladewerk.station.needs import Mode, Needs
from ladewerk.station.unit import TABLE, as_markdown, step
from ladewerk.station.unit_state import ENERGISED, Phase, Request, Rules, SelfTest, UnitState, allowed
from ladewerk.timeline import Timeline

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
A, B, C, E = PilotState.A, PilotState.B, PilotState.C, PilotState.E


class Bench:
    """A unit, a clock, a board and a meter that answer every second unless told otherwise."""

    def __init__(self, **rules: Any) -> None:
        self.at, self.monotonic_s = START, 100.0
        self.state = UnitState(rules=Rules(**rules))
        self.pilot, self.relay, self.testing, self.set_a = A, False, False, 0.0
        self.supply = True
        self.faults: frozenset[EvseFault] = frozenset()
        self.drawn_a, self.register_wh = 0.0, 1000.0
        self.board_answers = self.meter_answers = True
        self.meter_frozen = False
        self.obeys = True
        self.lock_works = True
        self.actions: list[Action] = []
        self.link(up=True)

    def phase(self) -> Phase:
        return self.state.phase

    def request(self) -> Request:
        return self.state.request

    @property
    def now(self) -> Moment:
        return Moment(self.at, self.monotonic_s)

    def feed(self, event: Event) -> list[Action]:
        before = self.state.phase
        self.state, actions = step(self.state, event, self.now)
        row = TABLE[before][type(event)]
        assert self.state.phase in row.leads_to | {before}, (before, event, self.state.phase)
        self.actions += actions
        for action in actions:
            match action:
                case SetCurrent(amps) if self.obeys:
                    self.set_a = amps
                case OpenContactor():
                    self.supply, self.set_a = False, 0.0
                case AllowSupply():
                    self.supply, self.set_a = True, 0.0
        return list(actions)

    def link(self, *, up: bool) -> None:
        self.feed(LinkChanged(up))

    def second(self, seconds: int = 1) -> None:
        """Let time pass with a poll of both devices each second; locks and self-tests take their time."""
        for _ in range(seconds):
            seen = len(self.actions)
            self.at += timedelta(seconds=1)
            self.monotonic_s += 1
            self.relay = self.supply and self.pilot is C and self.set_a > 0
            self.register_wh += self.drawn_a * 3 * 230 / 3600
            amps = (self.drawn_a,) * 3
            if self.meter_answers:
                watts = tuple(value * 230 for value in amps)
                reading = MeterReading(
                    read_at=self.at,
                    voltage_v=(230.0 + self.monotonic_s % 2 / 10 * (not self.meter_frozen),) * 3,
                    current_a=amps,
                    power_w=watts,  # type: ignore[arg-type]
                    energy_register_wh=self.register_wh,
                )
                self.feed(MeterSeen(reading))
            else:
                self.feed(DeviceMissed(Device.METER, "no answer"))
            if self.board_answers:
                self.feed(EvseSeen(self.reading()))
            else:
                self.feed(DeviceMissed(Device.EVSE, "no answer"))
            self.feed(Tick())
            for action in self.actions[seen:]:
                if isinstance(action, MoveLock):
                    self.feed(LockMoved(action.locked) if self.lock_works else LockFailed(action.locked, "blocked"))

    def reading(self) -> EvseReading:
        return EvseReading(
            read_at=self.at,
            pilot=self.pilot,
            set_current_a=self.set_a,
            offered_current_a=self.set_a,
            cable_limit_a=20.0,
            relay_closed=self.relay,
            supply_allowed=self.supply,
            self_test_running=self.testing,
            faults=self.faults,
        )

    def plug_in(self) -> None:
        self.pilot = B
        self.second()

    def needs(self, energy_wh: float = 5000, hours: float = 8, max_current_a: float = 16) -> Needs:
        return Needs(
            mode=Mode.BALANCED,
            energy_wh=energy_wh,
            depart_at=self.at + timedelta(hours=hours),
            min_current_a=6,
            max_current_a=max_current_a,
        )

    def plan(self, *slots: tuple[float, float]) -> Timeline[float]:
        """Slots of (s, A) from now on."""
        return Timeline.from_slots(self.at, [length for length, _ in slots], [amps for _, amps in slots])

    def planned(self, *slots: tuple[float, float], **needs: Any) -> None:
        """A vehicle, a need, a plan."""
        self.plug_in()
        self.feed(NeedsGiven(self.needs(**needs)))
        self.feed(NeedsAnswered(accepted=True))
        self.feed(PlanReceived(self.plan(*(slots or ((3600, 16.0),)))))
        assert self.phase() is Phase.PLANNED

    def self_test(self) -> None:
        self.testing = True
        self.second(30)
        self.testing = False
        self.second()

    def charging(self, *slots: tuple[float, float], **needs: Any) -> None:
        """A session that charges now."""
        self.planned(*slots, **needs)
        self.feed(StartPressed())
        self.feed(LockMoved(locked=True))
        self.self_test()
        self.second(2)
        self.pilot, self.drawn_a = C, min(15.8, self.state.offer_a)
        self.second()
        assert self.phase() is Phase.CHARGING, self.phase()

    def ended(self) -> list[EndReason]:
        return [action.reason for action in self.actions if isinstance(action, EndTransaction)]

    def refusal(self, event: Event) -> str | None:
        return next((action.code for action in self.feed(event) if isinstance(action, Refuse)), None)


def ready() -> Bench:
    bench = Bench()
    bench.second()
    return bench


# The table --------------------------------------------------------------------------------------------------------------


def test_every_pair_of_phase_and_event_has_a_row() -> None:
    assert set(TABLE) == set(Phase)
    for phase, rows in TABLE.items():
        assert set(rows) == set(EVENTS), phase


def test_the_printed_table_is_current() -> None:
    page = (Path(__file__).parents[2] / "docs" / "station.md").read_text()
    printed = page.partition("<!-- table -->\n")[2].partition("<!-- /table -->")[0]
    assert printed.strip() == as_markdown().strip(), (
        "docs/station.md: print the table again with ladewerk.station.unit.as_markdown()"
    )


@pytest.mark.parametrize("phase", [Phase.TESTING, Phase.WAITING, Phase.CHARGING, Phase.DIRECT])
def test_what_cannot_happen_is_a_fault(phase: Phase) -> None:
    bench = ready()
    bench.state = replace(bench.state, phase=phase, in_transaction=True)
    actions = bench.feed(LockMoved(locked=False))
    assert bench.phase() is Phase.FAULT
    assert SetCurrent(0.0) in actions
    assert OpenContactor() in actions


# Before charging --------------------------------------------------------------------------------------------------------


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


def faulted() -> Bench:
    bench = ready()
    bench.charging()
    bench.board_answers = False
    bench.second(12)
    assert bench.phase() is Phase.FAULT
    return bench


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


# Beginning --------------------------------------------------------------------------------------------------------------


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
    assert bench.refusal(StartPressed()) == "evse_error"
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


# While charging ---------------------------------------------------------------------------------------------------------


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


# Finishing --------------------------------------------------------------------------------------------------------------


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


def test_a_stop_while_locking_lets_the_late_plug_go() -> None:
    bench = ready()
    bench.planned()
    bench.feed(StartPressed())
    bench.feed(StopPressed())
    bench.feed(LockMoved(locked=True))
    bench.second(3)
    assert bench.phase() is Phase.PLUGGED
    assert not bench.state.locked


# Direct -----------------------------------------------------------------------------------------------------------------


def direct() -> Bench:
    bench = Bench(direct_current_a=10.0, calibration_s=60)
    bench.second()
    bench.plug_in()
    bench.feed(DirectPressed())
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    bench.pilot, bench.drawn_a = C, 9.8
    bench.second()
    return bench


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


# Safety -----------------------------------------------------------------------------------------------------------------


def test_S02_a_surge_stops_at_once() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.second(10)
    bench.drawn_a = 16.0
    bench.second(4)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "surge"
    assert bench.ended() == [EndReason.OVERCURRENT]


def test_S01_a_current_that_swings_beyond_its_band_caps_the_offer_until_the_session_ends() -> None:
    bench = ready()
    bench.charging((3600, 16.0), (3600, 15.0))
    bench.second(10)
    for drawn_a in (16.0, 12.0) * 3:
        bench.drawn_a = drawn_a
        bench.second(3)
    assert bench.state.offer_a == 15.0
    assert [action.code for action in bench.actions if isinstance(action, Say)].count("current_fluctuates") == 1
    bench.drawn_a = 11.0
    bench.second(20)
    assert bench.state.offer_a == 15.0
    bench.feed(StopPressed())
    bench.drawn_a = 0.0
    bench.second(30)
    assert bench.phase() is Phase.PLUGGED
    bench.charging((3600, 16.0))
    assert bench.state.offer_a == 16.0


def test_W02_a_meter_that_always_shows_the_same_is_a_fault_while_a_current_is_offered() -> None:
    bench = ready()
    bench.meter_frozen = True
    bench.second(300)
    bench.charging((3600, 10.0))
    bench.drawn_a = 9.8
    bench.second(70)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "meter_frozen"


def test_a_current_without_a_vehicle_is_a_welded_contactor() -> None:
    bench = ready()
    bench.second(10)
    bench.drawn_a = 5.0
    bench.second(8)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "contactor_welded"
    assert bench.refusal(ResetPressed()) == "cause_still_there"


def test_S05_setting_the_clock_never_raises_the_current_above_the_plan() -> None:
    for jump_s in (1800, -1800):
        bench = ready()
        bench.charging((900, 8.0), (3600, 16.0))
        bench.at += timedelta(seconds=jump_s)
        bench.second(30)
        assert bench.state.offer_a <= 8.0


def test_currents_that_no_pilot_can_offer_are_pauses() -> None:
    bench = ready()
    bench.planned((600, 5.9), (600, 16.0))
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    assert (bench.phase(), bench.state.offer_a) == (Phase.WAITING, 0.0)


def test_cable_and_need_cap_the_plan() -> None:
    bench = Bench(max_current_a=32.0)
    bench.second()
    bench.charging((3600, 32.0), max_current_a=11.0)
    assert bench.state.offer_a == 11.0


# Any order of events ----------------------------------------------------------------------------------------------------

_CHOICES: list[Callable[[Bench], object]] = [
    lambda bench: bench.second(),
    lambda bench: bench.second(15),
    lambda bench: bench.feed(NeedsGiven(bench.needs(energy_wh=300))),
    lambda bench: bench.feed(NeedsAnswered(accepted=True)),
    lambda bench: bench.feed(NeedsAnswered(accepted=False, reason="no")),
    lambda bench: bench.feed(NeedsAnswered(accepted=False, retry=True)),
    lambda bench: bench.feed(PlanReceived(bench.plan((60, 16.0), (30, 0.0), (60, 7.0)))),
    lambda bench: bench.feed(PlanReceived(Timeline())),
    lambda bench: bench.feed(PlanCleared()),
    lambda bench: bench.feed(TokenRefused("Invalid")),
    lambda bench: bench.feed(StartPressed()),
    lambda bench: bench.feed(DirectPressed()),
    lambda bench: bench.feed(DirectPressed(Origin.REMOTE)),
    lambda bench: bench.feed(StopPressed()),
    lambda bench: bench.feed(ResetPressed()),
    lambda bench: bench.link(up=False),
    lambda bench: bench.link(up=True),
    lambda bench: setattr(bench, "pilot", A),
    lambda bench: setattr(bench, "pilot", B),
    lambda bench: setattr(bench, "pilot", C),
    lambda bench: setattr(bench, "pilot", E),
    lambda bench: setattr(bench, "drawn_a", 0.0),
    lambda bench: setattr(bench, "drawn_a", 9.0),
    lambda bench: setattr(bench, "testing", True),
    lambda bench: setattr(bench, "testing", False),
    lambda bench: setattr(bench, "board_answers", not bench.board_answers),
    lambda bench: setattr(bench, "meter_answers", not bench.meter_answers),
    lambda bench: setattr(bench, "lock_works", not bench.lock_works),
    lambda bench: setattr(bench, "at", bench.at + timedelta(seconds=400)),
    lambda bench: setattr(bench, "at", bench.at - timedelta(seconds=400)),
]


@given(choices=st.lists(st.sampled_from(range(len(_CHOICES))), max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_order_of_events_energises_what_must_not_be(choices: list[int]) -> None:
    bench = ready()
    bench.plug_in()
    for choice in choices:
        _CHOICES[choice](bench)
        state = bench.state
        assert state.offer_a == 0 or 6 <= state.offer_a <= 16
        if state.phase not in ENERGISED:
            assert state.offer_a == 0
        else:
            assert state.locked
        assert (state.phase is Phase.FAULT) == (state.fault is not None)
        begun = len([action for action in bench.actions if isinstance(action, BeginTransaction)])
        assert begun - len(bench.ended()) == int(state.in_transaction)
