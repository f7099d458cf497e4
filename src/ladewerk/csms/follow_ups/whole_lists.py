"""Lists that a station tells in parts: of one that it was asked for as a whole it is known what it must hold."""

from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.csms.commands import FollowUp
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.dossiers.shelves import Dossiers, Shelf, Topic
from ladewerk.csms.records import station_key
from ladewerk.ocpp import v21


def of_variables(inventories: Inventories, clock: Clock) -> FollowUp[v21.GetBaseReportRequest, v21.GetBaseReportResponse]:
    """B07: a full inventory is asked for by name."""

    def is_whole(request: v21.GetBaseReportRequest) -> bool:
        return request.report_base == "FullInventory"

    return _of_list(Topic.VARIABLE, is_whole, inventories, clock)


def of_monitors(
    dossiers: Dossiers, inventories: Inventories, clock: Clock
) -> FollowUp[v21.GetMonitoringReportRequest, v21.GetMonitoringReportResponse]:
    """N02: without anything that they must be, all monitors are asked for."""

    def is_whole(request: v21.GetMonitoringReportRequest) -> bool:
        return request.component_variable is UNSET and request.monitoring_criteria is UNSET

    return _of_list(Topic.MONITOR, is_whole, inventories, clock, none=("EmptyResultSet", dossiers.monitors))


def of_messages(
    dossiers: Dossiers, inventories: Inventories, clock: Clock
) -> FollowUp[v21.GetDisplayMessagesRequest, v21.GetDisplayMessagesResponse]:
    """O03: without anything that they must be, all messages are asked for."""

    def is_whole(request: v21.GetDisplayMessagesRequest) -> bool:
        return request.id is UNSET and request.priority is UNSET and request.state is UNSET

    return _of_list(Topic.DISPLAY_MESSAGE, is_whole, inventories, clock, none=("Unknown", dossiers.display_messages))


def _of_list(
    topic: Topic,
    is_whole: Callable[[Any], bool],
    inventories: Inventories,
    clock: Clock,
    *,
    none: tuple[str, Shelf[Any]] | None = None,
) -> FollowUp[Any, Any]:
    """``none`` is the status with which a station says that it has none, and where those are that it had."""

    async def before(station: str, request: Any) -> None:
        if is_whole(request):
            inventories.asked(topic, station_key(station), request.request_id, clock.now())

    async def answered(station: str, request: Any, answer: Any) -> None:
        if answer.status != "Accepted":
            inventories.refused(topic, station_key(station), request.request_id)
        if none is not None and answer.status == none[0] and is_whole(request):
            await none[1].drop_before(station, clock.now())

    async def refused(station: str, request: Any, _why: str) -> None:
        inventories.refused(topic, station_key(station), request.request_id)

    return FollowUp(before=before, answered=answered, refused=refused)
