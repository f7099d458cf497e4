"""Firmware and logs of stations: what was asked for, and how far it is."""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import UNSET

from ladewerk.csms.api.asking import StationId, ask, known_station
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.paging import USUAL, Limit
from ladewerk.csms.api.refusals import refused
from ladewerk.csms.api.times import aware
from ladewerk.csms.dossiers.errand_keeping import firmware_updates, log_uploads_of
from ladewerk.csms.dossiers.errands import Errand
from ladewerk.csms.dossiers.firmware import FirmwareUpdate
from ladewerk.csms.dossiers.log_uploads import LogUpload
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.shelves import Shelf
from ladewerk.csms.security.roles import Right
from ladewerk.ocpp import v21

E = TypeVar("E", bound=Errand)

Location = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Retries = Annotated[int, msgspec.Meta(ge=0, le=100)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=86_400)]


class NewFirmwareUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A firmware to install; ``retrieve_at`` None: at once. With a ``signature`` the station checks it (L01)."""

    location: Location
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    signing_certificate: Annotated[str, msgspec.Meta(max_length=5500)] | None = None
    signature: Annotated[str, msgspec.Meta(max_length=800)] | None = None
    retries: Retries | None = None
    retry_interval_s: Seconds | None = None


class NewLogUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A log to bring to ``location``, which may hold a name and a password for that place."""

    location: Location
    log_type: Literal["DiagnosticsLog", "SecurityLog", "DataCollectorLog"] = "DiagnosticsLog"
    oldest_at: datetime | None = None
    latest_at: datetime | None = None
    retries: Retries | None = None
    retry_interval_s: Seconds | None = None


@get("/api/stations/{station_id:str}/firmware", right=Right.READ)
async def get_firmware(desk: NamedDependency[Desk], station_id: StationId, limit: Limit = USUAL) -> list[FirmwareUpdate]:
    """Updates of a station's firmware, those that moved last first."""
    station = known_station(desk, station_id)
    return [filed.value for filed in await desk.store.dossiers.firmware.newest(station.key, limit)]


@post("/api/stations/{station_id:str}/firmware", right=Right.OPERATE)
async def post_firmware(
    desk: NamedDependency[Desk], station_id: StationId, data: JSONBody[NewFirmwareUpdate]
) -> FirmwareUpdate:
    """Ask a station to update its firmware; what it answered is the status."""
    aware(data, "retrieve_at", "install_at")
    station = known_station(desk, station_id)
    now = desk.clock.now()
    request = v21.UpdateFirmwareRequest(
        request_id=await firmware_updates(desk.store.dossiers).new_request_id(station.key, now),
        firmware=v21.FirmwareType(
            location=data.location,
            retrieve_date_time=data.retrieve_at or now,
            install_date_time=UNSET if data.install_at is None else data.install_at,
            signing_certificate=UNSET if data.signing_certificate is None else data.signing_certificate,
            signature=UNSET if data.signature is None else data.signature,
        ),
        retries=UNSET if data.retries is None else data.retries,
        retry_interval=UNSET if data.retry_interval_s is None else data.retry_interval_s,
    )
    await ask(desk, station.station_id, request)
    return await _kept(desk.store.dossiers.firmware, station.key, request.request_id)


@get("/api/stations/{station_id:str}/logs", right=Right.READ)
async def get_logs(desk: NamedDependency[Desk], station_id: StationId, limit: Limit = USUAL) -> list[LogUpload]:
    """Uploads of a station's logs, those that moved last first."""
    station = known_station(desk, station_id)
    return [filed.value for filed in await desk.store.dossiers.logs.newest(station.key, limit)]


@post("/api/stations/{station_id:str}/logs", right=Right.OPERATE)
async def post_log(desk: NamedDependency[Desk], station_id: StationId, data: JSONBody[NewLogUpload]) -> LogUpload:
    """Ask a station to upload a log; what it answered is the status."""
    aware(data, "oldest_at", "latest_at")
    station = known_station(desk, station_id)
    number = await log_uploads_of(desk.store.dossiers).new_request_id(station.key, desk.clock.now())
    request = v21.GetLogRequest(
        request_id=number,
        log_type=v21.LogEnumType(data.log_type),
        log=v21.LogParametersType(
            remote_location=data.location,
            oldest_timestamp=UNSET if data.oldest_at is None else data.oldest_at,
            latest_timestamp=UNSET if data.latest_at is None else data.latest_at,
        ),
        retries=UNSET if data.retries is None else data.retries,
        retry_interval=UNSET if data.retry_interval_s is None else data.retry_interval_s,
    )
    await ask(desk, station.station_id, request)
    return await _kept(desk.store.dossiers.logs, station.key, number)


async def _kept(shelf: Shelf[E], station: str, request_id: int) -> E:
    found = await shelf.get(station, numbered(request_id))
    if found is None:
        raise refused(500, "internal", "newer errands have pushed this one out of the dossier")
    return found


ROUTES: Final = (get_firmware, post_firmware, get_logs, post_log)
