"""GetCompositeSchedule, answered."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.charging.abilities import Abilities
from ladewerk.charging.answer import LONGEST_S, composite_answer
from ladewerk.charging.composite import Situation, Station, Transaction
from ladewerk.charging.rates import Mode, Unit
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import encode
from tests.charging.profiles import START, installed, period, schedule, tx

LINE = schedule(period(0, 10, number_phases=1, phase_to_use=2), period(60, 8), duration=120)
SITUATION = Situation(
    station=Station(ratings_a={1: 32.0}),
    installed=(tx(1, LINE),),
    transactions={1: Transaction(transaction_id="t-1", begun_at=START)},
)


def answer(situation: Situation = SITUATION, **asked: Any) -> v21.GetCompositeScheduleResponse:
    request = v21.GetCompositeScheduleRequest(**{"duration": 600, "evse_id": 1, **asked})
    found = composite_answer(situation, request, Abilities(evse_ids=(1,), rate_units=(Unit.A,)), START)
    encode(found)
    return found


def schedule_of(found: v21.GetCompositeScheduleResponse) -> v21.CompositeScheduleType:
    assert not isinstance(found.schedule, type(UNSET))
    return found.schedule


def test_k08_fr02_the_schedule_begins_now_and_lasts_as_long_as_asked() -> None:
    found = schedule_of(answer())
    assert (found.schedule_start, found.duration, found.charging_rate_unit) == (START, 600, Unit.A)
    periods = found.charging_schedule_period
    assert [(one.start_period, one.limit, one.number_phases) for one in periods] == [(0, 10, 1), (60, 8, 3), (120, 32, 3)]
    assert (periods[0].phase_to_use, periods[1].phase_to_use, periods[0].operation_mode) == (2, UNSET, UNSET)


def test_what_a_period_of_21_says_more_is_told_too() -> None:
    more = period(0, 10, limit_l2=9.0, setpoint=5.0, discharge_limit=-6.0, operation_mode=Mode.CENTRAL_SETPOINT)
    situation = Situation(station=SITUATION.station, installed=(tx(1, schedule(more)),), transactions=SITUATION.transactions)
    (one,) = schedule_of(answer(situation)).charging_schedule_period
    assert (one.limit, one.limit_l2, one.limit_l3) == (10, 9, 10)
    assert (one.setpoint, one.setpoint_l2, one.discharge_limit_l3) == (5, 5, -6)
    assert one.operation_mode is Mode.CENTRAL_SETPOINT


@pytest.mark.parametrize(("asked_s", "told_s"), [(0, 0), (-5, 0), (10 * LONGEST_S, LONGEST_S)])
def test_a_duration_that_makes_no_sense_is_answered_for_the_nearest_that_does(asked_s: int, told_s: int) -> None:
    assert schedule_of(answer(duration=asked_s)).duration == told_s


def test_k08_fr05_and_fr07_what_is_not_there_is_rejected() -> None:
    assert _why(answer(evse_id=2)) == ("Rejected", "InvalidValue")
    assert _why(answer(charging_rate_unit=Unit.W)) == ("Rejected", "UnsupportedRateUnit")
    assert _why(answer(evse_id=0)) == ("Accepted", None)


def _why(found: v21.GetCompositeScheduleResponse) -> tuple[str, str | None]:
    info = found.status_info
    return found.status.value, None if isinstance(info, type(UNSET)) else info.reason_code


def test_a_schedule_that_began_within_the_present_second_holds_from_its_first_second_on() -> None:
    began = START + timedelta(milliseconds=200)
    default = installed(1, schedule(period(0, 6), start_schedule=START - timedelta(hours=1)))
    line = schedule(period(0, 10), period(60, 8), start_schedule=began)
    situation = Situation(
        station=SITUATION.station, installed=(default, tx(1, line, number=2)), transactions=SITUATION.transactions
    )
    request = v21.GetCompositeScheduleRequest(duration=90, evse_id=1)

    def at(seconds: float) -> list[tuple[int, object]]:
        now = START + timedelta(seconds=seconds)
        found = schedule_of(composite_answer(situation, request, Abilities(evse_ids=(1,)), now))
        return [(one.start_period, one.limit) for one in found.charging_schedule_period]

    assert at(0.3) == [(0, 10), (61, 8)]
    assert at(0.1) == [(0, 6), (1, 10), (61, 8)]
    assert at(60.3) == [(0, 8)]
    assert at(59.9) == [(0, 10), (2, 8)]


def test_a_schedule_starts_with_a_whole_second() -> None:
    request = v21.GetCompositeScheduleRequest(duration=60, evse_id=1)
    found = composite_answer(SITUATION, request, Abilities(evse_ids=(1,)), START + timedelta(milliseconds=500))
    assert schedule_of(found).schedule_start == START
