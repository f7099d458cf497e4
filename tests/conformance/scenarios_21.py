"""What the published outcomes of OCPP 2.1 are outcomes of."""

from dataclasses import replace
from typing import Any, Final

from ladewerk.charging.installation import Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Mode, Unit
from ladewerk.ocpp import v21
from tests.charging.profiles import installed, period, relative, schedule, tx
from tests.conformance.bench import (
    DC,
    DC_PHASES,
    DYNAMIC,
    OLD,
    POINTS,
    SIGNS,
    Scenario,
    asleep,
    both,
    default,
    frequency,
    limited_rate,
    of,
    setpoint,
    signs,
    stamped,
    updated,
    watts,
)

_PRIORITY: Final[dict[str, Any]] = {"purpose": Purpose.PRIORITY_CHARGING}
_TWO_PERIODS = relative(period(), period(60))

V21: Final[dict[str, Scenario]] = {
    "K01FR44_IfPhaseToUseProvidedForDCChargingStationAndDCInputPhaseControlFalse_ThenProfileIsInvalid": of(
        default(period(number_phases=1, phase_to_use=1)), abilities=DC
    ),
    "K01FR44_IfPhaseToUseProvidedForDCChargingStationAndDCInputPhaseControlTrue_ThenProfileIsValid": of(
        default(period(number_phases=1, phase_to_use=1)), abilities=DC_PHASES
    ),
    "K01FR56_NewChargingProfileStoredTooQuicklyAfterThePrevious": limited_rate,
    "K01FR70_PriorityChargingCanNotHaveValueForDuration": of(installed(1, schedule(duration=60), **_PRIORITY)),
    "K01FR71_PriorityChargingMustHaveOperationModeChargingOnly_Rejected": of(
        default(period(operation_mode=Mode.EXTERNAL_LIMITS), **_PRIORITY)
    ),
    "K01FR71_PriorityChargingMustHaveOperationModeChargingOnly_Accepted": of(
        default(period(operation_mode=Mode.CHARGING_ONLY), **_PRIORITY)
    ),
    "K01FR81_ChargingProfileIdIsBiggerThanMaxExternalConstraintsId_Rejected": of(
        installed(1, number=5), abilities=replace(OLD, external_ids_up_to=5)
    ),
    "K01FR81_ChargingProfileIdIsBiggerThanMaxExternalConstraintsId_Accepted": of(
        installed(1, number=6), abilities=replace(OLD, external_ids_up_to=5)
    ),
    "K01FR120_PriorityChargingNotSupported": of(
        installed(1, **_PRIORITY), abilities=replace(OLD, purposes=(Purpose.TX_PROFILE,))
    ),
    "K01FR120_LocalGenerationNotSupported": of(
        installed(1, purpose=Purpose.LOCAL_GENERATION), abilities=replace(OLD, purposes=(Purpose.TX_PROFILE,))
    ),
    "K01FR121_DynamicProfilesNotSupported": of(DYNAMIC, abilities=replace(OLD, dynamic=False)),
    "K01FR122_DynUpdateIntervalSetWhileProfileIsNotDynamic": of(installed(1, dyn_update_interval=60)),
    "K01FR123_LocalTimeNotSupported": of(
        installed(1, schedule(use_local_time=True)), abilities=replace(OLD, local_time=False)
    ),
    "K01FR124_RandomizedDelayNotSupported": of(
        installed(1, schedule(randomized_delay=60)), abilities=replace(OLD, random_delay=False)
    ),
    "K01FR125_LimitAtSoCNotSupported": of(
        installed(1, schedule(limit_at_soc=v21.LimitAtSoCType(soc=80, limit=6))), abilities=replace(OLD, limit_at_soc=False)
    ),
    "K01FR126_EvseSleepNotSupported": of(asleep(Mode.CHARGING_ONLY)),
    "Q10FR05_IdleEvseSleepUnsupported_NotRejected": of(asleep(Mode.IDLE)),
    "K01FR126_EvseSleepNonIdle_RejectedEvenWhenSupported": of(asleep(Mode.CHARGING_ONLY)),
    "SupportedOperationModesForChargingProfile": both(
        of(watts(period(0, 1.0, operation_mode=Mode.CHARGING_ONLY))),
        of(watts(period(0, None, operation_mode=Mode.IDLE), purpose=Purpose.PRIORITY_CHARGING)),
        of(watts(period(0, None, operation_mode=Mode.IDLE), purpose=Purpose.CHARGING_STATION_MAX_PROFILE)),
    ),
    "Q08FR04_LimitsAndSetpoints": both(of(setpoint(1.0, 1.0)), of(watts(period(0, 1.0, setpoint=1.0)))),
    "Q09FR01_LocalLoadBalancingNotInSupportedOperationModes_RejectedUnsupportedParam": of(
        watts(period(0, None, operation_mode=Mode.LOCAL_LOAD_BALANCING)),
        abilities=replace(OLD, operation_modes=(Mode.CHARGING_ONLY,)),
    ),
    "K01FR115_OperationModeNotInSupportedOperationModes_RejectedInvalidOperationMode": of(
        setpoint(1.0), abilities=replace(OLD, operation_modes=(Mode.CHARGING_ONLY,))
    ),
    "K01FR115_OperationModeInSupportedOperationModes_NotRejected": both(
        of(setpoint(1.0)), of(watts(period(0, None, operation_mode=Mode.LOCAL_LOAD_BALANCING)))
    ),
    "Q08FR02_LocalFrequency_ChargingRateUnitW_NoFreqWattCurve": of(frequency(None)),
    "Q08FR02_LocalFrequency_ChargingRateUnitW_TooSmallFreqWattCurve": of(frequency(POINTS[:1])),
    "Q08FR02_LocalFrequency_ChargingRateUnitW_NoV2xBaseLine": of(frequency(POINTS, baseline=None)),
    "Q08FR05_LocalFrequency_ChargingRateUnitA_Invalid": of(frequency(POINTS, unit=Unit.A)),
    "Q08FR05_LocalFrequency_ChargingRateUnitW_Valid": of(frequency(POINTS)),
    "AllSetpointsSameSign": both(*(signs(*row) for row in SIGNS)),
    "V2X05_SetpointExceedsLimit_Rejected": of(setpoint(1100.0, 1000.0)),
    "V2X05_SetpointBelowDischargeLimit_Rejected": of(setpoint(-750.0, 1000.0, -500.0)),
    "V2X05_SetpointWithinRange_Accepted": of(setpoint(-250.0, 1000.0, -500.0)),
    "V2X05_SetpointWithNoLimits_Accepted": of(setpoint(5000.0)),
    "V2X10_NonTxProfile_WithDischargeLimitL2_Rejected": of(
        watts(
            period(0, None, setpoint=0.0, operation_mode=Mode.CENTRAL_SETPOINT, discharge_limit_l2=-2000.0),
            purpose=Purpose.TX_DEFAULT_PROFILE,
        )
    ),
    "V2X10_NonTxProfile_WithSetpointReactiveL3_Rejected": of(
        watts(
            period(0, None, setpoint=0.0, operation_mode=Mode.CENTRAL_SETPOINT, setpoint_reactive_l3=1000.0),
            purpose=Purpose.TX_DEFAULT_PROFILE,
        )
    ),
    "V2X10_TxProfile_WithDischargeLimitL2_Accepted": of(setpoint(0.0, discharge_limit_l2=-2000.0)),
    "V2X10_NonTxProfile_NoL2L3Fields_Accepted": of(watts(purpose=Purpose.TX_DEFAULT_PROFILE)),
    "K28FR01_DynamicProfile_RejectMultipleSchedules": of(installed(1, relative(), relative(), kind=Kind.DYNAMIC)),
    "K28FR01_DynamicProfile_RejectMultiplePeriods": of(installed(1, _TWO_PERIODS, kind=Kind.DYNAMIC)),
    "K28FR02_DynamicProfile_RejectStartPeriodNonZero": of(installed(1, relative(period(60)), kind=Kind.DYNAMIC)),
    "K28FR03_DynamicProfile_ResponseHasInvalidScheduleReasonCode": of(installed(1, _TWO_PERIODS, kind=Kind.DYNAMIC)),
    "K28FR04_NonDynamicProfile_WithDynUpdateInterval_Rejected": of(installed(1, dyn_update_interval=60)),
    "K28FR05_DynamicProfile_DynUpdateTimeAutoSetOnAccept": stamped(reread=False),
    "K28FR05_DynUpdateTime_PersistsAcrossDbRestart": stamped(reread=True),
    "K28FR06_UpdateDynamicSchedule_AppliesUpdateAndRespondsAccepted": updated(DYNAMIC, expected=8.0),
    "K28FR11_UpdateDynamicSchedule_NonDynamicProfile_Rejected": updated(tx()),
    "K28FR11_UpdateDynamicSchedule_MissingProfile_Rejected": updated(DYNAMIC, number=2),
    "K28_UpdateDynamicSchedule_AllFieldsUnset_SkipsCallback": updated(
        DYNAMIC, v21.ChargingScheduleUpdateType(), expected=16.0
    ),
    "K28_ApplyUpdate_MalformedShape_RejectsWithoutMutation": updated(installed(1, _TWO_PERIODS, kind=Kind.DYNAMIC)),
}
