"""Block K: charging profiles of the transactions that are open here."""

from msgspec import UNSET

from ladewerk.charging.schedule import Installed, Reason, amps_timeline, check_tx_profile, offerable
from ladewerk.ocpp import Context, v21
from ladewerk.station.control import UnitControl
from ladewerk.station.events import PlanCleared, PlanReceived
from ladewerk.station.handlers.reach import Reach, info
from ladewerk.station.wording import text


async def set_charging_profile(
    ctx: Context[Reach], request: v21.SetChargingProfileRequest
) -> v21.SetChargingProfileResponse:
    """K01: install a TxProfile; the unit follows it from now on. The same id replaces (K01.FR.05)."""
    profile = request.charging_profile
    unit = ctx.state.units.of_evse(request.evse_id)
    transaction = unit.transaction if unit is not None else None
    refusal = check_tx_profile(
        request.evse_id,
        profile,
        evse_ids=ctx.state.units.evse_ids,
        transaction_id=transaction.transaction_id if transaction is not None else None,
        installed=None if unit is None else unit.profile,
    )
    if refusal is not None or unit is None:
        reason, why = (Reason.INVALID_VALUE, "no such EVSE") if refusal is None else (refusal.reason, refusal.text)
        return _rejected(reason.value, why)
    line = offerable(amps_timeline(profile, begun_at=ctx.state.clock.now(), phases=unit.state.rules.phases))
    refused = unit.handle(PlanReceived(line))
    if refused is not None and refused.code != "plan_expired":
        return _rejected(Reason.INVALID_PROFILE.value, text(refused.code, refused.params))
    unit.profile = Installed(profile.id, profile.stack_level)
    return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.ACCEPTED)


def _rejected(reason: str, why: str) -> v21.SetChargingProfileResponse:
    return v21.SetChargingProfileResponse(status=v21.ChargingProfileStatusEnumType.REJECTED, status_info=info(reason, why))


async def clear_charging_profile(
    ctx: Context[Reach], request: v21.ClearChargingProfileRequest
) -> v21.ClearChargingProfileResponse:
    """K10: take profiles back, by id or by all criteria given; nothing matched is Unknown."""
    matched = [unit for unit in ctx.state.units if _matches(unit, request)]
    for unit in matched:
        unit.profile = None
        unit.handle(PlanCleared())
    status = v21.ClearChargingProfileStatusEnumType
    return v21.ClearChargingProfileResponse(status=status.ACCEPTED if matched else status.UNKNOWN)


def _matches(unit: UnitControl, request: v21.ClearChargingProfileRequest) -> bool:
    if unit.profile is None:
        return False
    if request.charging_profile_id is not UNSET:
        return unit.profile.profile_id == request.charging_profile_id
    criteria = request.charging_profile_criteria
    if criteria is UNSET:
        return True
    return (
        criteria.evse_id in (UNSET, unit.evse_id)
        and criteria.charging_profile_purpose in (UNSET, v21.ChargingProfilePurposeEnumType.TX_PROFILE)
        and criteria.stack_level in (UNSET, unit.profile.stack_level)
    )
