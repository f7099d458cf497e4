"""What may be installed beside what, with the reason of a refusal; a row for each rule."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Mode, Unit
from ladewerk.charging.refusal import Reason
from ladewerk.charging.validity import refused
from ladewerk.ocpp import v21
from tests.charging.profiles import at, installed, period, relative, schedule, station_max, tx

CAN = Abilities(evse_ids=(1, 2))
EXTERNAL = Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS
DAILY, WEEKLY = v21.RecurrencyKindEnumType.DAILY, v21.RecurrencyKindEnumType.WEEKLY
INFINITE, NAN = float("inf"), float("nan")


def reason(candidate: Installation, *held: Installation, abilities: Abilities = CAN, **more: Any) -> Reason | None:
    said = {"transactions": {1: "t-1"}, **more}
    refusal = refused(candidate, held, abilities=abilities, **said)
    return None if refusal is None else refusal.reason


def one(*periods: v21.ChargingSchedulePeriodType, unit: Unit = Unit.A, **more: Any) -> Installation:
    return installed(1, schedule(*periods, unit=unit), **more)


def setpoint(value: float = 1.0, limit: float | None = None, **more: Any) -> Installation:
    return tx(1, schedule(period(0, limit, setpoint=value, operation_mode=Mode.CENTRAL_SETPOINT, **more), unit=Unit.W))


def frequency(points: int, *, baseline: bool = True, unit: Unit = Unit.W) -> Installation:
    curve = tuple(v21.V2XFreqWattPointType(frequency=50.0 + index, power=0.0) for index in range(points))
    said: dict[str, Any] = {"v2x_baseline": 0.0} if baseline else {}
    if curve:
        said["v2x_freq_watt_curve"] = curve
    return tx(1, schedule(period(0, None, operation_mode=Mode.LOCAL_FREQUENCY, **said), unit=unit))


ALLOWED = [
    ("K01 a TxDefaultProfile", one()),
    ("K01.FR.04 a TxProfile of the transaction", tx()),
    ("K04 a ChargingStationMaxProfile", station_max()),
    ("K01 three schedules", tx(1, schedule(), schedule(), schedule())),
    ("K01 Recurring", one(kind=Kind.RECURRING, recurrency_kind=DAILY)),
    ("K01.FR.41 Relative", installed(1, relative(), kind=Kind.RELATIVE)),
    ("K28 Dynamic", installed(1, relative(), kind=Kind.DYNAMIC, dyn_update_interval=60)),
    ("K01.FR.19 one phase that is chosen", one(period(number_phases=1, phase_to_use=2))),
    ("K01.FR.11 no duration at all", installed(1, schedule(duration=0))),
    ("2.0.1 a recurrency kind of nothing that recurs", one(recurrency_kind=DAILY)),
    ("a limit below 0, as older systems discharge", one(period(0, -6))),
    ("K22 PriorityCharging", one(purpose=Purpose.PRIORITY_CHARGING)),
    ("Q03 a setpoint within its limits", setpoint(5.0, 10.0, discharge_limit=-5.0)),
    ("Q08 a frequency curve", frequency(2)),
    ("Q10.FR.05 Idle may sleep", tx(1, schedule(period(0, None, operation_mode=Mode.IDLE, evse_sleep=True)))),
    ("V2X.10 a TxProfile says what each phase follows", setpoint(1.0, setpoint_l2=2.0)),
    ("an external limit that is told", one(period(0, 16, operation_mode=Mode.EXTERNAL_LIMITS), purpose=EXTERNAL)),
]

REFUSED = [
    ("K01.FR.28", installed(3), Reason.INVALID_VALUE),
    ("K01.FR.16", tx(0), Reason.INVALID_VALUE),
    ("K04.FR.03", one(purpose=Purpose.CHARGING_STATION_MAX_PROFILE), Reason.INVALID_VALUE),
    ("K01.FR.38", station_max(relative(), kind=Kind.RELATIVE), Reason.INVALID_VALUE),
    ("K01.FR.03", tx(transaction=None), Reason.MISSING_PARAM),
    ("K01.FR.09", tx(2), Reason.TX_NOT_FOUND),
    ("K01.FR.33", tx(transaction="t-2"), Reason.TX_NOT_FOUND),
    ("K01 recurring how", one(kind=Kind.RECURRING), Reason.INVALID_PROFILE),
    ("K01.FR.122 interval", one(dyn_update_interval=60), Reason.INVALID_PROFILE),
    ("K01.FR.122 time", one(dyn_update_time=at(0)), Reason.INVALID_PROFILE),
    ("K01 no schedule", Installation(1, structs.replace(one().profile, charging_schedule=())), Reason.INVALID_SCHEDULE),
    ("K01 no period", installed(1, structs.replace(schedule(), charging_schedule_period=())), Reason.INVALID_SCHEDULE),
    ("K01.FR.31", one(period(10)), Reason.INVALID_SCHEDULE),
    ("K01.FR.35", one(period(), period(60), period(60)), Reason.INVALID_SCHEDULE),
    ("K01.FR.40 Absolute", installed(1, relative()), Reason.INVALID_SCHEDULE),
    ("K01.FR.40 Recurring", installed(1, relative(), kind=Kind.RECURRING, recurrency_kind=WEEKLY), Reason.INVALID_SCHEDULE),
    ("K01.FR.41", one(kind=Kind.RELATIVE), Reason.INVALID_SCHEDULE),
    ("a duration below 0", installed(1, schedule(duration=-1)), Reason.INVALID_SCHEDULE),
    ("K01.FR.70", installed(1, schedule(duration=60), purpose=Purpose.PRIORITY_CHARGING), Reason.INVALID_SCHEDULE),
    (
        "K01.FR.71",
        one(period(0, None, operation_mode=Mode.IDLE), purpose=Purpose.PRIORITY_CHARGING),
        Reason.INVALID_SCHEDULE,
    ),
    ("no number", one(period(0, NAN)), Reason.INVALID_SCHEDULE),
    ("no finite number", installed(1, schedule(min_charging_rate=INFINITE)), Reason.INVALID_SCHEDULE),
    (
        "no finite limit at a state of charge",
        installed(1, schedule(limit_at_soc=v21.LimitAtSoCType(soc=80, limit=NAN))),
        Reason.INVALID_SCHEDULE,
    ),
    (
        "no finite signal curve",
        one(period(v2x_signal_watt_curve=(v21.V2XSignalWattPointType(signal=1, power=NAN),))),
        Reason.INVALID_SCHEDULE,
    ),
    ("no phase", one(period(number_phases=0)), Reason.INVALID_SCHEDULE),
    ("K01.FR.19", one(period(number_phases=3, phase_to_use=1)), Reason.INVALID_SCHEDULE),
    ("K01.FR.95", station_max(schedule(randomized_delay=60)), Reason.INVALID_SCHEDULE),
    ("K01.FR.126", one(period(evse_sleep=True)), Reason.INVALID_SCHEDULE),
    ("table 95", station_max(schedule(period(0, None, operation_mode=Mode.IDLE))), Reason.INVALID_OPERATION_MODE),
    ("Q02 ChargingOnly has a limit", one(period(0, None)), Reason.INVALID_SCHEDULE),
    ("Q02 ChargingOnly has no setpoint", one(period(0, 16, setpoint=16.0)), Reason.INVALID_SCHEDULE),
    ("Q08.FR.02 curve", frequency(1), Reason.NO_FREQ_WATT_CURVE),
    ("Q08.FR.02 no curve", frequency(0), Reason.NO_FREQ_WATT_CURVE),
    ("Q08.FR.02 baseline", frequency(2, baseline=False), Reason.NO_FREQ_WATT_CURVE),
    ("Q08.FR.05", frequency(2, unit=Unit.A), Reason.UNSUPPORTED_RATE_UNIT),
    ("V2X.05 above", setpoint(11.0, 10.0), Reason.INVALID_SCHEDULE),
    ("V2X.05 below", setpoint(-6.0, discharge_limit=-5.0), Reason.INVALID_SCHEDULE),
    ("one sign", setpoint(1.0, setpoint_l2=-1.0), Reason.INVALID_SCHEDULE),
    (
        "V2X.10",
        one(period(0, None, setpoint=1.0, setpoint_l2=1.0, operation_mode=Mode.CENTRAL_SETPOINT)),
        Reason.PHASE_CONFLICT,
    ),
    ("K28.FR.01 schedules", installed(1, relative(), relative(), kind=Kind.DYNAMIC), Reason.INVALID_SCHEDULE),
    ("K28.FR.01 periods", installed(1, relative(period(), period(60)), kind=Kind.DYNAMIC), Reason.INVALID_SCHEDULE),
    ("K28.FR.02", installed(1, relative(period(60)), kind=Kind.DYNAMIC), Reason.INVALID_SCHEDULE),
]


def rule_of(value: object) -> str:
    return value if isinstance(value, str) else ""


UNABLE: list[tuple[str, Installation, dict[str, Any], Reason]] = [
    ("K01.FR.22", installed(0, purpose=EXTERNAL), {"purposes": (Purpose.TX_PROFILE,)}, Reason.INVALID_VALUE),
    ("K01.FR.120", one(purpose=Purpose.LOCAL_GENERATION), {"purposes": ()}, Reason.UNSUPPORTED_PURPOSE),
    ("K01.FR.121", installed(1, relative(), kind=Kind.DYNAMIC), {"dynamic": False}, Reason.UNSUPPORTED_KIND),
    ("K01.FR.81", one(number=5), {"external_ids_up_to": 5}, Reason.INVALID_PROFILE_ID),
    ("K01.FR.26", one(), {"rate_units": (Unit.W,)}, Reason.UNSUPPORTED_RATE_UNIT),
    ("ProfileStackLevel", one(level=3), {"most_stack_level": 2}, Reason.INVALID_STACK_LEVEL),
    ("PeriodsPerSchedule", one(period(), period(60)), {"most_periods": 1}, Reason.TOO_MANY_ELEMENTS),
    ("K01.FR.34", tx(1, schedule(), schedule()), {"most_schedules": 1}, Reason.INVALID_PROFILE),
    ("K01.FR.123", installed(1, schedule(use_local_time=True)), {"local_time": False}, Reason.INVALID_SCHEDULE),
    ("K01.FR.124", installed(1, schedule(randomized_delay=1)), {"random_delay": False}, Reason.INVALID_SCHEDULE),
    (
        "K01.FR.125",
        installed(1, schedule(limit_at_soc=v21.LimitAtSoCType(soc=80, limit=6))),
        {"limit_at_soc": False},
        Reason.INVALID_SCHEDULE,
    ),
    ("K01.FR.115", setpoint(), {"operation_modes": (Mode.CHARGING_ONLY,)}, Reason.INVALID_OPERATION_MODE),
    (
        "Q09.FR.01",
        tx(1, schedule(period(0, None, operation_mode=Mode.LOCAL_LOAD_BALANCING))),
        {"operation_modes": (Mode.CHARGING_ONLY,)},
        Reason.UNSUPPORTED_PARAM,
    ),
    ("K01.FR.44", one(period(number_phases=3)), {"direct_current": True}, Reason.NO_PHASE_FOR_DC),
    ("K01.FR.45", one(period(number_phases=3)), {"supply_phases": 1}, Reason.INVALID_SCHEDULE),
    ("K01.FR.48", one(period(number_phases=1, phase_to_use=1)), {"phase_switching": False}, Reason.INVALID_SCHEDULE),
]


@pytest.mark.parametrize(("rule", "candidate"), ALLOWED, ids=rule_of)
def test_what_the_rules_allow_is_installed(rule: str, candidate: Installation) -> None:
    assert reason(candidate) is None, rule


@pytest.mark.parametrize(("rule", "candidate", "expected"), REFUSED, ids=rule_of)
def test_what_breaks_a_rule_is_refused_with_its_reason(rule: str, candidate: Installation, expected: Reason) -> None:
    assert reason(candidate) is expected, rule


@pytest.mark.parametrize(("rule", "candidate", "lacking", "expected"), UNABLE, ids=rule_of)
def test_what_a_station_cannot_do_is_refused_with_its_reason(
    rule: str, candidate: Installation, lacking: dict[str, Any], expected: Reason
) -> None:
    assert reason(candidate, abilities=replace(CAN, **lacking)) is expected, rule


def test_a_dc_evse_that_can_choose_its_input_takes_phases_and_one_that_cannot_takes_none() -> None:
    direct = replace(CAN, direct_current=True)
    assert reason(one(period(number_phases=1)), abilities=replace(direct, dc_input_phase_control=True)) is None
    assert reason(one(), abilities=direct) is None


# --- beside others


def test_k01_fr05_the_same_id_replaces_but_no_external_constraint() -> None:
    assert reason(one(), one()) is None
    assert reason(one(), installed(0, purpose=EXTERNAL)) is Reason.DUPLICATE_PROFILE


def test_k01_fr06_no_two_of_one_place_are_valid_at_once() -> None:
    held = one(number=2, valid_from=at(60), valid_to=at(120))
    assert reason(one(), held) is Reason.DUPLICATE_PROFILE
    assert reason(one(valid_to=at(61)), held) is Reason.DUPLICATE_PROFILE
    assert reason(one(valid_from=at(119)), held) is Reason.DUPLICATE_PROFILE
    assert reason(one(valid_to=at(60)), held) is None
    assert reason(one(valid_from=at(120)), held) is None
    assert reason(one(level=1), held) is None
    assert reason(installed(2), held) is None
    assert reason(station_max(), held) is None


def test_k01_fr39_a_transaction_has_one_tx_profile_a_level() -> None:
    assert reason(tx(), tx(number=2)) is Reason.INVALID_STACK_LEVEL
    assert reason(tx(level=1), tx(number=2)) is None


def test_k01_fr52_and_fr53_a_default_stands_on_evse_0_or_on_evses() -> None:
    assert reason(installed(0), one(number=2)) is Reason.DUPLICATE_PROFILE
    assert reason(one(), installed(0, number=2)) is Reason.DUPLICATE_PROFILE
    assert reason(one(), installed(0, number=2, level=1)) is None
    assert reason(one(), installed(2, number=2)) is None


def test_in_16_one_takes_the_place_of_another() -> None:
    old = replace(CAN, replacing=Replacing.BY_LEVEL, most_profiles=1)
    assert reason(one(), one(number=2), abilities=old) is None
    assert reason(one(), one(number=2, level=1), abilities=old) is Reason.TOO_MANY_ELEMENTS
    assert reason(tx(transaction=None), abilities=old) is None


def test_no_more_are_kept_than_a_station_keeps() -> None:
    assert reason(one(), tx(number=2), abilities=replace(CAN, most_profiles=1)) is Reason.TOO_MANY_ELEMENTS
    assert reason(one(), one(), abilities=replace(CAN, most_profiles=1)) is None


def test_k05_a_profile_that_starts_a_transaction_is_a_tx_profile_without_an_id() -> None:
    assert reason(tx(transaction=None), transactions={}, starts_transaction=True) is None
    assert reason(one(), transactions={}, starts_transaction=True) is Reason.INVALID_PROFILE
    assert reason(tx(), transactions={}, starts_transaction=True) is Reason.TX_NOT_FOUND


# --- what a station holds already


LENIENT = replace(CAN, strict=False)


def test_of_what_is_held_already_setpoints_are_capped_and_a_period_may_say_nothing() -> None:
    assert reason(setpoint(11.0, 10.0), abilities=LENIENT) is None
    assert reason(one(period(0, None)), abilities=LENIENT) is None


def _turn(start_s: int, length_s: int | None, number: int = 1, **more: Any) -> Installation:
    return installed(1, schedule(start_schedule=at(start_s), duration=length_s), number=number, **more)


@pytest.mark.parametrize(
    ("one_", "other", "expected"),
    [
        (_turn(0, 300), _turn(300, 300, 2), None),
        (_turn(0, 301), _turn(300, 300, 2), Reason.DUPLICATE_PROFILE),
        (_turn(0, None), _turn(300, 300, 2), Reason.DUPLICATE_PROFILE),
        (
            _turn(0, 300, kind=Kind.RECURRING, recurrency_kind=DAILY),
            _turn(300 - 3 * 86400, 300, 2, kind=Kind.RECURRING, recurrency_kind=DAILY),
            None,
        ),
        (
            _turn(0, 300, kind=Kind.RECURRING, recurrency_kind=DAILY),
            _turn(299, 300, 2, kind=Kind.RECURRING, recurrency_kind=WEEKLY),
            Reason.DUPLICATE_PROFILE,
        ),
        (_turn(0, 300, kind=Kind.RECURRING, recurrency_kind=DAILY), _turn(300, 300, 2), Reason.DUPLICATE_PROFILE),
    ],
)
def test_of_what_is_held_already_those_of_one_place_may_take_turns(
    one_: Installation, other: Installation, expected: Reason | None
) -> None:
    assert reason(one_, other, abilities=LENIENT) is expected
    assert reason(other, one_, abilities=LENIENT) is expected
