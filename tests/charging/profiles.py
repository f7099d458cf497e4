"""Charging profiles in a few words, for tests: what is not said is an Absolute TxDefaultProfile of 16 A from START on."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET

from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Unit
from ladewerk.ocpp import v21

START = datetime(2024, 1, 17, 18, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def period(start_s: int = 0, limit: float | None = 16.0, **more: Any) -> v21.ChargingSchedulePeriodType:
    return v21.ChargingSchedulePeriodType(start_period=start_s, limit=UNSET if limit is None else limit, **more)


def schedule(*periods: v21.ChargingSchedulePeriodType, unit: Unit = Unit.A, **more: Any) -> v21.ChargingScheduleType:
    said = {"start_schedule": START, **more}
    return v21.ChargingScheduleType(
        id=1,
        charging_rate_unit=unit,
        charging_schedule_period=periods or (period(),),
        **{name: value for name, value in said.items() if value is not None},
    )


def profile(
    *schedules: v21.ChargingScheduleType,
    number: int = 1,
    level: int = 0,
    purpose: Purpose = Purpose.TX_DEFAULT_PROFILE,
    kind: Kind = Kind.ABSOLUTE,
    transaction: str | None = None,
    **more: Any,
) -> v21.ChargingProfileType:
    return v21.ChargingProfileType(
        id=number,
        stack_level=level,
        charging_profile_purpose=purpose,
        charging_profile_kind=kind,
        charging_schedule=schedules or (schedule(),),
        transaction_id=UNSET if transaction is None else transaction,
        **more,
    )


def installed(evse_id: int, *schedules: v21.ChargingScheduleType, **more: Any) -> Installation:
    return Installation(evse_id, profile(*schedules, **more))


def tx(evse_id: int = 1, *schedules: v21.ChargingScheduleType, **more: Any) -> Installation:
    """A TxProfile of transaction ``t-1``."""
    return installed(evse_id, *schedules, **{"purpose": Purpose.TX_PROFILE, "transaction": "t-1", **more})


def station_max(*schedules: v21.ChargingScheduleType, **more: Any) -> Installation:
    return installed(0, *schedules, **{"purpose": Purpose.CHARGING_STATION_MAX_PROFILE, **more})


def relative(*periods: v21.ChargingSchedulePeriodType, **more: Any) -> v21.ChargingScheduleType:
    return schedule(*periods, **{"start_schedule": None, **more})
