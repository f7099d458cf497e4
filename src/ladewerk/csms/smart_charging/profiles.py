"""Plans and fallbacks as the charging profiles that OCPP carries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from ladewerk.csms.limit.allocation import GAP
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, Quirks
from ladewerk.electrical import power_w
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline, combine

FIRST_PROFILE_ID: Final = 10_000
"""Ids of profiles start here, plus the EVSE: below may be what a station keeps for external limits (2.1, K01.FR.81)."""

SAME_A: Final = 0.05
"""Currents closer than this are the same: no board sets finer ones."""

_NOTHING_MORE_S: Final = 86_400
_BEFORE: Final = timedelta(minutes=1)
_SHORT: Final = 2 * GAP
"""Differences no longer than this are those of one car that makes room for another."""


@dataclass(frozen=True, slots=True)
class Period:
    """``current_a`` on each of ``phases`` from ``start_s`` after the schedule's start."""

    start_s: int
    current_a: float
    phases: int = 3


def follows(line: Timeline[Rate], wanted: Timeline[Rate], now: datetime) -> bool:
    """Whether ``line`` is as good as ``wanted`` from ``now`` on: nobody need be told of what is left."""
    other = combine(_differ, line, wanted).within(now, wanted.end)
    return all(segment.end is not None and segment.end - segment.start <= _SHORT for segment in other.segments())


def _differ(values: Sequence[Rate | None]) -> bool | None:
    have, want = values
    if have is None or want is None:
        return True if have is not want else None
    return True if abs(have.current_a - want.current_a) >= SAME_A or have.phases != want.phases else None


def charging_profile(
    line: Timeline[Rate],
    *,
    evse_id: int,
    transaction_id: str,
    start: datetime,
    max_periods: int,
    voltage_v: float,
    quirks: Quirks = NO_QUIRKS,
) -> v21.ChargingProfileType:
    """A profile that says ``line`` (must have an end after ``start``, or no end at all where it is Relative).

    It has ``max_periods`` at most already. Then come 0 A for a day, if a period is left for that: the fallback is for cars
    that nobody planned for, not for those that are full.

    The id depends on the EVSE alone, so every new profile replaces the one before (K01.FR.05).
    """
    relative = quirks.kind == "Relative"
    if not relative and (line.end is None or line.end <= start):
        raise ValueError("a plan to be sent ends after its start")
    periods = periods_of(line, start)
    duration_s = None if line.end is None else int((line.end - start).total_seconds())
    if duration_s is not None and quirks.least_limit_a == 0 and len(periods) < max_periods and periods[-1].current_a > 0:
        periods.append(Period(duration_s, 0.0))
    if duration_s is not None and periods[-1].current_a == 0:
        duration_s += _NOTHING_MORE_S
    profile_id = FIRST_PROFILE_ID + evse_id
    return v21.ChargingProfileType(
        id=profile_id,
        stack_level=quirks.plan_stack_level,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType(quirks.purpose),
        charging_profile_kind=v21.ChargingProfileKindEnumType(quirks.kind),
        transaction_id=transaction_id if quirks.purpose == "TxProfile" else UNSET,
        charging_schedule=(
            v21.ChargingScheduleType(
                id=profile_id,
                # K01.FR.41: none in one that is Relative.
                start_schedule=UNSET if relative else start,
                duration=UNSET if duration_s is None else duration_s,
                charging_rate_unit=v21.ChargingRateUnitEnumType(quirks.rate_unit),
                charging_schedule_period=tuple(_period(period, quirks, voltage_v) for period in periods),
            ),
        ),
    )


def fallback_profile(rate: Rate, now: datetime, *, voltage_v: float, quirks: Quirks = NO_QUIRKS) -> v21.ChargingProfileType:
    """A TxDefaultProfile for every EVSE of a station, without an end: ``rate`` where no TxProfile says more (K02.FR.08)."""
    relative = quirks.kind == "Relative"
    return v21.ChargingProfileType(
        id=FIRST_PROFILE_ID,
        stack_level=quirks.stack_level,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType("TxDefaultProfile"),
        charging_profile_kind=v21.ChargingProfileKindEnumType(quirks.kind),
        charging_schedule=(
            v21.ChargingScheduleType(
                id=FIRST_PROFILE_ID,
                # A station whose clock is behind ours follows it at once, too.
                start_schedule=UNSET if relative else now - _BEFORE,
                charging_rate_unit=v21.ChargingRateUnitEnumType(quirks.rate_unit),
                charging_schedule_period=(_period(Period(0, tenths(rate.current_a), rate.phases), quirks, voltage_v),),
            ),
        ),
    )


def _period(period: Period, quirks: Quirks, voltage_v: float) -> v21.ChargingSchedulePeriodType:
    in_amps = quirks.rate_unit == "A"
    limit = period.current_a if in_amps else tenths(power_w(period.current_a, phases=period.phases, voltage_v=voltage_v))
    return v21.ChargingSchedulePeriodType(
        start_period=period.start_s,
        limit=limit,
        number_phases=UNSET if period.phases == 3 else period.phases,
    )


def periods_of(line: Timeline[Rate], start: datetime) -> list[Period]:
    """The steps of ``line`` from ``start`` on; the first starts at 0 (K01.FR.31), neighbours differ, nothing said is 0."""
    found: list[Period] = []
    for moment, value in zip(*_steps(line, start), strict=True):
        rate = value or Rate(0.0, 3)
        period = Period(int((moment - start).total_seconds()), tenths(rate.current_a), rate.phases)
        if found and found[-1].start_s == period.start_s:
            # Two steps within one second: the later one holds from then on.
            found.pop()
        if not found or (found[-1].current_a, found[-1].phases) != (period.current_a, period.phases):
            found.append(period)
    return found


def _steps(whole: Timeline[Rate], start: datetime) -> tuple[Sequence[datetime], Sequence[Rate | None]]:
    line = whole.within(start, whole.end)
    starts, values = line.starts, line.values
    if line.end is not None:
        starts, values = starts[:-1], values[:-1]
    return (starts, values) if starts and starts[0] == start else ((start, *starts), (None, *values))


def tenths(current_a: float) -> float:
    """Down to what a limit may say, one decimal (OCPP 2.1 part 2, ChargingSchedulePeriodType)."""
    return math.floor(current_a * 10 + 1e-6) / 10
