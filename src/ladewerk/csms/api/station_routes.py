"""Stations: who may connect, how they are, and commands to them."""

import secrets
from dataclasses import replace
from typing import Annotated, Any, Final, cast

import litestar
import msgspec
from litestar import Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from ladewerk.csms.api.asking import ask
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.api.refusals import faulty, refused
from ladewerk.csms.api.views import StationView, station_names, station_or_waiting, station_view
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.records import StationRecord, station_key
from ladewerk.csms.security.roles import Right
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, KnownQuirks, Quirks, QuirksSaid
from ladewerk.csms.stations.passwords import LEAST_LENGTH, MOST_LENGTH, hash_password
from ladewerk.errors import ConfigError, RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload, Request, decode, write
from ladewerk.ocpp.websocket import checked_identity

StationId = Annotated[str, PathParameter(description="identity of the station", max_length=48)]

SENT_BY_STATIONS: Final = frozenset(
    {
        "Authorize",
        "BatterySwap",
        "BootNotification",
        "ClearedChargingLimit",
        "ClosePeriodicEventStream",
        "FirmwareStatusNotification",
        "Get15118EVCertificate",
        "GetCertificateChainStatus",
        "GetCertificateStatus",
        "Heartbeat",
        "LogStatusNotification",
        "MeterValues",
        "NotifyChargingLimit",
        "NotifyCustomerInformation",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyDisplayMessages",
        "NotifyEVChargingNeeds",
        "NotifyEVChargingSchedule",
        "NotifyEvent",
        "NotifyMonitoringReport",
        "NotifyPeriodicEventStream",
        "NotifyPriorityCharging",
        "NotifyReport",
        "NotifySettlement",
        "OpenPeriodicEventStream",
        "PublishFirmwareStatusNotification",
        "PullDynamicScheduleUpdate",
        "ReportChargingProfiles",
        "ReportDERControl",
        "ReservationStatusUpdate",
        "SecurityEventNotification",
        "SignCertificate",
        "StatusNotification",
        "TransactionEvent",
        "VatNumberValidation",
    }
)
"""Actions of OCPP 2.1 that only a station calls (part 2, messages); all others are commands of a CSMS."""


