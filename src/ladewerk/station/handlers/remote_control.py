"""Block F: start, stop and messages on request of the CSMS."""

from functools import partial

from msgspec import UNSET, UnsetType

from ladewerk.charging.installation import Installation
from ladewerk.charging.refusal import Refusal
from ladewerk.ocpp import Context, v21
from ladewerk.station.actions import Refuse
from ladewerk.station.control import UnitControl
from ladewerk.station.events import DirectPressed, Origin, StartPressed, StopPressed
from ladewerk.station.handlers.reach import Reach, info
from ladewerk.station.transaction import RemoteStart
from ladewerk.station.unit_state import Phase
from ladewerk.station.units import Units
from ladewerk.station.wording import text

_Status = v21.RequestStartStopStatusEnumType


async def request_start_transaction(
    ctx: Context[Reach], request: v21.RequestStartTransactionRequest
) -> v21.RequestStartTransactionResponse:
    """F01: what the driver's Start button would do: a prepared plan begins, else the vehicle charges directly.

    A profile that comes with it is that of the transaction (K05); one that cannot be installed starts nothing.
    """
    unit = _startable(ctx.state.units) if request.evse_id is UNSET else ctx.state.units.of_evse(request.evse_id)
    if unit is None and request.evse_id is UNSET:
        return _not_started("MissingParam", "name the EVSE: it is not just one that could start")
    if unit is None:
        return _not_started("InvalidValue", f"there is no EVSE {request.evse_id}")
    begin = partial(_begin, unit, request)
    profile = request.charging_profile
    if isinstance(profile, UnsetType):
        refused: Refusal | Refuse | None = begin()
    else:
        refused = await ctx.state.profiles.start_with(Installation(unit.evse_id, profile), begin)
    if isinstance(refused, Refusal):
        return _not_started(refused.reason.value, refused.text)
    if refused is not None or unit.transaction is None:
        why = text(refused.code, refused.params) if refused is not None else "no transaction"
        return _not_started("NotReady", why)
    return v21.RequestStartTransactionResponse(status=_Status.ACCEPTED, transaction_id=unit.transaction.transaction_id)


def _begin(unit: UnitControl, request: v21.RequestStartTransactionRequest) -> Refuse | None:
    planned = unit.state.phase is Phase.PLANNED
    asked = RemoteStart(id_token=request.id_token, remote_start_id=request.remote_start_id)
    return unit.handle_remote_start(StartPressed(Origin.REMOTE) if planned else DirectPressed(Origin.REMOTE), asked)


def _startable(units: Units) -> UnitControl | None:
    """The EVSE that is meant where none is named: the only one, or the only one where something could start."""
    all_units = list(units)
    waiting = [unit for unit in all_units if unit.state.phase in (Phase.PLUGGED, Phase.PLANNED)]
    meant = waiting if len(waiting) == 1 else all_units
    return meant[0] if len(meant) == 1 else None


def _not_started(reason: str, why: str) -> v21.RequestStartTransactionResponse:
    return v21.RequestStartTransactionResponse(status=_Status.REJECTED, status_info=info(reason, why))


async def request_stop_transaction(
    ctx: Context[Reach], request: v21.RequestStopTransactionRequest
) -> v21.RequestStopTransactionResponse:
    """F03: what the driver's Stop button would do."""
    unit = ctx.state.units.of_transaction(request.transaction_id)
    if unit is None:
        why = info("TxNotFound", f"transaction {request.transaction_id} is not open here")
        return v21.RequestStopTransactionResponse(status=_Status.REJECTED, status_info=why)
    refused = unit.handle(StopPressed(Origin.REMOTE))
    if refused is not None:
        why = info("NotRunning", text(refused.code, refused.params))
        return v21.RequestStopTransactionResponse(status=_Status.REJECTED, status_info=why)
    return v21.RequestStopTransactionResponse(status=_Status.ACCEPTED)


async def trigger_message(ctx: Context[Reach], request: v21.TriggerMessageRequest) -> v21.TriggerMessageResponse:
    """F06: the messages this station can send at any time; the others are NotImplemented (F06.FR.08)."""
    triggers, statuses = v21.MessageTriggerEnumType, v21.TriggerMessageStatusEnumType
    evse_id = None if request.evse is UNSET else request.evse.id
    if evse_id is not None and evse_id != 0 and ctx.state.units.of_evse(evse_id) is None:
        return v21.TriggerMessageResponse(status=statuses.REJECTED, status_info=info("InvalidValue", "no such EVSE"))
    match request.requested_message:
        case triggers.BOOT_NOTIFICATION:
            pass  # sent behind the answer, by the observer below
        case triggers.HEARTBEAT:
            ctx.state.link.beat_now()
        case triggers.STATUS_NOTIFICATION:
            ctx.state.link.report_all()
        case triggers.TRANSACTION_EVENT:
            asked = [unit for unit in ctx.state.units if evse_id in (None, 0, unit.evse_id)]
            reported = [unit.report_now() for unit in asked]
            if not any(reported):
                return v21.TriggerMessageResponse(status=statuses.REJECTED, status_info=info("TxNotFound", "none is open"))
        case _:
            return v21.TriggerMessageResponse(status=statuses.NOT_IMPLEMENTED)
    return v21.TriggerMessageResponse(status=statuses.ACCEPTED)


async def boot_when_triggered(ctx: Context[Reach], request: v21.TriggerMessageRequest) -> None:
    """The BootNotification itself, once the trigger is answered."""
    if request.requested_message is v21.MessageTriggerEnumType.BOOT_NOTIFICATION:
        await ctx.peer.call(ctx.state.link.boot_request(v21.BootReasonEnumType.TRIGGERED))
