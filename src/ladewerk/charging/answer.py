"""The answer to a GetCompositeSchedule (K08)."""

from datetime import datetime, timedelta
from typing import Any, Final

from msgspec import UNSET

from ladewerk.charging.abilities import Abilities
from ladewerk.charging.composite import Situation, composite
from ladewerk.charging.occurrences import Window
from ladewerk.charging.periods import Period, periods
from ladewerk.charging.rates import Amount, Limit, Mode, Unit
from ladewerk.charging.refusal import Reason
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline

LONGEST_S: Final = 31 * 86400
"""A longer schedule is answered for this long."""


def composite_answer(
    situation: Situation, request: v21.GetCompositeScheduleRequest, abilities: Abilities, now: datetime
) -> v21.GetCompositeScheduleResponse:
    """From ``now`` on, for the asked duration, in the asked unit; A where none is asked for.

    Rejected for an EVSE (K08.FR.05) or a unit (K08.FR.07) that the station does not have.
    """
    unit = Unit.A if request.charging_rate_unit is UNSET else request.charging_rate_unit
    if unit not in abilities.rate_units:
        return _rejected(Reason.UNSUPPORTED_RATE_UNIT, f"limits in {unit.value} are not supported")
    if request.evse_id and request.evse_id not in abilities.evse_ids:
        return _rejected(Reason.INVALID_VALUE, f"there is no EVSE {request.evse_id}")
    duration_s = min(max(0, request.duration), LONGEST_S)
    start = now.replace(microsecond=0)
    window = Window(start, start + timedelta(seconds=max(1, duration_s)))
    line = _held_since(start, composite(situation, request.evse_id, unit, window).within(now, window.end))
    return v21.GetCompositeScheduleResponse(
        status=v21.GenericStatusEnumType.ACCEPTED,
        schedule=v21.CompositeScheduleType(
            evse_id=request.evse_id,
            duration=duration_s,
            schedule_start=start,
            charging_rate_unit=unit,
            charging_schedule_period=tuple(_period(one) for one in periods(line, start, duration_s)),
        ),
    )


def _held_since(start: datetime, line: Timeline[Limit]) -> Timeline[Limit]:
    """``line`` with what it says first from ``start`` on: what begins within the present second holds in all of it."""
    return Timeline((start, *line.starts[1:]), line.values)


def _rejected(reason: Reason, text: str) -> v21.GetCompositeScheduleResponse:
    return v21.GetCompositeScheduleResponse(
        status=v21.GenericStatusEnumType.REJECTED,
        status_info=v21.StatusInfoType(reason_code=reason.value, additional_info=text),
    )


def _period(period: Period[Limit]) -> v21.ChargingSchedulePeriodType:
    limit = period.value
    return v21.ChargingSchedulePeriodType(
        start_period=period.start_s,
        number_phases=limit.phases,
        phase_to_use=UNSET if limit.phase_to_use is None else limit.phase_to_use,
        operation_mode=UNSET if limit.mode is Mode.CHARGING_ONLY else limit.mode,
        **_amounts("limit", limit.limit),
        **_amounts("discharge_limit", limit.discharge),
        **_amounts("setpoint", limit.setpoint),
    )


def _amounts(name: str, amount: Amount | None) -> dict[str, Any]:
    return {} if amount is None else dict(zip((name, f"{name}_l2", f"{name}_l3"), amount, strict=False))
