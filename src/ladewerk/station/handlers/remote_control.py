"""Block F: start, stop and unlock on request of the CSMS."""

from functools import partial

from msgspec import UNSET

from ladewerk.charging.installation import Installation
from ladewerk.charging.refusal import Refusal
from ladewerk.ocpp import Context, v21
from ladewerk.station.authorization.rules import CENTRAL, NO_AUTHORIZATION
from ladewerk.station.control import UnitControl
from ladewerk.station.device_model import variables as settings
from ladewerk.station.handlers.reach import Reach, info
from ladewerk.station.transactions.transaction import Grant
from ladewerk.station.unit.actions import EndReason, Level, Refuse
from ladewerk.station.unit.events import DirectPressed, Origin, StartPressed, StopPressed
from ladewerk.station.unit.state import RUNNING, Phase
from ladewerk.station.units import Units
from ladewerk.station.wording import text

_Status = v21.RequestStartStopStatusEnumType


async def request_start_transaction(
    ctx: Context[Reach], request: v21.RequestStartTransactionRequest
) -> v21.RequestStartTransactionResponse:
    """F01: what the driver's Start button would do: a prepared plan begins, else the vehicle charges directly.

    A profile that comes with it is that of the transaction (K05); one that cannot be installed starts nothing. A vehicle
    that is not there yet is waited for (F02).
    """
    reach = ctx.state
    if not reach.link.is_up:
        return _not_started("NotReady", "the boot is not accepted yet (B02.FR.05)")
    unit = _startable(reach.units) if request.evse_id is UNSET else reach.units.of_evse(request.evse_id)
    if unit is None and request.evse_id is UNSET:
        return _not_started("MissingParam", "name the EVSE: it is not just one that could start")
    if unit is None:
        return _not_started("UnknownEvse", f"there is no EVSE {request.evse_id}")
    if _authorizes(reach, request):
        why = _why_never(unit)
        return _not_started("NotReady", why) if why is not None else _started(unit)
    refused = await _start(reach, unit, request, Grant(id_token=request.id_token, remote_start_id=request.remote_start_id))
    if isinstance(refused, Refusal):
        return _not_started(refused.reason.value, refused.text)
    if refused is not None:
        return _not_started("NotReady", text(refused.code, refused.params))
    return _started(unit)


async def start_when_authorized(ctx: Context[Reach], request: v21.RequestStartTransactionRequest) -> None:
    """F01.FR.01: where the token has to be authorized first, the request is answered before that."""
    reach = ctx.state
    unit = _startable(reach.units) if request.evse_id is UNSET else reach.units.of_evse(request.evse_id)
    if unit is None or not reach.link.is_up or not _authorizes(reach, request) or _why_never(unit) is not None:
        return
    verdict = await reach.authorizer.authorize(request.id_token, unit.evse_id)
    if not verdict.accepted:
        status = "Unknown" if verdict.status is None else verdict.status.value
        unit.say(Level.WARNING, "token_not_accepted", {"status": status})
        return
    grant = Grant(id_token=request.id_token, group=verdict.group, remote_start_id=request.remote_start_id)
    refused = await _start(reach, unit, request, grant)
    if isinstance(refused, Refuse):
        unit.say(Level.WARNING, refused.code, refused.params)


def _authorizes(reach: Reach, request: v21.RequestStartTransactionRequest) -> bool:
    return reach.model.true(settings.AUTHORIZE_REMOTE_START) and request.id_token.type not in (CENTRAL, NO_AUTHORIZATION)


def _why_never(unit: UnitControl) -> str | None:
    """Why nothing can be started here, whoever it is for (F01.FR.23, FR.24)."""
    if unit.state.phase in RUNNING | {Phase.FINISHING, Phase.FAULT}:
        return text("already_running" if unit.state.phase is not Phase.FAULT else "error_latched", {})
    return None


async def _start(
    reach: Reach, unit: UnitControl, request: v21.RequestStartTransactionRequest, grant: Grant
) -> Refusal | Refuse | None:
    begin = partial(_begin, unit, grant)
    profile = request.charging_profile
    if profile is UNSET:
        return reach.desk.expect(unit, grant) if unit.state.phase is Phase.IDLE else begin()
    return await reach.profiles.start_with(Installation(unit.evse_id, profile), begin)


def _begin(unit: UnitControl, grant: Grant) -> Refuse | None:
    planned = unit.state.phase is Phase.PLANNED
    return unit.handle(StartPressed(Origin.REMOTE) if planned else DirectPressed(Origin.REMOTE), grant)


def _started(unit: UnitControl) -> v21.RequestStartTransactionResponse:
    transaction = unit.transaction
    return v21.RequestStartTransactionResponse(
        status=_Status.ACCEPTED, transaction_id=UNSET if transaction is None else transaction.transaction_id
    )


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
    """F03: what the driver's Stop button would do; a transaction without a session has nothing to stop, but is over."""
    if not ctx.state.link.is_up:
        return _not_stopped("NotReady", "the boot is not accepted yet (B02.FR.05)")
    unit = ctx.state.units.of_transaction(request.transaction_id)
    if unit is None:
        return _not_stopped("TxNotFound", f"transaction {request.transaction_id} is not open here")
    if unit.handle(StopPressed(Origin.REMOTE)) is not None:
        unit.close_books(EndReason.REMOTE)
    return v21.RequestStopTransactionResponse(status=_Status.ACCEPTED)


def _not_stopped(reason: str, why: str) -> v21.RequestStopTransactionResponse:
    return v21.RequestStopTransactionResponse(status=_Status.REJECTED, status_info=info(reason, why))


async def unlock_connector(ctx: Context[Reach], request: v21.UnlockConnectorRequest) -> v21.UnlockConnectorResponse:
    """F05: let a plug go that is stuck; never one of a charging that somebody may have."""
    statuses = v21.UnlockStatusEnumType
    unit = ctx.state.units.of_evse(request.evse_id)
    if unit is None or request.connector_id != 1:
        return v21.UnlockConnectorResponse(status=statuses.UNKNOWN_CONNECTOR)
    if unit.books.grant is not None or unit.state.phase in RUNNING | {Phase.FINISHING}:
        return v21.UnlockConnectorResponse(status=statuses.ONGOING_AUTHORIZED_TRANSACTION)
    failed = await unit.unlock()
    if failed is None:
        return v21.UnlockConnectorResponse(status=statuses.UNLOCKED)
    return v21.UnlockConnectorResponse(status=statuses.UNLOCK_FAILED, status_info=info("UnlockFailure", failed))
