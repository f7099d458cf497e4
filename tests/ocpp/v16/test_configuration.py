"""Variables that a CSMS reads and sets at a 1.6 station, which has configuration keys."""

from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET

from ladewerk.errors import CallRefused, LocalProtocolError
from ladewerk.ocpp import v21

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire


def variable(component: str, name: str, instance: str = "") -> dict[str, Any]:
    return {
        "component": v21.ComponentType(name=component),
        "variable": v21.VariableType(name=name, instance=instance or UNSET),
    }


def test_variables_are_configuration_keys(wire: "Wire") -> None:
    wanted = (
        variable("OCPPCommCtrlr", "MessageAttempts", "TransactionEvent"),
        variable("OCPP16", "FreevendEnabled"),
        variable("OCPP16", "Gone"),
        variable("OCPPCommCtrlr", "Nothing"),
        variable("Display", "Colour"),
    )
    request = v21.GetVariablesRequest(get_variable_data=tuple(v21.GetVariableDataType(**one) for one in wanted))
    keys = [
        {"key": "transactionmessageattempts", "readonly": False, "value": "3"},
        {"key": "FreevendEnabled", "readonly": True},
    ]
    (said,), answer = wire.says(request, {"configurationKey": keys, "unknownKey": ["Gone"]})
    assert said == ("GetConfiguration", {"key": ["TransactionMessageAttempts", "FreevendEnabled", "Gone"]})
    results = [(result.attribute_status, result.attribute_value) for result in answer.get_variable_result]
    unknown = [("UnknownVariable", UNSET), ("UnknownVariable", UNSET), ("UnknownComponent", UNSET)]
    assert results == [("Accepted", "3"), ("Accepted", ""), *unknown]


def test_what_has_no_key_is_not_asked_for(wire: "Wire") -> None:
    said, answer = wire.says(
        v21.GetVariablesRequest(get_variable_data=(v21.GetVariableDataType(**variable("Display", "Colour")),))
    )
    assert said == []
    assert answer.get_variable_result[0].attribute_status == "UnknownComponent"


def settings(*values: tuple[dict[str, Any], str]) -> v21.SetVariablesRequest:
    return v21.SetVariablesRequest(
        set_variable_data=tuple(v21.SetVariableDataType(attribute_value=value, **place) for place, value in values)
    )


def test_variables_are_set_one_after_the_other_and_one_that_fails_fails_alone(wire: "Wire") -> None:
    request = settings(
        (variable("OCPPCommCtrlr", "HeartbeatInterval"), "60"),
        (variable("OCPP16", "A"), "1"),
        (variable("Display", "Colour"), "red"),
        (variable("OCPP16", "B"), "2"),
    )
    exchange = wire.codec.say(request)
    assert next(exchange) == ("ChangeConfiguration", b'{"key":"HeartbeatInterval","value":"60"}')
    assert exchange.send(b'{"status":"RebootRequired"}') == ("ChangeConfiguration", b'{"key":"A","value":"1"}')
    assert exchange.throw(CallRefused("InternalError", "", {})) == ("ChangeConfiguration", b'{"key":"B","value":"2"}')
    with pytest.raises(StopIteration) as done:
        exchange.send(b'{"status":"NotSupported"}')
    statuses = [result.attribute_status for result in done.value.value.set_variable_result]
    assert statuses == ["RebootRequired", "Rejected", "UnknownComponent", "UnknownVariable"]


def test_a_value_that_is_too_long_keeps_all_from_being_set(wire: "Wire") -> None:
    with pytest.raises(LocalProtocolError, match="at most 500 characters"):
        wire.says(settings((variable("OCPP16", "A"), "1"), (variable("OCPP16", "B"), "x" * 501)))
