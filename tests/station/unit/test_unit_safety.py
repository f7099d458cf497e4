"""The charging unit's table where something is wrong with current, devices or clock."""

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from string import Formatter

import msgspec
import pytest
from msgspec.structs import replace

from ladewerk.station.config import SafetyConfig
from ladewerk.station.unit.actions import (
    EndReason,
    Say,
    SetCurrent,
)
from ladewerk.station.unit.events import (
    LimitsChanged,
    LockFailed,
    LockMoved,
    ResetPressed,
    StartPressed,
    StopPressed,
)
from ladewerk.station.unit.safety import Thresholds
from ladewerk.station.unit.safety_table import WATCHED, as_markdown
from ladewerk.station.unit.state import Phase
from ladewerk.station.wording import TROUBLES, sentence, text
from ladewerk.timeline import Timeline
from tests.station.unit_bench import Bench, C, ready


def test_S02_a_surge_stops_at_once() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.second(10)
    bench.drawn_a = 16.0
    bench.second(4)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "surge"
    assert bench.ended() == [EndReason.OVERCURRENT]


def test_S02_a_current_that_the_meter_counts_the_other_way_round_is_as_much_of_a_surge() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.second(10)
    bench.drawn_by_phase_a = (9.8, -16.0, 9.8)
    bench.second(4)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "surge"


def test_what_is_drawn_is_judged_by_what_a_board_of_whole_amps_offers_not_by_its_order() -> None:
    bench = ready()
    bench.charging((3600, 8.7))
    bench.obeys, bench.set_a = False, 8.0
    bench.second(10)
    bench.drawn_a = 10.0  # within (8.7 + 0.5) x 1.1, and above (8 + 0.5) x 1.1
    bench.second(10)
    assert [action.code for action in bench.actions if isinstance(action, Say)][-1] == "over_current_reduced"


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


# Sentence by sentence, as docs/acceptance.md lists them ------------------------------------------------------------------


def test_S4_too_much_current_lowers_the_offer_once_and_then_stops() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.second(10)
    bench.drawn_a = 12.0
    bench.second(8)
    assert (bench.phase(), bench.state.offer_a) == (Phase.CHARGING, 8.0)
    assert bench.said().count("over_current_reduced") == 1
    bench.second(15)
    assert bench.state.fault is not None
    assert bench.state.fault.code in ("over_current", "surge")
    assert bench.ended() == [EndReason.OVERCURRENT]


def test_S4_a_vehicle_that_follows_the_lowered_offer_goes_on_at_it() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.second(10)
    bench.drawn_a = 12.0
    bench.second(8)
    bench.drawn_a = 7.9
    bench.second(120)
    assert (bench.phase(), bench.state.offer_a) == (Phase.CHARGING, 8.0)


def test_S4_at_the_least_offer_too_much_current_is_a_fault_at_once() -> None:
    bench = ready()
    bench.charging((3600, 6.0))
    bench.second(10)
    bench.drawn_a = 7.5
    bench.second(9)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "over_current"


def test_S4_a_lock_that_is_seen_open_under_load_is_a_fault() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.second(10)
    bench.feed(LockFailed(locking=True, why="its switch says open"))
    assert bench.state.fault is not None
    assert bench.state.fault.code == "lock_open"
    assert bench.state.locked, "nobody knows where the bolt is: it is driven back"
    assert bench.set_a == 0
    assert bench.ended() == [EndReason.OTHER]


def test_S4_phases_that_differ_too_much_are_told_once() -> None:
    bench = Bench(max_current_a=32.0)
    bench.second()
    bench.charging((3600, 20.0), max_current_a=32)
    bench.drawn_by_phase_a = (20.0, 0.0, 0.0)
    bench.second(30)
    assert "phases_unbalanced" not in bench.said()
    bench = Bench(max_current_a=32.0, thresholds=Thresholds(imbalance_a=15.0))
    bench.second()
    bench.charging((3600, 20.0), max_current_a=32)
    bench.drawn_by_phase_a = (19.8, 0.0, 0.0)
    bench.second(30)
    assert bench.said().count("phases_unbalanced") == 1


