"""What a CSMS of OCPP 1.6 tells a station: starts and stops, connectors, reservations, lists, triggers."""

from typing import Any

from msgspec import UNSET, UnsetType

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.dialogue import Up, ask
from ladewerk.ocpp.v16.station.memory import Memory
from ladewerk.ocpp.v16.station.profiles import new_profile
from ladewerk.ocpp.v16.station.tokens import token_info
from ladewerk.ocpp.v16.station.words import NEW_RESET, NEW_TRIGGER, RESET_ANSWER, UNLOCK_ANSWER
from ladewerk.ocpp.v16.tokens import token
from ladewerk.ocpp.v16.vendor_data import as_text
from ladewerk.ocpp.v21 import types as v21


def remote_start_transaction(request: v16.RemoteStartTransactionRequest, memory: Memory) -> Up:
    profile = request.charging_profile
    answer = yield from ask(
        v21.RequestStartTransactionRequest(
            id_token=token(request.id_tag),
            remote_start_id=next(memory.numbers),
            evse_id=request.connector_id,
            charging_profile=UNSET if profile is UNSET else new_profile(profile, UNSET),
        )
    )
    return v16.RemoteStartTransactionResponse(status=v16.RemoteStartStopStatus(answer.status))


def remote_stop_transaction(request: v16.RemoteStopTransactionRequest, memory: Memory) -> Up:
    transaction_id = memory.begun.id_of(request.transaction_id)
    if transaction_id is None:
        return v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus.REJECTED)
    answer = yield from ask(v21.RequestStopTransactionRequest(transaction_id=transaction_id))
    return v16.RemoteStopTransactionResponse(status=v16.RemoteStartStopStatus(answer.status))


def reset(request: v16.ResetRequest, _memory: Memory) -> Up:
    answer = yield from ask(v21.ResetRequest(type=v21.ResetEnumType(NEW_RESET[request.type])))
    return v16.ResetResponse(status=v16.ResetStatus(RESET_ANSWER[answer.status]))


def unlock_connector(request: v16.UnlockConnectorRequest, memory: Memory) -> Up:
    """In 1.6 it ends the transaction of the connector first (part 2, 5.18); 2.1 has to be told to."""
    unlock = v21.UnlockConnectorRequest(evse_id=request.connector_id, connector_id=1)
    try:
        answer = yield from ask(unlock)
        running = memory.begun.running_on(request.connector_id)
        if answer.status == "OngoingAuthorizedTransaction" and running is not None:
            yield from ask(v21.RequestStopTransactionRequest(transaction_id=running))
            answer = yield from ask(unlock)
    except RemoteProtocolError as err:
        _only_unsupported(err)
        return v16.UnlockConnectorResponse(status=v16.UnlockStatus.NOT_SUPPORTED)
    return v16.UnlockConnectorResponse(status=v16.UnlockStatus(UNLOCK_ANSWER[answer.status]))


def change_availability(request: v16.ChangeAvailabilityRequest, _memory: Memory) -> Up:
    answer = yield from ask(
        v21.ChangeAvailabilityRequest(
            operational_status=v21.OperationalStatusEnumType(request.type),
            evse=UNSET if request.connector_id == 0 else v21.EVSEType(id=request.connector_id),
        )
    )
    return v16.ChangeAvailabilityResponse(status=v16.AvailabilityStatus(answer.status))


def trigger_message(request: v16.TriggerMessageRequest, memory: Memory) -> Up:
    if request.requested_message == "DiagnosticsStatusNotification":
        memory.by_diagnostics = True
    status = yield from _trigger(str(request.requested_message), request.connector_id, memory)
    return v16.TriggerMessageResponse(status=v16.TriggerMessageStatus(status))


def extended_trigger_message(request: v16.ExtendedTriggerMessageRequest, memory: Memory) -> Up:
    if request.requested_message == "LogStatusNotification":
        memory.by_diagnostics = False
    status = yield from _trigger(str(request.requested_message), request.connector_id, memory)
    return v16.ExtendedTriggerMessageResponse(status=v16.TriggerMessageStatusEnumType(status))


