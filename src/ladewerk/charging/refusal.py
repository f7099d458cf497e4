"""Why a profile cannot be installed: a reason code for the CSMS and a sentence for people."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """``statusInfo.reasonCode`` of a rejected profile: OCPP 2.0.1 and 2.1 part 2, appendix of reason codes.

    The last two are not in edition 1 of 2.1; libocpp answers so by the next edition.
    """

    DUPLICATE_PROFILE = "DuplicateProfile"
    INTERNAL_ERROR = "InternalError"
    INVALID_PROFILE = "InvalidProfile"
    INVALID_PROFILE_ID = "InvalidProfileId"
    INVALID_SCHEDULE = "InvalidSchedule"
    INVALID_STACK_LEVEL = "InvalidStackLevel"
    INVALID_VALUE = "InvalidValue"
    MISSING_PARAM = "MissingParam"
    NO_FREQ_WATT_CURVE = "NoFreqWattCurve"
    NO_PHASE_FOR_DC = "NoPhaseForDC"
    RATE_LIMIT_EXCEEDED = "RateLimitExceeded"
    TOO_MANY_ELEMENTS = "TooManyElements"
    TX_NOT_FOUND = "TxNotFound"
    UNSUPPORTED_KIND = "UnsupportedKind"
    UNSUPPORTED_PARAM = "UnsupportedParam"
    UNSUPPORTED_PURPOSE = "UnsupportedPurpose"
    UNSUPPORTED_RATE_UNIT = "UnsupportedRateUnit"
    INVALID_OPERATION_MODE = "InvalidOperationMode"
    PHASE_CONFLICT = "PhaseConflict"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a profile cannot be installed."""

    reason: Reason
    text: str
