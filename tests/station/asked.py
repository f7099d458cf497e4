"""What a CSMS asks a station, in a few words."""

from typing import Any

from msgspec import UNSET

from ladewerk.ocpp import v21


def named(component: str, name: str, instance: str = "", evse_id: int = 0) -> dict[str, Any]:
    place = UNSET if evse_id == 0 else v21.EVSEType(id=evse_id)
    return {
        "component": v21.ComponentType(name=component, evse=place),
        "variable": v21.VariableType(name=name, instance=instance or UNSET),
    }


async def value(place: Any, component: str, name: str, instance: str = "", evse_id: int = 0) -> Any:
    asked = v21.GetVariableDataType(**named(component, name, instance, evse_id))
    answer = await place.csms.peer.call(v21.GetVariablesRequest(get_variable_data=(asked,)))
    result = answer.get_variable_result[0]
    return result.attribute_value if result.attribute_status.value == "Accepted" else result.attribute_status.value


async def up(place: Any) -> None:
    await place.until_true(lambda: place.station.link.is_up)


async def triggered(place: Any, name: str) -> str:
    trigger = v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType(name))
    return str((await place.csms.peer.call(trigger)).status.value)
