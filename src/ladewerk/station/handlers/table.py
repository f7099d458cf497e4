"""Which action is answered by which function."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import Context, Router, v21
from ladewerk.station.handlers import (
    authorization,
    availability,
    provisioning,
    remote_control,
    smart_charging,
    transactions,
    trigger,
    variables,
)
from ladewerk.station.handlers.reach import Reach

Responder = Callable[[Context[Reach], Any], Awaitable[Any]]

RESPONDERS: Final[dict[type[Any], Responder]] = {
    v21.ChangeAvailabilityRequest: availability.change_availability,
    v21.ClearCacheRequest: authorization.clear_cache,
    v21.ClearChargingProfileRequest: smart_charging.clear_charging_profile,
    v21.DataTransferRequest: transactions.data_transfer,
    v21.GetBaseReportRequest: variables.get_base_report,
    v21.GetChargingProfilesRequest: smart_charging.get_charging_profiles,
    v21.GetCompositeScheduleRequest: smart_charging.get_composite_schedule,
    v21.GetLocalListVersionRequest: authorization.get_local_list_version,
    v21.GetReportRequest: variables.get_report,
    v21.GetTransactionStatusRequest: transactions.get_transaction_status,
    v21.GetVariablesRequest: variables.get_variables,
    v21.RequestStartTransactionRequest: remote_control.request_start_transaction,
    v21.RequestStopTransactionRequest: remote_control.request_stop_transaction,
    v21.ResetRequest: provisioning.reset,
    v21.SendLocalListRequest: authorization.send_local_list,
    v21.SetChargingProfileRequest: smart_charging.set_charging_profile,
    v21.SetNetworkProfileRequest: provisioning.set_network_profile,
    v21.SetVariablesRequest: variables.set_variables,
    v21.TriggerMessageRequest: trigger.trigger_message,
    v21.UnlockConnectorRequest: remote_control.unlock_connector,
    v21.UpdateDynamicScheduleRequest: smart_charging.update_dynamic_schedule,
}
"""The router itself answers NotSupported to every other action."""

BEHIND_THE_ANSWER: Final[dict[type[Any], Responder]] = {
    v21.GetBaseReportRequest: variables.report_base,
    v21.GetChargingProfilesRequest: smart_charging.report_charging_profiles,
    v21.GetReportRequest: variables.report_found,
    v21.RequestStartTransactionRequest: remote_control.start_when_authorized,
    v21.ResetRequest: provisioning.reset_when_answered,
    v21.SetVariablesRequest: provisioning.reconnect_with_password,
    v21.TriggerMessageRequest: trigger.send_triggered,
}


def station_router() -> Router[Reach]:
    """All that this station answers."""
    router: Router[Reach] = Router()
    for request_type, responder in RESPONDERS.items():
        router.on(request_type)(_once_admitted(responder))
    for request_type, observer in BEHIND_THE_ANSWER.items():
        router.observe(request_type)(observer)
    return router


def _once_admitted(responder: Responder) -> Responder:
    async def answer(ctx: Context[Reach], request: Any) -> Any:
        if ctx.state.link.registration is v21.RegistrationStatusEnumType.REJECTED:
            raise RemoteProtocolError(
                "SecurityError", "the boot was rejected: nothing is answered until it is accepted (B03.FR.08)"
            )
        return await responder(ctx, request)

    return answer
