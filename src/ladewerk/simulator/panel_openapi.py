"""The description of the panel's API, made from the types that it takes and gives."""

from functools import cache
from typing import Any, Final

import msgspec

from ladewerk import __version__
from ladewerk.simulator.acts import AnyAct
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.panel_views import ClockView, Refusal, State
from ladewerk.simulator.vehicle_settings import VehicleSettings

_REFUSALS: Final = {
    403: "A page of another origin asked",
    409: "It cannot be done now; nothing has changed",
    422: "The body is no act: what is wrong, and where; nothing has changed",
}


@cache
def openapi() -> dict[str, Any]:
    """An OpenAPI 3.1 document."""
    types = (State, ClockView, dict[str, VehicleSettings], AnyAct, Refusal, Faults)
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    state, clock, vehicles, act, refusal, faults = schemas
    # The schema knows a table of anything; the reader is to know what may stand in it.
    components["SetFaults"]["properties"]["faults"] = faults
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ladewerk simulator",
            "version": __version__,
            "description": "The panel's API: poll the state, as the page does once a second, and do acts.",
        },
        "paths": {
            "/api/state": {"get": _get("state", "Everything there is to see", state)},
            "/api/vehicles": {"get": _get("vehicles", "The vehicles to choose from, by name", vehicles)},
            "/api/clock": {"get": _get("clock", "The simulator's time, for a program that wants to follow it", clock)},
            "/api/acts": {"post": _post(act, refusal)},
            "/healthz": {"get": _get("health", "Whether it is there", {"type": "object"})},
        },
        "components": {"schemas": components},
    }


def _get(name: str, summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": {"200": _answer(summary, schema)}}


def _post(act: dict[str, Any], refusal: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": "act",
        "summary": "Do something; the words are those of a scenario",
        "requestBody": {"required": True, "content": {"application/json": {"schema": act}}},
        "responses": {
            "200": _answer("Done", {"type": "object"}),
            **{str(status): _answer(text, refusal) for status, text in _REFUSALS.items()},
        },
    }


def _answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
