"""The rows of a unit's table before anything is energised: from no vehicle to a plan that waits for Start."""

from datetime import datetime
from typing import Final

from msgspec.structs import replace

from ladewerk.charging.schedule import trimmed
from ladewerk.station.drivers.ports import PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.actions import AuthorizeTransaction, BeginTransaction, EndReason, Level, MoveLock, Refuse, Say
from ladewerk.station.unit.events import (
    DirectPressed,
    EvseSeen,
    LockFailed,
    LockMoved,
    MeterSeen,
    NeedsAnswered,
    NeedsGiven,
    Origin,
    PlanReceived,
    ScheduleGiven,
    StopPressed,
    TokenRefused,
)
from ladewerk.station.unit.execution import Execution
from ladewerk.station.unit.moves import (
    Step,
    ask_for_plan,
    begin_plan,
    begin_transaction,
    cancel,
    end_transaction,
    enter,
    expired,
    fail,
    forget_session,
    keep_offer,
    lock_plug,
    rest,
    start_refusal,
)
from ladewerk.station.unit.safety import Finding, supervise
from ladewerk.station.unit.state import Phase, Request, Trouble, UnitState, trouble

PLAN_LATE_S: Final = 60.0
"""K15.FR.08: the CSMS should send the schedule within 60 s; after that it is asked again."""

_ASK_AGAIN_S: Final = 10.0


def idle_evse_seen(state: UnitState, _event: EvseSeen, now: Moment) -> Step:
    """A plug seen begins a transaction."""
    if not state.is_plugged:
        return let_go(state, now)
    state = replace(enter(state, Phase.PLUGGED, now), in_transaction=True)
    said = Say(Level.INFO, "vehicle_plugged", {"cable_limit_a": state.cable_limit_a})
    return state, (BeginTransaction(plugged_now=True), said)


def let_go(state: UnitState, now: Moment) -> Step:
    """Nothing runs: the board offers nothing, and a plug that a former program left locked is unlocked."""
    actions = keep_offer(state, now)
    if state.evse is None or state.evse.relay_closed or not state.locked or state.unlocking:
        return state, actions
    return replace(state, unlocking=True), (*actions, MoveLock(locked=False))


def plugged_evse_seen(state: UnitState, _event: EvseSeen, now: Moment) -> Step:
    """The vehicle may leave again."""
    if state.pilot is not PilotState.A:
        return let_go(state, now)
    state, ended = end_transaction(state, EndReason.UNPLUGGED)
    return rest(state, now), ended


def prepared_evse_seen(state: UnitState, _event: EvseSeen, now: Moment) -> Step:
    """A vehicle that leaves takes what was prepared for it along."""
    if state.pilot is PilotState.A:
        return cancel(state, EndReason.UNPLUGGED, now, Say(Level.WARNING, "vehicle_left"))
    return state, keep_offer(state, now)


def quiet_meter_seen(state: UnitState, event: MeterSeen, now: Moment) -> Step:
    """No current may flow here: one that does means a contactor that did not open."""
    watch, finding = supervise(state.watch, event.reading, state.evse, now, state.rules.thresholds)
    state = replace(state, watch=watch)
    if finding is None or state.evse is None:
        return state, ()
    return fail(state, Trouble(Finding.WELDED.value), now)


def needs_given(state: UnitState, event: NeedsGiven, now: Moment) -> Step:
    """Pre-checks, then the request; the one before it, if any, is replaced."""
    found = trouble(state, now)
    if found is not None:
        return state, (Refuse(found.code, found.params), Say(Level.ERROR, found.code, found.params))
    if not state.is_plugged:
        return state, (Refuse("no_vehicle"),)
    state, begun = begin_transaction(state)
    state = replace(enter(state, Phase.REQUESTED, now), needs=event.needs, planned=None, planned_at=None, direct=False)
    state = replace(state, by_user=False)
    state, asked = ask_for_plan(state, now)
    said = Say(Level.INFO, "needs_taken" if state.linked else "needs_wait_for_csms", {"energy_wh": event.needs.energy_wh})
    return state, (*begun, AuthorizeTransaction(), *asked, said)


def needs_answered(state: UnitState, event: NeedsAnswered, now: Moment) -> Step:
    """The CSMS plans, refuses, or never got it."""
    if event.accepted:
        return replace(state, request=Request.ACCEPTED), ()
    if event.retry:
        return replace(state, request=Request.WANTED), ()
    refused = replace(state, needs=None, request=Request.NONE)
    return enter(refused, Phase.PLUGGED, now), (Say(Level.ERROR, "needs_refused", {"reason": event.reason}),)


def schedule_given(state: UnitState, event: ScheduleGiven, now: Moment) -> Step:
    """Pre-checks, then the schedule waits for Start, or starts at once where the unit is set to; needs are dropped."""
    found = trouble(state, now)
    if found is not None:
        return state, (Refuse(found.code, found.params), Say(Level.ERROR, found.code, found.params))
    if not state.is_plugged:
        return state, (Refuse("no_vehicle"),)
    planned = Execution.begin(trimmed(event.line, now.at), now)
    if planned.is_over(now):
        return state, (Refuse("plan_expired"),)
    state, begun = begin_transaction(state)
    state = replace(forget_session(state), planned=planned, planned_at=now.at, by_user=True)
    given = (*begun, AuthorizeTransaction(), Say(Level.INFO, "schedule_taken", {"ends_at": _iso(planned.ends_at())}))
    state = enter(state, Phase.PLANNED, now)
    if not state.rules.autostart:
        return state, given
    state, actions = begin_plan(state, now)
    return state, (*given, *actions)


