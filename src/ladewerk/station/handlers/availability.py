"""Block G: an EVSE, its connector or the whole station put out of service, or back (G03, G04)."""

from msgspec import UNSET, UnsetType

from ladewerk.ocpp import Context, v21
from ladewerk.station.handlers.reach import Reach, info
from ladewerk.station.link.availability import STATION, Place, Wanted

_Status = v21.ChangeAvailabilityStatusEnumType


async def change_availability(ctx: Context[Reach], request: v21.ChangeAvailabilityRequest) -> v21.ChangeAvailabilityResponse:
    """Kept before it is answered; what has a transaction follows when that is over."""
    place = _place(request.evse)
    reach, wanted = ctx.state, request.operational_status
    if (place[0] and reach.units.of_evse(place[0]) is None) or place[1] > 1:
        return _answer(_Status.REJECTED, "UnknownEvse", "there is no such EVSE or connector")
    unchanged = reach.availability.ordered(place) is wanted
    failed = None if unchanged else await reach.availability.order(place, wanted)
    if failed is not None:
        return _answer(_Status.REJECTED, "InternalError", failed)
    reach.link.status_due.set()
    meant = [unit for unit in reach.units if place[0] in (0, unit.evse_id)]
    runs = any(unit.transaction is not None for unit in meant)
    if runs and wanted is Wanted.INOPERATIVE and not unchanged:
        return v21.ChangeAvailabilityResponse(status=_Status.SCHEDULED)
    return v21.ChangeAvailabilityResponse(status=_Status.ACCEPTED)


def _place(evse: v21.EVSEType | UnsetType) -> Place:
    if evse is UNSET:
        return STATION
    return evse.id, 0 if evse.connector_id is UNSET else evse.connector_id


def _answer(status: v21.ChangeAvailabilityStatusEnumType, reason: str, text: str) -> v21.ChangeAvailabilityResponse:
    return v21.ChangeAvailabilityResponse(status=status, status_info=info(reason, text))
