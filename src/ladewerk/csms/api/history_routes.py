"""What was: transactions, plans and frames; and whether the CSMS is well."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.refusals import refused
from ladewerk.csms.api.views import FrameView, PlanView, TransactionView, frame_view, plan_view, transaction_view

Limit = Annotated[int, QueryParameter(ge=1, le=2000, description="how many at most")]


@get("/api/transactions")
async def get_transactions(desk: NamedDependency[Desk], limit: Limit = 100) -> list[TransactionView]:
    """The newest transactions, newest first."""
    return [transaction_view(transaction) for transaction in await desk.store.transactions(limit)]


@get("/api/plans/{number:str}")
async def get_plan(desk: NamedDependency[Desk], number: FromPath[str]) -> PlanView:
    """A plan, also of a transaction long ended."""
    plan = await desk.store.plan(int(number)) if number.isdecimal() and len(number) < 18 else None
    if plan is None:
        raise refused(404, "unknown-plan", f"there is no plan {number}")
    return plan_view(plan)


@get("/api/frames")
async def get_frames(
    desk: NamedDependency[Desk], station: FromQuery[str | None] = None, limit: Limit = 200
) -> list[FrameView]:
    """The newest frames, oldest first; they are kept in memory alone."""
    return [frame_view(frame) for frame in desk.frame_log.newest(limit, station)]


@get("/healthz")
async def healthz(desk: NamedDependency[Desk]) -> dict[str, str]:
    """Whether the CSMS answers and its database can be read."""
    await desk.store.transactions(1)
    return {"status": "ok"}
