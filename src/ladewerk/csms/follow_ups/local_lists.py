"""A local list that somebody sends by hand: what the CSMS knows of that station's list no longer holds."""

from ladewerk.csms.commands import FollowUp
from ladewerk.csms.local_lists.keeping import ListKeeping
from ladewerk.csms.records import station_key
from ladewerk.ocpp import v21


def of_lists(keeping: ListKeeping) -> FollowUp[v21.SendLocalListRequest, v21.SendLocalListResponse]:
    """D01. The next list of the CSMS's own is a whole one."""

    async def before(station: str, _request: v21.SendLocalListRequest) -> None:
        await keeping.forget(station_key(station))

    return FollowUp(before=before)
