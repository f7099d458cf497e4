"""The TransactionEvents of one unit: numbered from 0, with meter values, as OCPP 2.1 objects.

What a transaction reports follows the unit's state (:func:`follow`): a changed charging state at once, meter values each
period. Begin, authorization and end are said explicitly, because the unit's table decides them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from msgspec import UNSET, UnsetType

from ladewerk.ocpp import v21
from ladewerk.station.actions import EndReason
from ladewerk.station.drivers.ports import MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.safety import highest_current_a
from ladewerk.station.unit_state import Phase, UnitState

CONNECTOR_ID: Final = 1
_DRAWS_A: Final = 0.5
"""Less than this is no charging but a vehicle that only listens."""

LOCAL_TOKEN: Final = v21.IdTokenType(id_token="LOCAL", type="Local")
"""Who charges at a station that asks nobody: the station itself authorizes (IdTokenEnumStringType Local)."""

_ENDED_BY: Final = {
    EndReason.ENERGY_LIMIT_REACHED: v21.TriggerReasonEnumType.ENERGY_LIMIT_REACHED,
    EndReason.SCHEDULE_OVER: v21.TriggerReasonEnumType.TIME_LIMIT_REACHED,
    EndReason.LOCAL: v21.TriggerReasonEnumType.STOP_AUTHORIZED,
    EndReason.REMOTE: v21.TriggerReasonEnumType.REMOTE_STOP,
    EndReason.DEAUTHORIZED: v21.TriggerReasonEnumType.DEAUTHORIZED,
    EndReason.UNPLUGGED: v21.TriggerReasonEnumType.EV_COMMUNICATION_LOST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """An open transaction; ``seq_no`` is the number of the next event."""

    transaction_id: str
    evse_id: int
    seq_no: int = 0
    charging_state: v21.ChargingStateEnumType = v21.ChargingStateEnumType.EV_CONNECTED
    metered_s: float = 0.0
    energised: bool = False


Reported: TypeAlias = tuple[Transaction, v21.TransactionEventRequest]


def charging_state(state: UnitState) -> v21.ChargingStateEnumType:
    """What a unit does, in OCPP's words (ChargingStateEnumType)."""
    states = v21.ChargingStateEnumType
    match state.phase:
        case Phase.WAITING:
            return states.SUSPENDED_EVSE
        case Phase.CHARGING | Phase.DIRECT:
            drawn_a = 0.0 if state.meter is None else highest_current_a(state.meter)
            asks = state.pilot in (PilotState.C, PilotState.D)
            return states.CHARGING if asks and drawn_a >= _DRAWS_A else states.SUSPENDED_EV
        case _:
            return states.EV_CONNECTED if state.is_plugged else states.IDLE


def connector_status(state: UnitState, *, in_error: bool) -> v21.ConnectorStatusEnumType:
    """What StatusNotification says of a unit's connector."""
    if in_error or state.phase is Phase.FAULT:
        return v21.ConnectorStatusEnumType.FAULTED
    if state.phase is Phase.IDLE:
        return v21.ConnectorStatusEnumType.AVAILABLE
    return v21.ConnectorStatusEnumType.OCCUPIED


