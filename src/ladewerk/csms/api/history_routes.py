"""What was: transactions, plans and frames; and whether the CSMS is well."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, PathParameter, QueryParameter

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import who_asks
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.api.refusals import refused
from ladewerk.csms.api.views import (
    Direction,
    ExchangeView,
    FrameView,
    PlanHead,
    PlanView,
    TransactionView,
    exchange_view,
    frame_view,
    plan_head,
    plan_view,
    transaction_view,
)
from ladewerk.csms.planning.plan_words import read_at
from ladewerk.csms.records import station_key
from ladewerk.csms.security.roles import Right
from ladewerk.csms.watching.exchanges import End
from ladewerk.csms.watching.health import OK


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """``status`` is ``ok`` where every part says so; a part that does not says what is wrong with it."""

    status: str
    parts: dict[str, str]


Of = Annotated[str | None, QueryParameter(description="identity of a station, in any case", max_length=255)]


@get("/api/transactions", right=Right.OWN, response_headers=LINKED)
async def get_transactions(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station: Of = None,
    id_token: Annotated[str | None, QueryParameter(description="one id token, in any case", max_length=255)] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[TransactionView]]:
    """Transactions, the last changed first; a driver's are those of their own id tokens."""
    who = who_asks(request)
    wanted = None if id_token is None else [id_token]
    if not who.may(Right.READ):
        wanted = [own for own in who.id_tokens if id_token is None or own.casefold() == id_token.casefold()]
    found = await desk.store.history.transactions(
        limit + 1,
        after=cursor_of(after, datetime, str, str),
        station_id=station,
        id_tokens=wanted,
    )
    return page(
        request,
        found,
        limit,
        key=lambda one: (one.updated_at, station_key(one.station_id), one.transaction_id),
        view=transaction_view,
    )


@get("/api/plans", right=Right.READ, response_headers=LINKED)
async def get_plans(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station: Of = None,
    transaction: FromQuery[str | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[PlanHead]]:
    """Plans without their slots, the newest first."""
    behind = cursor_of(after, int)
    found = await desk.store.history.plans(
        limit + 1, after=None if behind is None else behind[0], station_id=station, transaction_id=transaction
    )
    return page(request, found, limit, key=lambda one: (one.number,), view=plan_head)


@get("/api/plans/{number:str}", right=Right.READ)
async def get_plan(desk: NamedDependency[Desk], number: FromPath[str]) -> PlanView:
    """A plan, also of a transaction long ended."""
    plan = await desk.store.plan(int(number)) if number.isdecimal() and len(number) < 18 else None
    if plan is None:
        raise refused(404, "unknown-plan", f"there is no plan {number}")
    return plan_view(read_at(plan, desk.ledger.site, desk.clock.now()))


@get("/api/frames", right=Right.READ, response_headers=LINKED)
async def get_frames(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station: Of = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[FrameView]]:
    """The newest frames, the oldest of a page first; they are kept in memory alone, and the next page is of older ones."""
    behind = cursor_of(after, int)
    found = desk.frame_log.newest(limit + 1, station, before=None if behind is None else behind[0])
    answer = page(request, found[::-1], limit, key=lambda one: (one.number,), view=frame_view)
    answer.content.reverse()
    return answer


@get("/api/stations/{station_id:str}/frames", right=Right.READ, response_headers=LINKED)
async def get_exchanges(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station_id: Annotated[str, PathParameter(description="identity of the station, in any case", max_length=255)],
    action: FromQuery[str | None] = None,
    direction: FromQuery[Direction | None] = None,
    outcome: FromQuery[End | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[ExchangeView]]:
    """The OCPP messages of a station with their answers, the newest first."""
    if station_key(station_id) not in desk.ledger.stations:
        raise refused(404, "unknown-station", f"no station {station_id!r} is known", station=station_id)
    behind = cursor_of(after, int)
    found = await desk.message_log.page(
        station_id,
        limit + 1,
        after=None if behind is None else behind[0],
        action=action,
        sent=None if direction is None else direction == "sent",
        end=outcome,
    )
    return page(request, found, limit, key=lambda one: (one.number,), view=exchange_view)


@get(
    "/healthz",
    right=Right.OPEN,
    responses={503: ResponseSpec(Condition, description="something is not well, and what", generate_examples=False)},
)
async def healthz(desk: NamedDependency[Desk]) -> Response[Condition]:
    """Whether the CSMS is well: its database answers, its writer writes, its planner plans."""
    parts = await desk.health.look()
    well = all(said == OK for said in parts.values())
    return Response(Condition(status=OK if well else "failing", parts=parts), status_code=200 if well else 503)


ROUTES: Final = (get_transactions, get_plans, get_plan, get_frames, get_exchanges, healthz)
