"""The station's public API: its state, the needs of a driver, the four buttons, the samples of the graph."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, FromQuery

from ladewerk.station.authorization.desk import read_token, without_token
from ladewerk.station.history.archive import Span
from ladewerk.station.smart_charging.outside_limit import OutsideLimit, read_outside_limit
from ladewerk.station.unit.actions import Refuse
from ladewerk.station.unit.events import DirectPressed, NeedsGiven, ResetPressed, StartPressed, StopPressed
from ladewerk.station.unit.needs import FieldError, Needs, read_needs
from ladewerk.station.view import Json
from ladewerk.station.wall_clock import is_time
from ladewerk.station.web.schedule_api import schedule_routes
from ladewerk.station.web.seen import Seen
from ladewerk.station.web.station_api import station_routes
from ladewerk.station.web.units_api import unit_routes
from ladewerk.station.wording import text

_MOST_SAMPLES = 17_280
"""Two days of a reading every 10 s."""

_BUTTONS: dict[str, type[StartPressed | StopPressed | ResetPressed | DirectPressed]] = {
    "start": StartPressed,
    "stop": StopPressed,
    "reset": ResetPressed,
    "direct": DirectPressed,
}


def routes(seen: Seen) -> list[BaseRouteHandler]:
    """The handlers over one station."""

    @get("/api/state", name="state", summary="Everything the page shows")
    async def state() -> Json:
        return seen.state()

    @get("/healthz", name="healthz", summary="200 while the station runs", include_in_schema=True)
    async def healthz() -> Json:
        return {"status": "ok"}

    @post("/api/units/{unit_id:str}/needs", name="needs", summary="Ask for energy", status_code=202)
    async def needs(unit_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[Json]:
        unit = seen.units.named(unit_id)
        if unit is None:
            return _no_such_unit(unit_id)
        if not is_time(unit.now.at):
            return _refused(Refuse("no_time"))
        rules = unit.state.rules
        body = _json(await request.body())
        read = read_needs(without_token(body), now=unit.now.at, max_current_a=rules.max_current_a)
        if not isinstance(read, Needs):
            return Response({"errors": [_field_error(error) for error in read]}, status_code=422)
        return _answer(await seen.desk.order(unit, NeedsGiven(read), read_token(body)), status=202)

    @post("/api/units/{unit_id:str}/{button:str}", name="button", summary="start, stop, reset or direct", status_code=200)
    async def button(unit_id: FromPath[str], button: FromPath[str], request: Request[Any, Any, Any]) -> Response[Json]:
        unit = seen.units.named(unit_id)
        if unit is None:
            return _no_such_unit(unit_id)
        pressed = _BUTTONS.get(button)
        if pressed is None:
            names = ", ".join(_BUTTONS)
            return Response({"code": "no_such_button", "params": {}, "text": f"it is one of {names}"}, status_code=404)
        return _answer(await seen.desk.order(unit, pressed(), read_token(_json(await request.body()))), status=200)

    @get("/api/units/{unit_id:str}/samples", name="samples", summary="Power and plan over time")
    async def samples(unit_id: FromPath[str], since: FromQuery[str] = "") -> Response[Json]:
        unit = seen.units.named(unit_id)
        if unit is None:
            return _no_such_unit(unit_id)
        epoch_s = _epoch_s(since)
        if epoch_s is None:
            error = FieldError("since", "not_a_time", {}, f"{since!r} is not an ISO 8601 time with an offset")
            return Response({"errors": [_field_error(error)]}, status_code=422)
        found = await seen.archive.overview(unit_id, Span(from_s=epoch_s), _MOST_SAMPLES, unit.now.at.timestamp())
        rows = [[one.begin_s, one.mean_w, one.offered_a, one.planned_w] for one in found]
        return Response({"samples": rows})

    return [
        state,
        healthz,
        needs,
        button,
        samples,
        *_outside_limits(seen),
        *unit_routes(seen.reconfiguration),
        *station_routes(seen.reconfiguration),
        *schedule_routes(seen),
    ]


def _outside_limits(seen: Seen) -> list[BaseRouteHandler]:
    """What the grid operator or an energy management system limits."""

    @put("/api/limit", name="limit", summary="Limit the whole station from outside", status_code=200)
    async def limit(request: Request[Any, Any, Any]) -> Response[Json]:
        read = read_outside_limit(_json(await request.body()))
        if not isinstance(read, OutsideLimit):
            return Response({"errors": [_field_error(read)]}, status_code=422)
        refused = await seen.profiles.limit_from_outside(read)
        if refused is None:
            return Response({}, status_code=200)
        return Response({"code": refused.reason.value, "params": {}, "text": refused.text}, status_code=409)

    @delete("/api/limit/{source:str}", name="release", summary="Release such a limit", status_code=200)
    async def release(source: FromPath[str]) -> Response[Json]:
        if await seen.profiles.release(source):
            return Response({}, status_code=200)
        told = f"{source!r} limits nothing here"
        return Response({"code": "no_such_limit", "params": {"source": source}, "text": told}, status_code=404)

    return [limit, release]


def _json(body: bytes) -> object:
    """The decoded body; what is no JSON is None, which is no request either."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _epoch_s(since: str) -> float | None:
    if not since:
        return 0.0
    try:
        # A "+" that nobody escaped arrives as a blank.
        moment = datetime.fromisoformat(since.replace(" ", "+"))
    except ValueError:
        return None
    return None if moment.utcoffset() is None else moment.timestamp()


def _answer(refused: Refuse | None, *, status: int) -> Response[Json]:
    if refused is None:
        return Response({}, status_code=status)
    return _refused(refused)


def _refused(refused: Refuse) -> Response[Json]:
    params = dict(refused.params)
    return Response({"code": refused.code, "params": params, "text": text(refused.code, params)}, status_code=409)


def _no_such_unit(unit_id: str) -> Response[Json]:
    params = {"unit": unit_id}
    return Response({"code": "no_such_unit", "params": params, "text": text("no_such_unit", params)}, status_code=404)


def _field_error(error: FieldError) -> Json:
    return {"field": error.field, "code": error.code, "params": dict(error.params), "text": error.text}
