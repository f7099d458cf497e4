"""The books of one EVSE: when a transaction begins and ends, and which events it has, by what happens to the unit.

A transaction begins with the first of the TxStartPoints and ends with the end of the first of the TxStopPoints (OCPP 2.x
part 2, E01 and E06). The unit's table knows nothing of this: it says that a vehicle was plugged in, that somebody may
charge, that this is over; its state says the rest. Every function takes the books and gives the new ones with their events.
"""

from collections.abc import Callable, Collection
from typing import TypeAlias

from msgspec import UNSET, Struct, field
from msgspec.structs import replace

from ladewerk.ocpp import v21
from ladewerk.station.drivers.ports import PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.transactions.sampling import Context, Sampling, aligned_now, meter_values, with_register
from ladewerk.station.transactions.transaction import (
    ENDED_BY,
    Grant,
    MeterValues,
    Transaction,
    Trigger,
    begin,
    charging_state,
    end,
    phases_used,
    update,
)
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.state import ENERGISED, Phase, UnitState

NewId = Callable[[], str]
_STOP_WITH_AUTHORIZATION = frozenset({"Authorized", "PowerPathClosed", "EnergyTransfer"})
"""What is over when nobody may charge any more."""
_FINAL = frozenset({EndReason.TIMEOUT, EndReason.IMMEDIATE_RESET})
"""They end a transaction whatever its TxStopPoints are (E03.FR.05, B12.FR.04)."""
_CHARGING = v21.ChargingStateEnumType.CHARGING
_SUSPENDED_EV = v21.ChargingStateEnumType.SUSPENDED_EV


class Terms(Struct, frozen=True, kw_only=True):
    """The settings in force; an EVSE that is not operative begins no transaction."""

    evse_id: int
    start_points: Collection[str] = frozenset({"EVConnected"})
    stop_points: Collection[str] = frozenset({"EVConnected", "Authorized"})
    sampling: Sampling = field(default_factory=Sampling)
    operative: bool = True
    significance: float = 0.1
    """A current offered that changes by more than this part of it is told."""


class Books(Struct, frozen=True, kw_only=True):
    """``grant`` is the authorization that stands, ``told`` whether the CSMS knows of it by an event of the transaction.

    ``ceased`` is why the session has to stop, where its transaction ended before it.
    """

    transaction: Transaction | None = None
    grant: Grant | None = None
    told: bool = False
    connected: bool = False
    released_for: EndReason | None = None
    stopped_by: v21.IdTokenType | None = None
    ceased: EndReason | None = None
    seen: Moment | None = None


Kept: TypeAlias = tuple[Books, tuple[v21.TransactionEventRequest, ...]]


class At(Struct, frozen=True):
    """Where and when something is entered: the unit as it is, the moment, the terms, the next transaction id."""

    state: UnitState
    now: Moment
    terms: Terms
    new_id: NewId

    def values(self, context: Context) -> MeterValues:
        """Meter values of a beginning, an end or in between, with the measurands that are set for it."""
        sampling = self.terms.sampling
        chosen = {
            Context.TRANSACTION_BEGIN: with_register(sampling.started),
            Context.TRANSACTION_END: with_register(sampling.ended),
            Context.SAMPLE_CLOCK: sampling.aligned,
        }
        return meter_values(self.state, self.now.at, context, chosen.get(context, sampling.updated))


def plugged(books: Books, at: At) -> Kept:
    """A vehicle was plugged in."""
    books = replace(books, connected=True)
    if books.transaction is not None:
        transaction = replace(books.transaction, charging_state=charging_state(at.state))
        transaction, event = update(transaction, Trigger.CABLE_PLUGGED_IN, at.now)
        return replace(books, transaction=transaction), (event,)
    if "EVConnected" not in at.terms.start_points:
        return books, ()
    remote = books.grant is not None and books.grant.remote_start_id is not None and not books.told
    return _started(books, Trigger.REMOTE_START if remote else Trigger.CABLE_PLUGGED_IN, at)


def granted(books: Books, grant: Grant, at: At) -> Kept:
    """Somebody may charge; who may already goes on as he is."""
    books = replace(books, grant=grant, told=False, released_for=None, stopped_by=None, ceased=None)
    if books.transaction is None:
        connected = books.connected and "EVConnected" in at.terms.start_points
        return _started(books, _of_grant(grant), at) if connected or "Authorized" in at.terms.start_points else (books, ())
    transaction, event = update(books.transaction, _of_grant(grant), at.now, grant=grant)
    return replace(books, transaction=transaction, told=True), (event,)


def _of_grant(grant: Grant) -> Trigger:
    return Trigger.AUTHORIZED if grant.remote_start_id is None else Trigger.REMOTE_START


def _started(books: Books, trigger: Trigger, at: At) -> Kept:
    if not at.terms.operative:
        return books, ()
    values = at.values(Context.TRANSACTION_BEGIN)
    transaction, event = begin(
        at.new_id(), at.terms.evse_id, at.state, at.now, trigger, meter_value=values, grant=books.grant
    )
    told = books.grant is not None
    return replace(books, transaction=transaction, told=told, released_for=None), (event,)


