"""The set of installed profiles through its life."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.installed import Installed, reports
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.refusal import Reason, Refusal
from ladewerk.ocpp import v21
from tests.charging.profiles import START, at, installed, period, profile, relative, station_max, tx

CAN = Abilities(evse_ids=(1, 2))
EXTERNAL = Installation(0, profile(number=-1, purpose=Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS), "EMS")
DYNAMIC = installed(1, relative(), kind=Kind.DYNAMIC)
HELD = Installed((station_max(number=1), installed(1, number=2, level=1), tx(number=3, level=2), EXTERNAL))


def ids(held: Installed) -> list[int]:
    return [one.profile.id for one in held]


def install(held: Installed, candidate: Installation, abilities: Abilities = CAN, second: float = 0) -> Any:
    return held.install(candidate, abilities=abilities, transactions={1: "t-1"}, now=at(second))


def clear(**said: Any) -> v21.ClearChargingProfileRequest:
    number = said.pop("number", None)
    if number is not None:
        return v21.ClearChargingProfileRequest(charging_profile_id=number)
    criteria = v21.ClearChargingProfileType(**said)
    return v21.ClearChargingProfileRequest(charging_profile_criteria=criteria)


def test_k01_fr05_the_same_id_replaces_wherever_it_stood() -> None:
    held = install(Installed((installed(1), tx(number=2))), installed(2))
    assert [(one.profile.id, one.evse_id, one.installed_at) for one in held] == [(2, 1, None), (1, 2, START)]
    assert held.with_id(1).evse_id == 2
    assert held.with_id(9) is None


def test_in_16_the_same_place_replaces_too() -> None:
    old = replace(CAN, replacing=Replacing.BY_LEVEL)
    assert ids(install(Installed((installed(1), station_max(number=2))), installed(1, number=3), old)) == [2, 3]


def test_what_is_refused_changes_nothing() -> None:
    outcome = install(HELD, installed(3, number=9))
    assert isinstance(outcome, Refusal)
    assert ids(HELD) == [1, 2, 3, -1]


def test_k28_fr05_a_dynamic_profile_was_updated_when_it_came_unless_it_says_when() -> None:
    (came,) = install(Installed(), DYNAMIC, second=5)
    assert came.profile.dyn_update_time == at(5)
    (said,) = install(Installed(), installed(1, relative(), kind=Kind.DYNAMIC, dyn_update_time=at(1)), second=5)
    assert said.profile.dyn_update_time == at(1)


def test_k01_fr56_what_is_kept_in_memory_may_come_only_so_often() -> None:
    slow = replace(CAN, update_rate_limit_s=60.0, persistent=(Purpose.TX_DEFAULT_PROFILE,))
    held = install(Installed(), installed(1), slow)
    assert install(held, installed(1), slow, 59).reason is Reason.RATE_LIMIT_EXCEEDED
    assert len(install(held, installed(1), slow, 60)) == 1
    assert len(install(held, station_max(number=2), slow, 1)) == 2
    assert len(install(install(held, tx(number=2), slow), tx(number=2), slow, 1)) == 2


def test_k28_an_update_changes_what_it_says_and_nothing_else() -> None:
    held = Installed((station_max(number=2), DYNAMIC))
    changed = held.update(1, v21.ChargingScheduleUpdateType(limit=8.0, setpoint=7.0), at(60))
    assert isinstance(changed, Installed)
    one = changed.with_id(1)
    assert one is not None
    period_ = one.profile.charging_schedule[0].charging_schedule_period[0]
    assert (period_.limit, period_.setpoint, period_.start_period) == (8.0, 7.0, 0)
    assert one.profile.dyn_update_time == at(60)
    assert ids(changed) == [2, 1]


@pytest.mark.parametrize(
    ("held", "number", "expected"),
    [
        (Installed((tx(),)), 1, Reason.INVALID_PROFILE),
        (Installed((DYNAMIC,)), 2, Reason.INVALID_PROFILE),
        (Installed((installed(1, relative(period(), period(60)), kind=Kind.DYNAMIC),)), 1, Reason.INTERNAL_ERROR),
    ],
)
def test_k28_fr11_only_a_dynamic_profile_is_updated(held: Installed, number: int, expected: Reason) -> None:
    refusal = held.update(number, v21.ChargingScheduleUpdateType(limit=8.0), START)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is expected


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        (clear(number=2), [1, 3, -1]),
        (clear(number=9), [1, 2, 3, -1]),
        (clear(number=-1), [1, 2, 3, -1]),  # K10.FR.06
        (clear(evse_id=1), [1, -1]),
        (clear(evse_id=1, stack_level=1), [1, 3, -1]),
        (clear(charging_profile_purpose=Purpose.TX_PROFILE), [1, 2, -1]),
        (clear(charging_profile_purpose=Purpose.TX_PROFILE, stack_level=1), [1, 2, 3, -1]),
        (v21.ClearChargingProfileRequest(), [-1]),
    ],
)
def test_k10_an_id_or_all_criteria_at_once_are_cleared(request_: v21.ClearChargingProfileRequest, left: list[int]) -> None:
    assert ids(HELD.clear(request_)) == left


def test_k02_fr05_tx_profiles_end_with_their_transaction() -> None:
    held = Installed((*HELD, tx(number=4, transaction=None), tx(2, number=5, transaction="t-2")))
    assert ids(held.without_transaction("t-1", 1)) == [1, 2, -1, 5]


def test_k13_fr01_a_released_limit_is_gone() -> None:
    assert ids(HELD.without_source("EMS")) == [1, 2, 3]
    assert ids(HELD.without_source("SO")) == [1, 2, 3, -1]
    assert ids(HELD.without_source("CSO")) == [1, 2, 3, -1]


def test_k01_fr102_after_a_long_offline_time_some_are_gone_for_good() -> None:
    lasting = installed(1, number=1, max_offline_duration=60)
    ending = installed(1, number=2, level=1, max_offline_duration=60, invalid_after_offline_duration=True)
    held = Installed((lasting, ending, station_max(number=3)))
    assert ids(held.after_offline(60)) == [1, 2, 3]
    assert ids(held.after_offline(61)) == [1, 3]


def asked(evse_id: int | None = None, **said: Any) -> v21.GetChargingProfilesRequest:
    criterion = v21.ChargingProfileCriterionType(**said)
    where = UNSET if evse_id is None else evse_id
    return v21.GetChargingProfilesRequest(request_id=7, charging_profile=criterion, evse_id=where)


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (asked(), [1, 2, 3, -1]),
        (asked(0), [1, -1]),
        (asked(1), [2, 3]),
        (asked(charging_profile_id=(2, -1, 9)), [2, -1]),
        (asked(stack_level=2), [3]),
        (asked(charging_profile_purpose=Purpose.TX_DEFAULT_PROFILE), [2]),
        (asked(charging_limit_source=("EMS",)), [-1]),
        (asked(1, charging_limit_source=("EMS",)), []),
    ],
)
def test_k09_what_is_asked_for_is_found(request_: v21.GetChargingProfilesRequest, found: list[int]) -> None:
    assert [one.profile.id for one in HELD.matching(request_)] == found


def test_k09_fr02_there_is_a_report_for_each_evse_and_source_and_more_to_come_but_for_the_last() -> None:
    told = reports(7, HELD)
    assert [(one.request_id, one.evse_id, one.charging_limit_source, one.tbc) for one in told] == [
        (7, 0, "CSO", True),
        (7, 0, "EMS", True),
        (7, 1, "CSO", False),
    ]
    assert [[one.id for one in report.charging_profile] for report in told] == [[1], [-1], [2, 3]]
    assert reports(7, ()) == []
