"""Who was turned away: how often by reason, and what the newest were."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.security.roles import Right
from ladewerk.refusals import Burst, Why

Search = Annotated[
    str | None, QueryParameter(description="in the address or in what was refused, in any case", max_length=255)
]


class BurstView(msgspec.Struct, frozen=True, kw_only=True):
    """The same thing from one address: ``times`` since ``began_at`` without a pause, ``in_all`` since ``first_at``."""

    number: int
    why: Why
    remote: str
    what: str
    first_at: datetime
    began_at: datetime
    last_at: datetime
    times: int
    in_all: int


class RefusalsView(msgspec.Struct, frozen=True, kw_only=True):
    """``counts`` by reason ``since`` the start; of the newest bursts a page, the last one first, in memory alone."""

    since: datetime
    counts: dict[str, int]
    bursts: list[BurstView]


@get("/api/refusals", right=Right.READ, response_headers=LINKED)
async def get_refusals(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    why: FromQuery[Why | None] = None,
    search: Search = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[RefusalsView]:
    """What was turned away: connections, stations, logins, pages of other sites."""
    behind = cursor_of(after, int)
    found = [
        burst
        for burst in desk.refusals.bursts
        if (why is None or burst.why is why)
        and (behind is None or burst.number < behind[0])
        and (search or "").casefold() in f"{burst.remote}\n{burst.what}".casefold()
    ]
    answer = page(request, found, limit, key=lambda burst: (burst.number,), view=_view)
    counts = {str(reason): times for reason, times in desk.refusals.counts.items()}
    return Response(
        RefusalsView(since=desk.refusals.since, counts=counts, bursts=answer.content), headers=dict(answer.headers)
    )


def _view(burst: Burst) -> BurstView:
    return msgspec.convert(burst, BurstView, from_attributes=True)


ROUTES: Final = (get_refusals,)
