"""Certificates of stations, and the CA that signs them; the local lists that stations have."""

from datetime import datetime
from typing import Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency

from ladewerk.csms.api.asking import StationId, known_station
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.certificates.issued import IssuedCertificate
from ladewerk.csms.local_lists.entries import ListAtStation
from ladewerk.csms.security.roles import Right


class AuthorityView(msgspec.Struct, frozen=True, kw_only=True):
    """The CA's own certificate in PEM, for those who are to trust what it signs."""

    certificate: str
    not_after: datetime


@get("/api/certificate-authority", right=Right.READ)
async def get_authority(desk: NamedDependency[Desk]) -> AuthorityView:
    """The CA of the CSMS; it is made when it is first asked for."""
    authority = await desk.blocks.issuing.authority()
    return AuthorityView(certificate=authority.certificate_pem, not_after=authority.not_after)


@get("/api/stations/{station_id:str}/certificates", right=Right.READ)
async def get_certificates(desk: NamedDependency[Desk], station_id: StationId) -> list[IssuedCertificate]:
    """Certificates that the CSMS has signed for a station, the newest first."""
    found = await desk.store.dossiers.certificates.newest(known_station(desk, station_id).key)
    return [filed.value for filed in found]


@get("/api/stations/{station_id:str}/local-list", right=Right.READ)
async def get_local_list(desk: NamedDependency[Desk], station_id: StationId) -> ListAtStation:
    """How the local authorization list of a station is."""
    return desk.blocks.lists.of(known_station(desk, station_id).key) or ListAtStation()


@post("/api/stations/{station_id:str}/local-list", status_code=202, right=Right.OPERATE)
async def post_local_list(desk: NamedDependency[Desk], station_id: StationId) -> ListAtStation:
    """Send a station its whole list anew."""
    key = known_station(desk, station_id).key
    await desk.blocks.lists.forget(key)
    desk.blocks.lists.look_at(key)
    return desk.blocks.lists.of(key) or ListAtStation()


ROUTES: Final = (get_authority, get_certificates, get_local_list, post_local_list)
