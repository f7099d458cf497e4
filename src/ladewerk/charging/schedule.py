"""The schedule of a TxProfile: may it be installed, and which current does it allow when."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from msgspec import UNSET, UnsetType

from ladewerk.electrical import NOMINAL_VOLTAGE_V, current_a, usable_current_a
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline


class Reason(StrEnum):
    """``statusInfo.reasonCode`` of a rejected SetChargingProfile; the names of OCPP 2.1 part 2, appendix 5, and libocpp."""

    INVALID_VALUE = "InvalidValue"
    MISSING_PARAM = "MissingParam"
    TX_NOT_FOUND = "TxNotFound"
    INVALID_SCHEDULE = "InvalidSchedule"
    INVALID_PROFILE = "InvalidProfile"
    INVALID_STACK_LEVEL = "InvalidStackLevel"
    UNSUPPORTED_KIND = "UnsupportedKind"
    UNSUPPORTED_PURPOSE = "UnsupportedPurpose"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a profile cannot be installed."""

    reason: Reason
    text: str


@dataclass(frozen=True, slots=True)
class Installed:
    """The TxProfile that governs an EVSE now."""

    profile_id: int
    stack_level: int


def check_tx_profile(
    evse_id: int,
    profile: v21.ChargingProfileType,
    *,
    evse_ids: Collection[int],
    transaction_id: str | None,
    installed: Installed | None,
) -> Refusal | None:
    """None where ``profile`` may govern the transaction that is open on ``evse_id``; ``transaction_id`` is that one's.

    ``installed`` is what governs it already: the same id replaces it (K01.FR.05).

    Absolute and Relative profiles with one schedule are taken. Source: OCPP 2.0.1 part 2, K01.FR.03 to K01.FR.40.
    """
    purposes = v21.ChargingProfilePurposeEnumType
    if evse_id not in evse_ids:
        return Refusal(Reason.INVALID_VALUE, f"there is no EVSE {evse_id} for a TxProfile")  # K01.FR.28, K01.FR.16
    if profile.charging_profile_purpose is not purposes.TX_PROFILE:
        purpose = profile.charging_profile_purpose.value
        if purpose == purposes.CHARGING_STATION_EXTERNAL_CONSTRAINTS:  # K01.FR.22
            return Refusal(Reason.INVALID_VALUE, f"{purpose} is not set by a CSMS")
        return Refusal(Reason.UNSUPPORTED_PURPOSE, f"{purpose} is not supported, TxProfile is")
    if profile.transaction_id is UNSET:  # K01.FR.03
        return Refusal(Reason.MISSING_PARAM, "a TxProfile names its transaction")
    if transaction_id is None or profile.transaction_id != transaction_id:  # K01.FR.09, K01.FR.33
        return Refusal(Reason.TX_NOT_FOUND, f"transaction {profile.transaction_id} is not open on EVSE {evse_id}")
    if installed is not None and profile.id != installed.profile_id:
        if profile.stack_level == installed.stack_level:  # K01.FR.39
            return Refusal(
                Reason.INVALID_STACK_LEVEL, f"profile {installed.profile_id} has stack level {profile.stack_level}"
            )
        return Refusal(
            Reason.INVALID_PROFILE, f"one TxProfile at a time: clear profile {installed.profile_id}, or reuse its id"
        )
    kinds = v21.ChargingProfileKindEnumType
    if profile.charging_profile_kind not in (kinds.ABSOLUTE, kinds.RELATIVE):
        return Refusal(Reason.UNSUPPORTED_KIND, f"{profile.charging_profile_kind} is not supported, Absolute is")
    if profile.recurrency_kind is not UNSET:
        return Refusal(Reason.INVALID_PROFILE, "a recurrency kind belongs to a Recurring profile")
    if len(profile.charging_schedule) != 1:
        return Refusal(Reason.INVALID_PROFILE, f"{len(profile.charging_schedule)} schedules; one is supported")
    return _check_schedule(profile.charging_schedule[0], absolute=profile.charging_profile_kind is kinds.ABSOLUTE)