def test_S4_a_board_back_at_its_boot_amps_is_told_again_within_seconds() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.second(10)
    bench.set_a, seen = 32.0, len(bench.actions)
    bench.second(3)
    assert SetCurrent(10.0) in bench.actions[seen:]
    assert bench.set_a == 10.0
    bench.second(30)
    assert bench.phase() is Phase.CHARGING


def test_S4_a_board_that_falls_silent_just_before_the_current_is_silent_and_not_welded() -> None:
    bench = ready()
    bench.planned((3600, 16.0))
    bench.feed(StartPressed())
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    assert bench.state.evse is not None
    assert not bench.state.evse.relay_closed
    bench.board_answers, bench.drawn_a = False, 15.8
    bench.second(12)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "evse_silent"


def test_S4_a_current_in_a_planned_pause_is_a_fault() -> None:
    bench = ready()
    bench.charging((120, 16.0), (600, 0.0), (600, 16.0))
    bench.second(90)
    bench.pilot, bench.drawn_a = C, 10.0
    bench.relay = True
    for _ in range(12):
        bench.second()
        bench.state = replace(bench.state, evse=replace(bench.reading(), relay_closed=True))
    assert bench.phase() is Phase.FAULT


def test_S4_every_plan_ends_in_no_current() -> None:
    bench = ready()
    bench.charging((120, 16.0), energy_wh=50_000)
    bench.link(up=False)
    bench.second(120)
    assert bench.state.offer_a == 0.0
    assert bench.ended() in ([], [EndReason.SCHEDULE_OVER])


def test_S4_limits_that_say_nothing_more_allow_nothing() -> None:
    bench = ready()
    bench.charging((7200, 16.0))
    line = Timeline.of([(bench.at, 12.0), (bench.at + timedelta(seconds=60), None)])
    bench.feed(LimitsChanged(line))
    assert bench.state.offer_a == 12.0
    bench.drawn_a = 0.0
    bench.second(61)
    assert bench.state.offer_a == 0.0


def test_S4_the_printed_table_of_what_is_watched_is_current_and_complete() -> None:
    page = (Path(__file__).parents[3] / "docs" / "station.md").read_text()
    printed = page.partition("<!-- watched -->\n")[2].partition("<!-- /watched -->")[0]
    assert printed.strip() == as_markdown().strip(), "print it again with ladewerk.station.unit.safety_table.as_markdown()"
    assert set(TROUBLES) <= {code for code, _, _ in WATCHED}
    named = {name for _, when, _ in WATCHED for _, name, _, _ in Formatter().parse(when) if name}
    assert named == {one.name for one in fields(Thresholds)}


def test_S4_the_thresholds_of_the_file_are_by_default_those_of_the_rule() -> None:
    assert Thresholds(**msgspec.structs.asdict(SafetyConfig())) == Thresholds()


def test_S4_a_phase_whose_current_the_meter_does_not_tell_is_a_silent_meter_and_the_fault_says_which() -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    bench.drawn_a = 9.8
    bench.second(10)
    bench.drawn_by_phase_a = (None, 9.8, 9.8)
    bench.second(29)
    assert bench.phase() is Phase.CHARGING
    bench.second(3)
    assert bench.state.fault is not None
    assert bench.state.fault.code == "meter_silent"
    assert "L1" in text(bench.state.fault.code, bench.state.fault.params)


def test_S4_a_unit_of_one_phase_needs_the_current_of_that_phase_alone() -> None:
    bench = Bench(phases=1)
    bench.second()
    bench.charging((3600, 10.0))
    bench.drawn_by_phase_a = (9.8, None, None)
    bench.second(60)
    assert bench.phase() is Phase.CHARGING


@pytest.mark.parametrize("device", ["board_answers", "meter_answers"])
def test_W01_W02_a_fault_of_a_silent_device_says_what_its_driver_said(device: str) -> None:
    bench = ready()
    bench.charging((3600, 10.0))
    setattr(bench, device, False)
    bench.second(40)
    said = sentence(bench.state, bench.now)
    assert said.code == "fault"
    assert str(said.params["why"]).startswith("no usable answer from the ")
    assert str(said.params["why"]).endswith(": no answer")
