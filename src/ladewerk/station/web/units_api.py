"""The units' settings over the API: what is set, one more, another setting, one less."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, put
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from ladewerk.errors import ConfigError, DeviceFault
from ladewerk.station.reconfiguration import Reconfiguration
from ladewerk.station.view import Json
from ladewerk.station.wording import text


def unit_routes(reconfiguration: Reconfiguration) -> list[BaseRouteHandler]:
    """The handlers over the settings of one station's units."""

    @get("/api/units/{unit_id:str}", name="unit", summary="The settings of a unit")
    async def unit(unit_id: FromPath[str]) -> Response[Json]:
        settings = reconfiguration.settings(unit_id)
        if settings is None:
            return _no_such_unit(unit_id)
        return Response({"settings": settings, "waits": reconfiguration.waits(unit_id)})

    @put("/api/units/{unit_id:str}", name="set_unit", summary="Add or change a unit", status_code=200)
    async def set_unit(unit_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[Json]:
        try:
            settings = msgspec.json.decode(await request.body())
        except msgspec.DecodeError:
            settings = None
        if not isinstance(settings, Mapping):
            return _refused(ConfigError(f"units.{unit_id}", "a JSON object with the unit's settings is expected"), unit_id)
        given = {key: value for key, value in settings.items() if value is not None}
        return await _changed(reconfiguration, unit_id, given)

    @delete("/api/units/{unit_id:str}", name="remove_unit", summary="Stop a unit and remove it", status_code=200)
    async def remove_unit(unit_id: FromPath[str]) -> Response[Json]:
        if reconfiguration.settings(unit_id) is None:
            return _no_such_unit(unit_id)
        return await _changed(reconfiguration, unit_id, None)

    return [unit, set_unit, remove_unit]


async def _changed(reconfiguration: Reconfiguration, unit_id: str, settings: Mapping[str, Any] | None) -> Response[Json]:
    try:
        waits = await reconfiguration.change(unit_id, settings)
    except (ConfigError, DeviceFault) as err:
        return _refused(err, unit_id)
    return Response({"waits": waits}, status_code=202 if waits else 200)


def _refused(err: ConfigError | DeviceFault, unit_id: str) -> Response[Json]:
    """The setting at fault, as the field of a request; all of it where the fault is elsewhere."""
    if isinstance(err, DeviceFault):
        field, why = "evse", str(err)
    else:
        key = err.key.rpartition(": ")[2]
        ours = f"units.{unit_id}"
        field, why = key.removeprefix(ours).lstrip(".") if key.startswith(ours) else "", str(err)
    error = {"field": field, "code": "not_a_setting", "params": {}, "text": why}
    return Response({"errors": [error]}, status_code=422)


def _no_such_unit(unit_id: str) -> Response[Json]:
    params = {"unit": unit_id}
    return Response({"code": "no_such_unit", "params": params, "text": text("no_such_unit", params)}, status_code=404)
