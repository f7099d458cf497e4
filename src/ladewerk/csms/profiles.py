"""A plan as the charging profile that OCPP carries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline

FIRST_PROFILE_ID: Final = 10_000
"""Ids of profiles start here, plus the EVSE: below may be what a station keeps for external limits (2.1, K01.FR.81)."""


@dataclass(frozen=True, slots=True)
class Period:
    """``current_a`` per phase from ``start_s`` after the schedule's start."""

    start_s: int
    current_a: float


def charging_profile(
    line_a: Timeline[float],
    *,
    evse_id: int,
    transaction_id: str,
    phases: int,
    start: datetime,
    max_periods: int,
) -> v21.ChargingProfileType:
    """A TxProfile that says ``line_a`` (per phase; must have an end after ``start``) in at most ``max_periods`` periods.

    The id depends on the EVSE alone, so every new profile replaces the one before (K01.FR.05).
    """
    if line_a.end is None or line_a.end <= start:
        raise ValueError("a plan to be sent ends after its start")
    duration_s = int((line_a.end - start).total_seconds())
    periods = fewer(periods_of(line_a, start), max_periods)
    profile_id = FIRST_PROFILE_ID + evse_id
    return v21.ChargingProfileType(
        id=profile_id,
        stack_level=0,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType("TxProfile"),
        charging_profile_kind=v21.ChargingProfileKindEnumType("Absolute"),
        transaction_id=transaction_id,
        charging_schedule=(
            v21.ChargingScheduleType(
                id=profile_id,
                start_schedule=start,
                duration=duration_s,
                charging_rate_unit=v21.ChargingRateUnitEnumType("A"),
                charging_schedule_period=tuple(
                    v21.ChargingSchedulePeriodType(
                        start_period=period.start_s,
                        limit=period.current_a,
                        number_phases=UNSET if phases == 3 else phases,
                    )
                    for period in periods
                ),
            ),
        ),
    )


def periods_of(line_a: Timeline[float], start: datetime) -> list[Period]:
    """The steps of ``line_a`` from ``start`` on; the first starts at 0 (K01.FR.31), neighbours differ, nothing said is 0."""
    found: list[Period] = []
    for moment, value in zip(*_steps(line_a, start), strict=True):
        period = Period(int((moment - start).total_seconds()), tenths(value or 0.0))
        if found and found[-1].start_s == period.start_s:
            # Two steps within one second: the later one holds from then on.
            found.pop()
        if not found or found[-1].current_a != period.current_a:
            found.append(period)
    return found


def _steps(line_a: Timeline[float], start: datetime) -> tuple[Sequence[datetime], Sequence[float | None]]:
    line = line_a.within(start, line_a.end)
    starts, values = line.starts, line.values
    if line.end is not None:
        starts, values = starts[:-1], values[:-1]
    return (starts, values) if starts and starts[0] == start else ((start, *starts), (0.0, *values))


def tenths(current_a: float) -> float:
    """Down to what a limit may say, one decimal (OCPP 2.1 part 2, ChargingSchedulePeriodType)."""
    return math.floor(current_a * 10 + 1e-6) / 10


def fewer(periods: Sequence[Period], most: int) -> list[Period]:
    """At most ``most`` periods: the neighbours least apart are joined at the lower current, until they are few enough."""
    kept = list(periods)
    while len(kept) > most:
        index = min(range(len(kept) - 1), key=lambda i: abs(kept[i].current_a - kept[i + 1].current_a))
        first, second = kept[index], kept[index + 1]
        kept[index : index + 2] = [Period(first.start_s, min(first.current_a, second.current_a))]
    return kept
