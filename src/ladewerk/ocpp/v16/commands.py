"""What a CSMS tells a station in OCPP 2.1, told in OCPP 1.6: starts and stops, connectors, reservations, lists, triggers."""

from msgspec import UNSET

from ladewerk.ocpp.v16 import types as v16
from ladewerk.ocpp.v16.charging import charging_profile, transaction_number, unsupported
from ladewerk.ocpp.v16.dialogue import Down, call, raised, refused, word
from ladewerk.ocpp.v16.memory import Memory, RemoteStart
from ladewerk.ocpp.v16.tokens import tag_info
from ladewerk.ocpp.v16.vendor_data import as_text
from ladewerk.ocpp.v16.words import EXTENDED_TRIGGER, LOCAL_LIST_STATUS, RESET, TRIGGER, UNLOCK_STATUS
from ladewerk.ocpp.v21 import types as v21


def request_start_transaction(request: v21.RequestStartTransactionRequest, memory: Memory) -> Down:
    profile = request.charging_profile
    id_tag = request.id_token.id_token
    answer = yield from call(
        v16.RemoteStartTransactionRequest(
            id_tag=id_tag,
            connector_id=request.evse_id,
            charging_profile=UNSET if profile is UNSET else charging_profile(profile),
        )
    )
    if answer.status == "Accepted":
        connector = None if request.evse_id is UNSET else request.evse_id
        memory.note_remote_start(RemoteStart(request.remote_start_id, id_tag, connector))
    return v21.RequestStartTransactionResponse(status=v21.RequestStartStopStatusEnumType(answer.status))


def request_stop_transaction(request: v21.RequestStopTransactionRequest, _memory: Memory) -> Down:
    number = transaction_number(request.transaction_id)
    answer = yield from call(v16.RemoteStopTransactionRequest(transaction_id=number))
    return v21.RequestStopTransactionResponse(status=v21.RequestStartStopStatusEnumType(answer.status))


def reset(request: v21.ResetRequest, memory: Memory) -> Down:
    """A Soft reset of 1.6 ends transactions first, so it is what OnIdle means only while none is known to run."""
    kind = word(RESET, request.type, "reset of type")
    if kind == "Soft" and not memory.statuses:
        raise refused(
            "wait until a station is idle, and how its connectors are is not known yet: trigger StatusNotification"
        )
    busy = memory.busy_connectors()
    if kind == "Soft" and busy:
        raise refused(f"wait until a station is idle, and a transaction runs on connector {min(busy)}")
    answer = yield from call(v16.ResetRequest(type=v16.ResetType(kind)))
    return v21.ResetResponse(status=v21.ResetStatusEnumType(answer.status))


def unlock_connector(request: v21.UnlockConnectorRequest, memory: Memory) -> Down:
    """In 1.6 it ends the transaction of the connector, in 2.1 it does nothing while there is one (part 2, F05).

    ``customData.endTransaction`` says that it may.
    """
    may_end = request.custom_data is not UNSET and request.custom_data.get("endTransaction") is True
    if request.evse_id in memory.busy_connectors() and not may_end:
        return v21.UnlockConnectorResponse(status=v21.UnlockStatusEnumType.ONGOING_AUTHORIZED_TRANSACTION)
    answer = yield from call(v16.UnlockConnectorRequest(connector_id=request.evse_id))
    return v21.UnlockConnectorResponse(
        status=v21.UnlockStatusEnumType(UNLOCK_STATUS[answer.status]), status_info=unsupported(answer.status)
    )


def change_availability(request: v21.ChangeAvailabilityRequest, _memory: Memory) -> Down:
    connector = 0 if request.evse is UNSET else request.evse.id
    kind = v16.AvailabilityType(request.operational_status)
    answer = yield from call(v16.ChangeAvailabilityRequest(connector_id=connector, type=kind))
    return v21.ChangeAvailabilityResponse(status=v21.ChangeAvailabilityStatusEnumType(answer.status))


def trigger_message(request: v21.TriggerMessageRequest, memory: Memory) -> Down:
    wanted = str(request.requested_message)
    connector = UNSET if request.evse is UNSET else request.evse.id
    status: str
    if wanted == "LogStatusNotification" and not memory.by_get_log:
        # Every station with triggers knows it; the other is of the security extension.
        asked = v16.TriggerMessageRequest(requested_message=v16.MessageTrigger("DiagnosticsStatusNotification"))
        status = (yield from call(asked)).status
    elif wanted in EXTENDED_TRIGGER:
        extended = v16.MessageTriggerEnumType(EXTENDED_TRIGGER[wanted])
        status = (
            yield from call(v16.ExtendedTriggerMessageRequest(requested_message=extended, connector_id=connector))
        ).status
    else:
        plain = v16.MessageTrigger(word(TRIGGER, wanted, "trigger for"))
        status = (yield from call(v16.TriggerMessageRequest(requested_message=plain, connector_id=connector))).status
    return v21.TriggerMessageResponse(status=v21.TriggerMessageStatusEnumType(status))


def reserve_now(request: v21.ReserveNowRequest, _memory: Memory) -> Down:
    group = request.group_id_token
    answer = yield from call(
        v16.ReserveNowRequest(
            connector_id=0 if request.evse_id is UNSET else request.evse_id,
            expiry_date=request.expiry_date_time,
            id_tag=request.id_token.id_token,
            reservation_id=request.id,
            parent_id_tag=UNSET if group is UNSET else group.id_token,
        )
    )
    return v21.ReserveNowResponse(status=v21.ReserveNowStatusEnumType(answer.status))


def cancel_reservation(request: v21.CancelReservationRequest, _memory: Memory) -> Down:
    answer = yield from call(v16.CancelReservationRequest(reservation_id=request.reservation_id))
    return v21.CancelReservationResponse(status=v21.CancelReservationStatusEnumType(answer.status))


def send_local_list(request: v21.SendLocalListRequest, _memory: Memory) -> Down:
    entries = request.local_authorization_list
    answer = yield from call(
        v16.SendLocalListRequest(
            list_version=request.version_number,
            update_type=v16.UpdateType(request.update_type),
            local_authorization_list=UNSET if entries is UNSET else tuple(_entry(entry) for entry in entries),
        )
    )
    return v21.SendLocalListResponse(
        status=v21.SendLocalListStatusEnumType(LOCAL_LIST_STATUS[answer.status]), status_info=unsupported(answer.status)
    )


def _entry(entry: v21.AuthorizationData) -> v16.AuthorizationData:
    info = entry.id_token_info
    return v16.AuthorizationData(id_tag=entry.id_token.id_token, id_tag_info=UNSET if info is UNSET else tag_info(info))


def get_local_list_version(_request: v21.GetLocalListVersionRequest, _memory: Memory) -> Down:
    """1.6 says -1 for no list at all, 2.1 says 0 (part 2, D02)."""
    answer = yield from call(v16.GetLocalListVersionRequest())
    return v21.GetLocalListVersionResponse(version_number=max(0, answer.list_version))


def clear_cache(_request: v21.ClearCacheRequest, _memory: Memory) -> Down:
    answer = yield from call(v16.ClearCacheRequest())
    return v21.ClearCacheResponse(status=v21.ClearCacheStatusEnumType(answer.status))


def data_transfer(request: v21.DataTransferRequest, _memory: Memory) -> Down:
    answer = yield from call(
        v16.DataTransferRequest(vendor_id=request.vendor_id, message_id=request.message_id, data=as_text(request.data))
    )
    return raised(v21.DataTransferResponse(status=v21.DataTransferStatusEnumType(answer.status), data=answer.data))
