"""Block N: streams of events, which a station opens where it was told to by a monitor (N11, N13). Kept as they came."""

from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def open_periodic_event_stream(
    ctx: Context[StationSession], request: v21.OpenPeriodicEventStreamRequest
) -> v21.OpenPeriodicEventStreamResponse:
    """N11: a stream begins."""
    await ctx.state.ledger.keep(ctx.state.station_id, "OpenPeriodicEventStream", ctx.received_at, request)
    return v21.OpenPeriodicEventStreamResponse(status=v21.GenericStatusEnumType.ACCEPTED)


async def notify_periodic_event_stream(ctx: Context[StationSession], message: v21.NotifyPeriodicEventStream) -> None:
    """N11: what it brings; nothing answers it."""
    if ctx.state.station.booted_at is not None:
        await ctx.state.ledger.keep(ctx.state.station_id, "NotifyPeriodicEventStream", ctx.received_at, message)