def _check_schedule(schedule: v21.ChargingScheduleType, *, absolute: bool) -> Refusal | None:
    if absolute and schedule.start_schedule is UNSET:  # K01.FR.40
        return Refusal(Reason.INVALID_SCHEDULE, "an Absolute schedule has a startSchedule")
    if not absolute and schedule.start_schedule is not UNSET:  # K01.FR.41
        return Refusal(Reason.INVALID_SCHEDULE, "a Relative schedule has no startSchedule")
    if schedule.duration is not UNSET and schedule.duration <= 0:
        return Refusal(Reason.INVALID_SCHEDULE, f"a duration is more than 0 s, not {schedule.duration}")
    starts = [period.start_period for period in schedule.charging_schedule_period]
    if starts[0] != 0:  # K01.FR.31: or the first minutes have no limit
        return Refusal(Reason.INVALID_SCHEDULE, f"the first period starts at 0, not at {starts[0]} s")
    if any(a >= b for a, b in pairwise(starts)):  # K01.FR.35
        return Refusal(Reason.INVALID_SCHEDULE, "the periods' starts increase")
    for number, period in enumerate(schedule.charging_schedule_period):
        refused = _check_period(number, period)
        if refused is not None:
            return refused
    return None


def _check_period(number: int, period: v21.ChargingSchedulePeriodType) -> Refusal | None:
    if period.limit is UNSET:
        return Refusal(Reason.INVALID_SCHEDULE, f"period {number} has no limit")
    if not math.isfinite(period.limit) or period.limit < 0:
        return Refusal(Reason.INVALID_SCHEDULE, f"the limit of period {number} is {period.limit}; expected 0 or more")
    if period.number_phases == 0:
        return Refusal(Reason.INVALID_SCHEDULE, f"period {number} has no phase")
    if period.phase_to_use is not UNSET and period.number_phases != 1:  # K01.FR.19
        return Refusal(Reason.INVALID_SCHEDULE, f"period {number} chooses a phase but not one phase")
    return None


def amps_timeline(
    profile: v21.ChargingProfileType, *, begun_at: datetime, phases: int, voltage_v: float = NOMINAL_VOLTAGE_V
) -> Timeline[float]:
    """The current per phase that a checked ``profile`` allows, on ``phases`` phases of the EVSE.

    ``begun_at`` is where a Relative schedule begins. A period's phases are at most those of the EVSE, and three
    where it names none (K01.FR.49); watts are converted after the phases are chosen. The profile's validity bounds the line.
    """
    schedule = profile.charging_schedule[0]
    start = begun_at if isinstance(schedule.start_schedule, UnsetType) else schedule.start_schedule
    in_watts = schedule.charging_rate_unit is v21.ChargingRateUnitEnumType.W
    steps: list[tuple[datetime, float | None]] = []
    for period in schedule.charging_schedule_period:
        used = min(phases, 3 if isinstance(period.number_phases, UnsetType) else period.number_phases)
        limit = 0.0 if isinstance(period.limit, UnsetType) else period.limit
        limit_a = current_a(limit, phases=used, voltage_v=voltage_v) if in_watts else limit
        steps.append((start + timedelta(seconds=period.start_period), limit_a))
    line = Timeline.of(steps)
    ends = [] if isinstance(schedule.duration, UnsetType) else [start + timedelta(seconds=schedule.duration)]
    if not isinstance(profile.valid_to, UnsetType):
        ends.append(profile.valid_to)
    begin = start if isinstance(profile.valid_from, UnsetType) else max(start, profile.valid_from)
    return line.within(begin, min(ends, default=None))


def trimmed(line: Timeline[float], now: datetime) -> Timeline[float]:
    """``line`` without what is over at ``now``."""
    return line.within(now)


def aligned(line: Timeline[float], now: datetime, startup_s: float) -> Timeline[float]:
    """``line`` from when a current can flow: ``startup_s`` after ``now``, which lock and self-test take."""
    return line.within(now + timedelta(seconds=startup_s))


def offerable(line: Timeline[float]) -> Timeline[float]:
    """``line`` with every current that a control pilot cannot offer as a pause: 0 < limit < 6 A becomes 0."""
    return line.map(usable_current_a)
