"""Composite schedules, a golden case for each rule of OCPP 2.1 part 2, chapter 3 and K08."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ladewerk.charging.composite import Situation, Station, Transaction, composite, own_limit, random_delay, station_limit
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind, Window
from ladewerk.charging.periods import periods
from ladewerk.charging.rates import Limit, Mode, Unit
from ladewerk.ocpp import v21
from tests.charging.profiles import START, at, installed, period, profile, relative, schedule, station_max, tx

RATING_A = 32.0
DAILY = {"kind": Kind.RECURRING, "recurrency_kind": v21.RecurrencyKindEnumType.DAILY}
EXTERNAL = Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
RUNNING = Transaction(transaction_id="t-1", begun_at=START)


def limits(
    *profiles: Installation,
    evse_id: int = 1,
    unit: Unit = Unit.A,
    evses: int = 1,
    length_s: int = 600,
    running: Mapping[int, Transaction] | None = None,
    offline_s: float | None = None,
    **station: Any,
) -> list[tuple[int, Limit]]:
    situation = Situation(
        station=Station(ratings_a=dict.fromkeys(range(1, evses + 1), RATING_A), **station),
        installed=profiles,
        transactions={1: RUNNING} if running is None else running,
        offline_s=offline_s,
    )
    line = composite(situation, evse_id, unit, Window(START, at(length_s)))
    return [(one.start_s, one.value) for one in periods(line, START, length_s)]


def amounts(*profiles: Installation, **more: Any) -> list[tuple[int, float]]:
    return [(start_s, limit.limit[0]) for start_s, limit in limits(*profiles, **more)]


# --- which profile leads


def test_without_a_profile_the_rating_holds() -> None:
    assert limits() == [(0, Limit(phases=3, limit=(RATING_A,)))]
    assert limits(unit=Unit.W, phases=1, voltage_v=120)[0][1] == Limit(phases=1, limit=(32 * 120,))


def test_the_highest_stack_level_leads_and_a_gap_falls_through_to_the_next() -> None:
    high = installed(1, schedule(period(0, 10), duration=60), level=2, number=2)
    assert amounts(installed(1, schedule(period(0, 20))), high) == [(0, 10), (60, 20)]


def test_k02_fr04_a_tx_profile_overrules_the_default_and_fr08_falls_back_to_it() -> None:
    own = tx(1, schedule(period(0, 20), duration=60), number=2)
    assert amounts(installed(1, schedule(period(0, 8))), own) == [(0, 20), (60, 8)]
    assert amounts(own) == [(0, 20), (60, RATING_A)]


def test_k08_fr04_the_lowest_of_all_purposes_holds() -> None:
    external = installed(0, schedule(period(0, 30), period(60, 6)), purpose=EXTERNAL, number=3)
    assert amounts(tx(1, schedule(period(0, 20))), station_max(schedule(period(0, 25), period(30, 10))), external) == [
        (0, 20),
        (30, 10),
        (60, 6),
    ]


def test_an_external_constraint_on_one_evse_limits_that_alone() -> None:
    external = installed(1, schedule(period(0, 6)), purpose=EXTERNAL)
    assert amounts(external) == [(0, 6)]
    assert amounts(external, evses=2, evse_id=2) == [(0, RATING_A)]
    assert amounts(external, evses=2, evse_id=0) == [(0, RATING_A + 6)]


def test_a_tx_profile_of_another_transaction_says_nothing() -> None:
    assert amounts(tx(1, schedule(period(0, 6)), transaction="t-2")) == [(0, RATING_A)]


def test_a_tx_profile_of_16_without_an_id_belongs_to_its_connectors_transaction() -> None:
    assert amounts(tx(1, schedule(period(0, 6)), transaction=None)) == [(0, 6)]


def test_k08_fr06_without_a_transaction_the_default_is_used_from_now_on() -> None:
    default = installed(1, relative(period(0, 20), period(60, 10)), kind=Kind.RELATIVE)
    assert amounts(default, tx(1, schedule(period(0, 6)), number=2), running={}) == [(0, 20), (60, 10)]


def test_k22_priority_charging_overrules_both_once_it_is_activated() -> None:
    priority = installed(1, schedule(period(0, 32)), purpose=Purpose.PRIORITY_CHARGING, number=3)
    both = (installed(1, schedule(period(0, 8))), tx(1, schedule(period(0, 10)), number=2), priority)
    assert amounts(*both) == [(0, 10)]
    assert amounts(*both, running={1: replace(RUNNING, prioritised=True)}) == [(0, 32)]


def test_local_generation_comes_on_top_of_what_is_limited_and_of_nothing_else() -> None:
    own = installed(1, schedule(period(0, 6), unit=Unit.A), purpose=Purpose.LOCAL_GENERATION, number=3)
    shared = installed(0, schedule(period(0, 2300), unit=Unit.W), purpose=Purpose.LOCAL_GENERATION, number=4)
    limited = station_max(schedule(period(0, 10)))
    assert amounts(own, shared) == [(0, RATING_A)]
    assert amounts(own, limited) == [(0, 16)]
    assert amounts(own, shared, limited)[0][1] == pytest.approx(16 + 2300 / 690)
    silent = installed(1, schedule(period(0, None, operation_mode=Mode.EXTERNAL_LIMITS)), purpose=Purpose.LOCAL_GENERATION)
    assert amounts(silent, limited) == [(0, 10)]


# --- EVSE 0


def test_k04_fr05_the_station_is_the_sum_over_its_evses_then_the_minimum_with_its_own_limit() -> None:
    own = installed(1, schedule(period(0, 10)))
    assert amounts(own, evses=2, evse_id=0) == [(0, 10 + RATING_A)]
    assert amounts(own, station_max(schedule(period(0, 40)), number=2), evses=2, evse_id=0) == [(0, 40)]
    assert amounts(own, station_max(schedule(period(0, 50)), number=2), evses=2, evse_id=0) == [(0, 42)]


def test_k01_fr14_a_default_on_evse_0_holds_on_each_evse_by_itself() -> None:
    default = installed(0, schedule(period(0, 16)))
    assert amounts(default) == [(0, 16)]
    assert amounts(default, evses=2, evse_id=0) == [(0, 32)]


def test_in_16_a_default_on_a_connector_replaces_that_of_its_level_on_connector_0_there() -> None:
    default = installed(0, schedule(period(0, 16)))
    own = installed(1, schedule(period(0, 8), duration=60), number=2)
    assert amounts(default, own) == [(0, 8), (60, RATING_A)]
    assert amounts(default, own, evses=2, evse_id=2) == [(0, 16)]


def test_the_stations_phases_are_the_highest_of_its_evses_and_the_lowest_with_its_own_limit() -> None:
    one_phase = installed(1, schedule(period(0, 10, number_phases=1)))
    assert limits(one_phase, evses=2, evse_id=0)[0][1].phases == 3
    capped = limits(one_phase, station_max(schedule(period(0, 20, number_phases=1)), number=2), evses=2, evse_id=0)
    assert capped == [(0, Limit(phases=1, limit=(20,)))]


def test_what_limits_the_station_is_told_apart_from_what_limits_an_evse() -> None:
    situation = Situation(
        station=Station(ratings_a={1: RATING_A}),
        installed=(station_max(schedule(period(0, 20), duration=60)), installed(1, schedule(period(0, 10)), number=2)),
    )
    window = Window(START, at(600))
    assert [one.value.lowest for one in own_limit(situation, 1, window).segments()] == [10]
    assert [(one.value.lowest, one.end) for one in station_limit(situation, window).segments()] == [(20, at(60))]


# --- units and phases


def test_k01_fr50_watts_are_those_of_all_phases_and_fr49_three_where_none_is_said() -> None:
    watts = installed(1, schedule(period(0, 11040), unit=Unit.W))
    assert amounts(watts) == [(0, 16)]
    assert amounts(watts, phases=1) == [(0, 48)]
    assert amounts(watts, unit=Unit.W) == [(0, 11040)]


def test_k01_fr51_amps_are_those_of_each_phase() -> None:
    assert amounts(installed(1, schedule(period(0, 10))), unit=Unit.W) == [(0, 6900)]
    assert amounts(installed(1, schedule(period(0, 10, number_phases=1))), unit=Unit.W) == [(0, 2300)]


def test_the_lowest_number_of_phases_is_chosen_before_anything_is_converted() -> None:
    found = limits(
        installed(1, schedule(period(0, 4600), unit=Unit.W)), station_max(schedule(period(0, 30, number_phases=1)), number=2)
    )
    assert found == [(0, Limit(phases=1, limit=(20,)))]


def test_where_phases_cannot_be_switched_watts_are_shared_among_all_of_them() -> None:
    one_phase = installed(1, schedule(period(0, 6900, number_phases=1), unit=Unit.W))
    assert limits(one_phase, switches_phases=False) == [(0, Limit(phases=3, limit=(10,)))]


def test_a_limit_of_each_phase_is_told_phase_by_phase() -> None:
    each = tx(1, schedule(period(0, 10, limit_l2=20.0, limit_l3=30.0)))
    assert limits(each) == [(0, Limit(phases=3, limit=(10, 20, 30)))]
    assert limits(each)[0][1].lowest == 10
    assert limits(each, station_max(schedule(period(0, 11040), unit=Unit.W), number=2)) == [
        (0, Limit(phases=3, limit=(10, 16, 16)))
    ]
    assert limits(each, unit=Unit.W) == [(0, Limit(phases=3, limit=(2300, 4600, 6900)))]


def test_a_phase_that_is_not_said_may_draw_what_l1_may() -> None:
    assert limits(tx(1, schedule(period(0, 10, limit_l3=20.0))))[0][1].limit == (10, 10, 20)


def test_on_fewer_phases_the_least_of_the_phases_holds_or_that_of_the_chosen_one() -> None:
    each = {"limit_l2": 20.0, "limit_l3": 6.0}
    one = station_max(schedule(period(0, 32, number_phases=1)), number=2)
    assert limits(tx(1, schedule(period(0, 10, **each))), one)[0][1].limit == (6,)
    chosen = station_max(schedule(period(0, 32, number_phases=1, phase_to_use=2)), number=2)
    assert limits(tx(1, schedule(period(0, 10, **each))), chosen)[0][1] == Limit(phases=1, limit=(20,), phase_to_use=2)
    watts = tx(1, schedule(period(0, 2300, limit_l2=4600.0, limit_l3=1150.0), unit=Unit.W))
    two = station_max(schedule(period(0, 32, number_phases=2)), number=2)
    assert limits(watts, two, unit=Unit.W)[0][1] == Limit(phases=2, limit=(2300,))


def test_the_evses_of_a_station_are_added_phase_by_phase_once_one_of_them_is() -> None:
    each = tx(1, schedule(period(0, 2300, limit_l2=4600.0, limit_l3=1150.0), unit=Unit.W))
    found = limits(each, installed(2, schedule(period(0, 6900), unit=Unit.W), number=2), evses=2, evse_id=0, unit=Unit.W)
    assert found == [(0, Limit(phases=3, limit=(4600, 6900, 3450)))]


# --- setpoints


def test_k08_fr08_a_setpoint_is_capped_by_the_limits() -> None:
    period_ = period(0, 1500, setpoint=1800.0, discharge_limit=-2000.0, operation_mode=Mode.CENTRAL_SETPOINT)
    found = limits(tx(1, schedule(period_, unit=Unit.W)), unit=Unit.W)
    mode = Mode.CENTRAL_SETPOINT
    assert found == [(0, Limit(phases=3, limit=(1500,), discharge=(-2000,), setpoint=(1500,), mode=mode))]
    low = period(0, 1500, setpoint=-1800.0, discharge_limit=-1000.0, operation_mode=Mode.CENTRAL_SETPOINT)
    assert limits(tx(1, schedule(low, unit=Unit.W)), unit=Unit.W)[0][1].setpoint == (-1000,)
    bare = period(0, None, setpoint=-1800.0, operation_mode=Mode.CENTRAL_SETPOINT)
    assert limits(tx(1, schedule(bare, unit=Unit.W)), unit=Unit.W)[0][1].setpoint == (-1800,)


def test_the_station_has_a_setpoint_where_every_evse_has_one() -> None:
    def own(evse_id: int, value: float, **more: Any) -> Installation:
        said = period(0, 5000, setpoint=value, discharge_limit=-1000.0, operation_mode=Mode.CENTRAL_SETPOINT)
        return tx(evse_id, schedule(said, unit=Unit.W), **more)

    running = {1: RUNNING, 2: replace(RUNNING, transaction_id="t-2")}
    one, other = own(1, 1000.0), own(2, 2000.0, number=2, transaction="t-2")
    both = limits(one, other, evses=2, evse_id=0, unit=Unit.W, running=running)[0][1]
    assert (both.setpoint, both.discharge) == ((3000,), (-2000,))
    alone = limits(one, evses=2, evse_id=0, unit=Unit.W, running=running)[0][1]
    assert (alone.setpoint, alone.discharge) == (None, (-1000,))


def test_q10_fr01_in_idle_nothing_is_drawn() -> None:
    assert amounts(tx(1, schedule(period(0, None, operation_mode=Mode.IDLE)))) == [(0, 0)]


# --- time


def test_k01_fr30_a_schedule_of_the_future_has_no_effect_before_it() -> None:
    assert amounts(installed(1, schedule(period(0, 10), start_schedule=at(60)))) == [(0, RATING_A), (60, 10)]


def test_k01_fr11_what_lies_behind_the_duration_never_runs_and_fr12_the_last_period_lasts_until_it() -> None:
    line = schedule(period(0, 10), period(60, 8), period(120, 6), duration=90)
    assert amounts(installed(1, line)) == [(0, 10), (60, 8), (90, RATING_A)]
    assert amounts(installed(1, schedule(period(0, 10), duration=0))) == [(0, RATING_A)]


def test_k01_fr13_a_recurring_schedule_shorter_than_its_interval_leaves_a_gap() -> None:
    daily = installed(1, schedule(period(0, 10), duration=3600), **DAILY)
    assert amounts(daily, length_s=2 * 86400) == [(0, 10), (3600, RATING_A), (86400, 10), (90000, RATING_A)]


def test_a_recurring_schedule_longer_than_its_interval_begins_anew_and_repeats_backwards_too() -> None:
    daily = installed(
        1, schedule(period(0, 10), period(7200, 16), start_schedule=at(5 * 86400), duration=1_000_000), **DAILY
    )
    assert amounts(daily, length_s=86400 + 60) == [(0, 10), (7200, 16), (86400, 10)]


def test_a_weekly_schedule_keeps_its_day() -> None:
    weekly = {"kind": Kind.RECURRING, "recurrency_kind": v21.RecurrencyKindEnumType.WEEKLY}
    line = schedule(period(0, 10), start_schedule=at(-6 * 86400), duration=3600)
    assert amounts(installed(1, line, **weekly), length_s=2 * 86400) == [(0, RATING_A), (86400, 10), (90000, RATING_A)]


def test_k01_fr36_and_fr37_validity_holds_from_its_begin_up_to_its_end() -> None:
    bounded = installed(1, schedule(period(0, 10)), valid_from=at(30), valid_to=at(60))
    assert amounts(bounded) == [(0, RATING_A), (30, 10), (60, RATING_A)]
    assert amounts(installed(1, valid_from=at(60), valid_to=at(30))) == [(0, RATING_A)]


def test_k01_fr42_a_relative_schedule_begins_with_its_transaction() -> None:
    line = relative(period(0, 20), period(60, 10))
    begun = {1: replace(RUNNING, begun_at=at(-30))}
    assert amounts(tx(1, line, kind=Kind.RELATIVE), running=begun) == [(0, 20), (30, 10)]


def test_k28_a_dynamic_profile_holds_from_its_last_update_for_its_duration() -> None:
    dynamic = installed(1, relative(period(0, 10), duration=60), kind=Kind.DYNAMIC, dyn_update_time=at(-20))
    assert amounts(dynamic) == [(0, 10), (40, RATING_A)]
    assert amounts(installed(1, relative(period(0, 10), duration=60), kind=Kind.DYNAMIC)) == [(0, 10), (60, RATING_A)]


BERLIN = ZoneInfo("Europe/Berlin")


def local(first: str, **more: Any) -> Installation:
    line = schedule(
        period(0, 6),
        period(3 * 3600, 20),
        use_local_time=True,
        start_schedule=datetime.fromisoformat(first),
        duration=6 * 3600,
    )
    return installed(1, line, **{**DAILY, **more})


@pytest.mark.parametrize(
    ("day", "changes"),
    [
        # Midnight to 03:00 at 6 A, to 06:00 at 20 A, by the clock on the wall; seconds from midnight on.
        ("2024-03-30", [(0, 6), (3 * 3600, 20), (6 * 3600, RATING_A)]),
        ("2024-03-31", [(0, 6), (2 * 3600, 20), (5 * 3600, RATING_A)]),  # 02:00 to 03:00 is not there
        ("2024-10-27", [(0, 6), (4 * 3600, 20), (7 * 3600, RATING_A)]),  # 02:00 to 03:00 comes twice
        ("2024-12-31", [(0, 6), (3 * 3600, 20), (6 * 3600, RATING_A)]),
    ],
)
def test_k01_fr90_and_fr91_a_schedule_of_local_time_follows_the_clock_on_the_wall(
    day: str, changes: list[tuple[int, float]]
) -> None:
    midnight = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=BERLIN)
    situation = Situation(
        station=Station(ratings_a={1: RATING_A}, zone=BERLIN), installed=(local("2023-07-01T00:00:00+09:00"),)
    )
    begin = midnight.astimezone(UTC)
    window = Window(begin, begin + timedelta(hours=12))
    line = composite(situation, 1, Unit.A, window)
    assert [(one.start_s, one.value.limit[0]) for one in periods(line, begin, 12 * 3600)] == changes


def test_a_relative_schedule_has_no_local_time_to_follow() -> None:
    line = relative(period(0, 20), period(60, 10), use_local_time=True)
    assert amounts(tx(1, line, kind=Kind.RELATIVE), zone=BERLIN) == [(0, 20), (60, 10)]


def test_k01_fr92_to_fr94_each_period_but_the_first_is_late_and_stays_so() -> None:
    line = schedule(period(0, 20), period(100, 10), period(200, 6), duration=300, randomized_delay=50)
    late = amounts(installed(1, line), running={1: replace(RUNNING, delay_seed=7)})
    assert [value for _, value in late] == [20, 10, 6, RATING_A]
    (first, second, third, end) = [start_s for start_s, _ in late]
    assert (first, end) == (0, 300)
    assert 100 <= second <= 150
    assert 200 <= third <= 250
    assert late == amounts(installed(1, line), running={1: replace(RUNNING, delay_seed=7)})
    assert amounts(installed(1, line)) == [(0, 20), (100, 10), (200, 6), (300, RATING_A)]


def test_a_period_that_is_later_than_the_next_never_comes() -> None:
    line = schedule(period(0, 20), period(10, 10), period(20, 6), randomized_delay=1000)
    seeds = range(20)
    delays = [random_delay(profile(line), seed) for seed in seeds]
    overtaken = next(seed for seed, delay in zip(seeds, delays, strict=True) if 10 + delay(1) > 20 + delay(2))
    found = amounts(installed(1, line), running={1: replace(RUNNING, delay_seed=overtaken)}, length_s=3600)
    assert [value for _, value in found] == [20, 6]


def test_k01_fr100_a_full_battery_is_charged_more_slowly() -> None:
    line = schedule(period(0, 20), limit_at_soc=v21.LimitAtSoCType(soc=80, limit=6))
    assert amounts(installed(1, line)) == [(0, 20)]
    assert amounts(installed(1, line), running={1: replace(RUNNING, soc=79)}) == [(0, 20)]
    assert amounts(installed(1, line), running={1: replace(RUNNING, soc=80)}) == [(0, 6)]
    follow = schedule(
        period(0, None, setpoint=20.0, operation_mode=Mode.CENTRAL_SETPOINT),
        limit_at_soc=v21.LimitAtSoCType(soc=80, limit=6),
    )
    found = limits(tx(1, follow), running={1: replace(RUNNING, soc=80)})[0][1]
    assert (found.limit, found.setpoint) == ((6,), (6,))


@pytest.mark.parametrize(("offline_s", "amps"), [(None, 10), (60.0, 10), (60.1, 20)])
def test_k01_fr101_a_profile_ends_with_a_long_offline_time(offline_s: float | None, amps: float) -> None:
    short = installed(1, schedule(period(0, 10)), level=1, number=2, max_offline_duration=60)
    assert amounts(installed(1, schedule(period(0, 20))), short, offline_s=offline_s) == [(0, amps)]


def test_k01_fr101_no_seconds_at_all_means_never_offline() -> None:
    never = installed(1, schedule(period(0, 10)), max_offline_duration=0)
    assert amounts(never, offline_s=0.0) == [(0, RATING_A)]
    assert amounts(never) == [(0, 10)]