def begin(transaction_id: str, evse_id: int, state: UnitState, now: Moment, *, plugged_now: bool) -> Reported:
    """Started: by the plug, or by a request of a vehicle whose last session is over."""
    reasons = v21.TriggerReasonEnumType
    transaction = Transaction(transaction_id=transaction_id, evse_id=evse_id, metered_s=now.monotonic_s)
    return _event(
        transaction,
        v21.TransactionEventEnumType.STARTED,
        reasons.CABLE_PLUGGED_IN if plugged_now else reasons.AUTHORIZED,
        now,
        meter_value=meter_values(state, now, v21.ReadingContextEnumType.TRANSACTION_BEGIN),
        cable_max_current=UNSET if state.cable_limit_a is None else round(state.cable_limit_a),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStart:
    """Who asked for energy from afar, and the number of that request (F01, F02)."""

    id_token: v21.IdTokenType
    remote_start_id: int


def authorized(transaction: Transaction, now: Moment, remote: RemoteStart | None = None) -> Reported:
    """Updated: somebody at the station asked for energy, or the CSMS did (F02.FR.05)."""
    reasons, updated = v21.TriggerReasonEnumType, v21.TransactionEventEnumType.UPDATED
    if remote is None:
        return _event(transaction, updated, reasons.AUTHORIZED, now, id_token=LOCAL_TOKEN)
    started = remote.remote_start_id
    return _event(transaction, updated, reasons.REMOTE_START, now, id_token=remote.id_token, remote_start_id=started)


def follow(
    transaction: Transaction, state: UnitState, now: Moment, *, period_s: float
) -> tuple[Transaction, list[v21.TransactionEventRequest]]:
    """The events that the unit's state calls for at ``now``: a new charging state, or meter values that are due."""
    events: list[v21.TransactionEventRequest] = []
    updated, reasons = v21.TransactionEventEnumType.UPDATED, v21.TriggerReasonEnumType
    energised = state.phase in (Phase.WAITING, Phase.CHARGING, Phase.DIRECT)
    if energised and not transaction.energised:
        # Meter values count from the first moment a current may flow.
        transaction = replace(transaction, energised=True, metered_s=now.monotonic_s)
    context = v21.ReadingContextEnumType.SAMPLE_PERIODIC
    current = charging_state(state)
    if current is not transaction.charging_state:
        transaction = replace(transaction, charging_state=current)
        values = meter_values(state, now, v21.ReadingContextEnumType.OTHER)
        transaction, event = _event(transaction, updated, reasons.CHARGING_STATE_CHANGED, now, meter_value=values)
        events.append(event)
    if energised and now.since_s(transaction.metered_s) >= period_s:
        transaction = replace(transaction, metered_s=now.monotonic_s)
        values = meter_values(state, now, context)
        transaction, event = _event(transaction, updated, reasons.METER_VALUE_PERIODIC, now, meter_value=values)
        events.append(event)
    return transaction, events


def asked_for(transaction: Transaction, state: UnitState, now: Moment) -> Reported:
    """Updated: the CSMS wants to know (TriggerMessage)."""
    values = meter_values(state, now, v21.ReadingContextEnumType.TRIGGER)
    trigger = v21.TriggerReasonEnumType.TRIGGER
    return _event(transaction, v21.TransactionEventEnumType.UPDATED, trigger, now, meter_value=values)


def end(transaction: Transaction, reason: EndReason, state: UnitState, now: Moment) -> Reported:
    """Ended, with the last meter values."""
    trigger = _ENDED_BY.get(reason, v21.TriggerReasonEnumType.ABNORMAL_CONDITION)
    return _event(
        replace(transaction, charging_state=charging_state(state)),
        v21.TransactionEventEnumType.ENDED,
        trigger,
        now,
        stopped=v21.ReasonEnumType(reason.value),
        meter_value=meter_values(state, now, v21.ReadingContextEnumType.TRANSACTION_END),
    )


def ended_by_power_loss(transaction_id: str, evse_id: int, seq_no: int, now: Moment) -> v21.TransactionEventRequest:
    """Ended, for a transaction found open in the journal at start; the meter values are those of its last event."""
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.ENDED,
        timestamp=now.at,
        trigger_reason=v21.TriggerReasonEnumType.ABNORMAL_CONDITION,
        seq_no=seq_no,
        transaction_info=v21.TransactionType(transaction_id=transaction_id, stopped_reason=v21.ReasonEnumType.POWER_LOSS),
        evse=v21.EVSEType(id=evse_id, connector_id=CONNECTOR_ID),
    )


def _event(
    transaction: Transaction,
    event_type: v21.TransactionEventEnumType,
    trigger: v21.TriggerReasonEnumType,
    now: Moment,
    *,
    stopped: v21.ReasonEnumType | UnsetType = UNSET,
    meter_value: tuple[v21.MeterValueType, ...] | UnsetType = UNSET,
    id_token: v21.IdTokenType | UnsetType = UNSET,
    cable_max_current: int | UnsetType = UNSET,
    remote_start_id: int | UnsetType = UNSET,
) -> Reported:
    request = v21.TransactionEventRequest(
        event_type=event_type,
        timestamp=now.at,
        trigger_reason=trigger,
        seq_no=transaction.seq_no,
        transaction_info=v21.TransactionType(
            transaction_id=transaction.transaction_id,
            charging_state=transaction.charging_state,
            stopped_reason=stopped,
            remote_start_id=remote_start_id,
        ),
        meter_value=meter_value,
        id_token=id_token,
        cable_max_current=cable_max_current,
        evse=v21.EVSEType(id=transaction.evse_id, connector_id=CONNECTOR_ID),
    )
    return replace(transaction, seq_no=transaction.seq_no + 1), request


def meter_values(
    state: UnitState, now: Moment, context: v21.ReadingContextEnumType
) -> tuple[v21.MeterValueType, ...] | UnsetType:
    """The last meter reading and the offer as OCPP samples; UNSET where no meter ever answered."""
    if state.meter is None:
        return UNSET
    return (v21.MeterValueType(timestamp=now.at, sampled_value=tuple(_samples(state.meter, state.offer_a, context))),)


def _samples(meter: MeterReading, offer_a: float, context: v21.ReadingContextEnumType) -> Sequence[v21.SampledValueType]:
    measurands, phases = v21.MeasurandEnumType, (v21.PhaseEnumType.L1, v21.PhaseEnumType.L2, v21.PhaseEnumType.L3)

    def sample(
        value: float, measurand: v21.MeasurandEnumType, unit: str, phase: v21.PhaseEnumType | UnsetType = UNSET
    ) -> v21.SampledValueType:
        measure = v21.UnitOfMeasureType(unit=unit)
        return v21.SampledValueType(
            value=round(value, 3), measurand=measurand, context=context, phase=phase, unit_of_measure=measure
        )

    samples = [
        sample(meter.energy_register_wh, measurands.ENERGY_ACTIVE_IMPORT_REGISTER, "Wh"),
        sample(meter.total_power_w, measurands.POWER_ACTIVE_IMPORT, "W"),
    ]
    for phase, value in zip(phases, meter.current_a, strict=True):
        if value is not None:
            samples.append(sample(value, measurands.CURRENT_IMPORT, "A", phase))
    samples.append(sample(offer_a, measurands.CURRENT_OFFERED, "A"))
    return samples
