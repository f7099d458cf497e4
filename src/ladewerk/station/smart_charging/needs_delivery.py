"""How a unit's need reaches the CSMS: behind the events that tell of its transaction, spaced from those of other units."""

from typing import Final

from msgspec import UNSET

from ladewerk.errors import CallFailed, CallRefused, LocalProtocolError
from ladewerk.ocpp import AnswerMalformed, v21
from ladewerk.ocpp.messages import CustomData
from ladewerk.station.control import UnitControl
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.transactions.journal import Journal
from ladewerk.station.unit.events import NeedsAnswered
from ladewerk.station.unit.needs import MODE_NUMBER, Needs

_MOST_PERIODS: Final = 1024
_VOLTAGE_V: Final = 230


def needs_request(evse_id: int, phases: int, needs: Needs, cable_limit_a: float) -> v21.NotifyEVChargingNeedsRequest:
    """NotifyEVChargingNeeds; whole numbers, as OCPP 2.0.1 wants them, never less energy nor more current than wanted.

    The currents are those of vehicle and cable (2.0.1 part 2, ACChargingParametersType): who plans with more than the
    cable takes plans too short.
    """
    transfer = v21.EnergyTransferModeEnumType
    return v21.NotifyEVChargingNeedsRequest(
        evse_id=evse_id,
        max_schedule_tuples=_MOST_PERIODS,
        charging_needs=v21.ChargingNeedsType(
            requested_energy_transfer=transfer.AC_THREE_PHASE if phases == 3 else transfer.AC_SINGLE_PHASE,
            departure_time=needs.depart_at,
            ac_charging_parameters=v21.ACChargingParametersType(
                energy_amount=int(-(-needs.energy_wh // 1)),
                ev_min_current=int(-(-min(needs.min_current_a, cable_limit_a) // 1)),
                ev_max_current=int(min(needs.max_current_a, cable_limit_a)),
                ev_max_voltage=_VOLTAGE_V,
            ),
        ),
        custom_data=CustomData(vendorId="Ladewerk", mode=MODE_NUMBER[needs.mode]),
    )


async def deliver(unit: UnitControl, needs: Needs, *, link: CsmsLink, journal: Journal) -> None:
    """Send ``needs`` and tell the unit what the CSMS answered."""
    transaction = unit.transaction
    if not link.is_up or transaction is None:
        unit.handle(NeedsAnswered(accepted=False, retry=True))
        return
    # The CSMS must know the transaction before it can plan for it.
    await journal.emptied()
    if unit.transaction is None or unit.transaction.transaction_id != transaction.transaction_id:
        return
    state = unit.state
    cable_a = needs.max_current_a if state.cable_limit_a is None else state.cable_limit_a
    try:
        answer = await link.call(needs_request(unit.evse_id, state.rules.phases, needs, cable_a))
    except (CallRefused, AnswerMalformed, LocalProtocolError) as err:
        unit.handle(NeedsAnswered(accepted=False, reason=str(err)))
    except CallFailed:
        unit.handle(NeedsAnswered(accepted=False, retry=True))
    else:
        statuses = v21.NotifyEVChargingNeedsStatusEnumType
        if answer.status in (statuses.ACCEPTED, statuses.PROCESSING):
            unit.handle(NeedsAnswered(accepted=True))
        else:
            unit.handle(NeedsAnswered(accepted=False, reason=_reason(answer)))


def _reason(answer: v21.NotifyEVChargingNeedsResponse) -> str:
    info = answer.status_info
    if info is UNSET:
        return answer.status.value
    return info.reason_code if info.additional_info is UNSET else info.additional_info
