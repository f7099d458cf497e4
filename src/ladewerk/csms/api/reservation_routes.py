"""Reservations of EVSEs."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET

from ladewerk.csms.api.asking import StationId, ask, known_station
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.api.refusals import faulty, refused
from ladewerk.csms.api.times import aware
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.reservations import Reservation, State, at
from ladewerk.csms.dossiers.shelves import Filed
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.security.roles import Right
from ladewerk.ocpp import v21

_MOST_NUMBER = 2**31 - 1


class NewReservation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reservation to make; without ``evse_id`` of any EVSE of the station."""

    station_id: str
    id_token: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    id_token_type: Annotated[str, msgspec.Meta(min_length=1, max_length=20)] = "ISO14443"
    group_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)] | None = None
    expires_at: datetime
    evse_id: Annotated[int, msgspec.Meta(ge=1)] | None = None
    connector_type: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class ReservationView(msgspec.Struct, frozen=True, kw_only=True):
    """A reservation as it is now; ``reason`` is the station's."""

    station_id: str
    reservation_id: int
    evse_id: int | None
    connector_type: str | None
    id_token: str
    id_token_type: str
    expires_at: datetime
    asked_at: datetime
    changed_at: datetime
    state: State
    reason: str
    transaction_id: str | None


@get("/api/reservations", right=Right.READ, response_headers=LINKED)
async def get_reservations(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station: FromQuery[str | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[ReservationView]]:
    """Reservations by station and number, those that have ended too."""
    behind = cursor_of(after, str, str) or ("", "")
    found = await desk.store.dossiers.reservations.some(station, after=behind, limit=limit + 1)
    return page(request, found, limit, key=lambda one: (one.station, one.name), view=lambda one: _view(desk, one))


@post("/api/reservations", right=Right.OPERATE)
async def post_reservation(desk: NamedDependency[Desk], data: JSONBody[NewReservation]) -> ReservationView:
    """Reserve an EVSE; what the station answered is the state."""
    aware(data, "expires_at")
    station = known_station(desk, data.station_id)
    now = desk.clock.now()
    if data.expires_at <= now:
        raise faulty(Fault(field="expires_at", code="past", text="it would have expired already"))
    number = await _free_number(desk, station.key)
    await ask(
        desk,
        station.station_id,
        v21.ReserveNowRequest(
            id=number,
            expiry_date_time=data.expires_at,
            id_token=v21.IdTokenType(id_token=data.id_token, type=data.id_token_type),
            group_id_token=UNSET if data.group_id is None else v21.IdTokenType(id_token=data.group_id, type="Central"),
            evse_id=UNSET if data.evse_id is None else data.evse_id,
            connector_type=UNSET if data.connector_type is None else data.connector_type,
        ),
    )
    return await _one(desk, station.key, number)


@delete("/api/stations/{station_id:str}/reservations/{number:int}", status_code=200, right=Right.OPERATE)
async def delete_reservation(desk: NamedDependency[Desk], station_id: StationId, number: FromPath[int]) -> ReservationView:
    """Cancel a reservation."""
    station = known_station(desk, station_id)
    await _one(desk, station.key, number)
    await ask(desk, station.station_id, v21.CancelReservationRequest(reservation_id=number))
    return await _one(desk, station.key, number)


async def _free_number(desk: Desk, key: str) -> int:
    """One above the newest of the station: a number that is taken would replace its reservation (H01.FR.02)."""
    known = [filed.value.reservation_id for filed in await desk.store.dossiers.reservations.some(key)]
    number = max(known, default=0) + 1
    return number if number <= _MOST_NUMBER else min(set(range(1, len(known) + 2)) - set(known))


async def _one(desk: Desk, key: str, number: int) -> ReservationView:
    if 0 <= number <= _MOST_NUMBER:
        name = numbered(number)
        found: Reservation | None = await desk.store.dossiers.reservations.get(key, name)
        if found is not None:
            return _view(desk, Filed(station=key, name=name, at=found.changed_at, value=found))
    raise refused(404, "unknown-reservation", f"there is no reservation {number}", number=number)


def _view(desk: Desk, filed: Filed[Reservation]) -> ReservationView:
    return msgspec.convert(
        msgspec.structs.asdict(at(filed.value, desk.clock.now()))
        | {"station_id": desk.ledger.stations[filed.station].station_id},
        ReservationView,
    )


ROUTES: Final = (get_reservations, post_reservation, delete_reservation)
