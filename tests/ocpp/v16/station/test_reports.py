"""Problems and events of a station, as a 1.6 CSMS is told them: a status with an error."""

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import CustomData, Payload
from tests.ocpp.v16.station.scene import NOW

if TYPE_CHECKING:
    from tests.ocpp.v16.conftest import Wire


def faulted(**more: Any) -> v21.StatusNotificationRequest:
    word = v21.ConnectorStatusEnumType.FAULTED
    return v21.StatusNotificationRequest(timestamp=NOW, connector_status=word, evse_id=1, connector_id=1, **more)


def told(wire: "Wire", request: Payload) -> list[dict[str, Any]]:
    said, _, _ = wire.converses(request, lambda _action, _payload: {})
    return [{key: value for key, value in payload.items() if key != "timestamp"} for _, payload in said]


def notice(component: str, variable: str, value: str, *, evse: int | None = None, **more: Any) -> v21.NotifyEventRequest:
    event = v21.EventDataType(
        event_id=1,
        timestamp=NOW,
        trigger=v21.EventTriggerEnumType.ALERTING,
        actual_value=value,
        component=v21.ComponentType(name=component, evse=UNSET if evse is None else v21.EVSEType(id=evse)),
        variable=v21.VariableType(name=variable),
        event_notification_type=v21.EventNotificationEnumType.HARD_WIRED_NOTIFICATION,
        **more,
    )
    return v21.NotifyEventRequest(generated_at=NOW, seq_no=0, event_data=(event,))


def test_a_problem_is_a_status_with_an_error(wire: "Wire") -> None:
    assert told(wire, notice("ChargingStation", "Problem", "true", tech_code="HighTemperature", tech_info="70 C")) == [
        {"connectorId": 0, "status": "Available", "errorCode": "HighTemperature", "info": "70 C"}
    ]
    assert told(wire, notice("ChargingStation", "Problem", "false")) == [
        {"connectorId": 0, "status": "Available", "errorCode": "NoError"}
    ]
    # Of a connector whose status nobody has told yet nothing can be said.
    assert told(wire, notice("Connector", "Problem", "true", evse=1, tech_code="GroundFailure")) == []
    assert told(wire, faulted())[-1]["errorCode"] == "GroundFailure"


def test_a_fault_is_another_error_unless_it_was_told_what_it_is(wire: "Wire") -> None:
    plain = {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError"}
    assert told(wire, faulted())[-1] == plain
    own = {"tech_code": "meter_silent", "tech_info": "x" * 60}
    assert told(wire, notice("EVSE", "Problem", "true", evse=1, **own)) == [
        {**plain, "vendorErrorCode": "meter_silent", "info": "x" * 50}
    ]
    named = CustomData(vendorId="Ladewerk", errorCode="PowerMeterFailure")
    assert told(wire, notice("EVSE", "Problem", "true", evse=1, custom_data=named, **own)) == [
        {**plain, "errorCode": "PowerMeterFailure", "vendorErrorCode": "meter_silent", "info": "x" * 50}
    ]


def test_availability_is_a_status_and_other_events_are_dropped(wire: "Wire") -> None:
    assert told(wire, notice("ChargingStation", "AvailabilityState", "Unavailable")) == [
        {"connectorId": 0, "status": "Unavailable", "errorCode": "NoError"}
    ]
    assert told(wire, notice("Connector", "AvailabilityState", "Reserved", evse=1)) == [
        {"connectorId": 1, "status": "Reserved", "errorCode": "NoError"}
    ]
    assert told(wire, notice("TiltSensor", "Problem", "true")) == []
    assert told(wire, notice("Connector", "Temperature", "70", evse=1)) == []
