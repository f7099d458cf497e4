"""Block B: a station introduces itself and reports its variables."""

from typing import Final

from msgspec import UNSET

from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.dossiers.registrations import SHEET, Registration
from ladewerk.csms.dossiers.reports import reported
from ladewerk.csms.dossiers.shelves import Topic
from ladewerk.csms.handlers.writing import written
from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21

HEARTBEAT_INTERVAL_S: Final = 300
"""How often a silent station shows that it is there."""


async def boot_notification(
    ctx: Context[StationSession], request: v21.BootNotificationRequest
) -> v21.BootNotificationResponse:
    """B01, B02, B03: accepted, unless an operator has said that it shall wait or go."""
    session = ctx.state
    reading = session.store.dossiers.registrations.get(session.station_id, SHEET)
    said = await written("the station", reading) or Registration()
    accepted = said.status == "Accepted"
    about = request.charging_station
    now = session.clock.now()
    session.invited.clear()
    await session.ledger.change_station(
        session.key,
        vendor=about.vendor_name,
        model=about.model,
        firmware=None if about.firmware_version is UNSET else about.firmware_version,
        serial_number=None if about.serial_number is UNSET else about.serial_number,
        booted_at=now if accepted else None,
        last_seen=now,
    )
    return v21.BootNotificationResponse(
        current_time=now,
        interval=HEARTBEAT_INTERVAL_S if accepted else said.interval_s,
        status=v21.RegistrationStatusEnumType(said.status),
    )


class Reports:
    """What stations tell of their variables."""

    def __init__(self, inventories: Inventories) -> None:
        self._inventories = inventories

    async def notify_report(
        self, ctx: Context[StationSession], request: v21.NotifyReportRequest
    ) -> v21.NotifyReportResponse:
        """B07, B08: part of a report, its variables kept as last heard of."""
        session = ctx.state
        shelf = session.store.dossiers.variables
        if request.report_data is not UNSET:
            variables = reported(request.report_data)
            await written("the variables", shelf.put(session.station_id, variables, session.clock.now()))
        complete_since = self._inventories.part(
            Topic.VARIABLE, session.key, request.request_id, request.seq_no, is_last=request.tbc is not True
        )
        if complete_since is not None:
            await written("the variables", shelf.drop_before(session.station_id, complete_since))
        return v21.NotifyReportResponse()
