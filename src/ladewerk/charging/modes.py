"""Operation modes of OCPP 2.1: which purpose may use which, and what a period of each must and must not say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from msgspec import UNSET

from ladewerk.charging.installation import Purpose
from ladewerk.charging.rates import Mode
from ladewerk.charging.refusal import Reason, Refusal
from ladewerk.ocpp import v21

Period = v21.ChargingSchedulePeriodType


class Said(Enum):
    """Whether a field of a period is there."""

    MUST = "required"
    MAY = "optional"
    NEVER = "not allowed"


@dataclass(frozen=True, slots=True)
class Fields:
    """A row of the table *limits and setpoints per operation mode* (2.1 part 2, block Q, 2.2)."""

    limit: Said
    discharge_limit: Said
    setpoint: Said
    setpoint_reactive: Said


FIELDS: Final[Mapping[Mode, Fields]] = {
    Mode.CHARGING_ONLY: Fields(Said.MUST, Said.NEVER, Said.NEVER, Said.NEVER),
    Mode.CENTRAL_SETPOINT: Fields(Said.MAY, Said.MAY, Said.MUST, Said.MAY),
    Mode.CENTRAL_FREQUENCY: Fields(Said.MAY, Said.MAY, Said.MUST, Said.NEVER),
    Mode.LOCAL_FREQUENCY: Fields(Said.NEVER, Said.NEVER, Said.NEVER, Said.NEVER),
    Mode.EXTERNAL_SETPOINT: Fields(Said.MAY, Said.MAY, Said.NEVER, Said.NEVER),
    Mode.EXTERNAL_LIMITS: Fields(Said.NEVER, Said.NEVER, Said.NEVER, Said.NEVER),
    Mode.LOCAL_LOAD_BALANCING: Fields(Said.NEVER, Said.NEVER, Said.NEVER, Said.NEVER),
    Mode.IDLE: Fields(Said.NEVER, Said.NEVER, Said.NEVER, Said.NEVER),  # Q10.FR.01
}

_EVERY: Final = frozenset(Mode)
_CHARGING: Final = frozenset({Mode.CHARGING_ONLY})

MODES: Final[Mapping[Purpose, frozenset[Mode]]] = {
    Purpose.TX_PROFILE: _EVERY,
    Purpose.TX_DEFAULT_PROFILE: _EVERY,
    Purpose.PRIORITY_CHARGING: _CHARGING,
    Purpose.CHARGING_STATION_MAX_PROFILE: _CHARGING,
    Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS: _CHARGING | {Mode.EXTERNAL_LIMITS, Mode.EXTERNAL_SETPOINT},
    Purpose.LOCAL_GENERATION: _CHARGING | {Mode.EXTERNAL_LIMITS},
}
"""2.1 part 2, table 95."""

_CURVE_POINTS: Final = 2
_OF_ONE_PHASE: Final = (
    *("discharge_limit_l2", "discharge_limit_l3", "setpoint_l2", "setpoint_l3"),
    *("setpoint_reactive_l2", "setpoint_reactive_l3"),
)


def mode_of(period: Period) -> Mode:
    """K01.FR.110: a period that names none only charges."""
    return Mode.CHARGING_ONLY if period.operation_mode is UNSET else period.operation_mode


def refused_mode(purpose: Purpose, period: Period) -> Refusal | None:
    """A mode that the purpose does not have."""
    mode = mode_of(period)
    if mode in MODES[purpose]:
        return None
    # K01.FR.71
    reason = Reason.INVALID_SCHEDULE if purpose is Purpose.PRIORITY_CHARGING else Reason.INVALID_OPERATION_MODE
    return Refusal(reason, f"a {purpose.value} has no period in operation mode {mode.value}")


def refused_fields(period: Period) -> Refusal | None:
    """Limits and setpoints that the period's mode wants and are not there, or that are there for nothing (Q08.FR.04)."""
    mode = mode_of(period)
    row = FIELDS[mode]
    for name in ("limit", "discharge_limit", "setpoint", "setpoint_reactive"):
        wanted: Said = getattr(row, name)
        given = [field for field in (name, f"{name}_l2", f"{name}_l3") if getattr(period, field) is not UNSET]
        if wanted is Said.NEVER and given:
            return Refusal(Reason.INVALID_SCHEDULE, f"a period in operation mode {mode.value} has no {given[0]}")
        if wanted is Said.MUST and name not in given:
            return Refusal(Reason.INVALID_SCHEDULE, f"a period in operation mode {mode.value} has a {name}")
    return None


def refused_curve(period: Period, *, in_watts: bool) -> Refusal | None:
    """LocalFrequency needs watts (Q08.FR.05), a baseline and a curve of two points or more (Q08.FR.02)."""
    if mode_of(period) is not Mode.LOCAL_FREQUENCY:
        return None
    if not in_watts:
        return Refusal(Reason.UNSUPPORTED_RATE_UNIT, "a frequency curve says watts: chargingRateUnit is W")
    curve = period.v2x_freq_watt_curve
    if curve is UNSET or len(curve) < _CURVE_POINTS or period.v2x_baseline is UNSET:
        return Refusal(
            Reason.NO_FREQ_WATT_CURVE, "LocalFrequency has a v2xBaseline and a v2xFreqWattCurve of two points or more"
        )
    return None


def refused_setpoint(period: Period) -> Refusal | None:
    """V2X.05: a setpoint outside of the period's own limits."""
    for suffix in ("", "_l2", "_l3"):
        setpoint, low, high = (getattr(period, f"{name}{suffix}") for name in ("setpoint", "discharge_limit", "limit"))
        if setpoint is UNSET:
            continue
        if (high is not UNSET and setpoint > high) or (low is not UNSET and setpoint < low):
            return Refusal(Reason.INVALID_SCHEDULE, f"the setpoint {setpoint:g} lies outside of its limits")
    return None


def refused_signs(period: Period) -> Refusal | None:
    """The phases of one vehicle all charge or all discharge."""
    for name in ("setpoint", "setpoint_reactive"):
        values = [getattr(period, f"{name}{suffix}") for suffix in ("", "_l2", "_l3")]
        said = [value for value in values if value is not UNSET]
        if any(value > 0 for value in said) and any(value < 0 for value in said):
            return Refusal(Reason.INVALID_SCHEDULE, f"the {name} of all phases has one sign")
    return None


def refused_phases(purpose: Purpose, period: Period) -> Refusal | None:
    """V2X.10: only a TxProfile knows on which phases its vehicle is, and may say what each of them discharges or follows."""
    if purpose is Purpose.TX_PROFILE:
        return None
    named = next((name for name in _OF_ONE_PHASE if getattr(period, name) is not UNSET), None)
    return None if named is None else Refusal(Reason.PHASE_CONFLICT, f"a {purpose.value} has no {named}")
