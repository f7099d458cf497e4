"""Who was turned away: how often by reason, and what the newest were."""

from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.security.roles import Right
from ladewerk.refusals import Why


class BurstView(msgspec.Struct, frozen=True, kw_only=True):
    """The same thing from one address, again and again with no minute between; ``times`` in all."""

    why: Why
    remote: str
    what: str
    began_at: datetime
    last_at: datetime
    times: int


class RefusalsView(msgspec.Struct, frozen=True, kw_only=True):
    """``counts`` since the start, by reason; the newest bursts first, in memory alone."""

    counts: dict[str, int]
    bursts: list[BurstView]


@get("/api/refusals", right=Right.READ)
async def get_refusals(desk: NamedDependency[Desk]) -> RefusalsView:
    """What was turned away: connections, stations, logins, pages of other sites."""
    return RefusalsView(
        counts={str(why): times for why, times in desk.refusals.counts.items()},
        bursts=[msgspec.convert(burst, BurstView, from_attributes=True) for burst in desk.refusals.bursts],
    )
