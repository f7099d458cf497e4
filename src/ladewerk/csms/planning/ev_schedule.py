"""What a car says it will draw, beside what was planned for it (K16.FR.06)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from ladewerk.csms.planning.problem import current_line
from ladewerk.csms.records import StoredPlan
from ladewerk.csms.smart_charging.schedule_line import schedule_line
from ladewerk.electrical import current_a
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline, combine

_MORE_A: Final = 0.5
"""A car rounds to whole amps, or counts in watts."""
_SHORT: Final = timedelta(seconds=60)
"""Its slots need not begin where those of the plan do."""


def exceeded_at(request: v21.NotifyEVChargingScheduleRequest, plan: StoredPlan) -> datetime | None:
    """From when on the car means to draw more than ``plan`` gives it; None where it keeps within."""
    line = _line(request, plan)
    if not line.starts or not plan.slots:
        return None
    more = combine(_is_more, line, current_line(plan)).within(line.starts[0], plan.ends_at())
    for segment in more.segments():
        if segment.end is None or segment.end - segment.start > _SHORT:
            return segment.start
    return None


def _line(request: v21.NotifyEVChargingScheduleRequest, plan: StoredPlan) -> Timeline[float]:
    """The current that the car means to draw on each phase."""
    schedule = request.charging_schedule
    start = request.time_base if schedule.start_schedule is UNSET else schedule.start_schedule
    periods: list[tuple[float, float]] = []
    for period in schedule.charging_schedule_period:
        if period.limit is UNSET:
            continue
        phases = plan.phases if period.number_phases is UNSET else max(1, period.number_phases)
        in_amps = schedule.charging_rate_unit == "A"
        amps = period.limit if in_amps else current_a(period.limit, phases=phases, voltage_v=plan.voltage_v)
        periods.append((period.start_period, amps))
    return schedule_line(start, periods, schedule.duration)


def _is_more(values: Sequence[float | None]) -> bool | None:
    meant, given = values
    return True if meant is not None and meant > (given or 0.0) + _MORE_A else None
