"""A charging profile of OCPP 1.6 as one of OCPP 2.1: the way up of what ``charging`` says down."""

from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.messages import decode, write
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.words import PROFILE_PURPOSE
from ladewerk.ocpp.v21 import types as v21

_PURPOSE: Final = {old: new for new, old in PROFILE_PURPOSE.items()}
_SCHEDULE_ID: Final = 1
"""1.6 numbers no schedules: a profile has one."""


def charging_profile_up(payload: bytes) -> v21.ChargingProfileType:
    """Read the 1.6 ChargingProfile in ``payload``; RemoteProtocolError names the path of what cannot be read."""
    profile = decode(v16.ChargingProfile, payload)
    number = profile.transaction_id
    recurrency = profile.recurrency_kind
    raised = v21.ChargingProfileType(
        id=profile.charging_profile_id,
        stack_level=profile.stack_level,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType(_PURPOSE[profile.charging_profile_purpose]),
        charging_profile_kind=v21.ChargingProfileKindEnumType(profile.charging_profile_kind),
        charging_schedule=(_schedule(profile.charging_schedule),),
        recurrency_kind=UNSET if isinstance(recurrency, UnsetType) else v21.RecurrencyKindEnumType(recurrency),
        valid_from=profile.valid_from,
        valid_to=profile.valid_to,
        transaction_id=UNSET if isinstance(number, UnsetType) else str(number),
    )
    try:
        return decode(v21.ChargingProfileType, write(raised))
    except RemoteProtocolError as err:  # 1.6 bounds no number
        path = err.path.replace("chargingSchedule[0]", "chargingSchedule")
        raise RemoteProtocolError(err.code, err.description.replace(err.path, path), path=path) from err


def _schedule(schedule: v16.ChargingSchedule) -> v21.ChargingScheduleType:
    return v21.ChargingScheduleType(
        id=_SCHEDULE_ID,
        charging_rate_unit=v21.ChargingRateUnitEnumType(schedule.charging_rate_unit),
        charging_schedule_period=tuple(
            v21.ChargingSchedulePeriodType(
                start_period=period.start_period, limit=period.limit, number_phases=period.number_phases
            )
            for period in schedule.charging_schedule_period
        ),
        start_schedule=schedule.start_schedule,
        duration=schedule.duration,
        min_charging_rate=schedule.min_charging_rate,
    )
