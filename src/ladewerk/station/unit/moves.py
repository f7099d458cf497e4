"""The moves that several rows of a unit's table share: offer, request, finish, fail, forget."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from msgspec.structs import replace

from ladewerk.charging.schedule import aligned
from ladewerk.station.moment import Moment
from ladewerk.station.unit.actions import (
    Action,
    AllowSupply,
    BeginTransaction,
    EndReason,
    EndTransaction,
    Level,
    MoveLock,
    OpenContactor,
    Refuse,
    RequestPlan,
    Say,
    SetCurrent,
    StartSelfTest,
)
from ladewerk.station.unit.execution import Execution
from ladewerk.station.unit.metering import SessionEnergy
from ladewerk.station.unit.state import Phase, Request, SelfTest, Trouble, UnitState, due_offer_a, trouble
from ladewerk.station.unit.wake_up import UNKNOWN

Step: TypeAlias = tuple[UnitState, tuple[Action, ...]]

LOCK_S: Final = 2.0
SELF_TEST_S: Final = 30.0
_ORDER_TAKES_S: Final = 2.0
_BETWEEN_RAISES_S: Final = 5.0
"""A vehicle has 5 s to follow an offer (IEC 61851-1): it is not raised more often."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one event does in one phase; ``leads_to`` are the phases it may end in besides the present one."""

    act: Callable[[UnitState, Any, Moment], Step]
    says: str
    leads_to: frozenset[Phase] = frozenset()


def enter(state: UnitState, phase: Phase, now: Moment) -> UnitState:
    """The same unit in another phase."""
    return state if state.phase is phase else replace(state, phase=phase, entered_s=now.monotonic_s)


def stay(state: UnitState, _event: object, _now: Moment) -> Step:
    """Nothing but what the reading itself has changed."""
    return state, ()


def refuse(code: str) -> Callable[[UnitState, Any, Moment], Step]:
    """An order that changes nothing here."""

    def act(state: UnitState, _event: object, _now: Moment) -> Step:
        return state, (Refuse(code),)

    return act


def impossible(state: UnitState, event: object, now: Moment) -> Step:
    """What cannot happen has happened: something is wrong with program or hardware, so nothing stays energised."""
    return fail(state, Trouble("impossible", {"phase": state.phase.value, "event": type(event).__name__}), now)


def offer(state: UnitState, current_a: float, now: Moment) -> Step:
    """Offer ``current_a`` from now on."""
    if current_a == state.offer_a:
        return state, ()
    watch = state.watch.offering(current_a, now, state.rules.thresholds)
    return replace(state, offer_a=current_a, watch=watch, disobeying_since_s=None), (SetCurrent(current_a),)


def follow(state: UnitState, now: Moment) -> Step:
    """Offer what is due at ``now``; the phase tells whether that is a current or a pause."""
    due_a = due_offer_a(state, now)
    changed_s = state.watch.changed_s
    if due_a > state.offer_a > 0 and changed_s is not None and now.since_s(changed_s) < _BETWEEN_RAISES_S:
        due_a = state.offer_a
    state, actions = offer(state, due_a, now)
    if state.direct:
        return enter(state, Phase.DIRECT, now), actions
    return enter(state, Phase.CHARGING if due_a > 0 else Phase.WAITING, now), actions


def ask_for_plan(state: UnitState, now: Moment) -> Step:
    """Send the need, or note that it waits for the CSMS."""
    assert state.needs is not None
    if not state.linked:
        return replace(state, request=Request.WANTED), ()
    missing = state.needs.missing(state.session_energy_wh)
    return replace(state, request=Request.SENT, requested_s=now.monotonic_s), (RequestPlan(missing),)


def forget_session(state: UnitState) -> UnitState:
    """The unit without a trace of the session that ended."""
    return replace(
        state,
        needs=None,
        request=Request.NONE,
        requested_s=None,
        planned=None,
        planned_at=None,
        direct=False,
        by_csms=False,
        by_user=False,
        energy=None,
        ending=None,
        tested=False,
        watch=state.watch.forgotten(),
        slumber=UNKNOWN,
    )


def end_transaction(state: UnitState, reason: EndReason) -> Step:
    """End the transaction if one is open."""
    if not state.in_transaction:
        return state, ()
    return replace(state, in_transaction=False), (EndTransaction(reason),)


def begin_transaction(state: UnitState) -> Step:
    """Open a transaction where none is."""
    if state.in_transaction:
        return state, ()
    return replace(state, in_transaction=True), (BeginTransaction(plugged_now=False),)


def rest(state: UnitState, now: Moment) -> UnitState:
    """Back to where a session begins."""
    return enter(forget_session(state), Phase.PLUGGED if state.is_plugged else Phase.IDLE, now)


