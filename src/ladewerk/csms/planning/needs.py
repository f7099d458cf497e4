"""What a car needs, out of the words of whatever station said it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET, UnsetType

from ladewerk.csms.records import ChargingNeed, Mode
from ladewerk.csms.smart_charging.quirks import MOST_PERIODS
from ladewerk.csms.transactions import Transaction
from ladewerk.electrical import MINIMUM_OFFER_A
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import CustomData

_MODES: Final = {0: Mode.BALANCED, 1: Mode.SHORTEST, 2: Mode.CHEAPEST}

_PHASES: Final = {"AC_single_phase": 1, "AC_two_phase": 2, "AC_three_phase": 3}

ASSUMED_WH: Final = 20_000.0
ASSUMED_LEAST_WH: Final = 2000.0
"""What a car of which nobody has said anything is planned for, again and again while it takes it."""

MOST_WH: Final = 10_000_000.0
"""More than any car takes; the optimizer reckons with no more."""

_MOST_CURRENT_A: Final = 1000.0

_ANY_CAR: Final = v21.ACChargingParametersType(
    energy_amount=ASSUMED_WH, ev_min_current=MINIMUM_OFFER_A, ev_max_current=32, ev_max_voltage=400
)
"""One whose station says how it wants its energy and not how much (K15: a schedule can be given all the same)."""

LEAST_STAY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NeedRefused:
    """Why no schedule can be given (K15.FR.04): a reason code of OCPP and a sentence."""

    reason_code: str
    text: str


def read_need(
    request: v21.NotifyEVChargingNeedsRequest, *, station_id: str, transaction: Transaction | None, now: datetime
) -> ChargingNeed | NeedRefused:
    """The need that ``request`` tells; ``transaction`` is the open one of its EVSE."""
    needs = request.charging_needs
    said = needs.ac_charging_parameters
    phases = _PHASES.get(needs.requested_energy_transfer)
    if phases is None:
        return NeedRefused("InvalidValue", f"{needs.requested_energy_transfer} is not planned; AC charging is")
    ac = _ANY_CAR if said is UNSET else said
    mode = _mode(request.custom_data, needs.custom_data)
    if isinstance(mode, NeedRefused):
        return mode
    if ac.ev_max_current < MINIMUM_OFFER_A:
        return NeedRefused("InvalidValue", f"evMaxCurrent {ac.ev_max_current:g} A is less than {MINIMUM_OFFER_A:g} A")
    if ac.ev_min_current > ac.ev_max_current:
        return NeedRefused("InvalidValue", f"evMinCurrent {ac.ev_min_current:g} A is more than evMaxCurrent")
    if ac.energy_amount < 0:
        return NeedRefused("InvalidValue", "energyAmount is negative")
    if ac.energy_amount > MOST_WH:
        return NeedRefused("InvalidValue", f"energyAmount {ac.energy_amount:g} Wh is more than {MOST_WH:g} Wh")
    if ac.ev_min_current > _MOST_CURRENT_A:
        return NeedRefused("InvalidValue", f"evMinCurrent {ac.ev_min_current:g} A is more than {_MOST_CURRENT_A:g} A")
    departure = None if needs.departure_time is UNSET else needs.departure_time
    return ChargingNeed(
        station_id=station_id,
        evse_id=request.evse_id,
        transaction_id=None if transaction is None else transaction.transaction_id,
        mode=mode,
        energy_wh=float(ac.energy_amount),
        # A car still here after its departure has none that a plan could keep.
        depart_at=None if departure is None or departure < now + LEAST_STAY else departure,
        min_current_a=max(float(ac.ev_min_current), MINIMUM_OFFER_A),
        max_current_a=min(float(ac.ev_max_current), _MOST_CURRENT_A),
        phases=phases,
        max_periods=MOST_PERIODS if request.max_schedule_tuples is UNSET else max(1, request.max_schedule_tuples),
        received_at=now,
        register_wh=None if transaction is None else transaction.register_by(now),
        assumed=said is UNSET,
    )


def assumed_need(transaction: Transaction, *, usual_wh: float | None, max_current_a: float, now: datetime) -> ChargingNeed:
    """The need of a car of which nobody has said anything, so that it is not left with its fallback.

    ``usual_wh`` is what its driver usually takes, None where that is not known.
    """
    return ChargingNeed(
        station_id=transaction.station_id,
        evse_id=transaction.evse_id or 1,
        transaction_id=transaction.transaction_id,
        mode=Mode.BALANCED,
        energy_wh=ASSUMED_WH if usual_wh is None else max(usual_wh, ASSUMED_LEAST_WH),
        depart_at=None,
        min_current_a=MINIMUM_OFFER_A,
        max_current_a=max_current_a,
        phases=3,
        max_periods=MOST_PERIODS,
        received_at=now,
        register_wh=transaction.register_by(now),
        assumed=True,
    )


def _mode(*places: CustomData | UnsetType) -> Mode | NeedRefused:
    """The mode said by the first place that says one; a station that knows nothing of modes gets a balanced plan."""
    for place in places:
        if place is UNSET or "mode" not in place:
            continue
        said = place["mode"]
        mode = _MODES.get(said) if isinstance(said, int) and not isinstance(said, bool) else None
        return mode or NeedRefused("InvalidValue", "customData.mode is 0 (balanced), 1 (shortest) or 2 (cheapest)")
    return Mode.BALANCED


def remaining_wh(need: ChargingNeed, transaction: Transaction | None) -> float:
    """What is still missing after the energy the meter has counted since the need was said; MOST_WH at most."""
    wanted_wh = min(need.energy_wh, MOST_WH)
    if transaction is None or transaction.register_wh is None:
        return wanted_wh
    # A need said before the first reading counts from that reading.
    then_wh = transaction.first_register_wh if need.register_wh is None else need.register_wh
    charged_wh = 0.0 if then_wh is None else max(0.0, transaction.register_wh - then_wh)
    return max(0.0, wanted_wh - charged_wh)
