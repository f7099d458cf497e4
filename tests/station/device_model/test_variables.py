"""The device model: which values a variable takes, and what a report is of."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import encode
from ladewerk.station.device_model import variables
from ladewerk.station.device_model.report import Base, messages, of_base, of_criteria
from ladewerk.station.device_model.variable import Kind, Mutability, Variable, why_not
from ladewerk.station.device_model.variables import SETTINGS

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        (variables.AUTH_ENABLED, "true", None),
        (variables.AUTH_ENABLED, "True", "'True' is neither true nor false"),
        (variables.HEARTBEAT_INTERVAL, "60", None),
        (variables.HEARTBEAT_INTERVAL, "0", "at least 1 was expected"),
        (variables.HEARTBEAT_INTERVAL, "86401", "at most 86400 was expected"),
        (variables.HEARTBEAT_INTERVAL, "6e1", "'6e1' is no whole number"),
        (variables.HEARTBEAT_INTERVAL, "٣", "'٣' is no whole number"),
        (variables.TX_START_POINT, "EVConnected, Authorized", None),
        (variables.TX_START_POINT, "", "at least 1 item was expected"),
        (
            variables.TX_START_POINT,
            "ParkingBayOccupancy",
            "'ParkingBayOccupancy' is none of EVConnected, Authorized, PowerPathClosed, EnergyTransfer",
        ),
        (
            variables.TX_STOP_POINT,
            "DataSigned",
            "'DataSigned' is none of EVConnected, Authorized, PowerPathClosed, EnergyTransfer",
        ),
        (variables.TX_STOP_POINT, "EnergyTransfer", None),
        (variables.TX_STOP_POINT, "Authorized,Authorized", "each item stands once"),
        (variables.ALIGNED_MEASURANDS, "", None),
        (variables.BASIC_AUTH_PASSWORD, "short", "at least 16 characters were expected"),
        (variables.MASTER_PASS_GROUP, "x" * 37, "at most 36 characters were expected"),
        (Variable(component="C", name="D", kind=Kind.DECIMAL, least=0), "1.5", None),
        (Variable(component="C", name="D", kind=Kind.DECIMAL, least=0), "-1.5", "at least 0 was expected"),
        (Variable(component="C", name="D", kind=Kind.DECIMAL), "NaN", "'NaN' is no number"),
        (Variable(component="C", name="D", kind=Kind.OPTION_LIST, values=("A", "B")), "A", None),
        (Variable(component="C", name="D", kind=Kind.OPTION_LIST, values=("A", "B")), "C", "'C' is none of A, B"),
    ],
)
def test_b05_a_value_fits_or_one_line_says_why_not(variable: Variable, value: str, why: str | None) -> None:
    assert why_not(variable, value) == why


INVENTORY = [
    *((one, one.default) for one in SETTINGS),
    (Variable(component="EVSE", name="Available", kind=Kind.BOOLEAN, evse_id=1), "true"),
    (Variable(component="EVSE", name="Problem", kind=Kind.BOOLEAN, evse_id=1), "false"),
    (Variable(component="EVSE", name="Problem", kind=Kind.BOOLEAN, evse_id=2), "true"),
    (Variable(component="Connector", name="AvailabilityState", evse_id=2, connector_id=1), "Faulted"),
]


def names(found: Any) -> list[str]:
    return [variable.key for variable, _ in found]


def test_b07_the_bases_of_a_report() -> None:
    assert of_base(INVENTORY, Base.FULL_INVENTORY) == INVENTORY
    assert names(of_base(INVENTORY, Base.CONFIGURATION_INVENTORY)) == [one.key for one in SETTINGS if one.writable]
    assert names(of_base(INVENTORY, Base.SUMMARY_INVENTORY)) == names(INVENTORY[-4:])


def test_b07_a_report_goes_out_in_numbered_parts_without_the_value_of_what_is_secret() -> None:
    parts = list(messages(INVENTORY, 9, NOW))
    assert len(parts) > 1
    assert [part.seq_no for part in parts] == list(range(len(parts)))
    assert [part.tbc for part in parts] == [True] * (len(parts) - 1) + [False]
    reported = [one for part in parts for one in part.report_data or ()]
    assert len(reported) == len(INVENTORY)
    for part in parts:
        assert len(encode(part)) < 16_000
    (password,) = [one for one in reported if one.variable.name == "BasicAuthPassword"]
    assert password.variable_attribute[0].value is UNSET
    assert password.variable_attribute[0].mutability is Mutability.WRITE_ONLY


def component(name: str, **more: Any) -> v21.ComponentVariableType:
    variable = more.pop("variable", UNSET)
    return v21.ComponentVariableType(
        component=v21.ComponentType(name=name, **more),
        variable=variable if variable is UNSET else v21.VariableType(name=variable),
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"component_variable": (component("EVSE"),)}, ["EVSE/1/0/Available/", "EVSE/1/0/Problem/", "EVSE/2/0/Problem/"]),
        ({"component_variable": (component("EVSE", evse=v21.EVSEType(id=2)),)}, ["EVSE/2/0/Problem/"]),
        ({"component_variable": (component("EVSE", variable="Available"),)}, ["EVSE/1/0/Available/"]),
        (
            {"component_variable": (component("OCPPCommCtrlr", variable="MessageAttempts"),)},
            ["OCPPCommCtrlr/0/0/MessageAttempts/TransactionEvent"],
        ),
        ({"component_criteria": ("Problem",)}, ["EVSE/2/0/Problem/"]),
        (
            {"component_criteria": ("Available",), "component_variable": (component("Connector"),)},
            ["Connector/2/1/AvailabilityState/"],
        ),
        ({"component_criteria": ("Problem",), "component_variable": (component("TxCtrlr"),)}, []),
        ({"component_variable": (component("Colour"),)}, []),
    ],
)
def test_b08_a_report_of_what_is_asked_for(asked: Any, found: list[str]) -> None:
    criteria = tuple(v21.ComponentCriterionEnumType(one) for one in asked.pop("component_criteria", ())) or UNSET
    request = v21.GetReportRequest(request_id=1, component_criteria=criteria, **asked)
    assert names(of_criteria(INVENTORY, request)) == found
