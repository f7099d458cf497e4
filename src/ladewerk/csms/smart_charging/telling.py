"""A charging profile told to a station, and what became of it."""

import logging
from dataclasses import dataclass

from msgspec import UNSET, UnsetType

from ladewerk.csms.stations.connections import Connections
from ladewerk.errors import CallFailed, CallRefused, Disconnected, LocalProtocolError
from ladewerk.ocpp import v21

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Neither ``accepted`` nor ``refused``: nobody knows whether it arrived. ``for_good``: it never will be taken."""

    accepted: bool = False
    refused: bool = False
    for_good: bool = False
    reason: str = ""


async def tell(connections: Connections, station_id: str, request: v21.SetChargingProfileRequest) -> Told:
    """Send ``request`` to a station and wait for its answer."""
    try:
        connection = connections.of(station_id)
        if connection is None:
            raise Disconnected(f"{station_id} is not connected")
        if connection.session.station.booted_at is None:
            raise Disconnected(f"{station_id} is not accepted")
        answer = await connection.peer.call(request)
    except CallRefused as refused:
        reason = f"the station has no smart charging: {refused}" if refused.is_for_good else str(refused)
        return Told(refused=True, for_good=refused.is_for_good, reason=reason)
    except CallFailed as failed:
        return Told(reason=f"no answer: {failed}")
    except LocalProtocolError as bug:
        _log.error("station %s: a profile cannot be sent: %s", station_id, bug)
        return Told(refused=True, for_good=True, reason=str(bug))
    if answer.status == "Accepted":
        return Told(accepted=True)
    info = answer.status_info
    never = info is not UNSET and info.reason_code == "UnsupportedRequest"
    return Told(refused=True, for_good=never, reason=_why(info))


def _why(info: v21.StatusInfoType | UnsetType) -> str:
    if info is UNSET:
        return "Rejected"
    return info.reason_code if info.additional_info is UNSET else f"{info.reason_code}: {info.additional_info}"
