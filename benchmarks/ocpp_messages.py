"""The messages of the OCPP benchmark: what a station with one transaction says, and a plan for it in quarter-hours."""

from datetime import UTC, datetime, timedelta

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload

_AT = datetime(2026, 1, 12, 17, 40, tzinfo=UTC)
_MEASURANDS = v21.MeasurandEnumType


def _sample(value: float, measurand: v21.MeasurandEnumType, phase: v21.PhaseEnumType | None = None) -> v21.SampledValueType:
    unit = v21.UnitOfMeasureType(unit="Wh" if measurand is _MEASURANDS.ENERGY_ACTIVE_IMPORT_REGISTER else "A")
    context = v21.ReadingContextEnumType.SAMPLE_PERIODIC
    if phase is None:
        return v21.SampledValueType(value=value, measurand=measurand, context=context, unit_of_measure=unit)
    return v21.SampledValueType(value=value, measurand=measurand, context=context, phase=phase, unit_of_measure=unit)


def _boot() -> v21.BootNotificationRequest:
    station = v21.ChargingStationType(
        model="Garage", vendor_name="Ladewerk", serial_number="LW-0001", firmware_version="1.4.2"
    )
    return v21.BootNotificationRequest(charging_station=station, reason=v21.BootReasonEnumType.POWER_UP)


def _needs() -> v21.NotifyEVChargingNeedsRequest:
    ac = v21.ACChargingParametersType(energy_amount=18_500.0, ev_min_current=6.0, ev_max_current=16.0, ev_max_voltage=400.0)
    return v21.NotifyEVChargingNeedsRequest(
        evse_id=1,
        max_schedule_tuples=1024,
        charging_needs=v21.ChargingNeedsType(
            requested_energy_transfer=v21.EnergyTransferModeEnumType.AC_THREE_PHASE,
            departure_time=_AT + timedelta(hours=13),
            ac_charging_parameters=ac,
        ),
    )


def _profile() -> v21.SetChargingProfileRequest:
    periods = tuple(
        v21.ChargingSchedulePeriodType(start_period=900 * slot, limit=6.0 + slot % 11, number_phases=3) for slot in range(96)
    )
    schedule = v21.ChargingScheduleType(
        id=1,
        start_schedule=_AT,
        duration=86_400,
        charging_rate_unit=v21.ChargingRateUnitEnumType.A,
        charging_schedule_period=periods,
    )
    profile = v21.ChargingProfileType(
        id=7,
        stack_level=0,
        charging_profile_purpose=v21.ChargingProfilePurposeEnumType.TX_PROFILE,
        charging_profile_kind=v21.ChargingProfileKindEnumType.ABSOLUTE,
        transaction_id="6f1c1a9e-6a55-4b6e-9d6c-3b6d7f5f2a10",
        charging_schedule=(schedule,),
    )
    return v21.SetChargingProfileRequest(evse_id=1, charging_profile=profile)


def _event() -> v21.TransactionEventRequest:
    phases = (v21.PhaseEnumType.L1, v21.PhaseEnumType.L2, v21.PhaseEnumType.L3)
    samples = (
        _sample(12_345.6, _MEASURANDS.ENERGY_ACTIVE_IMPORT_REGISTER),
        *(_sample(15.9, _MEASURANDS.CURRENT_IMPORT, phase) for phase in phases),
        *(_sample(230.4, _MEASURANDS.VOLTAGE, phase) for phase in phases),
        *(_sample(3663.4, _MEASURANDS.POWER_ACTIVE_IMPORT, phase) for phase in phases),
    )
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.UPDATED,
        timestamp=_AT,
        trigger_reason=v21.TriggerReasonEnumType.METER_VALUE_PERIODIC,
        seq_no=17,
        transaction_info=v21.TransactionType(
            transaction_id="6f1c1a9e-6a55-4b6e-9d6c-3b6d7f5f2a10", charging_state=v21.ChargingStateEnumType.CHARGING
        ),
        evse=v21.EVSEType(id=1, connector_id=1),
        meter_value=(v21.MeterValueType(timestamp=_AT, sampled_value=samples),),
    )


def _meter() -> v21.MeterValuesRequest:
    samples = (_sample(12_345.6, _MEASURANDS.ENERGY_ACTIVE_IMPORT_REGISTER), _sample(15.9, _MEASURANDS.CURRENT_IMPORT))
    return v21.MeterValuesRequest(evse_id=1, meter_value=(v21.MeterValueType(timestamp=_AT, sampled_value=samples),))


EVENT = _event()
MESSAGES: dict[str, Payload] = {
    "BootNotification": _boot(),
    "NotifyEVChargingNeeds": _needs(),
    "SetChargingProfile, 96 periods": _profile(),
    "TransactionEvent, 10 samples": EVENT,
    "MeterValues": _meter(),
}
