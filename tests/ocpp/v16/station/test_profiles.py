"""Charging profiles of a 1.6 CSMS, as a station's handlers of 2.1 see them, and composite schedules on the way back."""

from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from ladewerk.ocpp import v21
from tests.ocpp.v16.station.scene import NOW, PROFILE, answering, run_transaction

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire


def profile(**more: Any) -> dict[str, Any]:
    return {**PROFILE, **more}


def taken(word: str, reason: str | None = None) -> v21.SetChargingProfileResponse:
    info = UNSET if reason is None else v21.StatusInfoType(reason_code=reason)
    return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType(word), status_info=info)


@pytest.mark.parametrize(("said", "meant"), [({"transactionId": 7}, "t-1"), ({}, "t-1"), ({"transactionId": 99}, "99")])
def test_a_txprofile_is_of_the_transaction_it_names_or_that_runs_there(
    wire: "Wire", said: dict[str, Any], meant: str
) -> None:
    run_transaction(wire)
    payload = {"connectorId": 1, "csChargingProfiles": profile(**said)}
    (heard,), answer = wire.hears("SetChargingProfile", payload, answering(taken("Accepted")))
    assert (heard.evse_id, heard.charging_profile.transaction_id, answer) == (1, meant, {"status": "Accepted"})


def test_a_profile_for_all_has_no_transaction(wire: "Wire") -> None:
    run_transaction(wire)
    payload = {"connectorId": 0, "csChargingProfiles": profile(chargingProfilePurpose="ChargePointMaxProfile")}
    (heard,), _ = wire.hears("SetChargingProfile", payload, answering(taken("Accepted")))
    assert heard.charging_profile.transaction_id is UNSET
    assert heard.charging_profile.charging_profile_purpose == "ChargingStationMaxProfile"


@pytest.mark.parametrize("reason", ["DuplicateProfile", "InvalidStackLevel"])
def test_a_profile_of_the_same_place_replaces_the_one_there(wire: "Wire", reason: str) -> None:
    cleared = v21.ClearChargingProfileResponse(status=v21.ClearChargingProfileStatusEnumType.ACCEPTED)
    answers = answering(taken("Rejected", reason), cleared, taken("Accepted"))
    payload = {"connectorId": 1, "csChargingProfiles": profile(chargingProfilePurpose="TxDefaultProfile")}
    heard, answer = wire.hears("SetChargingProfile", payload, answers)
    assert answer == {"status": "Accepted"}
    assert heard[0] == heard[2]
    default = v21.ChargingProfilePurposeEnumType.TX_DEFAULT_PROFILE
    assert heard[1].charging_profile_criteria == v21.ClearChargingProfileType(
        evse_id=1, charging_profile_purpose=default, stack_level=2
    )


def test_a_profile_rejected_for_itself_replaces_nothing(wire: "Wire") -> None:
    payload = {"connectorId": 1, "csChargingProfiles": profile()}
    heard, answer = wire.hears("SetChargingProfile", payload, answering(taken("Rejected", "InvalidSchedule")))
    assert (len(heard), answer) == (1, {"status": "Rejected"})


@pytest.mark.parametrize(
    ("payload", "meant"),
    [
        ({}, v21.ClearChargingProfileRequest()),
        ({"id": 3, "stackLevel": 1}, v21.ClearChargingProfileRequest(charging_profile_id=3)),
        (
            {"connectorId": 0, "stackLevel": 1},
            v21.ClearChargingProfileRequest(
                charging_profile_criteria=v21.ClearChargingProfileType(evse_id=0, stack_level=1)
            ),
        ),
    ],
)
def test_profiles_are_cleared_by_id_or_by_what_they_are(wire: "Wire", payload: dict[str, Any], meant: Any) -> None:
    unknown = v21.ClearChargingProfileResponse(status=v21.ClearChargingProfileStatusEnumType.UNKNOWN)
    assert wire.hears("ClearChargingProfile", payload, answering(unknown)) == ([meant], {"status": "Unknown"})


def test_a_composite_schedule_is_never_more_than_was_meant(wire: "Wire") -> None:
    schedule = v21.CompositeScheduleType(
        evse_id=1,
        duration=600,
        schedule_start=NOW,
        charging_rate_unit=v21.ChargingRateUnitEnumType.A,
        charging_schedule_period=(v21.ChargingSchedulePeriodType(start_period=0, limit=13.37, number_phases=3),),
    )
    accepted = v21.GetCompositeScheduleResponse(status=v21.GenericStatusEnumType.ACCEPTED, schedule=schedule)
    _, answer = wire.hears("GetCompositeSchedule", {"connectorId": 1, "duration": 600}, answering(accepted))
    assert answer["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 13.3, "numberPhases": 3}]
    assert (answer["status"], answer["connectorId"]) == ("Accepted", 1)
