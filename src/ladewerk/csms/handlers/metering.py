"""Block J: meter values sent apart from transaction events."""

from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def meter_values(ctx: Context[StationSession], request: v21.MeterValuesRequest) -> v21.MeterValuesResponse:
    """J01: kept as they came; where a transaction runs on the EVSE they tell its energy too."""
    await ctx.state.ledger.keep(ctx.state.station_id, "MeterValues", ctx.received_at, request)
    await ctx.state.ledger.add_readings(ctx.state.station_id, request.evse_id, request.meter_value)
    return v21.MeterValuesResponse()
