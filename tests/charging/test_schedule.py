"""TxProfiles: what may be installed, and which current they allow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from ladewerk.charging.schedule import Installed, Reason, aligned, amps_timeline, check_tx_profile, offerable, trimmed
from ladewerk.ocpp import v21
from ladewerk.timeline import Segment, Timeline

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def period(start_s: int, limit: float | msgspec.UnsetType, **more: Any) -> v21.ChargingSchedulePeriodType:
    return v21.ChargingSchedulePeriodType(start_period=start_s, limit=limit, **more)


def schedule(*periods: v21.ChargingSchedulePeriodType, **more: Any) -> v21.ChargingScheduleType:
    defaults: dict[str, Any] = {"start_schedule": START, "charging_rate_unit": v21.ChargingRateUnitEnumType.A}
    return v21.ChargingScheduleType(id=1, charging_schedule_period=periods or (period(0, 16.0),), **{**defaults, **more})


def profile(*schedules: v21.ChargingScheduleType, **more: Any) -> v21.ChargingProfileType:
    defaults: dict[str, Any] = {
        "id": 5,
        "stack_level": 0,
        "charging_profile_purpose": v21.ChargingProfilePurposeEnumType.TX_PROFILE,
        "charging_profile_kind": v21.ChargingProfileKindEnumType.ABSOLUTE,
        "transaction_id": "t-1",
    }
    return v21.ChargingProfileType(charging_schedule=schedules or (schedule(),), **{**defaults, **more})


def reason(
    candidate: v21.ChargingProfileType,
    *,
    evse_id: int = 1,
    transaction_id: str | None = "t-1",
    installed: Installed | None = None,
) -> Reason | None:
    refusal = check_tx_profile(evse_id, candidate, evse_ids=[1, 2], transaction_id=transaction_id, installed=installed)
    return refusal.reason if refusal is not None else None


_PURPOSES, _KINDS = v21.ChargingProfilePurposeEnumType, v21.ChargingProfileKindEnumType


@pytest.mark.parametrize(
    ("candidate", "expected"),
    [
        (profile(), None),
        (profile(schedule(start_schedule=msgspec.UNSET), charging_profile_kind=_KINDS.RELATIVE), None),
        (profile(schedule(period(0, 0.0), period(60, 32.0)), schedule()), Reason.INVALID_PROFILE),
        (profile(charging_profile_purpose=_PURPOSES.CHARGING_STATION_EXTERNAL_CONSTRAINTS), Reason.INVALID_VALUE),
        (profile(charging_profile_purpose=_PURPOSES.TX_DEFAULT_PROFILE), Reason.UNSUPPORTED_PURPOSE),
        (profile(transaction_id=msgspec.UNSET), Reason.MISSING_PARAM),
        (profile(transaction_id="t-2"), Reason.TX_NOT_FOUND),
        (profile(charging_profile_kind=_KINDS.RECURRING), Reason.UNSUPPORTED_KIND),
        (profile(recurrency_kind=v21.RecurrencyKindEnumType.DAILY), Reason.INVALID_PROFILE),
        (profile(schedule(start_schedule=msgspec.UNSET)), Reason.INVALID_SCHEDULE),
        (profile(charging_profile_kind=_KINDS.RELATIVE), Reason.INVALID_SCHEDULE),
        (profile(schedule(duration=0)), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(10, 16.0))), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(0, 16.0), period(60, 8.0), period(60, 10.0))), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(0, msgspec.UNSET))), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(0, -1.0))), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(0, float("nan")))), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(0, 16.0, number_phases=0))), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(0, 16.0, number_phases=3, phase_to_use=1))), Reason.INVALID_SCHEDULE),
        (profile(schedule(period(0, 16.0, number_phases=1, phase_to_use=1))), None),
    ],
)
def test_a_profile_is_installed_or_refused_with_its_reason_code(
    candidate: v21.ChargingProfileType, expected: Reason | None
) -> None:
    assert reason(candidate) == expected


def test_k01_fr28_an_evse_that_is_not_there_is_refused() -> None:
    assert reason(profile(), evse_id=0) == Reason.INVALID_VALUE
    assert reason(profile(), evse_id=3) == Reason.INVALID_VALUE


def test_k01_fr09_without_a_transaction_there_is_nothing_to_govern() -> None:
    assert reason(profile(), transaction_id=None) == Reason.TX_NOT_FOUND


def test_k01_fr05_the_same_id_replaces_and_fr39_another_id_at_the_same_level_does_not() -> None:
    assert reason(profile(), installed=Installed(5, 0)) is None
    assert reason(profile(), installed=Installed(6, 0)) == Reason.INVALID_STACK_LEVEL
    assert reason(profile(), installed=Installed(6, 1)) == Reason.INVALID_PROFILE


def segments(line: Timeline[float]) -> list[tuple[float, float | None, float]]:
    def seconds(segment: Segment[float]) -> float | None:
        return None if segment.end is None else (segment.end - START).total_seconds()

    return [((segment.start - START).total_seconds(), seconds(segment), segment.value) for segment in line.segments()]


def test_periods_become_amps_until_the_duration_ends() -> None:
    line = amps_timeline(profile(schedule(period(0, 16.0), period(60, 0.0), duration=90)), begun_at=START, phases=3)
    assert segments(line) == [(0, 60, 16.0), (60, 90, 0.0)]


def test_without_a_duration_the_last_period_holds_for_ever() -> None:
    assert segments(amps_timeline(profile(), begun_at=START, phases=3)) == [(0, None, 16.0)]


@pytest.mark.parametrize(
    ("phases", "number_phases", "amps"), [(3, 3, 16.0), (3, msgspec.UNSET, 16.0), (3, 1, 48.0), (1, 3, 48.0)]
)
def test_k01_fr49_watts_are_converted_by_the_phases_in_use(phases: int, number_phases: Any, amps: float) -> None:
    watts = schedule(period(0, 11040.0, number_phases=number_phases), charging_rate_unit=v21.ChargingRateUnitEnumType.W)
    assert amps_timeline(profile(watts), begun_at=START, phases=phases).at(START) == amps


def test_a_relative_schedule_begins_with_what_it_is_relative_to() -> None:
    relative = profile(schedule(start_schedule=msgspec.UNSET, duration=60), charging_profile_kind=_KINDS.RELATIVE)
    begun_at = START + timedelta(seconds=500)
    assert segments(amps_timeline(relative, begun_at=begun_at, phases=3)) == [(500, 560, 16.0)]


def test_validity_bounds_the_schedule() -> None:
    valid = profile(schedule(duration=100), valid_from=START + timedelta(seconds=10), valid_to=START + timedelta(seconds=50))
    assert segments(amps_timeline(valid, begun_at=START, phases=3)) == [(10, 50, 16.0)]


def test_trimming_drops_what_is_over_and_aligning_the_start_up_too() -> None:
    line = Timeline.from_slots(START, [60, 60], [16.0, 8.0])
    assert segments(trimmed(line, START + timedelta(seconds=30))) == [(30, 60, 16.0), (60, 120, 8.0)]
    assert segments(aligned(line, START + timedelta(seconds=30), 32)) == [(62, 120, 8.0)]


def test_what_no_pilot_can_offer_becomes_a_pause() -> None:
    line = Timeline.from_slots(START, [1, 1, 1, 1], [0.1, 5.99, 6.0, 16.0])
    assert segments(offerable(line)) == [(0, 2, 0.0), (2, 3, 6.0), (3, 4, 16.0)]
