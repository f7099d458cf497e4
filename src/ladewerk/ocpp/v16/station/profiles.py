"""Charging profiles of OCPP 1.6 in the words of OCPP 2.1, and composite schedules of a station in those of 1.6."""

import math
from typing import Final

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Up, ask
from ladewerk.ocpp.v16.station.memory import Memory
from ladewerk.ocpp.v16.station.words import NEW_PURPOSE, REPLACED
from ladewerk.ocpp.v21 import types as v21

# Less than this beside a tenth comes from binary fractions, not from the station.
_NOISE: Final = 1e-6


def set_charging_profile(request: v16.SetChargingProfileRequest, memory: Memory) -> Up:
    """A TxProfile without a transaction is for the one that runs there; one of the same place takes its place (3.13.2)."""
    old = request.cs_charging_profiles
    profile = new_profile(old, _transaction_id(old, request.connector_id, memory))
    new = v21.SetChargingProfileRequest(evse_id=request.connector_id, charging_profile=profile)
    try:
        answer = yield from ask(new)
        if answer.status == "Rejected" and answer.status_info is not UNSET and answer.status_info.reason_code in REPLACED:
            yield from ask(v21.ClearChargingProfileRequest(charging_profile_criteria=_same_place(new)))
            answer = yield from ask(new)
    except RemoteProtocolError as err:
        if err.code != "NotSupported":
            raise
        return v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus.NOT_SUPPORTED)
    return v16.SetChargingProfileResponse(status=v16.ChargingProfileStatus(answer.status))


def _transaction_id(profile: v16.ChargingProfile, connector: int, memory: Memory) -> str | UnsetType:
    if profile.charging_profile_purpose != "TxProfile":
        return UNSET
    number = profile.transaction_id
    if number is UNSET:
        return memory.begun.running_on(connector) or UNSET
    # What no transaction of ours is called by is the name of none, and the station says so.
    return memory.begun.id_of(number) or str(number)


def _same_place(request: v21.SetChargingProfileRequest) -> v21.ClearChargingProfileType:
    profile = request.charging_profile
    return v21.ClearChargingProfileType(
        evse_id=request.evse_id,
        charging_profile_purpose=profile.charging_profile_purpose,
        stack_level=profile.stack_level,
    )


def clear_charging_profile(request: v16.ClearChargingProfileRequest, _memory: Memory) -> Up:
    """With an id everything else is ignored (5.5)."""
    purpose = request.charging_profile_purpose
    criteria = v21.ClearChargingProfileType(
        evse_id=request.connector_id,
        charging_profile_purpose=UNSET if purpose is UNSET else _purpose(purpose),
        stack_level=request.stack_level,
    )
    asked = v21.ClearChargingProfileRequest(charging_profile_id=request.id)
    if request.id is UNSET and criteria != v21.ClearChargingProfileType():
        asked = replace(asked, charging_profile_criteria=criteria)
    answer = yield from ask(asked)
    return v16.ClearChargingProfileResponse(status=v16.ClearChargingProfileStatus(answer.status))


def get_composite_schedule(request: v16.GetCompositeScheduleRequest, _memory: Memory) -> Up:
    unit = request.charging_rate_unit
    answer = yield from ask(
        v21.GetCompositeScheduleRequest(
            duration=request.duration,
            evse_id=request.connector_id,
            charging_rate_unit=UNSET if unit is UNSET else v21.ChargingRateUnitEnumType(unit),
        )
    )
    if answer.status != "Accepted":
        return v16.GetCompositeScheduleResponse(status=v16.GetCompositeScheduleStatus.REJECTED)
    schedule = answer.schedule
    return v16.GetCompositeScheduleResponse(
        status=v16.GetCompositeScheduleStatus.ACCEPTED,
        connector_id=request.connector_id,
        schedule_start=UNSET if schedule is UNSET else schedule.schedule_start,
        charging_schedule=UNSET if schedule is UNSET else _old_schedule(schedule),
    )


def new_profile(profile: v16.ChargingProfile, transaction_id: str | UnsetType) -> v21.ChargingProfileType:
    """A profile with its one schedule, whose id is that of the profile."""
    recurrency = profile.recurrency_kind
    return v21.ChargingProfileType(
        id=profile.charging_profile_id,
        stack_level=profile.stack_level,
        charging_profile_purpose=_purpose(profile.charging_profile_purpose),
        charging_profile_kind=v21.ChargingProfileKindEnumType(profile.charging_profile_kind),
        charging_schedule=(_new_schedule(profile.charging_profile_id, profile.charging_schedule),),
        transaction_id=transaction_id,
        recurrency_kind=UNSET if recurrency is UNSET else v21.RecurrencyKindEnumType(recurrency),
        valid_from=profile.valid_from,
        valid_to=profile.valid_to,
    )


def _purpose(purpose: v16.ChargingProfilePurposeType) -> v21.ChargingProfilePurposeEnumType:
    return v21.ChargingProfilePurposeEnumType(NEW_PURPOSE[purpose])


def _new_schedule(number: int, schedule: v16.ChargingSchedule) -> v21.ChargingScheduleType:
    return v21.ChargingScheduleType(
        id=number,
        charging_rate_unit=v21.ChargingRateUnitEnumType(schedule.charging_rate_unit),
        charging_schedule_period=tuple(
            v21.ChargingSchedulePeriodType(
                start_period=period.start_period, limit=period.limit, number_phases=period.number_phases
            )
            for period in schedule.charging_schedule_period
        ),
        duration=schedule.duration,
        start_schedule=schedule.start_schedule,
        min_charging_rate=schedule.min_charging_rate,
    )


def _old_schedule(schedule: v21.CompositeScheduleType) -> v16.ChargingSchedule:
    return v16.ChargingSchedule(
        charging_rate_unit=v16.ChargingRateUnitType(schedule.charging_rate_unit),
        charging_schedule_period=tuple(_old_period(period) for period in schedule.charging_schedule_period),
        duration=schedule.duration,
        start_schedule=schedule.schedule_start,
    )


def _old_period(period: v21.ChargingSchedulePeriodType) -> v16.ChargingSchedulePeriod:
    if period.limit is UNSET:
        raise RemoteProtocolError("NotSupported", "OCPP 1.6 has no schedule without limits")
    return v16.ChargingSchedulePeriod(
        start_period=period.start_period,
        limit=math.floor(period.limit * 10 + _NOISE) / 10,
        number_phases=period.number_phases,
    )
