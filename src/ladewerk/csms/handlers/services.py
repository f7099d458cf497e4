"""What a station asks for that this CSMS has not: refused, with the reason (C20, K28)."""

from typing import Final

from ladewerk.csms.stations.session import StationSession
from ladewerk.ocpp import Context, v21

_NO_REGISTER: Final = v21.StatusInfoType(
    reason_code="NoProvider", additional_info="no register of VAT numbers is set at this CSMS"
)
_NO_UPDATES: Final = v21.StatusInfoType(
    reason_code="NoProfile", additional_info="this CSMS has no dynamic profile of that id to update"
)


async def vat_number_validation(
    _ctx: Context[StationSession], request: v21.VatNumberValidationRequest
) -> v21.VatNumberValidationResponse:
    """Whether a number is that of a company, for a receipt."""
    return v21.VatNumberValidationResponse(
        vat_number=request.vat_number,
        evse_id=request.evse_id,
        status=v21.GenericStatusEnumType.REJECTED,
        status_info=_NO_REGISTER,
    )


async def pull_dynamic_schedule_update(
    _ctx: Context[StationSession], _request: v21.PullDynamicScheduleUpdateRequest
) -> v21.PullDynamicScheduleUpdateResponse:
    """K28: a new limit of a dynamic profile; the plans of this CSMS are none, and one by hand is updated by hand."""
    return v21.PullDynamicScheduleUpdateResponse(status=v21.ChargingProfileStatusEnumType.REJECTED, status_info=_NO_UPDATES)
