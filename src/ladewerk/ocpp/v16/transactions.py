"""Transactions: StartTransaction, MeterValues and StopTransaction of OCPP 1.6 as the transaction events of OCPP 2.1."""

from datetime import datetime

from msgspec import UNSET, UnsetType

from ladewerk.ocpp.messages import write
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Up, ask
from ladewerk.ocpp.v16.memory import Memory, sequence_number
from ladewerk.ocpp.v16.metering import meter_values, register, trigger_of
from ladewerk.ocpp.v16.tokens import tag_info, token
from ladewerk.ocpp.v16.words import CHARGING_STATE, STOP_TRIGGER, STOPPED_REASON
from ladewerk.ocpp.v21 import types as v21


def start_transaction(request: v16.StartTransactionRequest, memory: Memory, now: datetime) -> Up:
    """The first event, whose answer carries the number of the transaction."""
    connector = request.connector_id
    start = (memory.identity, connector, request.id_tag, request.timestamp, request.meter_start)
    number = memory.started.number(start, now)
    memory.note_running(connector, number)
    remote = memory.take_remote_start(request.id_tag, connector)
    # Some stations say -1 for none.
    reservation = request.reservation_id
    event = v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.STARTED,
        timestamp=request.timestamp,
        trigger_reason=v21.TriggerReasonEnumType("Authorized" if remote is None else "RemoteStart"),
        seq_no=0,
        transaction_info=v21.TransactionType(
            transaction_id=str(number),
            charging_state=_charging_state(memory, connector),
            remote_start_id=UNSET if remote is None else remote.remote_start_id,
        ),
        reservation_id=UNSET if reservation is UNSET or reservation < 0 else reservation,
        evse=evse(connector),
        id_token=token(request.id_tag),
        meter_value=(register(request.meter_start, request.timestamp, "Transaction.Begin"),),
    )
    answer = yield from ask(event)
    return v16.StartTransactionResponse(id_tag_info=tag_info(answer.id_token_info, connector), transaction_id=number)


def stop_transaction(request: v16.StopTransactionRequest, memory: Memory, _now: datetime) -> Up:
    """The last event; of a transaction that nobody knows too, or the station would send it for ever."""
    number = request.transaction_id
    connector = memory.connector_of(number)
    reason = "Local" if request.reason is UNSET else str(request.reason)
    readings = () if request.transaction_data is UNSET else meter_values(request.transaction_data)
    event = v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.ENDED,
        timestamp=request.timestamp,
        trigger_reason=v21.TriggerReasonEnumType(STOP_TRIGGER[reason]),
        seq_no=sequence_number(request.timestamp, write(request)),
        transaction_info=v21.TransactionType(
            transaction_id=str(number), stopped_reason=v21.ReasonEnumType(STOPPED_REASON[reason])
        ),
        evse=UNSET if connector is None else evse(connector),
        id_token=UNSET if request.id_tag is UNSET else token(request.id_tag),
        meter_value=(*readings, register(request.meter_stop, request.timestamp, "Transaction.End")),
    )
    answer = yield from ask(event)
    memory.note_ended(number)
    if request.id_tag is UNSET or answer.id_token_info is UNSET:
        return v16.StopTransactionResponse()
    return v16.StopTransactionResponse(id_tag_info=tag_info(answer.id_token_info))


def heard_meter_values(request: v16.MeterValuesRequest, memory: Memory, _now: datetime) -> Up:
    """An event of the transaction they belong to, or meter values of the EVSE; nothing if nothing in them is a number."""
    values = meter_values(request.meter_value)
    number = request.transaction_id
    if not values:
        return v16.MeterValuesResponse()
    if number is UNSET or number < 1:
        # Some stations say 0 or -1 for none.
        yield from ask(v21.MeterValuesRequest(evse_id=request.connector_id, meter_value=values))
        return v16.MeterValuesResponse()
    if request.connector_id > 0:
        memory.note_running(request.connector_id, number)
    at = values[-1].timestamp
    event = v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.UPDATED,
        timestamp=at,
        trigger_reason=trigger_of(values),
        seq_no=sequence_number(at, write(request)),
        transaction_info=v21.TransactionType(
            transaction_id=str(number), charging_state=_charging_state(memory, request.connector_id)
        ),
        evse=evse(request.connector_id) if request.connector_id > 0 else UNSET,
        meter_value=values,
    )
    yield from ask(event)
    return v16.MeterValuesResponse()


def state_changed(connector: int, number: int, at: datetime, memory: Memory) -> v21.TransactionEventRequest | None:
    """The event of a transaction whose connector has another status; None if that says nothing about it."""
    state = _charging_state(memory, connector)
    if state is UNSET:
        return None
    return v21.TransactionEventRequest(
        event_type=v21.TransactionEventEnumType.UPDATED,
        timestamp=at,
        trigger_reason=v21.TriggerReasonEnumType.CHARGING_STATE_CHANGED,
        seq_no=sequence_number(at, state.encode()),
        transaction_info=v21.TransactionType(transaction_id=str(number), charging_state=state),
        evse=evse(connector),
    )


def evse(connector: int) -> v21.EVSEType:
    """Connector n of 1.6 is the only connector of EVSE n."""
    return v21.EVSEType(id=connector, connector_id=1)


def _charging_state(memory: Memory, connector: int) -> v21.ChargingStateEnumType | UnsetType:
    state = CHARGING_STATE.get(memory.statuses.get(connector, ""))
    return UNSET if state is None else v21.ChargingStateEnumType(state)
