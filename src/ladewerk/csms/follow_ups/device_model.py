"""Variables that were read or set, monitors and messages that were set or taken away."""

from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.csms.commands import FollowUp
from ladewerk.csms.dossiers import displays, monitoring
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.reports import Place, Variable, place_of, with_value
from ladewerk.csms.dossiers.shelves import Dossiers, Topic
from ladewerk.csms.records import station_key
from ladewerk.ocpp import v21


def of_inventories(inventories: Inventories, clock: Clock) -> FollowUp[v21.GetBaseReportRequest, v21.GetBaseReportResponse]:
    """B07: of a full inventory it is known what it must hold."""

    async def before(station: str, request: v21.GetBaseReportRequest) -> None:
        if request.report_base == "FullInventory":
            inventories.asked(Topic.VARIABLE, station_key(station), request.request_id, clock.now())

    async def answered(station: str, request: v21.GetBaseReportRequest, answer: v21.GetBaseReportResponse) -> None:
        if answer.status != "Accepted":
            inventories.refused(Topic.VARIABLE, station_key(station), request.request_id)

    async def refused(station: str, request: v21.GetBaseReportRequest, _why: str) -> None:
        inventories.refused(Topic.VARIABLE, station_key(station), request.request_id)

    return FollowUp(before=before, answered=answered, refused=refused)


def of_all_monitors(
    dossiers: Dossiers, inventories: Inventories, clock: Clock
) -> FollowUp[v21.GetMonitoringReportRequest, v21.GetMonitoringReportResponse]:
    """N02: without anything that they must be, all monitors are asked for."""

    def is_whole(request: v21.GetMonitoringReportRequest) -> bool:
        return request.component_variable is UNSET and request.monitoring_criteria is UNSET

    async def before(station: str, request: v21.GetMonitoringReportRequest) -> None:
        if is_whole(request):
            inventories.asked(Topic.MONITOR, station_key(station), request.request_id, clock.now())

    async def answered(
        station: str, request: v21.GetMonitoringReportRequest, answer: v21.GetMonitoringReportResponse
    ) -> None:
        if answer.status != "Accepted":
            inventories.refused(Topic.MONITOR, station_key(station), request.request_id)
        if answer.status == "EmptyResultSet" and is_whole(request):
            await dossiers.monitors.drop_before(station, clock.now())

    async def refused(station: str, request: v21.GetMonitoringReportRequest, _why: str) -> None:
        inventories.refused(Topic.MONITOR, station_key(station), request.request_id)

    return FollowUp(before=before, answered=answered, refused=refused)


def of_reading(dossiers: Dossiers, clock: Clock) -> FollowUp[v21.GetVariablesRequest, v21.GetVariablesResponse]:
    """B06."""

    async def answered(station: str, _request: v21.GetVariablesRequest, answer: v21.GetVariablesResponse) -> None:
        for one in answer.get_variable_result:
            if one.attribute_status == "Accepted" and one.attribute_value is not UNSET:
                kind = "Actual" if one.attribute_type is UNSET else str(one.attribute_type)
                await _keep(dossiers, clock, station, place_of(one.component, one.variable), kind, one.attribute_value)

    return FollowUp(answered=answered)


def of_setting(dossiers: Dossiers, clock: Clock) -> FollowUp[v21.SetVariablesRequest, v21.SetVariablesResponse]:
    """B05; an answer says of which variable it is, whatever the order."""

    async def answered(station: str, request: v21.SetVariablesRequest, answer: v21.SetVariablesResponse) -> None:
        accepted = {
            (place_of(one.component, one.variable).name, _kind(one.attribute_type))
            for one in answer.set_variable_result
            if one.attribute_status == "Accepted"
        }
        for one in request.set_variable_data:
            place, kind = place_of(one.component, one.variable), _kind(one.attribute_type)
            if (place.name, kind) in accepted:
                await _keep(dossiers, clock, station, place, kind, one.attribute_value)

    return FollowUp(answered=answered)


def of_setting_monitors(
    dossiers: Dossiers, clock: Clock
) -> FollowUp[v21.SetVariableMonitoringRequest, v21.SetVariableMonitoringResponse]:
    """N04."""

    async def answered(
        station: str, request: v21.SetVariableMonitoringRequest, answer: v21.SetVariableMonitoringResponse
    ) -> None:
        monitors = monitoring.newly_set(request.set_monitoring_data, answer.set_monitoring_result)
        await dossiers.monitors.put(station, monitors, clock.now())

    return FollowUp(answered=answered)


def of_clearing_monitors(
    dossiers: Dossiers,
) -> FollowUp[v21.ClearVariableMonitoringRequest, v21.ClearVariableMonitoringResponse]:
    """N06."""

    async def answered(
        station: str, _request: v21.ClearVariableMonitoringRequest, answer: v21.ClearVariableMonitoringResponse
    ) -> None:
        gone = [one.id for one in answer.clear_monitoring_result if one.status in {"Accepted", "NotFound"}]
        await dossiers.monitors.drop(station, map(numbered, gone))

    return FollowUp(answered=answered)


def of_showing(dossiers: Dossiers, clock: Clock) -> FollowUp[v21.SetDisplayMessageRequest, v21.SetDisplayMessageResponse]:
    """O01, O02, O06."""

    async def answered(station: str, request: v21.SetDisplayMessageRequest, answer: v21.SetDisplayMessageResponse) -> None:
        if answer.status == "Accepted":
            await dossiers.display_messages.put(station, displays.shown([request.message]), clock.now())

    return FollowUp(answered=answered)


def of_all_messages(
    dossiers: Dossiers, inventories: Inventories, clock: Clock
) -> FollowUp[v21.GetDisplayMessagesRequest, v21.GetDisplayMessagesResponse]:
    """O03: without anything that they must be, all messages are asked for."""

    def is_whole(request: v21.GetDisplayMessagesRequest) -> bool:
        return request.id is UNSET and request.priority is UNSET and request.state is UNSET

    async def before(station: str, request: v21.GetDisplayMessagesRequest) -> None:
        if is_whole(request):
            inventories.asked(Topic.DISPLAY_MESSAGE, station_key(station), request.request_id, clock.now())

    async def answered(station: str, request: v21.GetDisplayMessagesRequest, answer: v21.GetDisplayMessagesResponse) -> None:
        if answer.status != "Accepted":
            inventories.refused(Topic.DISPLAY_MESSAGE, station_key(station), request.request_id)
        if answer.status == "Unknown" and is_whole(request):
            await dossiers.display_messages.drop_before(station, clock.now())

    async def refused(station: str, request: v21.GetDisplayMessagesRequest, _why: str) -> None:
        inventories.refused(Topic.DISPLAY_MESSAGE, station_key(station), request.request_id)

    return FollowUp(before=before, answered=answered, refused=refused)


def of_no_longer_showing(
    dossiers: Dossiers,
) -> FollowUp[v21.ClearDisplayMessageRequest, v21.ClearDisplayMessageResponse]:
    """O05."""

    async def answered(
        station: str, request: v21.ClearDisplayMessageRequest, answer: v21.ClearDisplayMessageResponse
    ) -> None:
        if answer.status in {"Accepted", "Unknown"}:
            await dossiers.display_messages.drop(station, [numbered(request.id)])

    return FollowUp(answered=answered)


def _kind(said: object) -> str:
    return "Actual" if said is UNSET else str(said)


async def _keep(dossiers: Dossiers, clock: Clock, station: str, place: Place, kind: str, value: str) -> None:
    def changed(known: Variable | None) -> Variable:
        return with_value(known, place, kind, value)

    await dossiers.variables.change(station, place.name, clock.now(), changed)
