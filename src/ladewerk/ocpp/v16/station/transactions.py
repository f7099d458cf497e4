"""The transaction events of OCPP 2.1 as StartTransaction, MeterValues and StopTransaction of OCPP 1.6.

A transaction of 1.6 begins when it is known who charges and what the meter says; what comes before is remembered and not
said. Its number comes with the answer. Each event is said in full by itself: one that is said again after an answer was lost
begins where that left off.
"""

from msgspec import UNSET
from msgspec.structs import replace

from ladewerk.ocpp.transaction_numbers import Begun
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Calls, Down, call, refused
from ladewerk.ocpp.v16.station.memory import Memory
from ladewerk.ocpp.v16.station.metering import old_meter_values, old_transaction_data, register_wh
from ladewerk.ocpp.v16.station.reports import tell_if_changed
from ladewerk.ocpp.v16.station.tokens import id_tag, token_info
from ladewerk.ocpp.v16.station.words import OCCUPIED, STOP_REASON
from ladewerk.ocpp.v21 import types as v21


def transaction_event(event: v21.TransactionEventRequest, memory: Memory) -> Down:
    """What this event adds to what the CSMS knows, and the status of its connector where that changes with it."""
    transaction_id = event.transaction_info.transaction_id
    begun = _after(_known(event, memory), event)
    over = event.event_type == "Ended"
    memory.begun.put(transaction_id, begun)
    answer = v21.TransactionEventResponse()
    if over and begun.meter_wh is None:
        # A meter that never spoke measured nothing.
        begun = replace(begun, meter_wh=0, read_wh=0)
    if begun.number is None and begun.can_be_told:
        started = yield from _start(begun)
        begun = replace(begun, number=started.transaction_id)
        memory.begun.put(transaction_id, begun)
        answer = v21.TransactionEventResponse(id_token_info=token_info(started.id_tag_info))
    if over and not begun.ended:
        stopped = None if begun.number is None else (yield from _stop(begun, begun.number, event))
        memory.begun.put(transaction_id, replace(begun, ended=True))
        if begun.connector is None:
            memory.begun.forget(transaction_id)
        if stopped is not None and event.id_token is not UNSET and stopped.id_tag_info is not UNSET:
            answer = v21.TransactionEventResponse(id_token_info=token_info(stopped.id_tag_info))
    elif event.event_type == "Updated" and begun.number is not None and begun.connector is not None:
        yield from _values(begun.connector, begun.number, event)
    if begun.connector is not None:
        yield from tell_if_changed(begun.connector, event.timestamp, memory)
    return answer


def _known(event: v21.TransactionEventRequest, memory: Memory) -> Begun:
    known = memory.begun.get(event.transaction_info.transaction_id)
    if known is not None:
        return known
    if event.event_type != "Started" and event.id_token is UNSET:
        raise refused(f"tell on transaction {event.transaction_info.transaction_id}: its beginning was not told")
    if event.evse is not UNSET:
        memory.begun.forget_ended(event.evse.id)
    return Begun()


def _after(begun: Begun, event: v21.TransactionEventRequest) -> Begun:
    """What is known of a transaction with this event."""
    if event.evse is not UNSET and begun.number is None:
        begun = replace(begun, connector=event.evse.id)
    state = event.transaction_info.charging_state
    if state is not UNSET:
        begun = replace(begun, state=str(state), energised=begun.energised or str(state) in OCCUPIED)
    if event.event_type == "Ended":
        # It does nothing any more, even before the CSMS has answered that.
        begun = replace(begun, state="")
    if event.reservation_id is not UNSET:
        begun = replace(begun, reservation_id=event.reservation_id)
    reading_wh = register_wh(event.meter_value)
    if reading_wh is not None:
        begun = replace(begun, read_wh=reading_wh)
        if begun.tagged_at is None or begun.meter_wh is None:
            begun = replace(begun, meter_wh=reading_wh)
    if event.id_token is not UNSET and begun.tagged_at is None:
        begun = replace(begun, id_tag=id_tag(event.id_token), tagged_at=event.timestamp)
    return begun


def _start(begun: Begun) -> Calls[v16.StartTransactionResponse]:
    """The same each time it has to be said again."""
    assert begun.connector is not None
    assert begun.id_tag is not None
    assert begun.tagged_at is not None
    assert begun.meter_wh is not None
    return (
        yield from call(
            v16.StartTransactionRequest(
                connector_id=begun.connector,
                id_tag=begun.id_tag,
                meter_start=begun.meter_wh,
                timestamp=begun.tagged_at,
                reservation_id=UNSET if begun.reservation_id is None else begun.reservation_id,
            )
        )
    )


def _values(connector: int, number: int, event: v21.TransactionEventRequest) -> Calls[None]:
    values = old_meter_values(event.meter_value)
    if values:
        yield from call(v16.MeterValuesRequest(connector_id=connector, transaction_id=number, meter_value=values))


def _stop(begun: Begun, number: int, event: v21.TransactionEventRequest) -> Calls[v16.StopTransactionResponse]:
    reason = event.transaction_info.stopped_reason
    return (
        yield from call(
            v16.StopTransactionRequest(
                meter_stop=begun.read_wh or 0,
                timestamp=event.timestamp,
                transaction_id=number,
                id_tag=UNSET if event.id_token is UNSET else id_tag(event.id_token),
                reason=v16.Reason(STOP_REASON["Local" if reason is UNSET else reason]),
                transaction_data=old_transaction_data(event.meter_value) or UNSET,
            )
        )
    )
