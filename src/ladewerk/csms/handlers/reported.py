"""Messages of which nothing else comes here: kept as they came, and listed with the notices."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context
from ladewerk.ocpp.messages import Payload

Q = TypeVar("Q", bound=Payload)
R = TypeVar("R", bound=Payload)


def kept(request_type: type[Q], response: Callable[[], R]) -> Callable[[Context[StationSession], Q], Awaitable[R]]:
    """A handler that keeps what it gets, and gives an answer that says nothing."""
    action = request_type.__name__.removesuffix("Request")

    async def keep(ctx: Context[StationSession], request: Q) -> R:
        await ctx.state.ledger.keep(ctx.state.station_id, action, ctx.received_at, request)
        return response()

    return keep
