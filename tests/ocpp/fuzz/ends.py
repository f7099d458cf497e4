"""Both ends of the connections that are fuzzed: a responder for every action there is, and what each end calls."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from msgspec import inspect

from ladewerk.errors import RemoteProtocolError
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload, Request, decode, write
from ladewerk.ocpp.router import Context, Router
from ladewerk.ocpp.version import Version

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
TIME = "2026-01-05T17:00:00Z"


def minimal(kind: type[Payload]) -> Any:
    """An object of ``kind`` with what is required alone."""
    described = inspect.type_info(kind)
    return decode(kind, json.dumps(_value(described)))


def _value(kind: inspect.Type) -> Any:
    match kind:
        case inspect.StructType():
            return {field.encode_name: _value(field.type) for field in kind.fields if field.required}
        case inspect.VarTupleType():
            return [_value(kind.item_type)] * (kind.min_length or 1)
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.StrType():
            return "x"
        case inspect.IntType() | inspect.FloatType():
            return kind.ge or 0
        case inspect.BoolType():
            return True
        case inspect.DateTimeType():
            return TIME
    raise AssertionError(f"no rule for {kind}")


CALLS: Mapping[str, tuple[Request[Any], ...]] = {
    "csms": (
        v21.ClearCacheRequest(),
        v21.GetVariablesRequest(
            get_variable_data=(
                v21.GetVariableDataType(
                    component=v21.ComponentType(name="OCPPCommCtrlr"), variable=v21.VariableType(name="HeartbeatInterval")
                ),
                v21.GetVariableDataType(
                    component=v21.ComponentType(name="OCPP16LegacyKey"), variable=v21.VariableType(name="Nonsense")
                ),
            )
        ),
        v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE),
        v21.GetCompositeScheduleRequest(duration=60, evse_id=1),
        v21.GetLocalListVersionRequest(),
        v21.GetInstalledCertificateIdsRequest(),
        v21.UnlockConnectorRequest(evse_id=1, connector_id=1),
        v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.HEARTBEAT),
        v21.DataTransferRequest(vendor_id="V", data=[1]),
    ),
    "station": (
        v21.BootNotificationRequest(
            charging_station=v21.ChargingStationType(model="M", vendor_name="V"), reason=v21.BootReasonEnumType.POWER_UP
        ),
        v21.AuthorizeRequest(id_token=v21.IdTokenType(id_token="x", type="Central")),
        v21.HeartbeatRequest(),
        v21.TransactionEventRequest(
            event_type=v21.TransactionEventEnumType.STARTED,
            timestamp=NOW,
            trigger_reason=v21.TriggerReasonEnumType.AUTHORIZED,
            seq_no=0,
            transaction_info=v21.TransactionType(transaction_id="x"),
            evse=v21.EVSEType(id=1, connector_id=1),
            id_token=v21.IdTokenType(id_token="x", type="Central"),
        ),
        minimal(v21.NotifyEVChargingNeedsRequest),
        v21.DataTransferRequest(vendor_id="V"),
        minimal(v21.SignCertificateRequest),
    ),
}


def calls(end: str, version: Version) -> list[Request[Any]]:
    """What ``end`` calls, as far as ``version`` can say it."""
    return [call for call in CALLS[end] if version is not Version.V16 or not isinstance(call, _NOT_IN_16)]


_NOT_IN_16 = (v21.NotifyEVChargingNeedsRequest,)


@cache
def _answer(kind: type[Payload]) -> Any:
    return minimal(kind)


def _router(nested: Request[Any]) -> Router[None]:
    router = Router[None]()
    for action in v21.ACTIONS.values():
        if action.response is None:
            router.observe(action.request)(_look)
        elif action.request not in _OWN:
            asked = cast("type[Request[Any]]", action.request)
            router.on(asked)(_responder(action.response))
            router.observe(action.request)(_look)

    @router.on(v21.HeartbeatRequest)
    async def heartbeat(ctx: Context[None], _: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
        return v21.HeartbeatResponse(current_time=ctx.received_at)

    @router.on(v21.DataTransferRequest)
    async def echo(_: Context[None], request: v21.DataTransferRequest) -> v21.DataTransferResponse:
        return v21.DataTransferResponse(status=v21.DataTransferStatusEnumType.ACCEPTED, data=request.data)

    @router.on(v21.ClearCacheRequest)
    async def refuse(_: Context[None], __: v21.ClearCacheRequest) -> v21.ClearCacheResponse:
        raise RemoteProtocolError("SecurityError", "boot first", path="$.x")

    @router.on(v21.StatusNotificationRequest)
    async def ask_back(ctx: Context[None], _: v21.StatusNotificationRequest) -> v21.StatusNotificationResponse:
        await ctx.peer.call(nested, timeout_s=20)
        return v21.StatusNotificationResponse()

    @router.on(v21.BootNotificationRequest)
    async def slow(_: Context[None], __: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
        await asyncio.sleep(40)
        return BOOTED

    @router.default(v21.BootNotificationRequest)
    def not_ready(_: Context[None], __: v21.BootNotificationRequest) -> v21.BootNotificationResponse:
        return BOOTED

    router.in_order(v21.TransactionEventRequest, lambda request: request.transaction_info.transaction_id)
    router.in_order(v21.NotifyPeriodicEventStream, lambda message: message.id)
    return router


_OWN: frozenset[type[Payload]] = frozenset(
    {
        v21.HeartbeatRequest,
        v21.DataTransferRequest,
        v21.ClearCacheRequest,
        v21.StatusNotificationRequest,
        v21.BootNotificationRequest,
    }
)
BOOTED = v21.BootNotificationResponse(current_time=NOW, interval=300, status=v21.RegistrationStatusEnumType.ACCEPTED)


async def _look(ctx: Context[None], message: Payload) -> None:
    """What came in is shown, and written down: whoever does either must not fail at it."""
    repr((ctx.message_id, message))
    write(message)


def _responder(response: type[Payload]) -> Callable[[Context[None], Any], Any]:
    async def respond(_: Context[None], __: Any) -> Payload:
        answer: Payload = _answer(response)
        return answer

    return respond


ROUTERS: Mapping[str, Router[None]] = {"csms": _router(CALLS["csms"][0]), "station": _router(CALLS["station"][2])}