def released(books: Books, reason: EndReason, at: At, *, final: bool = False) -> Kept:
    """Nobody may charge any more: the session is over, for ``reason``; ``final`` ends the transaction in any case."""
    books = replace(books, grant=None, told=False, released_for=books.released_for or reason)
    if books.transaction is None:
        return replace(books, released_for=None), ()
    unplugged = reason is EndReason.UNPLUGGED
    if final or unplugged or reason in _FINAL or _STOP_WITH_AUTHORIZATION & set(at.terms.stop_points):
        return _ended(replace(books, connected=books.connected and not unplugged), at, by=reason)
    transaction = replace(books.transaction, charging_state=charging_state(at.state))
    trigger = ENDED_BY.get(reason, Trigger.ABNORMAL_CONDITION)
    stopper = None if books.stopped_by is None else Grant(id_token=books.stopped_by)
    transaction, event = update(transaction, trigger, at.now, meter_value=at.values(Context.OTHER), grant=stopper)
    return replace(books, transaction=transaction), (event,)


def _ended(books: Books, at: At, *, by: EndReason, trigger: Trigger | None = None) -> Kept:
    """Ended: for the reason that ended the session, by what happened last."""
    assert books.transaction is not None
    _, event = end(
        books.transaction,
        books.released_for or by,
        at.state,
        at.now,
        trigger=trigger or ENDED_BY.get(by, Trigger.ABNORMAL_CONDITION),
        meter_value=at.values(Context.TRANSACTION_END),
        stopped_by=books.stopped_by,
    )
    return Books(connected=books.connected, seen=books.seen), (event,)


def followed(books: Books, at: At) -> Kept:
    """What the unit's state alone calls for: an unplugged vehicle, a closed power path, a changed state, values due."""
    before = books.seen or at.now
    books = replace(books, seen=at.now)
    events: tuple[v21.TransactionEventRequest, ...] = ()
    if books.connected and _is_gone(at.state):
        books = replace(books, connected=False)
        if books.transaction is not None:
            return _ended(books, at, by=EndReason.UNPLUGGED)
    if books.transaction is None and books.grant is not None and _begins(at):
        books, events = _started(books, _of_grant(books.grant), at)
    transaction = books.transaction
    if transaction is None:
        return books, events
    if _pauses(transaction, at):
        by_vehicle = charging_state(at.state) is _SUSPENDED_EV
        reason = EndReason.STOPPED_BY_EV if by_vehicle else EndReason.OTHER
        books, events = _ended(books, at, by=reason, trigger=Trigger.CHARGING_STATE_CHANGED)
        return replace(books, ceased=reason), events
    transaction, more = _due(transaction, before, at)
    return replace(books, transaction=transaction), (*events, *more)


def _is_gone(state: UnitState) -> bool:
    return state.phase is Phase.IDLE or (state.phase is Phase.FAULT and state.pilot is PilotState.A)


def _begins(at: At) -> bool:
    points = at.terms.start_points
    if "PowerPathClosed" in points and at.state.phase in ENERGISED:
        return True
    return "EnergyTransfer" in points and charging_state(at.state) is _CHARGING


def _pauses(transaction: Transaction, at: At) -> bool:
    """Energy has flowed and flows no more, in a session that would go on: it stops with its transaction (E06)."""
    if "EnergyTransfer" not in at.terms.stop_points or at.state.phase not in ENERGISED:
        return False
    return transaction.charging_state is _CHARGING and charging_state(at.state) is not _CHARGING


def _due(transaction: Transaction, before: Moment, at: At) -> tuple[Transaction, list[v21.TransactionEventRequest]]:
    """A new charging state at once, meter values each interval, and those on the clock."""
    events: list[v21.TransactionEventRequest] = []
    sampling, now = at.terms.sampling, at.now
    energised = at.state.phase in ENERGISED
    if energised and not transaction.energised:
        # Meter values count from the first moment a current may flow.
        transaction = replace(transaction, energised=True, metered_s=now.monotonic_s)
    current, offer_a = charging_state(at.state), at.state.offer_a
    rate_changed = abs(offer_a - transaction.offered_a) > at.terms.significance * transaction.offered_a
    if current is not transaction.charging_state:
        # E02.FR.18, FR.19: how many phases are used is known while they are.
        phases = phases_used(at.state) if current is _CHARGING else transaction.phases_used
        transaction = replace(transaction, charging_state=current, phases_used=phases, offered_a=offer_a)
        values = at.values(Context.OTHER)
        transaction, event = update(transaction, Trigger.CHARGING_STATE_CHANGED, now, meter_value=values)
        events.append(event)
    elif rate_changed and energised:
        transaction = replace(transaction, offered_a=offer_a)
        values = at.values(Context.OTHER)
        transaction, event = update(transaction, Trigger.CHARGING_RATE_CHANGED, now, meter_value=values)
        events.append(event)
    if energised and 0 < sampling.updated_s <= now.since_s(transaction.metered_s):
        transaction = replace(transaction, metered_s=now.monotonic_s)
        values = at.values(Context.SAMPLE_PERIODIC)
        transaction, event = update(transaction, Trigger.METER_VALUE_PERIODIC, now, meter_value=values)
        events.append(event)
    if not sampling.aligned_while_idle and aligned_now(before.at, now.at, sampling.aligned_s):
        values = at.values(Context.SAMPLE_CLOCK)
        if values is not UNSET:
            transaction, event = update(transaction, Trigger.METER_VALUE_CLOCK, now, meter_value=values)
            events.append(event)
    return transaction, events


def asked_for(books: Books, at: At) -> Kept:
    """Updated: the CSMS wants to know (TriggerMessage)."""
    if books.transaction is None:
        return books, ()
    transaction = replace(books.transaction, charging_state=charging_state(at.state))
    transaction, event = update(transaction, Trigger.TRIGGER, at.now, meter_value=at.values(Context.TRIGGER))
    return replace(books, transaction=transaction), (event,)
