"""Which action is answered by which function."""

from ladewerk.ocpp import Router, v21
from ladewerk.station.handlers import provisioning, remote_control, smart_charging
from ladewerk.station.handlers.reach import Reach


def station_router() -> Router[Reach]:
    """All that this station answers; the router itself answers NotSupported to the rest."""
    router: Router[Reach] = Router()
    router.on(v21.SetChargingProfileRequest)(smart_charging.set_charging_profile)
    router.on(v21.ClearChargingProfileRequest)(smart_charging.clear_charging_profile)
    router.on(v21.GetChargingProfilesRequest)(smart_charging.get_charging_profiles)
    router.observe(v21.GetChargingProfilesRequest)(smart_charging.report_charging_profiles)
    router.on(v21.GetCompositeScheduleRequest)(smart_charging.get_composite_schedule)
    router.on(v21.UpdateDynamicScheduleRequest)(smart_charging.update_dynamic_schedule)
    router.on(v21.RequestStartTransactionRequest)(remote_control.request_start_transaction)
    router.on(v21.RequestStopTransactionRequest)(remote_control.request_stop_transaction)
    router.on(v21.TriggerMessageRequest)(remote_control.trigger_message)
    router.observe(v21.TriggerMessageRequest)(remote_control.boot_when_triggered)
    router.on(v21.GetVariablesRequest)(provisioning.get_variables)
    router.on(v21.SetVariablesRequest)(provisioning.set_variables)
    router.on(v21.ResetRequest)(provisioning.reset)
    router.observe(v21.ResetRequest)(provisioning.reset_when_answered)
    return router