def cancel(state: UnitState, reason: EndReason, now: Moment, said: Say) -> Step:
    """Drop what was prepared; nothing is energised yet."""
    state, ended = end_transaction(state, reason)
    return rest(state, now), (*ended, said)


def finish(state: UnitState, reason: EndReason, now: Moment) -> Step:
    """Stop the current; the plug is unlocked once the contactor is open."""
    state, offered = offer(state, 0.0, now)
    state = replace(enter(state, Phase.FINISHING, now), ending=reason)
    said = Say(Level.INFO, "session_ending", {"reason": reason.value, "energy_wh": round(state.session_energy_wh)})
    return state, (*offered, said)


def fail(state: UnitState, fault: Trouble, now: Moment, reason: EndReason = EndReason.OTHER) -> Step:
    """No current, contactor open, error latched."""
    watch = state.watch.offering(0.0, now, state.rules.thresholds)
    state, ended = end_transaction(replace(state, offer_a=0.0, watch=watch), reason)
    state = replace(forget_session(state), fault=fault, unlocking=False, disobeying_since_s=None)
    said = Say(Level.ERROR, fault.code, fault.params)
    return enter(state, Phase.FAULT, now), (SetCurrent(0.0), OpenContactor(), *ended, said)


def start_refusal(state: UnitState, now: Moment) -> Step | None:
    """Why the session cannot start now; a hardware error found at the start is a fault."""
    found = trouble(state, now)
    if found is not None:
        state, actions = fail(state, found, now)
        return state, (*actions, Refuse(found.code, found.params))
    if not state.is_plugged:
        return state, (Refuse("no_vehicle"),)
    return None


def startup_s(state: UnitState) -> float:
    """How long lock and self-test take before a current can flow."""
    lock_s = LOCK_S if state.rules.has_lock else 0.0
    return lock_s + (SELF_TEST_S if state.rules.self_test is SelfTest.BEFORE_EACH else 0.0)


def begin_plan(state: UnitState, now: Moment) -> Step:
    """Start was pressed: trim and align the plan, then lock the plug."""
    refused = start_refusal(state, now)
    if refused is not None:
        return refused
    assert state.planned is not None
    planned = Execution.begin(aligned(state.planned.line, now.at, startup_s(state)), now)
    if planned.is_over(now):
        return expired(state, now)
    return lock_plug(replace(state, planned=planned), now)


def expired(state: UnitState, now: Moment) -> Step:
    """Nothing is left of the plan: ask for another one, or give up where nothing was asked for."""
    said = Say(Level.WARNING, "plan_expired")
    state = replace(state, planned=None, planned_at=None)
    if state.needs is None or state.needs.depart_at <= now.at:
        return enter(forget_session(state), Phase.PLUGGED, now), (said, Refuse("plan_expired"))
    state, actions = ask_for_plan(enter(state, Phase.REQUESTED, now), now)
    return state, (*actions, said, Refuse("plan_expired"))


def lock_plug(state: UnitState, now: Moment) -> Step:
    """First step of the start-up; what flows from here on counts for the session."""
    assert state.meter is not None
    state = replace(state, energy=SessionEnergy(register_wh=state.meter.energy_register_wh))
    if not state.rules.has_lock:
        return self_test(state, now)
    return enter(state, Phase.LOCKING, now), (MoveLock(locked=True),)


def self_test(state: UnitState, now: Moment) -> Step:
    """Second step: nothing can flow while the board tests itself."""
    if state.rules.self_test is SelfTest.NEVER:
        return run(state, now)
    # The board closes its contactor in the test and signals 30 A. The stop bit keeps the vehicle out of that; should a
    # board close it all the same, supervision sees a current that nobody offered.
    state = replace(enter(state, Phase.TESTING, now), tested=False)
    return state, (OpenContactor(), StartSelfTest())


def run(state: UnitState, now: Moment) -> Step:
    """Everything is ready: carry out the plan, or charge directly."""
    watch = state.watch.offering(state.offer_a, now, state.rules.thresholds)
    state = replace(state, watch=watch, calibrated_s=now.monotonic_s)
    state, actions = follow(state, now)
    return state, (AllowSupply(), *actions)


def keep_offer(state: UnitState, now: Moment) -> tuple[Action, ...]:
    """Say the current again to a board that shows another one."""
    since_s = state.disobeying_since_s
    if since_s is None:
        return ()
    # A reading may be older than the last order; a board that was never told anything is told at once.
    never_told = state.watch.changed_s is None
    return (SetCurrent(state.offer_a),) if never_told or now.since_s(since_s) >= _ORDER_TAKES_S else ()
