"""Block O: what a display shows."""

from msgspec import UNSET

from ladewerk.csms.dossiers.displays import shown
from ladewerk.csms.handlers.writing import written
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


async def notify_display_messages(
    ctx: Context[StationSession], request: v21.NotifyDisplayMessagesRequest
) -> v21.NotifyDisplayMessagesResponse:
    """O03, O04: part of what was asked for."""
    if request.message_info is not UNSET:
        messages = shown(request.message_info)
        shelf = ctx.state.store.dossiers.display_messages
        await written("the messages", shelf.put(ctx.state.station_id, messages, ctx.received_at))
    return v21.NotifyDisplayMessagesResponse()
