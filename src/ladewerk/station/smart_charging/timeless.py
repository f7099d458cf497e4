"""Charging profiles while nobody knows what time it is: of what depends on it, the least that is ever allowed."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET

from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Circuit, Unit
from ladewerk.electrical import current_a
from ladewerk.ocpp import v21
from ladewerk.station.wall_clock import BEGINNING


def timeless(installed: Iterable[Installation], circuit: Circuit) -> tuple[Installation, ...]:
    """``installed`` with one profile, that always holds, for all that depend on the time and share EVSE and purpose."""
    kept: list[Installation] = []
    dated: dict[tuple[int, Purpose], list[Installation]] = {}
    for one in installed:
        if one.profile.charging_profile_kind in (Kind.ABSOLUTE, Kind.RECURRING):
            dated.setdefault((one.evse_id, one.purpose), []).append(one)
        else:
            kept.append(one)
    return (*kept, *(_least(group, circuit) for group in dated.values()))


def _least(group: Sequence[Installation], circuit: Circuit) -> Installation:
    def amps(found: tuple[Installation, v21.ChargingScheduleType, v21.ChargingSchedulePeriodType]) -> float:
        _, schedule, period = found
        limits = [limit for limit in (period.limit, period.limit_l2, period.limit_l3) if limit is not UNSET]
        least = min(limits, default=0.0)
        if schedule.charging_rate_unit is Unit.A:
            return least
        return current_a(least, phases=circuit.phases, voltage_v=circuit.voltage_v)

    one, schedule, period = min(
        (
            (one, schedule, period)
            for one in group
            for schedule in one.profile.charging_schedule
            for period in schedule.charging_schedule_period
        ),
        key=amps,
    )
    always = v21.ChargingScheduleType(
        id=schedule.id,
        charging_rate_unit=schedule.charging_rate_unit,
        start_schedule=BEGINNING,
        charging_schedule_period=(msgspec.structs.replace(period, start_period=0),),
    )
    profile = msgspec.structs.replace(
        one.profile,
        stack_level=max(each.profile.stack_level for each in group),
        charging_profile_kind=Kind.ABSOLUTE,
        recurrency_kind=UNSET,
        valid_from=UNSET,
        valid_to=UNSET,
        charging_schedule=(always,),
    )
    return Installation(one.evse_id, profile, one.source, one.installed_at)
