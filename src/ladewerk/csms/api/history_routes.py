"""What was: transactions, plans and frames; and whether the CSMS is well."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import who_asks
from ladewerk.csms.api.refusals import refused
from ladewerk.csms.api.views import FrameView, PlanView, TransactionView, frame_view, plan_view, transaction_view
from ladewerk.csms.plan_words import read_at
from ladewerk.csms.security.roles import Right

Limit = Annotated[int, QueryParameter(ge=1, le=2000, description="how many at most")]


@get("/api/transactions", right=Right.OWN)
async def get_transactions(
    desk: NamedDependency[Desk], request: Request[Any, Any, Any], limit: Limit = 100
) -> list[TransactionView]:
    """The newest transactions, newest first; a driver's are those of their own id tokens."""
    who = who_asks(request)
    own = None if who.may(Right.READ) else who.id_tokens
    return [transaction_view(transaction) for transaction in await desk.store.transactions(limit, own)]


@get("/api/plans/{number:str}", right=Right.READ)
async def get_plan(desk: NamedDependency[Desk], number: FromPath[str]) -> PlanView:
    """A plan, also of a transaction long ended."""
    plan = await desk.store.plan(int(number)) if number.isdecimal() and len(number) < 18 else None
    if plan is None:
        raise refused(404, "unknown-plan", f"there is no plan {number}")
    return plan_view(read_at(plan, desk.ledger.site, desk.clock.now()))


@get("/api/frames", right=Right.READ)
async def get_frames(
    desk: NamedDependency[Desk], station: FromQuery[str | None] = None, limit: Limit = 200
) -> list[FrameView]:
    """The newest frames, oldest first; they are kept in memory alone."""
    return [frame_view(frame) for frame in desk.frame_log.newest(limit, station)]


@get("/healthz", right=Right.OPEN)
async def healthz(desk: NamedDependency[Desk]) -> dict[str, str]:
    """Whether the CSMS answers and its database can be read."""
    await desk.store.transactions(1)
    return {"status": "ok"}
