"""The settings of the station over the API: those that a person may change, for the next start."""

from typing import Any

import msgspec
from litestar import Request, get, patch
from litestar.handlers import BaseRouteHandler

from ladewerk.errors import ConfigError
from ladewerk.station.reconfiguration import HIDDEN, Reconfiguration
from ladewerk.station.view import Json
from ladewerk.web.bodies import Problem, Unusable, read_body


class StationChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said is changed; null takes a setting out of the file. A password given as ``********`` stays."""

    identity: str | msgspec.UnsetType = msgspec.UNSET
    csms: str | msgspec.UnsetType = msgspec.UNSET
    password: str | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: str | msgspec.UnsetType | None = msgspec.UNSET


def station_routes(reconfiguration: Reconfiguration) -> list[BaseRouteHandler]:
    """The handlers over the settings of one station."""

    @get("/api/settings", name="settings", summary="The settings of the station that can be changed here")
    async def settings() -> Json:
        return {"settings": reconfiguration.station_settings(), "restart": reconfiguration.needs_restart}

    @patch(
        "/api/settings", name="set_settings", summary="Change settings of the station, for the next start", status_code=200
    )
    async def set_settings(request: Request[Any, Any, Any]) -> Json:
        said = msgspec.structs.asdict(read_body(await request.body(), StationChanges))
        changes = {name: value for name, value in said.items() if value is not msgspec.UNSET and value != HIDDEN}
        if changes:
            try:
                await reconfiguration.change_station(changes)
            except ConfigError as err:
                raise Unusable(_problem(err)) from err
        return {"restart": reconfiguration.needs_restart}

    return [settings, set_settings]


def _problem(err: ConfigError) -> Problem:
    key = err.key.rpartition(": ")[2]
    field = key.removeprefix("station.") if key.startswith("station.") else ""
    return Problem(field=field, code="not_a_setting", params={"expected": err.why}, text=str(err))
