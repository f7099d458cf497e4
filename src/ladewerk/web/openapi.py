"""The description of an API: what litestar writes of the routes, with the bodies they read themselves and the WebSocket."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec


def described(
    schema: dict[str, Any],
    *,
    bodies: Mapping[tuple[str, str], type],
    answers: Mapping[tuple[str, str], type],
    events: type,
    refusals: Iterable[type],
) -> dict[str, Any]:
    """``schema`` of OpenAPI 3.1 with more of it said.

    ``bodies`` and ``answers`` are by method and path; ``events`` is what ``/api/events`` sends as JSON; ``refusals`` are the
    answers of every other status.
    """
    types = [*bodies.values(), *answers.values(), events, *refusals]
    found, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    of = dict(zip(types, found, strict=True))
    schema.setdefault("components", {}).setdefault("schemas", {}).update(components)
    schema["components"]["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "ladewerk-…", "description": "set by POST /api/session"},
        "token": {"type": "http", "scheme": "bearer", "description": "made at POST /api/tokens"},
    }
    schema["security"] = [{"session": []}, {"token": []}]
    for (method, path), kind in bodies.items():
        content = {"application/json": {"schema": of[kind]}}
        schema["paths"][path][method]["requestBody"] = {"required": True, "content": content}
    for (method, path), kind in answers.items():
        operation = schema["paths"][path][method]
        status = min(operation["responses"])
        operation["responses"][status] = {"description": "done", "content": {"application/json": {"schema": of[kind]}}}
    refused = {"anyOf": [of[kind] for kind in refusals]}
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"]["4XX"] = {
                "description": "refused, and nothing was changed",
                "content": {"application/json": {"schema": refused}},
            }
    schema["paths"]["/api/events"] = {
        "get": {
            "summary": "WebSocket: the state at once, and whenever it changes",
            "operationId": "events",
            "description": "An upgrade to a WebSocket. Each message is JSON of the schema below; the client sends none. "
            "Closed with 4401 where one is not, or no longer, logged in.",
            "responses": {"101": {"description": "messages", "content": {"application/json": {"schema": of[events]}}}},
        }
    }
    return schema
