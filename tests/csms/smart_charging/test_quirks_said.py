"""What the answers of a station say of its quirks."""

import pytest

from ladewerk.csms.smart_charging.quirks import QuirksSaid
from ladewerk.csms.smart_charging.quirks_said import found_quirks, questions, request_of, switched, values_of
from ladewerk.ocpp import Version, v21

UNIT = ("SmartChargingCtrlr", "RateUnit", "")
UNIT_16 = ("OCPP16", "ChargingScheduleAllowedChargingRateUnit", "")
PERIODS = ("SmartChargingCtrlr", "PeriodsPerSchedule", "")
LEVEL = ("SmartChargingCtrlr", "ProfileStackLevel", "")
ENABLED = ("SmartChargingCtrlr", "Enabled", "")
KEEPS = ("SmartChargingCtrlr", "ChargingProfilePersistence", "TxDefaultProfile")


@pytest.mark.parametrize(
    ("place", "text", "unit"),
    [
        (UNIT, "A", "A"),
        (UNIT, "W", "W"),
        (UNIT, "A,W", "A"),
        (UNIT_16, "Current,Power", "A"),
        (UNIT_16, "Power", "W"),
        (UNIT_16, "Current", "A"),
        (UNIT_16, "", None),
        (UNIT_16, "Amperes!", None),
    ],
)
def test_the_unit_is_read_in_the_words_of_each_version(place: tuple[str, str, str], text: str, unit: str | None) -> None:
    assert found_quirks({place: text}).rate_unit == unit


def test_numbers_that_cannot_be_are_not_said() -> None:
    assert found_quirks({PERIODS: "6", LEVEL: " 0 "}) == QuirksSaid(max_periods=6, max_stack_level=0)
    assert found_quirks({PERIODS: "0", LEVEL: "-1"}) == QuirksSaid()
    assert found_quirks({PERIODS: "many", LEVEL: "²"}) == QuirksSaid()
    assert found_quirks({PERIODS: "100000"}).max_periods == 1024


@pytest.mark.parametrize(("text", "follows"), [("true", True), ("False", False), ("0", False), (" FALSE ", False)])
def test_a_station_says_whether_it_follows_its_profiles(text: str, follows: bool) -> None:
    assert found_quirks({ENABLED: text}).follows_profiles is follows
    one = v21.SetVariableDataType(
        attribute_value=text,
        component=v21.ComponentType(name="smartchargingctrlr"),
        variable=v21.VariableType(name="ENABLED"),
    )
    assert switched(v21.SetVariablesRequest(set_variable_data=(one,))).follows_profiles is follows


def test_a_station_of_21_says_whether_it_keeps_its_profiles() -> None:
    assert KEEPS in questions(Version.V21)
    assert found_quirks({KEEPS: "false"}).keeps_profiles is False
    assert found_quirks({KEEPS: "true"}).keeps_profiles is True


def test_only_what_was_accepted_is_a_value() -> None:
    asked = request_of(questions(Version.V21)).get_variable_data
    statuses = ["Accepted", "UnknownVariable", "Accepted", "Accepted", "Accepted"]
    results = tuple(
        v21.GetVariableResultType(
            component=one.component,
            variable=one.variable,
            attribute_status=v21.GetVariableStatusEnumType(status),
            attribute_value=value,
        )
        for one, status, value in zip(asked, statuses, ["W", "9", "0", "true", "false"], strict=True)
    )
    answer = v21.GetVariablesResponse(get_variable_result=results)
    assert values_of(answer) == {UNIT: "W", LEVEL: "0", ENABLED: "true", KEEPS: "false"}
