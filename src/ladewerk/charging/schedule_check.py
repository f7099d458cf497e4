"""May a profile's schedules be installed: times, numbers, units, phases, and what the station is able to do.

Source: OCPP 2.1 part 2, K01 and K28.
"""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.charging.abilities import Abilities
from ladewerk.charging.installation import Purpose
from ladewerk.charging.modes import (
    mode_of,
    refused_curve,
    refused_fields,
    refused_mode,
    refused_phases,
    refused_setpoint,
    refused_signs,
)
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Mode, Unit
from ladewerk.charging.refusal import Reason, Refusal
from ladewerk.ocpp import v21

Profile = v21.ChargingProfileType
Schedule = v21.ChargingScheduleType
Period = v21.ChargingSchedulePeriodType

_NUMBERS: Final = (
    *("limit", "limit_l2", "limit_l3", "discharge_limit", "discharge_limit_l2", "discharge_limit_l3"),
    *("setpoint", "setpoint_l2", "setpoint_l3", "setpoint_reactive", "setpoint_reactive_l2", "setpoint_reactive_l3"),
    "v2x_baseline",
)


def refused_schedules(profile: Profile, abilities: Abilities) -> Refusal | None:
    """Why none of the schedules of ``profile`` can be followed here; None where they can."""
    if not profile.charging_schedule:
        return Refusal(Reason.INVALID_SCHEDULE, "a profile has a charging schedule")
    if len(profile.charging_schedule) > abilities.most_schedules:  # K01.FR.34
        return Refusal(
            Reason.INVALID_PROFILE,
            f"{len(profile.charging_schedule)} schedules; {abilities.most_schedules} can be chosen from here",
        )
    if profile.charging_profile_kind is Kind.DYNAMIC:
        refusal = _refused_dynamic(profile)
        if refusal is not None:
            return refusal
    return next(
        (refusal for schedule in profile.charging_schedule for refusal in _schedule_refusals(profile, schedule, abilities)),
        None,
    )


def _refused_dynamic(profile: Profile) -> Refusal | None:
    periods = [period for schedule in profile.charging_schedule for period in schedule.charging_schedule_period]
    if len(profile.charging_schedule) == 1 and len(periods) == 1 and periods[0].start_period == 0:
        return None
    return Refusal(Reason.INVALID_SCHEDULE, "a Dynamic profile has one schedule of one period from 0 on")  # K28.FR.01, .02


def _schedule_refusals(profile: Profile, schedule: Schedule, abilities: Abilities) -> Iterator[Refusal]:
    yield from _start_refusals(profile, schedule)
    yield from _ability_refusals(profile, schedule, abilities)
    if not _finite(schedule.min_charging_rate, schedule.power_tolerance) or (
        schedule.limit_at_soc is not UNSET and not _finite(schedule.limit_at_soc.limit)
    ):
        yield Refusal(Reason.INVALID_SCHEDULE, "minChargingRate, powerTolerance and limitAtSoC are finite numbers")
    for number, period in enumerate(schedule.charging_schedule_period):
        for refusal in _period_refusals(profile, schedule, period, abilities):
            yield Refusal(refusal.reason, f"period {number}: {refusal.text}")


def _start_refusals(profile: Profile, schedule: Schedule) -> Iterator[Refusal]:
    starts = [period.start_period for period in schedule.charging_schedule_period]
    if not starts:
        yield Refusal(Reason.INVALID_SCHEDULE, "a schedule has a period")
    elif starts[0] != 0:  # K01.FR.31: or the first minutes have no limit
        yield Refusal(Reason.INVALID_SCHEDULE, f"the first period starts at 0, not at {starts[0]} s")
    if any(a >= b for a, b in pairwise(starts)):  # K01.FR.35
        yield Refusal(Reason.INVALID_SCHEDULE, "the periods' starts increase")
    kind = profile.charging_profile_kind
    has_start = schedule.start_schedule is not UNSET
    if kind in (Kind.ABSOLUTE, Kind.RECURRING) and not has_start:  # K01.FR.40
        yield Refusal(Reason.INVALID_SCHEDULE, f"a schedule of kind {kind.value} has a startSchedule")
    if kind is Kind.RELATIVE and has_start:  # K01.FR.41
        yield Refusal(Reason.INVALID_SCHEDULE, "a Relative schedule has no startSchedule")
    if schedule.duration is not UNSET:
        if profile.charging_profile_purpose is Purpose.PRIORITY_CHARGING:  # K01.FR.70
            yield Refusal(Reason.INVALID_SCHEDULE, "PriorityCharging lasts as long as its transaction: no duration")
        if schedule.duration < 0:
            yield Refusal(Reason.INVALID_SCHEDULE, f"a duration is 0 s or more, not {schedule.duration}")


