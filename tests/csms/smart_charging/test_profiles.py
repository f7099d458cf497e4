"""A plan as a charging profile."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET

from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.smart_charging.profiles import Period, charging_profile, fallback_profile, periods_of, tenths
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, Quirks
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def hours(*currents_a: float, phases: int = 3) -> Timeline[Rate]:
    return Timeline.from_slots(NOW, [3600.0] * len(currents_a), [Rate(value_a, phases) for value_a in currents_a])


def profile(
    line: Timeline[Rate], *, start: datetime = NOW, most: int = 1024, quirks: Quirks = NO_QUIRKS
) -> v21.ChargingProfileType:
    return charging_profile(
        line, evse_id=2, transaction_id="tx", start=start, max_periods=most, voltage_v=230.0, quirks=quirks
    )


def test_k01_fr31_the_first_period_starts_at_0_and_neighbours_differ() -> None:
    assert periods_of(hours(16, 16, 0, 8), NOW) == [Period(0, 16), Period(7200, 0), Period(10800, 8)]


def test_a_plan_that_began_earlier_is_sent_from_now_on() -> None:
    start = NOW + timedelta(minutes=90)
    assert periods_of(hours(16, 10, 6), start) == [Period(0, 10), Period(1800, 6)]


def test_a_plan_that_begins_later_starts_with_0() -> None:
    assert periods_of(hours(16), NOW - timedelta(seconds=60)) == [Period(0, 0), Period(60, 16)]


def test_k15_fr07_it_is_an_absolute_tx_profile_that_lasts_as_long_as_the_plan() -> None:
    made = profile(hours(16, 0), most=2)
    schedule = made.charging_schedule[0]
    assert (made.charging_profile_purpose, made.charging_profile_kind) == ("TxProfile", "Absolute")
    assert (made.transaction_id, schedule.start_schedule, schedule.duration) == ("tx", NOW, 7200 + 86_400)
    assert schedule.charging_rate_unit == "A"


def test_after_the_plan_nothing_is_offered_for_a_day_and_no_fallback_holds() -> None:
    (schedule,) = profile(hours(16, 8), most=3).charging_schedule
    assert [(period.start_period, period.limit) for period in schedule.charging_schedule_period] == [
        (0, 16),
        (3600, 8),
        (7200, 0),
    ]
    assert schedule.duration == 7200 + 86_400
    (without_room,) = profile(hours(16, 8), most=2).charging_schedule
    assert len(without_room.charging_schedule_period) == 2
    assert without_room.duration == 7200


def test_k01_fr05_every_profile_of_an_evse_has_the_same_id() -> None:
    assert profile(hours(16)).id == profile(hours(6, 8)).id


def test_one_phase_is_said_and_three_are_what_ocpp_assumes() -> None:
    assert profile(hours(16, phases=1)).charging_schedule[0].charging_schedule_period[0].number_phases == 1
    assert profile(hours(16)).charging_schedule[0].charging_schedule_period[0].number_phases is UNSET


def test_limits_have_one_decimal_and_are_never_rounded_up() -> None:
    assert [tenths(current_a) for current_a in (16.0, 13.37, 0.3 * 3, 5.999)] == [16.0, 13.3, 0.9, 5.9]


def test_a_plan_without_end_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="ends after its start"):
        profile(Timeline((NOW,), (Rate(16.0, 3),)))


def test_steps_within_one_second_leave_one_period() -> None:
    line = Timeline.from_slots(NOW, [0.4, 3600.0], [Rate(16.0, 3), Rate(8.0, 3)])
    assert periods_of(line, NOW) == [Period(0, 8.0)]


def test_k01_fr26_a_station_that_takes_watts_is_told_watts_over_the_phases_and_never_more() -> None:
    watts = Quirks(rate_unit="W")
    (schedule,) = profile(hours(16, 6.1, phases=1), quirks=watts).charging_schedule
    assert schedule.charging_rate_unit == "W"
    assert [period.limit for period in schedule.charging_schedule_period] == [3680, 1403, 0]
    (fallback,) = fallback_profile(Rate(6.0, 3), NOW, voltage_v=230.0, quirks=watts).charging_schedule
    assert (fallback.charging_rate_unit, fallback.charging_schedule_period[0].limit) == ("W", 4140)


def test_a_plan_as_a_default_lies_above_the_fallback_and_names_no_transaction() -> None:
    quirks = Quirks(purpose="TxDefaultProfile", stack_level=1)
    made = profile(hours(16), quirks=quirks)
    assert (made.charging_profile_purpose, made.stack_level, made.transaction_id) == ("TxDefaultProfile", 2, UNSET)
    assert fallback_profile(Rate(6.0, 3), NOW, voltage_v=230.0, quirks=quirks).stack_level == 1


def test_k01_fr41_a_relative_profile_has_no_start_and_here_no_end() -> None:
    quirks = Quirks(kind="Relative")
    made = profile(Timeline.of([(NOW, Rate(10.0, 3))]), quirks=quirks)
    (schedule,) = made.charging_schedule
    assert (made.charging_profile_kind, schedule.start_schedule, schedule.duration) == ("Relative", UNSET, UNSET)
    assert [(period.start_period, period.limit) for period in schedule.charging_schedule_period] == [(0, 10)]
    (fallback,) = fallback_profile(Rate(6.0, 3), NOW, voltage_v=230.0, quirks=quirks).charging_schedule
    assert fallback.start_schedule is UNSET
