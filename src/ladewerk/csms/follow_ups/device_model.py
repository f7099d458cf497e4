"""Variables that were read or set, monitors and messages that were set or taken away."""

from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.csms.commands import FollowUp
from ladewerk.csms.dossiers import displays, monitoring
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.reports import Place, Variable, place_of, with_value
from ladewerk.csms.dossiers.shelves import Dossiers
from ladewerk.ocpp import v21


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
