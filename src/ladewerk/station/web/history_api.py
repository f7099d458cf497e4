"""The history over HTTP: JSON in bounded pages for graphs and lists, CSV of any length as a stream for spreadsheets."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Final

from litestar import get
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from ladewerk.clock import Clock
from ladewerk.station.history import export
from ladewerk.station.history.archive import Archive, Span
from ladewerk.station.history.gauge import Reading
from ladewerk.station.history.sessions import Session
from ladewerk.station.history.tables import Plan, Said
from ladewerk.station.view import Json
from ladewerk.web.bodies import Problem, Refused, Unusable

_MOST_ROWS: Final = 1_000

Unit = Annotated[str, QueryParameter(description="name of the unit")]
From = Annotated[str, QueryParameter(name="from", description="ISO 8601 with an offset; by default the beginning")]
To = Annotated[str, QueryParameter(name="to", description="ISO 8601 with an offset, not included; by default now")]
AtMost = Annotated[int, QueryParameter(ge=1, le=20_000, description="thinned to about so many readings")]


def history_routes(archive: Archive, clock: Clock) -> list[BaseRouteHandler]:
    """The handlers over one station's history."""

    @get("/api/history/readings", name="history_readings", summary="What flowed, for a graph")
    async def readings(unit: Unit, from_: From = "", to: To = "", at_most: AtMost = 2_000) -> Json:
        await _known(archive, unit)
        found = await archive.overview(unit, _span(from_, to), at_most, clock.now().timestamp())
        return {"readings": [_reading(one) for one in found]}

    @get("/api/history/sessions", name="history_sessions", summary="The newest transactions, newest first")
    async def sessions(from_: From = "", to: To = "") -> Json:
        return {"sessions": [_session(one) for one in await archive.newest_sessions(_span(from_, to), _MOST_ROWS)]}

    @get("/api/history/plans", name="history_plans", summary="The newest plans, newest first")
    async def plans(from_: From = "", to: To = "") -> Json:
        return {"plans": [_plan(one) for one in await archive.newest_plans(_span(from_, to), _MOST_ROWS)]}

    @get("/api/history/messages", name="history_messages", summary="The newest messages, newest first")
    async def messages(from_: From = "", to: To = "") -> Json:
        return {"messages": [_message(one) for one in await archive.newest_messages(_span(from_, to), _MOST_ROWS)]}

    @get("/api/history/{file:str}", name="history_csv", summary="readings.csv, sessions.csv, plans.csv or messages.csv")
    async def csv(file: FromPath[str], unit: Unit = "", from_: From = "", to: To = "") -> Stream:
        table = file.removesuffix(".csv")
        if table not in export.TABLES or table == file:
            names = ", ".join(f"{name}.csv" for name in export.TABLES)
            raise Refused(404, "no_such_file", f"it is one of {names}")
        units = [unit] if unit else await archive.unit_ids()
        if table == "readings" and unit:
            await _known(archive, unit)
        lines = export.lines(archive, table, units, _span(from_, to))
        return Stream(
            _encoded(lines),
            media_type="text/csv; charset=utf-8; header=present",
            headers={"content-disposition": f'attachment; filename="{file}"', "cache-control": "no-store"},
        )

    return [readings, sessions, plans, messages, csv]


async def _encoded(lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for line in lines:
        yield line.encode()


async def _known(archive: Archive, unit_id: str) -> None:
    if unit_id not in await archive.unit_ids():
        raise Refused(404, "no_such_unit", f"nothing was ever measured of a unit {unit_id}", {"unit": unit_id})


def _span(from_: str, to: str) -> Span:
    whole = Span()
    span = Span(_epoch_s("from", from_, whole.from_s), _epoch_s("to", to, whole.to_s))
    if span.from_s >= span.to_s:
        raise Unusable(Problem(field="to", code="out_of_range", text="the span has to end behind its beginning"))
    return span


def _epoch_s(field: str, text: str, otherwise_s: float) -> float:
    if not text:
        return otherwise_s
    try:
        # A "+" that nobody escaped arrives as a blank.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        told = f"{text!r} is not an ISO 8601 time with an offset"
        raise Unusable(Problem(field=field, code="not_a_time", text=told))
    return moment.timestamp()


def _reading(one: Reading) -> Json:
    return {
        "begin": export.written(one.begin_s),
        "end": export.written(one.end_s),
        "measured_s": round(one.measured_s, 3),
        "energy_wh": round(one.energy_wh, 4),
        "mean_w": round(one.mean_w, 1),
        "lowest_w": round(one.lowest_w, 1),
        "highest_w": round(one.highest_w, 1),
        "offered_a": round(one.offered_a, 3),
        "planned_w": None if one.planned_w is None else round(one.planned_w, 1),
    }


def _session(one: Session) -> Json:
    return {
        "transaction_id": one.transaction_id,
        "unit": one.unit_id,
        "evse_id": one.evse_id,
        "begin": export.written(one.began_at.timestamp()),
        "end": None if one.ended_at is None else export.written(one.ended_at.timestamp()),
        "id_token": one.id_token,
        "energy_wh": round(one.energy_wh, 3),
        "reason": one.reason,
        "cost": one.cost,
    }


def _plan(one: Plan) -> Json:
    return {
        "taken_at": export.written(one.at_s),
        "unit": one.unit_id,
        "transaction_id": one.transaction_id,
        "periods": [{"begin": export.written(begin_s), "limit_a": limit_a} for begin_s, limit_a in one.periods],
    }


def _message(one: Said) -> Json:
    return {
        "at": export.written(one.at_s),
        "unit": one.unit_id,
        "level": one.level,
        "code": one.code,
        "params": one.params,
        "text": one.text,
    }
