"""What the published outcomes of OCPP 2.0.1 are outcomes of: a scenario for each name, made from the rule it names."""

from dataclasses import replace
from typing import Final

from msgspec import structs

from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Kind
from ladewerk.charging.rates import Unit
from ladewerk.ocpp import v21
from tests.charging.profiles import installed, period, profile, relative, schedule, station_max, tx
from tests.conformance.bench import (
    DC,
    EXTERNAL,
    INFINITE,
    NAN,
    NO_SWITCHING,
    OLD,
    ONE_PHASE,
    SET_BY_CSMS,
    Scenario,
    both,
    clear,
    composite_of,
    curve,
    default,
    ends,
    installs,
    of,
    reported,
    valid,
)

V201: Final[dict[str, Scenario]] = {
    "K01FR03_IfTxProfileIsMissingTransactionId_ThenProfileIsInvalid": of(tx(transaction=None)),
    "K01FR05_IfExistingChargingProfileWithSameIdIsChargingStationExternalConstraints_ThenProfileIsInvalid": of(
        station_max(), installed(0, purpose=EXTERNAL)
    ),
    "K01FR16_IfTxProfileHasEvseIdNotGreaterThanZero_ThenProfileIsInvalid": of(tx(0)),
    "K01FR33_IfTxProfileTransactionIsNotOnEvse_ThenProfileIsInvalid": of(tx(transaction="t-2")),
    "K01FR09_IfTxProfileEvseHasNoActiveTransaction_ThenProfileIsInvalid": of(tx(), running={}),
    "K01FR19AndFR48_NumberPhasesOtherThan1AndPhaseToUseSet_ThenProfileInvalid": of(
        default(period(number_phases=2, phase_to_use=1))
    ),
    "K01FR20AndFR48_IfPhaseToUseSetAndACPhaseSwitchingSupportedUndefined_ThenProfileIsInvalid": of(
        default(period(number_phases=1, phase_to_use=1)), abilities=NO_SWITCHING
    ),
    "K01FR20AndFR48_IfPhaseToUseSetAndACPhaseSwitchingSupportedFalse_ThenProfileIsInvalid": of(
        default(period(number_phases=1, phase_to_use=1)), abilities=NO_SWITCHING
    ),
    "K01FR20AndFR48_IfPhaseToUseSetAndACPhaseSwitchingSupportedTrue_ThenProfileIsNotInvalid": of(
        default(period(number_phases=1, phase_to_use=1))
    ),
    "K01FR26_IfChargingRateUnitIsNotInChargingScheduleChargingRateUnits_ThenProfileIsInvalid": of(
        default(), abilities=replace(OLD, rate_units=(Unit.W,))
    ),
    "K01_IfChargingSchedulePeriodsAreMissing_ThenProfileIsInvalid": of(
        installed(1, structs.replace(schedule(), charging_schedule_period=()))
    ),
    "K01FR31_IfStartPeriodOfFirstChargingSchedulePeriodIsNotZero_ThenProfileIsInvalid": of(default(period(1))),
    "K01FR35_IfChargingSchedulePeriodsAreNotInChonologicalOrder_ThenProfileIsInvalid": of(
        default(period(), period(60), period(30))
    ),
    "IfChargingSchedulePeriodLimitIsInfinity_ThenProfileIsInvalid": of(default(period(0, INFINITE))),
    "IfChargingSchedulePeriodLimitIsNaN_ThenProfileIsInvalid": of(default(period(0, NAN))),
    "IfChargingScheduleMinChargingRateIsInfinity_ThenProfileIsInvalid": of(
        installed(1, schedule(min_charging_rate=INFINITE))
    ),
    "IfChargingSchedulePowerToleranceIsNaN_ThenProfileIsInvalid": of(installed(1, schedule(power_tolerance=NAN))),
    "IfChargingScheduleLimitAtSoCIsInfinity_ThenProfileIsInvalid": of(
        installed(1, schedule(limit_at_soc=v21.LimitAtSoCType(soc=80, limit=INFINITE)))
    ),
    "IfV2XFreqWattCurveFrequencyIsInfinity_ThenProfileIsInvalid": of(
        default(period(v2x_freq_watt_curve=curve((INFINITE, 1.0), (50.0, 1.0))))
    ),
    "IfV2XSignalWattCurvePowerIsNaN_ThenProfileIsInvalid": of(
        default(period(v2x_signal_watt_curve=(v21.V2XSignalWattPointType(signal=1, power=NAN),)))
    ),
    "K04FR03_ValidateChargingStationMaxProfile_EvseIDgt0_Invalid": of(
        installed(1, purpose=Purpose.CHARGING_STATION_MAX_PROFILE)
    ),
    "K01FR38_ChargingProfilePurposeIsChargingStationMaxProfile_KindIsAbsolute_Valid": of(station_max()),
    "K01FR38_ChargingProfilePurposeIsChargingStationMaxProfile_KindIsRecurring_Valid": of(
        station_max(kind=Kind.RECURRING, recurrency_kind=v21.RecurrencyKindEnumType.DAILY)
    ),
    "K01FR38_ChargingProfilePurposeIsChargingStationMaxProfile_KindIsRelative_Invalid": of(
        station_max(relative(), kind=Kind.RELATIVE)
    ),
    "K01FR39_IfTxProfileHasSameTransactionAndStackLevelAsAnotherTxProfile_ThenProfileIsInvalid": of(tx(), tx(number=2)),
    "K01FR39_IfTxProfileHasDifferentTransactionButSameStackLevelAsAnotherTxProfile_ThenProfileIsValid": of(
        tx(), tx(2, number=2, transaction="t-2")
    ),
    "K01FR39_IfTxProfileHasSameTransactionButDifferentStackLevelAsAnotherTxProfile_ThenProfileIsValid": of(
        tx(), tx(number=2, level=1)
    ),
    "K05_IfTxProfileHasNoTransactionIdButAddChargingProfileSourceIsRequestRemoteStartTransaction_ThenProfileIsValid": of(
        tx(transaction=None), running={}, starts=True
    ),
    "K01FR40_IfChargingProfileKindIsAbsoluteAndStartScheduleDoesNotExist_ThenProfileIsInvalid": of(installed(1, relative())),
    "K01FR40_IfChargingProfileKindIsRecurringAndStartScheduleDoesNotExist_ThenProfileIsInvalid": of(
        installed(1, relative(), kind=Kind.RECURRING, recurrency_kind=v21.RecurrencyKindEnumType.DAILY)
    ),
    "K01FR41_IfChargingProfileKindIsRelativeAndStartScheduleDoesExist_ThenProfileIsInvalid": of(
        installed(1, kind=Kind.RELATIVE)
    ),
    "K01FR28_WhenEvseDoesNotExistThenReject": of(installed(3)),
    "K01FR28_WhenEvseDoesExistThenAccept": of(installed(2)),
    "K01FR52_TxDefaultProfileValidIfAppliedToWholeSystemAgain": of(installed(0), installed(0)),
    "K01FR53_TxDefaultProfileValidIfAppliedToExistingEvseAgain": of(installed(1), installed(1)),
    "K01FR53_TxDefaultProfileValidIfAppliedToDifferentEvse": of(installed(2, number=2), installed(1)),
    "K01FR44_IfNumberPhasesProvidedForDCEVSE_ThenProfileIsInvalid": of(default(period(number_phases=1)), abilities=DC),
    "K01FR44_IfPhaseToUseProvidedForDCEVSE_ThenProfileIsInvalid": of(default(period(phase_to_use=1)), abilities=DC),
    "K01FR44_IfNumberPhasesProvidedForDCChargingStation_ThenProfileIsInvalid": of(
        default(period(number_phases=1), evse_id=0), abilities=DC
    ),
    "K01FR44_IfPhaseToUseProvidedForDCChargingStation_ThenProfileIsInvalid": of(
        default(period(phase_to_use=1), evse_id=0), abilities=DC
    ),
    "K01FR45_IfNumberPhasesGreaterThanChargingStationSupplyPhasesForACEVSE_ThenProfileIsInvalid": of(
        default(period(number_phases=3)), abilities=ONE_PHASE
    ),
    "K01FR45_IfNumberPhasesGreaterThanChargingStationSupplyPhasesForACChargingStation_ThenProfileIsInvalid": of(
        default(period(number_phases=3), evse_id=0), abilities=ONE_PHASE
    ),
    "K01FR49_IfNumberPhasesMissingForACEVSE_ThenSetNumberPhasesToThree": of(default()),
    "K01FR49_IfNumberPhasesMissingForACChargingStation_ThenSetNumberPhasesToThree": of(default(evse_id=0)),
    "K01FR06_ExistingProfileLastsForever_RejectIncoming": of(installed(1, **valid(0, 60)), installed(1, number=2)),
    "K01FR06_ExisitingProfileHasValidFromIncomingValidToOverlaps_RejectIncoming": of(
        installed(1, **valid(None, 61)), installed(1, number=2, **valid(60, None))
    ),
    "K01FR06_ExisitingProfileHasValidToIncomingValidFromOverlaps_RejectIncoming": of(
        installed(1, **valid(59, None)), installed(1, number=2, **valid(None, 60))
    ),
    "K01FR06_ExisitingProfileHasValidPeriodIncomingIsNowToMax_RejectIncoming": of(
        installed(1), installed(1, number=2, **valid(60, 120))
    ),
    "K01FR06_ExisitingProfileHasValidPeriodIncomingOverlaps_RejectIncoming": of(
        installed(1, **valid(90, 150)), installed(1, number=2, **valid(60, 120))
    ),
    "K01FR06_ExisitingProfileHasValidPeriodIncomingOverlaps_IfProfileHasDifferentPurpose_ThenProfileIsValid": both(
        of(station_max(**valid(60, 120))), of(installed(0, number=2, **valid(90, 150)), station_max(**valid(60, 120)))
    ),
    "K01_ValidateProfile_IfEvseDoesNotExist_ThenProfileIsInvalid": of(tx(3)),
    "K01_ValidateProfile_IfScheduleIsInvalid_ThenProfileIsInvalid": of(tx(1, schedule(), kind=Kind.RELATIVE)),
    "K01_ValidateProfile_IfChargeStationMaxProfileIsInvalid_ThenProfileIsInvalid": of(
        installed(2, purpose=Purpose.CHARGING_STATION_MAX_PROFILE)
    ),
    "K01_ValidateProfile_IfDuplicateTxDefaultProfileFoundOnEVSE_IsInvalid_ThenProfileIsInvalid": of(
        installed(0), installed(1, number=2)
    ),
    "K01_ValidateProfile_IfDuplicateTxDefaultProfileFoundOnChargingStation_IsInvalid_ThenProfileIsInvalid": of(
        installed(1), installed(0, number=2)
    ),
    "K01_ValidateProfile_IfTxProfileIsInvalid_ThenProfileIsInvalid": of(tx(transaction=None)),
    "K01_ValidateProfile_IfTxProfileIsValid_ThenProfileIsValid": of(tx()),
    "K01_ValidateProfile_IfTxDefaultProfileIsValid_ThenProfileIsValid": of(installed(1)),
    "K01_ValidateProfile_IfChargeStationMaxProfileIsValid_ThenProfileIsValid": of(station_max()),
    "K01_ValidateProfile_IfExistingChargingProfileWithSameIdIsChargingStationExternalConstraints_ThenProfileIsInvalid": of(
        installed(1), installed(0, purpose=EXTERNAL)
    ),
    "K01FR14_IfTxDefaultProfileWithSameStackLevelDoesNotExist_ThenApplyStationWideTxDefaultProfileToAllEvses": installs(
        installed(0)
    ),
    "K01FR15_IfTxDefaultProfileWithSameStackLevelDoesNotExist_ThenApplyTxDefaultProfileToEvse": installs(installed(2)),
    "K04FR01_AddProfile_OnlyAddsToOneEVSE": installs(installed(1)),
    "AddProfile_StoresChargingLimitSource": installs(Installation(1, profile(), "SO")),
    "ValidateAndAddProfile_StoresChargingLimitSource": installs(Installation(1, profile(), "CSO")),
    "K01_ValidateAndAdd_RejectsInvalidProfilesWithReasonCode": of(tx(transaction="t-2")),
    "K01_ValidateAndAdd_AddsValidProfiles": installs(tx()),
    "K09_GetChargingProfiles_ReportsProfileWithSource": reported,
    "K10_ClearChargingProfile_ClearsId": clear([tx()], number=1),
    "K10_ClearChargingProfile_ClearsStackLevelPurposeCombination": clear(
        [tx(level=3)], stack_level=3, charging_profile_purpose=Purpose.TX_PROFILE
    ),
    "K10_ClearChargingProfile_UnknownStackLevelPurposeCombination": clear(
        [tx(level=3)], stack_level=2, charging_profile_purpose=Purpose.TX_PROFILE
    ),
    "K10_ClearChargingProfile_UnknownId": clear([tx()], number=2),
    "K02FR05_SmartChargingTransactionEnds_DeletesTxProfilesByTransactionId": ends("t-1", 0),
    "K02FR05_DeleteTransactionTxProfiles_DoesNotDeleteTxProfilesWithDifferentTransactionId": ends("t-2", 1),
    "K05FR02_RequestStartTransactionRequest_ChargingProfileMustBeTxProfile": of(installed(1), starts=True),
    "K01_ValidateChargingStationMaxProfile_AllowsExistingMatchingProfile": of(station_max(), station_max()),
    "K01_ValidateTxDefaultProfile_AllowsExistingMatchingProfile": of(installed(1), installed(1)),
    "K01_ValidateTxProfile_AllowsExistingMatchingProfile": of(tx(), tx()),
    "K01_SetChargingProfileRequest_ValidatesAndAddsProfile": of(tx(), running={}),
    "K01FR07_SetChargingProfileRequest_TriggersCallbackWhenValid": installs(tx()),
    "K01FR22_SetChargingProfileRequest_RejectsChargingStationExternalConstraints": of(
        installed(0, purpose=EXTERNAL), abilities=SET_BY_CSMS
    ),
    "K08_GetCompositeSchedule_CallsCalculateGetCompositeSchedule": composite_of(),
    "K08_GetCompositeSchedule_CallsCalculateGetCompositeScheduleWithValidProfiles": composite_of(evse_id=0),
    "K08FR05_GetCompositeSchedule_DoesNotCalculateCompositeScheduleForNonexistentEVSE": composite_of(evse_id=3),
    "K08FR07_GetCompositeSchedule_DoesNotCalculateCompositeScheduleForIncorrectChargingRateUnit": composite_of(
        charging_rate_unit=Unit.W
    ),
    "K01_ValidateTxProfile_EmptyChargingSchedule": of(Installation(1, structs.replace(tx().profile, charging_schedule=()))),
}
