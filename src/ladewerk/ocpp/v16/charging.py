"""Charging profiles of OCPP 2.1 in the words of OCPP 1.6, and its composite schedules in those of 2.1."""

import math
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Down, call, raised, refused, word
from ladewerk.ocpp.v16.memory import Memory
from ladewerk.ocpp.v16.words import PROFILE_KIND, PROFILE_PURPOSE, PROFILE_STATUS, RECURRENCY, UNSUPPORTED
from ladewerk.ocpp.v21 import types as v21

# Less than this beside a tenth comes from binary fractions, not from the sender.
_NOISE: Final = 1e-6
_LONGEST_NUMBER: Final = 10


def set_charging_profile(request: v21.SetChargingProfileRequest, _memory: Memory) -> Down:
    profile = charging_profile(request.charging_profile)
    answer = yield from call(v16.SetChargingProfileRequest(connector_id=request.evse_id, cs_charging_profiles=profile))
    return v21.SetChargingProfileResponse(
        status=v21.ChargingProfileStatusEnumType(PROFILE_STATUS[answer.status]),
        status_info=unsupported(answer.status),
    )


def clear_charging_profile(request: v21.ClearChargingProfileRequest, _memory: Memory) -> Down:
    criteria = request.charging_profile_criteria
    asked = v16.ClearChargingProfileRequest(id=request.charging_profile_id)
    if criteria is not UNSET:
        purpose = criteria.charging_profile_purpose
        asked = v16.ClearChargingProfileRequest(
            id=request.charging_profile_id,
            connector_id=criteria.evse_id,
            charging_profile_purpose=UNSET if purpose is UNSET else _purpose(purpose),
            stack_level=criteria.stack_level,
        )
    answer = yield from call(asked)
    return v21.ClearChargingProfileResponse(status=v21.ClearChargingProfileStatusEnumType(answer.status))


def get_composite_schedule(request: v21.GetCompositeScheduleRequest, _memory: Memory) -> Down:
    unit = request.charging_rate_unit
    answer = yield from call(
        v16.GetCompositeScheduleRequest(
            connector_id=request.evse_id,
            duration=request.duration,
            charging_rate_unit=UNSET if unit is UNSET else v16.ChargingRateUnitType(unit),
        )
    )
    return raised(
        v21.GetCompositeScheduleResponse(
            status=v21.GenericStatusEnumType(answer.status), schedule=_composite(request, answer)
        )
    )


def charging_profile(profile: v21.ChargingProfileType) -> v16.ChargingProfile:
    """A profile of one schedule. LocalProtocolError for what 1.6 has no word for."""
    if len(profile.charging_schedule) != 1:
        raise refused("choose between several charging schedules: a profile has one")
    recurrency = profile.recurrency_kind
    number = profile.transaction_id
    return v16.ChargingProfile(
        charging_profile_id=profile.id,
        stack_level=profile.stack_level,
        charging_profile_purpose=_purpose(profile.charging_profile_purpose),
        charging_profile_kind=v16.ChargingProfileKindType(
            word(PROFILE_KIND, profile.charging_profile_kind, "chargingProfileKind")
        ),
        charging_schedule=_schedule(profile.charging_schedule[0]),
        transaction_id=UNSET if number is UNSET else transaction_number(number),
        recurrency_kind=UNSET
        if recurrency is UNSET
        else v16.RecurrencyKindType(word(RECURRENCY, recurrency, "recurrencyKind")),
        valid_from=profile.valid_from,
        valid_to=profile.valid_to,
    )


def transaction_number(transaction_id: str) -> int:
    """The number that a transaction id of 2.1 is the text of."""
    if not transaction_id.isascii() or not transaction_id.isdigit() or len(transaction_id) > _LONGEST_NUMBER:
        raise refused(f"name the transaction {transaction_id!r}: its transactions have numbers")
    return int(transaction_id)


def unsupported(status: str) -> v21.StatusInfoType | UnsetType:
    """What goes with an answer that 2.1 has no word for."""
    return v21.StatusInfoType(reason_code=UNSUPPORTED) if status == "NotSupported" else UNSET


def _purpose(purpose: v21.ChargingProfilePurposeEnumType) -> v16.ChargingProfilePurposeType:
    return v16.ChargingProfilePurposeType(word(PROFILE_PURPOSE, purpose, "chargingProfilePurpose"))


def _schedule(schedule: v21.ChargingScheduleType) -> v16.ChargingSchedule:
    least = schedule.min_charging_rate
    return v16.ChargingSchedule(
        charging_rate_unit=v16.ChargingRateUnitType(schedule.charging_rate_unit),
        charging_schedule_period=tuple(_period(period) for period in schedule.charging_schedule_period),
        duration=schedule.duration,
        start_schedule=schedule.start_schedule,
        min_charging_rate=UNSET if least is UNSET else math.ceil(least * 10 - _NOISE) / 10,
    )


def _period(period: v21.ChargingSchedulePeriodType) -> v16.ChargingSchedulePeriod:
    if period.limit is UNSET or not math.isfinite(period.limit) or period.limit < 0:
        raise refused("say a period without a limit from 0 up")
    return v16.ChargingSchedulePeriod(
        start_period=period.start_period,
        # Never more than was meant.
        limit=math.floor(period.limit * 10 + _NOISE) / 10,
        number_phases=period.number_phases,
    )


def _composite(
    request: v21.GetCompositeScheduleRequest, answer: v16.GetCompositeScheduleResponse
) -> v21.CompositeScheduleType | UnsetType:
    schedule = answer.charging_schedule
    if schedule is UNSET or not schedule.charging_schedule_period:
        return UNSET
    start = schedule.start_schedule if answer.schedule_start is UNSET else answer.schedule_start
    if start is UNSET:
        return UNSET
    return v21.CompositeScheduleType(
        evse_id=request.evse_id,
        duration=request.duration if schedule.duration is UNSET else schedule.duration,
        schedule_start=start,
        charging_rate_unit=v21.ChargingRateUnitEnumType(schedule.charging_rate_unit),
        charging_schedule_period=tuple(
            v21.ChargingSchedulePeriodType(
                start_period=period.start_period, limit=period.limit, number_phases=period.number_phases
            )
            for period in schedule.charging_schedule_period
        ),
    )
