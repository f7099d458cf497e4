"""What became of a profile, and how libocpp's words for a refusal read as reason codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ladewerk.charging.installed import Installed
from ladewerk.charging.refusal import Refusal

REJECTED: Final = "Rejected"


@dataclass(frozen=True)
class Outcome:
    """A status, and of a refusal its reason code."""

    status: str
    reason: str | None = None


ACCEPTED: Final = Outcome("Accepted")
UNKNOWN: Final = Outcome("Unknown")


def outcome_of(result: Installed | Refusal | None) -> Outcome:
    return Outcome(REJECTED, result.reason.value) if isinstance(result, Refusal) else ACCEPTED


_SCHEDULE, _MODE = "InvalidSchedule", "InvalidOperationMode"

LIBOCPP: Final[Mapping[str, str]] = {
    "ChargingProfileEmptyChargingSchedules": _SCHEDULE,
    "ChargingProfileExtraneousStartSchedule": _SCHEDULE,
    "ChargingProfileFirstStartScheduleIsNotZero": _SCHEDULE,
    "ChargingProfileMissingRequiredStartSchedule": _SCHEDULE,
    "ChargingProfileNoChargingSchedulePeriods": _SCHEDULE,
    "ChargingScheduleChargingRateUnitUnsupported": "UnsupportedRateUnit",
    "ChargingScheduleNonFiniteValue": _SCHEDULE,
    "ChargingSchedulePeriodExtraneousPhaseValues": "NoPhaseForDC",
    "ChargingSchedulePeriodInvalidPhaseToUse": _SCHEDULE,
    "ChargingSchedulePeriodLocalLoadBalancingNotSupported": "UnsupportedParam",
    "ChargingSchedulePeriodNoFreqWattCurve": "NoFreqWattCurve",
    "ChargingSchedulePeriodNoPhaseForDC": "NoPhaseForDC",
    "ChargingSchedulePeriodNonFiniteValue": _SCHEDULE,
    "ChargingSchedulePeriodOperationModeNotInSupportedList": _MODE,
    "ChargingSchedulePeriodPhaseConflict": "PhaseConflict",
    "ChargingSchedulePeriodPhaseToUseACPhaseSwitchingUnsupported": _SCHEDULE,
    "ChargingSchedulePeriodPriorityChargingNotChargingOnly": _SCHEDULE,
    "ChargingSchedulePeriodSetpointOutOfRange": _SCHEDULE,
    "ChargingSchedulePeriodSignDifference": _SCHEDULE,
    "ChargingSchedulePeriodUnsupportedLimitSetpoint": _SCHEDULE,
    "ChargingSchedulePeriodUnsupportedNumberPhases": _SCHEDULE,
    "ChargingSchedulePeriodUnsupportedOperationMode": _MODE,
    "ChargingSchedulePeriodsOutOfOrder": _SCHEDULE,
    "ChargingScheduleUnsupportedEvseSleep": _SCHEDULE,
    "ChargingStationMaxProfileCannotBeRelative": "InvalidValue",
    "ChargingStationMaxProfileEvseIdGreaterThanZero": "InvalidValue",
    "DuplicateProfileValidityPeriod": "DuplicateProfile",
    "DuplicateTxDefaultProfileFound": "DuplicateProfile",
    "EvseDoesNotExist": "InvalidValue",
    "ExistingChargingStationExternalConstraints": "DuplicateProfile",
    "RequestStartTransactionNonTxProfile": "InvalidProfile",
    "TxProfileConflictingStackLevel": "InvalidStackLevel",
    "TxProfileEvseHasNoActiveTransaction": "TxNotFound",
    "TxProfileEvseIdNotGreaterThanZero": "InvalidValue",
    "TxProfileMissingTransactionId": "MissingParam",
    "TxProfileTransactionNotOnEvse": "TxNotFound",
}
"""libocpp's words for what is wrong, as the reason codes of OCPP's appendix."""

LIBOCPP_ALONE: Final[Mapping[str, str]] = {
    "2.0.1/K01_ValidateChargingStationMaxProfile_NotChargingStationMaxProfile_Invalid": (
        "a function of libocpp that is called with a profile it is not meant for"
    ),
    "1.6/ValidateProfile__ValidProfile_AllowsNoStartSchedule__ReturnsTrue": (
        "libocpp's own setting, by which an Absolute profile of 1.6 needs no startSchedule"
    ),
    "2.1/K28_UpdateDynamicSchedule_PersistFailure_RejectedWithInternalError": (
        "libocpp's database that fails; ours is driven in tests/station/smart_charging/test_profile_memory.py"
    ),
    "2.1/K28FR11_UpdateDynamicSchedule_DbLookupThrows_RespondsInternalError": (
        "libocpp's database that is asked at each look; ours is read once, when the station starts"
    ),
}
"""Outcomes of what is in libocpp and not in OCPP."""