def _ability_refusals(profile: Profile, schedule: Schedule, abilities: Abilities) -> Iterator[Refusal]:
    most = abilities.most_periods
    if most is not None and len(schedule.charging_schedule_period) > most:
        yield Refusal(
            Reason.TOO_MANY_ELEMENTS, f"{len(schedule.charging_schedule_period)} periods; at most {most} are kept here"
        )
    if schedule.charging_rate_unit not in abilities.rate_units:  # K01.FR.26
        yield Refusal(Reason.UNSUPPORTED_RATE_UNIT, f"limits in {schedule.charging_rate_unit.value} are not supported")
    if schedule.use_local_time is True and not abilities.local_time:  # K01.FR.123
        yield Refusal(Reason.INVALID_SCHEDULE, "useLocalTime is not supported")
    delayed = schedule.randomized_delay is not UNSET and schedule.randomized_delay > 0
    if delayed and not abilities.random_delay:  # K01.FR.124
        yield Refusal(Reason.INVALID_SCHEDULE, "randomizedDelay is not supported")
    if delayed and profile.charging_profile_purpose not in (Purpose.TX_PROFILE, Purpose.TX_DEFAULT_PROFILE):  # K01.FR.95
        yield Refusal(Reason.INVALID_SCHEDULE, "only a TxProfile and a TxDefaultProfile have a randomizedDelay")
    if schedule.limit_at_soc is not UNSET and not abilities.limit_at_soc:  # K01.FR.125
        yield Refusal(Reason.INVALID_SCHEDULE, "limitAtSoC is not supported")


def _period_refusals(profile: Profile, schedule: Schedule, period: Period, abilities: Abilities) -> Iterator[Refusal]:
    if not _finite(*(getattr(period, name) for name in _NUMBERS)) or not _finite_curves(period):
        yield Refusal(Reason.INVALID_SCHEDULE, "limits, setpoints and curves are finite numbers")
    yield from _phase_refusals(period, abilities)
    purpose = profile.charging_profile_purpose
    mode = mode_of(period)
    asleep = period.evse_sleep is True
    if asleep and (mode is not Mode.IDLE):  # K01.FR.126; in Idle a station without it stays awake (Q10.FR.05)
        yield Refusal(Reason.INVALID_SCHEDULE, "only a period in operation mode Idle lets the EVSE sleep")
    checks = [
        refused_mode(purpose, period),
        _refused_ability(mode, abilities),
        refused_curve(period, in_watts=schedule.charging_rate_unit is Unit.W),
        refused_signs(period),
        refused_phases(purpose, period),
    ]
    if abilities.strict:
        checks += [
            None if purpose is Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS else refused_fields(period),
            refused_setpoint(period),
        ]
    yield from (refusal for refusal in checks if refusal is not None)


def _refused_ability(mode: Mode, abilities: Abilities) -> Refusal | None:
    if mode in abilities.operation_modes:
        return None
    # Q09.FR.01, K01.FR.115
    reason = Reason.UNSUPPORTED_PARAM if mode is Mode.LOCAL_LOAD_BALANCING else Reason.INVALID_OPERATION_MODE
    return Refusal(reason, f"operation mode {mode.value} is not supported")


def _phase_refusals(period: Period, abilities: Abilities) -> Iterator[Refusal]:
    named = period.number_phases is not UNSET
    chosen = period.phase_to_use is not UNSET
    if abilities.direct_current:
        if (named or chosen) and not abilities.dc_input_phase_control:  # K01.FR.44
            yield Refusal(Reason.NO_PHASE_FOR_DC, "a DC EVSE has no phases to choose")
        return
    if period.number_phases == 0:
        yield Refusal(Reason.INVALID_SCHEDULE, "it has no phase")
    most = abilities.supply_phases
    if most is not None and period.number_phases is not UNSET and period.number_phases > most:  # K01.FR.45
        yield Refusal(Reason.INVALID_SCHEDULE, f"{period.number_phases} phases; the station has {most}")
    if chosen and period.number_phases != 1:  # K01.FR.19
        yield Refusal(Reason.INVALID_SCHEDULE, "it chooses a phase but not one phase")
    if chosen and not abilities.phase_switching:  # K01.FR.20, K01.FR.48
        yield Refusal(Reason.INVALID_SCHEDULE, "the EVSE cannot choose its phase")


def _finite(*values: float | UnsetType) -> bool:
    return all(value is UNSET or math.isfinite(value) for value in values)


def _finite_curves(period: Period) -> bool:
    frequencies = () if period.v2x_freq_watt_curve is UNSET else period.v2x_freq_watt_curve
    signals = () if period.v2x_signal_watt_curve is UNSET else period.v2x_signal_watt_curve
    return _finite(*(value for point in frequencies for value in (point.frequency, point.power))) and _finite(
        *(point.power for point in signals)
    )
