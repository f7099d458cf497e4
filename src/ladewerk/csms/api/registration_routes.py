"""What a station is answered when it introduces itself, and whether it is accepted now."""

from datetime import datetime
from typing import Final

import msgspec
from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ladewerk.csms.api.asking import StationId, known_station
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.dossiers.registrations import SHEET, Registration
from ladewerk.csms.records import StationRecord
from ladewerk.csms.security.roles import Right


class RegistrationView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to the next BootNotification, and since when the station is accepted; ``booted_at`` None: it is not."""

    status: str
    interval_s: int
    booted_at: datetime | None


@get("/api/stations/{station_id:str}/registration", right=Right.READ)
async def get_registration(desk: NamedDependency[Desk], station_id: StationId) -> RegistrationView:
    """How a station stands."""
    station = known_station(desk, station_id)
    return _view(await desk.store.dossiers.registrations.get(station.key, SHEET) or Registration(), station)


@put("/api/stations/{station_id:str}/registration", right=Right.ADMINISTER)
async def put_registration(
    desk: NamedDependency[Desk], station_id: StationId, data: JSONBody[Registration]
) -> RegistrationView:
    """Say what the station is answered from its next BootNotification on; TriggerMessage makes it send one."""
    station = known_station(desk, station_id)
    await desk.store.dossiers.registrations.put(station.key, {SHEET: data}, desk.clock.now())
    return _view(data, station)


def _view(said: Registration, station: StationRecord) -> RegistrationView:
    return RegistrationView(status=said.status, interval_s=said.interval_s, booted_at=station.booted_at)


ROUTES: Final = (get_registration, put_registration)
