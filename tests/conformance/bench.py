"""What the scenarios of the published outcomes are made with."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from msgspec import UNSET

from ladewerk.charging.abilities import Abilities
from ladewerk.charging.answer import composite_answer
from ladewerk.charging.composite import Situation, Station
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.installed import Installed, reports
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Mode, Unit
from ladewerk.charging.refusal import Refusal
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import decode, encode
from tests.charging.profiles import START, at, installed, period, profile, relative, schedule, tx
from tests.conformance.outcomes import ACCEPTED, UNKNOWN, Outcome, outcome_of

Scenario = Callable[[], Outcome | list[Outcome]]

OLD = Abilities(evse_ids=(1, 2))
SET_BY_CSMS = replace(OLD, purposes=[one for one in Purpose if one is not Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS])
RUNNING: Final = {1: "t-1"}

INFINITE = float("inf")
NAN = float("nan")
EXTERNAL = Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS


def install(
    candidate: Installation,
    held: Installed | None = None,
    abilities: Abilities = OLD,
    running: Mapping[int, str] = RUNNING,
    *,
    starts: bool = False,
) -> Installed | Refusal:
    return (held or Installed()).install(
        candidate, abilities=abilities, transactions=running, now=START, starts_transaction=starts
    )


def of(candidate: Installation, *held: Installation, **more: Any) -> Scenario:
    """Install ``candidate`` where ``held`` stand."""
    return lambda: outcome_of(install(candidate, Installed(held), **more))


def both(*scenarios: Scenario) -> Scenario:
    def run() -> list[Outcome]:
        found = [scenario() for scenario in scenarios]
        return [one for outcome in found for one in (outcome if isinstance(outcome, list) else [outcome])]

    return run


def default(*periods: v21.ChargingSchedulePeriodType, evse_id: int = 1, **more: Any) -> Installation:
    """A TxDefaultProfile of these periods."""
    return installed(evse_id, schedule(*periods), **more)


def valid(begin_s: float | None, end_s: float | None) -> dict[str, Any]:
    said = {"valid_from": begin_s, "valid_to": end_s}
    return {name: at(value) for name, value in said.items() if value is not None}


def curve(*points: tuple[float, float]) -> tuple[v21.V2XFreqWattPointType, ...]:
    return tuple(v21.V2XFreqWattPointType(frequency=frequency, power=power) for frequency, power in points)


def clear(held: list[Installation], **criteria: Any) -> Scenario:
    """Clear by an id, by criteria, or everything."""

    def run() -> Outcome:
        number = criteria.pop("number", None)
        request = v21.ClearChargingProfileRequest(
            charging_profile_id=UNSET if number is None else number,
            charging_profile_criteria=v21.ClearChargingProfileType(**criteria) if criteria else UNSET,
        )
        before = Installed(tuple(held))
        return ACCEPTED if len(before.clear(request)) < len(before) else UNKNOWN

    return run


def keeps(condition: bool) -> Outcome:
    return ACCEPTED if condition else UNKNOWN


def installs(candidate: Installation) -> Scenario:
    """It is accepted, and stands where it was put, by whom it was put."""

    def run() -> Outcome:
        held = install(candidate)
        assert isinstance(held, Installed)
        (found,) = held
        assert (found.evse_id, found.source, found.profile) == (candidate.evse_id, candidate.source, candidate.profile)
        return ACCEPTED

    return run


def reported() -> Outcome:
    held = Installed((tx(), Installation(0, profile(number=2, purpose=EXTERNAL), "EMS")))
    criterion = v21.ChargingProfileCriterionType()
    (own, other) = reports(7, held.matching(v21.GetChargingProfilesRequest(request_id=7, charging_profile=criterion)))
    sources = (own.charging_limit_source, own.tbc, other.charging_limit_source, other.tbc)
    return keeps(sources == ("EMS", True, "CSO", False))


def ends(transaction_id: str, kept: int) -> Scenario:
    return lambda: keeps(len(Installed((tx(),)).without_transaction(transaction_id, 1)) == kept)


def composite_of(**asked: Any) -> Scenario:
    def run() -> Outcome:
        situation = Situation(station=Station(ratings_a={1: 32.0, 2: 32.0}), installed=(tx(),))
        request = v21.GetCompositeScheduleRequest(**{"duration": 60, "evse_id": 1, **asked})
        answer = composite_answer(situation, request, replace(OLD, rate_units=(Unit.A,)), START)
        assert (answer.schedule is UNSET) is (answer.status != "Accepted")
        info = answer.status_info
        return Outcome(answer.status.value, None if info is UNSET else info.reason_code)

    return run


DYNAMIC = installed(1, relative(), kind=Kind.DYNAMIC)
UPDATE = v21.ChargingScheduleUpdateType(limit=8.0)


def updated(
    held: Installation, change: v21.ChargingScheduleUpdateType = UPDATE, number: int = 1, expected: float | None = None
) -> Scenario:
    def run() -> Outcome:
        after = Installed((held,)).update(number, change, at(60))
        if isinstance(after, Installed):
            (one,) = after
            assert one.profile.dyn_update_time == at(60)
            assert one.profile.charging_schedule[0].charging_schedule_period[0].limit == expected
        return outcome_of(after)

    return run


def stamped(*, reread: bool) -> Scenario:
    def run() -> Outcome:
        held = install(DYNAMIC)
        assert isinstance(held, Installed)
        (one,) = held
        read = decode(v21.ChargingProfileType, encode(one.profile)) if reread else one.profile
        return keeps(read.dyn_update_time == START)

    return run


def limited_rate() -> list[Outcome]:
    abilities = replace(OLD, update_rate_limit_s=60.0)
    held = Installed()
    outcomes = []
    for second in (0, 30, 60):
        result = held.install(default(), abilities=abilities, transactions=RUNNING, now=at(second))
        outcomes.append(outcome_of(result))
        held = result if isinstance(result, Installed) else held
    return outcomes


DC = replace(OLD, direct_current=True)
DC_PHASES = replace(DC, dc_input_phase_control=True)
NO_SWITCHING = replace(OLD, phase_switching=False)
ONE_PHASE = replace(OLD, supply_phases=1)


def watts(*periods: v21.ChargingSchedulePeriodType, purpose: Purpose = Purpose.TX_PROFILE, **more: Any) -> Installation:
    make = tx if purpose is Purpose.TX_PROFILE else lambda evse_id, *given, **rest: installed(evse_id, *given, **rest)
    where = 0 if purpose is Purpose.CHARGING_STATION_MAX_PROFILE else 1
    said = {} if purpose is Purpose.TX_PROFILE else {"purpose": purpose}
    return make(where, schedule(*periods, unit=Unit.W), **said, **more)


def setpoint(value: float, limit: float | None = None, low: float | None = None, **more: Any) -> Installation:
    low_said = {} if low is None else {"discharge_limit": low}
    return watts(period(0, limit, setpoint=value, operation_mode=Mode.CENTRAL_SETPOINT, **low_said, **more))


def asleep(mode: Mode) -> Installation:
    return watts(period(0, None if mode is Mode.IDLE else 1.0, operation_mode=mode, evse_sleep=True))


def frequency(
    points: tuple[v21.V2XFreqWattPointType, ...] | None, baseline: float | None = 0.0, unit: Unit = Unit.W
) -> Installation:
    said: dict[str, Any] = {} if points is None else {"v2x_freq_watt_curve": points}
    if baseline is not None:
        said["v2x_baseline"] = baseline
    return tx(1, schedule(period(0, None, operation_mode=Mode.LOCAL_FREQUENCY, **said), unit=unit))


POINTS = curve((49.8, 1000.0), (50.2, 0.0))
SIGNS = [
    (5.5, -5.5, None),
    (5.5, 5.5, -1.0),
    (5.5, -5.5, -1.0),
    (-5.5, 5.5, None),
    (-5.5, -5.5, 1.0),
    (5.5, 5.5, 1.0),
    (-5.5, -5.5, -1.0),
]


def signs(l1: float, l2: float, l3: float | None) -> Scenario:
    more = {} if l3 is None else {"setpoint_l3": l3}
    return of(setpoint(l1, setpoint_l2=l2, **more))