def _trigger(wanted: str, connector: int | UnsetType, memory: Memory) -> Any:
    """The status of the answer."""
    place = None if connector is UNSET or connector == 0 else connector
    message = NEW_TRIGGER[wanted]
    if wanted == "MeterValues" and memory.begun.running_on(place or 0) is not None:
        message = "TransactionEvent"
    # F06.FR.12: a StatusNotification is of a connector.
    inner = 1 if message == "StatusNotification" else UNSET
    try:
        answer = yield from ask(
            v21.TriggerMessageRequest(
                requested_message=v21.MessageTriggerEnumType(message),
                evse=UNSET if place is None else v21.EVSEType(id=place, connector_id=inner),
            )
        )
    except RemoteProtocolError as err:
        _only_unsupported(err)
        return "NotImplemented"
    if message == "StatusNotification":
        # It is asked for, so it is said whether it is news or not.
        memory.told.pop(place or 0, None)
    return str(answer.status)


def reserve_now(request: v16.ReserveNowRequest, _memory: Memory) -> Up:
    group = request.parent_id_tag
    answer = yield from ask(
        v21.ReserveNowRequest(
            id=request.reservation_id,
            expiry_date_time=request.expiry_date,
            id_token=token(request.id_tag),
            evse_id=UNSET if request.connector_id == 0 else request.connector_id,
            group_id_token=UNSET if group is UNSET else token(group),
        )
    )
    return v16.ReserveNowResponse(status=v16.ReservationStatus(answer.status))


def cancel_reservation(request: v16.CancelReservationRequest, _memory: Memory) -> Up:
    answer = yield from ask(v21.CancelReservationRequest(reservation_id=request.reservation_id))
    return v16.CancelReservationResponse(status=v16.CancelReservationStatus(answer.status))


def send_local_list(request: v16.SendLocalListRequest, _memory: Memory) -> Up:
    """An empty list is one that is left out."""
    entries = () if request.local_authorization_list is UNSET else request.local_authorization_list
    try:
        answer = yield from ask(
            v21.SendLocalListRequest(
                version_number=request.list_version,
                update_type=v21.UpdateEnumType(request.update_type),
                local_authorization_list=tuple(_entry(entry) for entry in entries) or UNSET,
            )
        )
    except RemoteProtocolError as err:
        _only_unsupported(err)
        return v16.SendLocalListResponse(status=v16.UpdateStatus.NOT_SUPPORTED)
    return v16.SendLocalListResponse(status=v16.UpdateStatus(answer.status))


def _entry(entry: v16.AuthorizationData) -> v21.AuthorizationData:
    info = entry.id_tag_info
    return v21.AuthorizationData(id_token=token(entry.id_tag), id_token_info=UNSET if info is UNSET else token_info(info))


def get_local_list_version(_request: v16.GetLocalListVersionRequest, _memory: Memory) -> Up:
    """1.6 says -1 where lists are not supported."""
    try:
        answer = yield from ask(v21.GetLocalListVersionRequest())
    except RemoteProtocolError as err:
        _only_unsupported(err)
        return v16.GetLocalListVersionResponse(list_version=-1)
    return v16.GetLocalListVersionResponse(list_version=answer.version_number)


def clear_cache(_request: v16.ClearCacheRequest, _memory: Memory) -> Up:
    answer = yield from ask(v21.ClearCacheRequest())
    return v16.ClearCacheResponse(status=v16.ClearCacheStatus(answer.status))


def data_transfer(request: v16.DataTransferRequest, _memory: Memory) -> Up:
    answer = yield from ask(
        v21.DataTransferRequest(vendor_id=request.vendor_id, message_id=request.message_id, data=request.data)
    )
    return v16.DataTransferResponse(status=v16.DataTransferStatus(answer.status), data=as_text(answer.data))


def _only_unsupported(err: RemoteProtocolError) -> None:
    """Go on where the station does not support what 1.6 has a word for not supporting."""
    if err.code != "NotSupported":
        raise err
