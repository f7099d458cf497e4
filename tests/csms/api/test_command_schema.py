"""Every command of a CSMS is described with the body that OCPP 2.1 gives it."""

import asyncio
from typing import Any

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ladewerk.csms.api.command_schema import commands


def test_every_command_has_a_path_with_its_typed_body(csms: Any) -> None:
    async def go() -> None:
        async with csms() as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            described = (await client.get("/openapi.json")).json()
        prefix = "/api/stations/{station_id}/commands/"
        paths = {path.removeprefix(prefix): way for path, way in described["paths"].items() if path.startswith(prefix)}
        assert set(paths) == {action.name for action in commands()}
        assert {"ReserveNow", "SendLocalList", "UpdateFirmware", "CertificateSigned"} < set(paths)
        assert "BootNotification" not in paths

        operation = paths["ReserveNow"]["post"]
        assert [one["name"] for one in operation["parameters"]] == ["station_id"]
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        judge = Draft202012Validator({**body, "components": described["components"]})
        good = {"id": 1, "expiryDateTime": "2026-01-05T17:00:00Z", "idToken": {"idToken": "A", "type": "Central"}}
        assert judge.is_valid(good)
        assert not judge.is_valid({**good, "id": -1})
        assert not judge.is_valid({"id": 1})
        answered = operation["responses"]["200"]["content"]["application/json"]["schema"]
        judge = Draft202012Validator({**answered, "components": described["components"]})
        assert judge.is_valid({"status": "Accepted"})
        assert not judge.is_valid({"status": "Perhaps"})

    asyncio.run(go())
