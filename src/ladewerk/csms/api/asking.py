"""How routes reach a station: what it answers is their answer, and so is the reason for none."""

from typing import Annotated, TypeVar

from litestar.params import PathParameter

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.refusals import Refused, faulty, refused
from ladewerk.csms.commands import CommandRefused
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.records import StationRecord, station_key
from ladewerk.errors import CallFailed, CallRefused, CallTimedOut, LocalProtocolError, RemoteProtocolError
from ladewerk.ocpp.messages import Payload, Request

StationId = Annotated[str, PathParameter(description="identity of the station, in any case", max_length=48)]

R = TypeVar("R", bound=Payload)


def known_station(desk: Desk, station_id: str) -> StationRecord:
    """A station; raises Refused for one that nobody knows."""
    record = desk.ledger.stations.get(station_key(station_id))
    if record is None:
        raise refused(404, "unknown-station", f"no station {station_id!r} is known", station=station_id)
    return record


async def ask(desk: Desk, station_id: str, request: Request[R]) -> R:
    """The station's answer. Raises Refused where there is none, or the command must not be sent."""
    if desk.connections.of(station_id) is None:
        raise refused(409, "offline", f"{station_id} is not connected", station=station_id)
    try:
        return await desk.blocks.commands.send(station_id, request)
    except CommandRefused as err:
        raise faulty(err.fault) from err
    except LocalProtocolError as err:
        raise faulty(Fault(field="", code="not-in-version", text=str(err))) from err
    except CallFailed as err:
        raise _no_answer(err) from err


def _no_answer(err: CallFailed) -> Refused:
    match err:
        case CallTimedOut():
            return refused(504, "timed-out", str(err))
        case CallRefused():
            text = f"the station refused: {err}"
            return refused(502, "refused", text, error_code=err.code, description=err.description, details=err.details)
        case RemoteProtocolError():
            return refused(502, "malformed-answer", f"the station's answer cannot be read: {err}")
        case _:
            return refused(502, "disconnected", f"the connection was lost before the answer: {err}")
