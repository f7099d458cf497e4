"""The TransactionEvents of one unit as OCPP 2.1 objects, numbered from 0. When they are due, ``books`` says."""

from typing import Final, TypeAlias

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.station.drivers.ports import PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.safety import highest_current_a
from ladewerk.station.unit.state import Phase, UnitState

CONNECTOR_ID: Final = 1
DRAWS_A: Final = 0.5
"""Less than this is no charging but a vehicle that only listens."""

Trigger = v21.TriggerReasonEnumType
EventKind = v21.TransactionEventEnumType
MeterValues = tuple[v21.MeterValueType, ...] | UnsetType

ENDED_BY: Final = {
    EndReason.ENERGY_LIMIT_REACHED: Trigger.ENERGY_LIMIT_REACHED,
    EndReason.SCHEDULE_OVER: Trigger.TIME_LIMIT_REACHED,
    EndReason.LOCAL: Trigger.STOP_AUTHORIZED,
    EndReason.MASTER_PASS: Trigger.STOP_AUTHORIZED,
    EndReason.REMOTE: Trigger.REMOTE_STOP,
    EndReason.DEAUTHORIZED: Trigger.DEAUTHORIZED,
    EndReason.IMMEDIATE_RESET: Trigger.RESET_COMMAND,
    EndReason.TIMEOUT: Trigger.EV_CONNECT_TIMEOUT,
    EndReason.UNPLUGGED: Trigger.EV_COMMUNICATION_LOST,
    EndReason.STOPPED_BY_EV: Trigger.CHARGING_STATE_CHANGED,
}
"""What triggers the event that says so; everything else is an AbnormalCondition."""


class Grant(Struct, frozen=True, kw_only=True):
    """Who may charge, by whose request: a number of its own where the CSMS asked for it (F01, F02)."""

    id_token: v21.IdTokenType
    group: v21.IdTokenType | None = None
    remote_start_id: int | None = None


class Transaction(Struct, frozen=True, kw_only=True):
    """An open transaction; ``seq_no`` is the number of the next event."""

    transaction_id: str
    evse_id: int
    seq_no: int = 0
    charging_state: v21.ChargingStateEnumType = v21.ChargingStateEnumType.EV_CONNECTED
    metered_s: float = 0.0
    energised: bool = False
    offered_a: float = 0.0
    phases_used: int | None = None


Reported: TypeAlias = tuple[Transaction, v21.TransactionEventRequest]


def charging_state(state: UnitState) -> v21.ChargingStateEnumType:
    """What a unit does, in OCPP's words (ChargingStateEnumType)."""
    states = v21.ChargingStateEnumType
    match state.phase:
        case Phase.WAITING:
            return states.SUSPENDED_EVSE
        case Phase.CHARGING | Phase.DIRECT:
            if state.offer_a <= 0:
                return states.SUSPENDED_EVSE
            drawn_a = 0.0 if state.meter is None else highest_current_a(state.meter)
            asks = state.pilot in (PilotState.C, PilotState.D)
            return states.CHARGING if asks and drawn_a >= DRAWS_A else states.SUSPENDED_EV
        case _:
            return states.EV_CONNECTED if state.is_plugged else states.IDLE


def phases_used(state: UnitState) -> int:
    """On how many phases a current flows."""
    if state.meter is None:
        return 0
    return sum(value is not None and value >= DRAWS_A for value in state.meter.current_a)


def begin(
    transaction_id: str,
    evse_id: int,
    state: UnitState,
    now: Moment,
    trigger: Trigger,
    *,
    meter_value: MeterValues = UNSET,
    grant: Grant | None = None,
) -> Reported:
    """Started: what it is that began it is said by ``trigger``, who it is by ``grant``, if that is known."""
    transaction = Transaction(
        transaction_id=transaction_id, evse_id=evse_id, metered_s=now.monotonic_s, charging_state=charging_state(state)
    )
    limit_a = state.cable_limit_a if state.is_plugged else None
    return _event(
        transaction,
        EventKind.STARTED,
        trigger,
        now,
        meter_value=meter_value,
        grant=grant,
        cable_max_current=UNSET if limit_a is None else round(limit_a),
    )


def update(
    transaction: Transaction,
    trigger: Trigger,
    now: Moment,
    *,
    meter_value: MeterValues = UNSET,
    grant: Grant | None = None,
) -> Reported:
    """Updated: with who charges where that is news, and with meter values where they are due."""
    return _event(transaction, EventKind.UPDATED, trigger, now, meter_value=meter_value, grant=grant)


def end(
    transaction: Transaction,
    reason: EndReason,
    state: UnitState,
    now: Moment,
    *,
    trigger: Trigger | None = None,
    meter_value: MeterValues = UNSET,
    stopped_by: v21.IdTokenType | None = None,
) -> Reported:
    """Ended, with the last meter values; ``stopped_by`` is the token that was shown for it."""
    return _event(
        replace(transaction, charging_state=charging_state(state)),
        EventKind.ENDED,
        trigger or ENDED_BY.get(reason, Trigger.ABNORMAL_CONDITION),
        now,
        stopped=v21.ReasonEnumType(reason.value),
        meter_value=meter_value,
        grant=None if stopped_by is None else Grant(id_token=stopped_by),
    )


def ended_by_power_loss(transaction_id: str, evse_id: int, seq_no: int, now: Moment) -> v21.TransactionEventRequest:
    """Ended, for a transaction found open in the journal at start; the meter values are those of its last event."""
    return v21.TransactionEventRequest(
        event_type=EventKind.ENDED,
        timestamp=now.at,
        trigger_reason=Trigger.ABNORMAL_CONDITION,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id=transaction_id, stopped_reason=v21.ReasonEnumType.POWER_LOSS),
        evse=v21.EVSEType(id=evse_id, connector_id=CONNECTOR_ID),
    )


def _event(
    transaction: Transaction,
    event_type: EventKind,
    trigger: Trigger,
    now: Moment,
    *,
    stopped: v21.ReasonEnumType | UnsetType = UNSET,
    meter_value: MeterValues = UNSET,
    grant: Grant | None = None,
    cable_max_current: int | UnsetType = UNSET,
) -> Reported:
    remote_start_id = None if grant is None else grant.remote_start_id
    request = v21.TransactionEventRequest(
        event_type=event_type,
        timestamp=now.at,
        trigger_reason=trigger,
        seq_no=transaction.seq_no,
        transaction_info=v21.TransactionType(
            transaction_id=transaction.transaction_id,
            charging_state=transaction.charging_state,
            stopped_reason=stopped,
            remote_start_id=UNSET if remote_start_id is None else remote_start_id,
        ),
        meter_value=meter_value,
        id_token=UNSET if grant is None else grant.id_token,
        cable_max_current=cable_max_current,
        number_of_phases_used=UNSET if transaction.phases_used is None else transaction.phases_used,
        evse=v21.EVSEType(id=transaction.evse_id, connector_id=CONNECTOR_ID),
    )
    return replace(transaction, seq_no=transaction.seq_no + 1), request
