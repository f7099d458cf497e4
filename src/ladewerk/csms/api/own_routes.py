"""What is somebody's own: the sessions that run with their id tokens, what their cars need, and the plan for each.

Nothing here is of anybody else: what an EVSE remembers of the session before is left out, and of a plan what it says of the
site, since that is what its other cars and the house draw.
"""

import dataclasses
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ladewerk.csms.api.asking import StationId, ask
from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.guard import who_asks
from ladewerk.csms.api.refusals import Refused, refused
from ladewerk.csms.api.views import TransactionView, transaction_view
from ladewerk.csms.planning.needs import remaining_wh
from ladewerk.csms.planning.plan_words import read_at
from ladewerk.csms.planning.site import Site
from ladewerk.csms.planning.zones import site_zone_name
from ladewerk.csms.records import ChargingNeed, StoredPlan, station_key
from ladewerk.csms.security.accounts import Who
from ladewerk.csms.security.roles import Right
from ladewerk.csms.transactions import Transaction
from ladewerk.ocpp import v21


class OwnNeed(msgspec.Struct, frozen=True, kw_only=True):
    """What a car needs; ``remaining_wh`` of its ``energy_wh`` is still missing. ``assumed``: nobody has said it."""

    mode: str
    energy_wh: float
    remaining_wh: float
    depart_at: datetime | None
    min_current_a: float
    max_current_a: float
    phases: int
    received_at: datetime
    state: str
    assumed: bool


class OwnSlot(msgspec.Struct, frozen=True, kw_only=True):
    """One slot of a plan; ``current_a`` per phase, ``reason`` why not more."""

    start_at: datetime
    duration_s: float
    current_a: float
    power_w: float
    price_per_kwh: float
    reason: str


class OwnPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A plan with its reasons; ``summary`` is its sentence by language."""

    created_at: datetime
    mode: str
    slots: list[OwnSlot]
    energy_wh: float
    missing_wh: float
    complete_at: datetime | None
    cost: float
    cost_if_at_once: float
    currency: str
    summary: dict[str, str]


class OwnSession(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction that runs; of a station that is not ``online`` it is as old as ``updated_at`` says."""

    transaction: TransactionView
    online: bool
    offered_a: float | None
    need: OwnNeed | None
    plan: OwnPlan | None


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """What is somebody's own at ``now``; sentences tell times in ``time_zone``."""

    now: datetime
    time_zone: str
    id_tokens: list[str]
    sessions: list[OwnSession]


class StopWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The transaction to end, by its identity: never one that has begun in its place."""

    transaction_id: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class StopAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the station said: ``Accepted`` or ``Rejected``."""

    status: str


@get("/api/own", right=Right.OWN)
async def get_own(desk: NamedDependency[Desk], request: Request[Any, Any, Any]) -> Own:
    """The sessions that run with one's own id tokens, the newest first."""
    who = who_asks(request)
    now = desk.clock.now()
    own = [transaction for transaction in desk.ledger.open_transactions() if who.owns(transaction.id_token)]
    own.sort(key=lambda one: (one.started_at or one.updated_at, one.transaction_id), reverse=True)
    return Own(
        now=now,
        time_zone=site_zone_name(desk.ledger.site),
        id_tokens=list(who.id_tokens),
        sessions=[_session(desk, transaction, now) for transaction in own],
    )


@post("/api/stations/{station_id:str}/stop", status_code=200, right=Right.OWN)
async def post_stop(
    desk: NamedDependency[Desk], request: Request[Any, Any, Any], station_id: StationId, data: JSONBody[StopWanted]
) -> StopAnswer:
    """Ask a station to end a transaction that runs; a driver one of their own alone."""
    who = who_asks(request)
    transaction = desk.ledger.running(station_key(station_id), data.transaction_id)
    if not who.may(Right.OPERATE) and (transaction is None or not who.owns(transaction.id_token)):
        raise not_yours(who)
    if transaction is None:
        raise refused(409, "not-running", f"no such transaction runs at {station_id}")
    answer = await ask(
        desk, transaction.station_id, v21.RequestStopTransactionRequest(transaction_id=transaction.transaction_id)
    )
    return StopAnswer(status=str(answer.status))


def not_yours(who: Who) -> Refused:
    """The one answer to everything that is not somebody's own, so that nobody can find out what there is."""
    return refused(403, "not-yours", f"no session of {who.name} runs there")


def _session(desk: Desk, transaction: Transaction, now: datetime) -> OwnSession:
    key = None if transaction.evse_id is None else (station_key(transaction.station_id), transaction.evse_id)
    need = None if key is None else desk.ledger.needs.get(key)
    plan = None if key is None else desk.ledger.plans.get(key)
    # Of the session before, both may still be there.
    belongs = need is not None and need.transaction_id == transaction.transaction_id
    planned = plan is not None and plan.transaction_id == transaction.transaction_id
    return OwnSession(
        transaction=transaction_view(transaction),
        online=desk.connections.of(transaction.station_id) is not None,
        offered_a=transaction.offered_a,
        need=_need(need, transaction) if need is not None and belongs else None,
        plan=_plan(plan, desk.ledger.site, now) if plan is not None and planned else None,
    )


def _need(need: ChargingNeed, transaction: Transaction) -> OwnNeed:
    # Its reason may speak of another car and of fuses.
    return OwnNeed(
        mode=need.mode,
        energy_wh=need.energy_wh,
        remaining_wh=remaining_wh(need, transaction),
        depart_at=need.depart_at,
        min_current_a=need.min_current_a,
        max_current_a=need.max_current_a,
        phases=need.phases,
        received_at=need.received_at,
        state=need.state,
        assumed=need.assumed,
    )


def _plan(plan: StoredPlan, site: Site, now: datetime) -> OwnPlan:
    # The name of the fuse that holds the car back is no driver's business.
    said = read_at(dataclasses.replace(plan, fuse=None), site, now)
    return msgspec.convert(msgspec.to_builtins(said), OwnPlan)


ROUTES: Final = (get_own, post_stop)