def plan_received(state: UnitState, event: PlanReceived, now: Moment) -> Step:
    """The plan waits for Start, or starts at once where the unit is set to."""
    if not state.in_transaction:
        return state, (Refuse("no_session"),)
    if state.by_user:
        return state, ()
    planned = Execution.begin(trimmed(event.line, now.at), now)
    if planned.is_over(now):
        return state, (Say(Level.WARNING, "plan_empty"),)
    state = replace(enter(state, Phase.PLANNED, now), planned=planned, planned_at=now.at, request=Request.ACCEPTED)
    # Behind the departure stands what holds for any car: no end of this one's plan.
    ends_at = planned.ends_at() if state.needs is None else planned.charges_until(state.needs.depart_at)
    said = Say(Level.INFO, "plan_received", {"ends_at": _iso(ends_at)})
    if not state.rules.autostart:
        return state, (said,)
    state, actions = begin_plan(state, now)
    return state, (said, *actions)


def plan_cleared(state: UnitState, _event: object, now: Moment) -> Step:
    """Without its plan a unit is back at its request."""
    if state.by_user:
        return state, ()
    state = replace(state, planned=None, planned_at=None)
    said = Say(Level.WARNING, "plan_cleared")
    if state.needs is None:
        return enter(state, Phase.PLUGGED, now), (said,)
    # Not asked again at once: whoever clears a plan is about to send another one.
    return replace(enter(state, Phase.REQUESTED, now), request=Request.ACCEPTED, requested_s=now.monotonic_s), (said,)


def requested_tick(state: UnitState, _event: object, now: Moment) -> Step:
    """Send what waits, ask again where no plan came, give up when the departure is over."""
    assert state.needs is not None
    if state.needs.depart_at <= now.at:
        return cancel(state, EndReason.LOCAL, now, Say(Level.ERROR, "departure_over"))
    if not state.linked or state.request is Request.SENT:
        return state, ()
    quiet_s = None if state.requested_s is None else now.since_s(state.requested_s)
    if state.request is Request.WANTED and (quiet_s is None or quiet_s >= _ASK_AGAIN_S):
        return ask_for_plan(state, now)
    if state.request is Request.ACCEPTED and quiet_s is not None and quiet_s >= PLAN_LATE_S:
        state, actions = ask_for_plan(state, now)
        return state, (*actions, Say(Level.WARNING, "plan_late", {"after_s": PLAN_LATE_S}))
    return state, ()


def planned_tick(state: UnitState, _event: object, now: Moment) -> Step:
    """A plan that nobody started runs out."""
    assert state.planned is not None
    if not state.planned.is_over(now):
        return state, ()
    state, actions = expired(state, now)
    return state, tuple(action for action in actions if not isinstance(action, Refuse))


def start_pressed(state: UnitState, _event: object, now: Moment) -> Step:
    """Carry out the plan."""
    return begin_plan(state, now)


def direct_pressed(state: UnitState, event: DirectPressed, now: Moment) -> Step:
    """Charge without a plan."""
    refused = start_refusal(state, now)
    if refused is not None:
        return refused
    state, begun = begin_transaction(state)
    state, actions = lock_plug(replace(state, direct=True, by_csms=event.origin is Origin.REMOTE), now)
    return state, (*begun, AuthorizeTransaction(), *actions)


def stop_pressed(state: UnitState, event: StopPressed, now: Moment) -> Step:
    """Drop the request or the plan."""
    return cancel(state, stop_reason(event), now, Say(Level.INFO, "request_cancelled"))


def token_refused(state: UnitState, event: TokenRefused, now: Moment) -> Step:
    """E05: a transaction that nobody may have ends with what was prepared."""
    if not state.in_transaction:
        return state, ()
    return cancel(state, EndReason.DEAUTHORIZED, now, Say(Level.ERROR, "token_refused", {"status": event.status}))


def stop_reason(event: StopPressed) -> EndReason:
    """Who stopped, or why, in OCPP's words."""
    return event.reason or (EndReason.REMOTE if event.origin is Origin.REMOTE else EndReason.LOCAL)


def resting_lock_moved(state: UnitState, event: LockMoved, _now: Moment) -> Step:
    """The plug is let go after a reset; a plug locked late is let go too."""
    if event.locked:
        return replace(state, locked=True, unlocking=True), (MoveLock(locked=False),)
    return replace(state, locked=False, unlocking=False), ()


def resting_lock_failed(state: UnitState, event: LockFailed, now: Moment) -> Step:
    """The plug could not be let go after a reset."""
    return fail(state, Trouble("unlock_failed", {"why": event.why}), now)


def _iso(end: datetime | None) -> str | None:
    return end.isoformat() if end is not None else None
