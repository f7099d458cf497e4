"""What a station has told about itself: variables, monitors, messages on its display, and of a customer."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, PathParameter

from ladewerk.csms.api.asking import StationId, known_station
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.paging import LINKED, USUAL, After, Limit, cursor_of, page
from ladewerk.csms.api.refusals import refused
from ladewerk.csms.dossiers.customers import CustomerReport
from ladewerk.csms.dossiers.displays import Text
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.reports import Attribute, Characteristics, Place, Variable
from ladewerk.csms.dossiers.shelves import Filed
from ladewerk.csms.security.roles import Right


class VariableView(msgspec.Struct, frozen=True, kw_only=True):
    """A variable as last heard of, at ``heard_at``."""

    place: Place
    attributes: tuple[Attribute, ...]
    characteristics: Characteristics | None
    heard_at: datetime


class MonitorView(msgspec.Struct, frozen=True, kw_only=True):
    """A monitor as last heard of, at ``heard_at``."""

    monitor_id: int
    place: Place
    type: str
    value: float
    severity: int
    transaction: bool
    event_notification_type: str | None
    heard_at: datetime


class DisplayMessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message as last heard of, at ``heard_at``."""

    message_id: int
    priority: str
    texts: tuple[Text, ...]
    state: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    transaction_id: str | None
    heard_at: datetime


class CustomerReportView(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked about a customer, and the ``text`` that the station told so far."""

    request_id: int
    status: str
    reason: str
    report: bool
    clear: bool
    asked_at: datetime | None
    changed_at: datetime
    text: str


@get("/api/stations/{station_id:str}/variables", right=Right.READ, response_headers=LINKED)
async def get_variables(
    desk: NamedDependency[Desk],
    request: Request[Any, Any, Any],
    station_id: StationId,
    search: FromQuery[str | None] = None,
    after: After = None,
    limit: Limit = USUAL,
) -> Response[list[VariableView]]:
    """Variables by component and name, with ``search`` in one of them; GetBaseReport has the station tell them all."""
    key = known_station(desk, station_id).key
    behind = cursor_of(after, str)
    found = await desk.store.dossiers.variables.some(
        key, search=search or "", after=(key, "" if behind is None else behind[0]), limit=limit + 1
    )
    return page(request, found, limit, key=lambda one: (one.name,), view=_variable)


@get("/api/stations/{station_id:str}/monitors", right=Right.READ)
async def get_monitors(desk: NamedDependency[Desk], station_id: StationId) -> list[MonitorView]:
    """Monitors on variables; GetMonitoringReport has the station tell them all."""
    found = await desk.store.dossiers.monitors.some(known_station(desk, station_id).key, limit=2000)
    return [MonitorView(**msgspec.structs.asdict(one.value), heard_at=one.at) for one in found]


@get("/api/stations/{station_id:str}/display-messages", right=Right.READ)
async def get_display_messages(desk: NamedDependency[Desk], station_id: StationId) -> list[DisplayMessageView]:
    """Messages on the display; GetDisplayMessages has the station tell them all."""
    found = await desk.store.dossiers.display_messages.some(known_station(desk, station_id).key)
    return [DisplayMessageView(**msgspec.structs.asdict(one.value), heard_at=one.at) for one in found]


@get("/api/stations/{station_id:str}/customer-information", right=Right.OPERATE)
async def get_customer_information(desk: NamedDependency[Desk], station_id: StationId) -> list[CustomerReportView]:
    """What CustomerInformation asked for, the newest first."""
    found = await desk.store.dossiers.customers.newest(known_station(desk, station_id).key)
    return [_customer_report(one.value) for one in found]


@delete("/api/stations/{station_id:str}/customer-information/{number:int}", status_code=204, right=Right.OPERATE)
async def delete_customer_information(
    desk: NamedDependency[Desk], station_id: StationId, number: Annotated[int, PathParameter(description="its request id")]
) -> None:
    """Forget here what a station told of a customer; the station itself is told to by CustomerInformation."""
    key = known_station(desk, station_id).key
    if await desk.store.dossiers.customers.get(key, numbered(number)) is None:
        raise refused(404, "unknown-report", f"there is no report {number}", number=number)
    await desk.store.dossiers.customers.drop(key, [numbered(number)])


def _variable(filed: Filed[Variable]) -> VariableView:
    return VariableView(**msgspec.structs.asdict(filed.value), heard_at=filed.at)


def _customer_report(known: CustomerReport) -> CustomerReportView:
    return CustomerReportView(
        request_id=known.request_id,
        status=known.status,
        reason=known.reason,
        report=known.report,
        clear=known.clear,
        asked_at=known.asked_at,
        changed_at=known.changed_at,
        text=known.text,
    )


ROUTES: Final = (get_variables, get_monitors, get_display_messages, get_customer_information, delete_customer_information)