class NewStation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A station to let in; with a ``password`` it must prove itself, with ``make_password`` it gets one."""

    id: str
    password: str | None = None
    make_password: bool = False


class AddedStation(msgspec.Struct, frozen=True, kw_only=True):
    """``password`` is shown this once, and only if it was made here."""

    station: StationView
    password: str | None


@get("/api/stations", right=Right.READ, response_headers=LINKED)
async def get_stations(
    desk: NamedDependency[Desk],
    request: litestar.Request[Any, Any, Any],
    search: FromQuery[str | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[StationView]]:
    """Stations by identity, with ``search`` in it: those that are known, and those that wait to be approved."""
    behind = cursor_of(after, str)
    names = station_names(desk.ledger, search or "", "" if behind is None else behind[0])[: limit + 1]
    return page(
        request,
        names,
        limit,
        key=lambda name: (name,),
        view=lambda name: station_or_waiting(name, desk.ledger, desk.connections),
    )


@post("/api/stations", right=Right.ADMINISTER)
async def post_station(desk: NamedDependency[Desk], data: JSONBody[NewStation]) -> AddedStation:
    """Let a station in, or give one that is known another password; it begins anew with any security profile."""
    try:
        checked_identity(data.id)
    except ConfigError as err:
        raise faulty(Fault(field="id", code="not-an-identity", text=err.why)) from err
    password = secrets.token_urlsafe(24) if data.make_password else data.password
    if password is not None and not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise faulty(
            Fault(
                field="password",
                code="length",
                params={"least": LEAST_LENGTH, "most": MOST_LENGTH},
                text=f"a password has {LEAST_LENGTH} to {MOST_LENGTH} characters",
            )
        )
    known = desk.ledger.stations.get(station_key(data.id))
    record = known or StationRecord(station_id=data.id, approved_at=desk.clock.now())
    password_hash = None if password is None else hash_password(password)
    await desk.ledger.put_station(replace(record, password_hash=password_hash, security_profile=0))
    return AddedStation(station=_view(desk, data.id), password=password if data.make_password else None)


@post("/api/stations/{station_id:str}/approve", status_code=200, right=Right.ADMINISTER)
async def approve(desk: NamedDependency[Desk], station_id: StationId) -> StationView:
    """Let a waiting station in, without a password."""
    key = station_key(station_id)
    waiting = desk.ledger.waiting.get(key)
    if waiting is not None:
        await desk.ledger.put_station(StationRecord(station_id=waiting.station_id, approved_at=desk.clock.now()))
    return _view(desk, station_id)


@post("/api/stations/{station_id:str}/refuse", status_code=204, right=Right.ADMINISTER)
async def refuse(desk: NamedDependency[Desk], station_id: StationId) -> None:
    """Take a waiting station off the list; there it comes again only after a start of the CSMS."""
    if not desk.ledger.turn_away(station_key(station_id)):
        raise refused(404, "unknown-station", f"no station {station_id!r} waits", station=station_id)


@get("/api/stations/{station_id:str}", right=Right.READ)
async def get_station(desk: NamedDependency[Desk], station_id: StationId) -> StationView:
    """A known station."""
    return _view(desk, station_id)


class QuirksView(msgspec.Struct, frozen=True, kw_only=True):
    """Quirks of a station: ``said`` by an operator, ``found`` by asking it, what is ``used`` of both, and the ``usual``."""

    said: QuirksSaid
    found: QuirksSaid
    used: Quirks
    usual: Quirks = NO_QUIRKS


@get("/api/stations/{station_id:str}/quirks", right=Right.READ)
async def get_quirks(desk: NamedDependency[Desk], station_id: StationId) -> QuirksView:
    """The quirks of a station."""
    return _quirks_view(desk, station_id)


@put("/api/stations/{station_id:str}/quirks", right=Right.OPERATE)
async def put_quirks(desk: NamedDependency[Desk], station_id: StationId, data: JSONBody[QuirksSaid]) -> QuirksView:
    """Say all that an operator has to say of a station: what is left out is what the station itself says, or the usual."""
    key = station_key(_view(desk, station_id).id)
    known = replace(desk.ledger.quirks.get(key, KnownQuirks()), said=data)
    faults = known.faults()
    if faults:
        raise faulty(*faults)
    await desk.ledger.put_quirks(key, known)
    return _quirks_view(desk, station_id)


@post("/api/stations/{station_id:str}/commands/{action:str}", status_code=200, right=Right.OPERATE)
async def command(
    desk: NamedDependency[Desk],
    station_id: StationId,
    action: FromPath[str],
    data: JSONBody[dict[str, Any]],
    request: litestar.Request[Any, Any, Any],
) -> Response[bytes]:
    """Send an OCPP command with the OCPP 2.1 payload in the body; the station's answer is the reply."""
    del data
    station = _view(desk, station_id)
    known = v21.ACTIONS.get(action)
    if known is None or known.response is None or action in SENT_BY_STATIONS:
        raise refused(404, "unknown-action", f"{action} is no command of a CSMS in OCPP 2.1", action=action)
    try:
        call = decode(known.request, await request.body())
    except RemoteProtocolError as err:
        path = err.path.removeprefix("$").lstrip(".")
        raise faulty(Fault(field=path, code=err.code, text=err.description)) from err
    # Every action here has a response, so its payload is a Request.
    answer = await ask(desk, station.id, cast("Request[Payload]", call))
    # Not checked again: a station may be forgiven what its class forbids.
    return Response(write(answer), media_type="application/json")


def _quirks_view(desk: Desk, station_id: str) -> QuirksView:
    known = desk.ledger.quirks.get(station_key(_view(desk, station_id).id), KnownQuirks())
    return QuirksView(said=known.said, found=known.found, used=known.used())


def _view(desk: Desk, station_id: str) -> StationView:
    record = desk.ledger.stations.get(station_key(station_id))
    if record is None:
        raise refused(404, "unknown-station", f"no station {station_id!r} is known", station=station_id)
    return station_view(record, desk.ledger, desk.connections)


ROUTES: Final = (get_stations, post_station, approve, get_station, get_quirks, put_quirks, refuse, command)
