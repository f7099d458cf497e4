"""A schedule from a file over the API: the file itself as the body, and one to begin with."""

from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from litestar import Request, Response, get, post
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from ladewerk.station.authorization.desk import TOKEN_TYPE, read_token
from ladewerk.station.control import UnitControl
from ladewerk.station.smart_charging.schedule_file import read_schedule, sample
from ladewerk.station.unit.events import ScheduleGiven
from ladewerk.station.view import Json
from ladewerk.station.wall_clock import is_time
from ladewerk.station.web.seen import Seen
from ladewerk.station.wording import text
from ladewerk.timeline import Timeline
from ladewerk.web.bodies import Problem, Refused, Unusable

_MOST_BYTES = 131_072


def schedule_routes(seen: Seen) -> list[BaseRouteHandler]:
    """The handlers over the schedules of one station's units."""

    @post(
        "/api/units/{unit_id:str}/schedule",
        name="schedule",
        summary="Take a schedule from a CSV file, the body; it waits for Start",
        status_code=202,
        request_max_body_size=_MOST_BYTES,
    )
    async def schedule(
        unit_id: FromPath[str],
        request: Request[Any, Any, Any],
        time_zone: FromQuery[str] = "",
        id_token: FromQuery[str] = "",
        token_type: FromQuery[str] = TOKEN_TYPE,
    ) -> Json:
        unit = _unit(seen, unit_id)
        if not is_time(unit.now.at):
            raise Refused(409, "no_time", text("no_time", {}))
        line = read_schedule(
            await request.body(),
            now=unit.now.at,
            zone=_zone(seen, time_zone),
            max_current_a=unit.state.rules.max_current_a,
        )
        if not isinstance(line, Timeline):
            problems = [Problem(field=one.field, code=one.code, params=dict(one.params), text=one.text) for one in line]
            raise Unusable(*problems)
        token = read_token({"id_token": id_token, "token_type": token_type})
        refused = await seen.desk.order(unit, ScheduleGiven(line), token)
        if refused is not None:
            raise Refused(409, refused.code, text(refused.code, refused.params), refused.params)
        return {}

    @get(
        "/api/units/{unit_id:str}/schedule/sample",
        name="schedule_sample",
        summary="A file to begin with, for the coming night",
        media_type="text/csv",
    )
    async def schedule_sample(unit_id: FromPath[str], time_zone: FromQuery[str] = "") -> Response[str]:
        unit = _unit(seen, unit_id)
        content = sample(unit.now.at, _zone(seen, time_zone), unit.state.rules.max_current_a)
        headers = {"Content-Disposition": 'attachment; filename="schedule.csv"', "Cache-Control": "no-store"}
        return Response(content, media_type="text/csv", headers=headers)

    return [schedule, schedule_sample]


def _unit(seen: Seen, unit_id: str) -> UnitControl:
    unit = seen.units.named(unit_id)
    if unit is None:
        raise Refused(404, "no_such_unit", text("no_such_unit", {"unit": unit_id}), {"unit": unit_id})
    return unit


def _zone(seen: Seen, asked: str) -> tzinfo | None:
    """The station's; where it has none, that of whoever asks."""
    name = seen.time_zone or asked
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as err:
        text = f"{name[:60]!r} is no time zone of this machine; such as Europe/Berlin"
        raise Unusable(Problem(field="time_zone", code="unknown_zone", text=text)) from err
