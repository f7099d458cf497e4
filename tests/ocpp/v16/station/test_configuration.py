"""Configuration keys that a 1.6 CSMS reads and sets at a station, which has variables."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload
from tests.ocpp.v16.station.scene import NOW, answering

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire


def variables(values: dict[tuple[str, str], str]) -> Callable[[Any], Payload]:
    def read(request: v21.GetVariablesRequest) -> Payload:
        return v21.GetVariablesResponse(
            get_variable_result=tuple(
                v21.GetVariableResultType(
                    attribute_status=v21.GetVariableStatusEnumType("Accepted" if known else "UnknownVariable"),
                    component=asked.component,
                    variable=asked.variable,
                    attribute_value=known or UNSET,
                )
                for asked in request.get_variable_data
                for known in [values.get((asked.component.name, asked.variable.name))]
            )
        )

    return read


KNOWN = variables(
    {
        ("SampledDataCtrlr", "TxUpdatedInterval"): "60",
        ("SmartChargingCtrlr", "PeriodsPerSchedule"): "1024",
        ("SmartChargingCtrlr", "Enabled"): "true",
        ("OCPP16", "Colour"): "blue",
    }
)


def test_the_keys_that_are_asked_for(wire: "Wire") -> None:
    asked = ["metervaluesampleinterval", "Colour", "NoSuchKey", "SupportedFeatureProfiles"]
    heard, answer = wire.hears("GetConfiguration", {"key": asked}, KNOWN)
    assert len(heard) == 1
    assert answer == {
        "configurationKey": [
            {"key": "MeterValueSampleInterval", "readonly": False, "value": "60"},
            {"key": "Colour", "readonly": False, "value": "blue"},
            {"key": "SupportedFeatureProfiles", "readonly": True, "value": "Core,RemoteTrigger,SmartCharging"},
        ],
        "unknownKey": ["NoSuchKey"],
    }


def test_all_keys_that_the_station_has(wire: "Wire") -> None:
    available = v21.StatusNotificationRequest(
        timestamp=NOW, connector_status=v21.ConnectorStatusEnumType.AVAILABLE, evse_id=2, connector_id=1
    )
    wire.says(available, {}, {})
    _, answer = wire.hears("GetConfiguration", {}, KNOWN)
    assert {item["key"]: (item["value"], item["readonly"]) for item in answer["configurationKey"]} == {
        "NumberOfConnectors": ("2", True),
        "SupportedFeatureProfiles": ("Core,RemoteTrigger,SmartCharging", True),
        "ChargingScheduleMaxPeriods": ("1024", True),
        "MeterValueSampleInterval": ("60", False),
    }
    assert "unknownKey" not in answer


@pytest.mark.parametrize(
    ("new", "old"), [("Accepted", "Accepted"), ("RebootRequired", "RebootRequired"), ("UnknownVariable", "NotSupported")]
)
def test_a_key_is_set_as_its_variable(wire: "Wire", new: str, old: str) -> None:
    def answer(request: v21.SetVariablesRequest) -> Payload:
        (wanted,) = request.set_variable_data
        assert (wanted.component.name, wanted.variable.name, wanted.variable.instance, wanted.attribute_value) == (
            "OCPPCommCtrlr",
            "MessageAttempts",
            "TransactionEvent",
            "3",
        )
        result = v21.SetVariableResultType(
            attribute_status=v21.SetVariableStatusEnumType(new), component=wanted.component, variable=wanted.variable
        )
        return v21.SetVariablesResponse(set_variable_result=(result,))

    _, said = wire.hears("ChangeConfiguration", {"key": "TransactionMessageAttempts", "value": "3"}, answer)
    assert said == {"status": old}


def test_what_the_station_is_cannot_be_set(wire: "Wire") -> None:
    heard, answer = wire.hears("ChangeConfiguration", {"key": "numberofconnectors", "value": "3"}, answering())
    assert (heard, answer) == ([], {"status": "Rejected"})
