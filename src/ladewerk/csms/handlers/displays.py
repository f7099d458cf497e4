"""Block O: what a display shows."""

from msgspec import UNSET

from ladewerk.csms.dossiers.displays import shown
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.dossiers.shelves import Topic
from ladewerk.csms.handlers.writing import written
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21


class DisplayReports:
    """What stations tell of the messages on their displays."""

    def __init__(self, inventories: Inventories) -> None:
        self._inventories = inventories

    async def notify_display_messages(
        self, ctx: Context[StationSession], request: v21.NotifyDisplayMessagesRequest
    ) -> v21.NotifyDisplayMessagesResponse:
        """O03, O04: part of what was asked for."""
        session = ctx.state
        shelf = session.store.dossiers.display_messages
        if request.message_info is not UNSET:
            messages = shown(request.message_info)
            await written("the messages", shelf.put(session.station_id, messages, session.clock.now()))
        complete_since = self._inventories.next_part(
            Topic.DISPLAY_MESSAGE, session.key, request.request_id, is_last=request.tbc is not True
        )
        if complete_since is not None:
            await written("the messages", shelf.drop_before(session.station_id, complete_since))
        return v21.NotifyDisplayMessagesResponse()
