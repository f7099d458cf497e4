"""The commands of a CSMS in the description of the API: a path an action, with the body that OCPP 2.1 gives it."""

from copy import deepcopy
from functools import cache
from typing import Any, Final

import msgspec

from ladewerk.csms.api.station_routes import SENT_BY_STATIONS
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Action, CustomData

_PATH: Final = "/api/stations/{station_id}/commands/{action}"
_REFERENCE: Final = "#/components/schemas/Ocpp{name}"


def commands() -> list[Action]:
    """What a CSMS may send and a station answers."""
    return [action for name, action in sorted(v21.ACTIONS.items()) if action.response and name not in SENT_BY_STATIONS]


def with_commands(description: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI description in which every command has a path of its own."""
    described = dict(description)
    paths = dict(described["paths"])
    general = paths.pop(_PATH)["post"]
    of_commands, schemas = _commands_and_schemas()
    for name, body, answer, purpose in of_commands:
        operation = deepcopy(general)
        operation["operationId"] = f"Command{name}"
        operation["summary"] = name
        operation["description"] = purpose
        operation["parameters"] = [one for one in general["parameters"] if one["name"] != "action"]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        answered = {"description": "The station's answer", "content": {"application/json": {"schema": answer}}}
        operation["responses"] = {**general["responses"], "200": answered}
        paths[_PATH.replace("{action}", name)] = {"post": operation}
    described["paths"] = paths
    components = dict(described.get("components", {}))
    components["schemas"] = {**components.get("schemas", {}), **schemas}
    described["components"] = components
    return described


@cache
def _commands_and_schemas() -> tuple[list[tuple[str, Any, Any, str]], dict[str, Any]]:
    kinds = [kind for action in commands() for kind in (action.request, action.response) if kind is not None]
    found, components = msgspec.json.schema_components(kinds, schema_hook=_schema_of, ref_template=_REFERENCE)
    bodies = iter(found)
    described = []
    for action in commands():
        text = f"Send {action.name} to the station; the answer is what it answers."
        described.append((action.name, next(bodies), next(bodies), text))
    return described, {f"Ocpp{name}": schema for name, schema in components.items()}


def _schema_of(kind: type) -> dict[str, Any]:
    """The one type that msgspec does not know by itself."""
    if kind is CustomData:
        vendor = {"type": "string", "maxLength": 255}
        return {"type": "object", "properties": {"vendorId": vendor}, "required": ["vendorId"]}
    raise NotImplementedError
