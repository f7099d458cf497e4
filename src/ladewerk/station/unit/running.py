"""The rows of a unit's table from Start to the end: lock, self-test, charging, finishing, fault."""

from typing import Final

from msgspec.structs import replace

from ladewerk.charging.schedule import trimmed
from ladewerk.station.drivers.ports import PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.actions import (
    Action,
    EndReason,
    Level,
    MoveLock,
    OpenContactor,
    Refuse,
    RequestPlan,
    Say,
    SetCurrent,
)
from ladewerk.station.unit.before import stop_reason
from ladewerk.station.unit.calibration import is_due
from ladewerk.station.unit.events import (
    EvseSeen,
    LockFailed,
    LockMoved,
    MeterSeen,
    NeedsAnswered,
    PlanReceived,
    StopPressed,
    TokenRefused,
)
from ladewerk.station.unit.execution import Execution
from ladewerk.station.unit.moves import Step, end_transaction, enter, fail, finish, follow, keep_offer, rest, run, self_test
from ladewerk.station.unit.safety import Finding, fluctuating, highest_current_a, newly_unbalanced, supervise
from ladewerk.station.unit.state import (
    Phase,
    Request,
    Trouble,
    UnitState,
    evse_silent,
    evse_trouble,
    is_complete,
    meter_trouble,
    trouble,
)
from ladewerk.station.unit.wake_up import watched

_LOCK_TIMEOUT_S: Final = 10.0
_SELF_TEST_BEGINS_S: Final = 10.0
_SELF_TEST_TIMEOUT_S: Final = 60.0
_OPEN_UNDER_LOAD_S: Final = 10.0
"""A vehicle has some seconds to stop drawing; after these the contactor is opened whatever it does (IEC 61851-1, 10.2)."""


def device_trouble(state: UnitState, now: Moment) -> Trouble | None:
    """A board in error, or a device that has been silent for too long."""
    return evse_trouble(state, now) or meter_trouble(state, now, state.rules.thresholds.meter_silent_s)


def device_missed(state: UnitState, _event: object, now: Moment) -> Step:
    """One miss is no fault, long silence is."""
    found = device_trouble(state, now)
    return fail(state, found, now) if found is not None else (state, ())


def meter_seen(state: UnitState, event: MeterSeen, now: Moment) -> Step:
    """Too much current is a fault; the energy asked for ends the session; a current that swings caps the offer."""
    watch, finding = supervise(state.watch, event.reading, state.evse, now, state.rules.thresholds)
    state = replace(state, watch=watch)
    lowered = watch.lowered(highest_current_a(event.reading)) if finding is Finding.OVER_CURRENT else None
    if lowered is not None:
        state, actions = follow(replace(state, watch=lowered), now)
        said = {"drawn_a": round(highest_current_a(event.reading), 1), "cap_a": round(state.offer_a, 1)}
        return state, (*actions, Say(Level.WARNING, "over_current_reduced", said))
    if finding is not None:
        reason = EndReason.OVERCURRENT if finding in (Finding.OVER_CURRENT, Finding.SURGE) else EndReason.OTHER
        return fail(state, Trouble(finding.value, {"offered_a": round(state.offer_a, 1)}), now, reason)
    if is_complete(state):
        return finish(state, EndReason.ENERGY_LIMIT_REACHED, now)
    if newly_unbalanced(state.watch, event.reading, state.rules.phases, state.rules.thresholds):
        state = replace(state, watch=replace(state.watch, unbalanced=True))
        return state, (Say(Level.WARNING, "phases_unbalanced", {"current_a": list(event.reading.current_a)}),)
    watch, swing = fluctuating(state.watch, event.reading, now, state.rules.thresholds)
    state = replace(state, watch=watch)
    if swing is None:
        return state, ()
    state, actions = follow(state, now)
    said = {
        "lowest_a": round(swing.lowest_a, 1),
        "highest_a": round(swing.highest_a, 1),
        "cap_a": round(watch.cap_a or swing.cap_a, 1),
    }
    return state, (*actions, Say(Level.WARNING, "current_fluctuates", said))


def preparing_meter_seen(state: UnitState, event: MeterSeen, now: Moment) -> Step:
    """As while charging; no energy is counted yet."""
    watch, finding = supervise(state.watch, event.reading, state.evse, now, state.rules.thresholds)
    state = replace(state, watch=watch)
    return fail(state, Trouble(finding.value), now) if finding is not None else (state, ())


def stop_pressed(state: UnitState, event: StopPressed, now: Moment) -> Step:
    """End the session."""
    return finish(state, stop_reason(event), now)


def token_refused(state: UnitState, event: TokenRefused, now: Moment) -> Step:
    """E05: end the session, whoever began it (StopTxOnInvalidId)."""
    said = Say(Level.ERROR, "token_refused", {"status": event.status})
    state, actions = finish(state, EndReason.DEAUTHORIZED, now)
    return state, (said, *actions)


# Locking and self-test ------------------------------------------------------------------------------------------------


def locking_evse_seen(state: UnitState, _event: EvseSeen, now: Moment) -> Step:
    """The vehicle may leave before the plug is locked."""
    found = evse_trouble(state, now)
    if found is not None:
        return fail(state, found, now)
    if state.pilot is PilotState.A:
        return finish(state, EndReason.UNPLUGGED, now)
    return state, ()


def locking_tick(state: UnitState, _event: object, now: Moment) -> Step:
    """A lock that never answers."""
    if now.since_s(state.entered_s) > _LOCK_TIMEOUT_S:
        return fail(state, Trouble("lock_failed", {"why": "no answer"}), now)
    return device_missed(state, _event, now)


def locking_lock_moved(state: UnitState, event: LockMoved, now: Moment) -> Step:
    """Locked: the board's self-test is next."""
    if not event.locked:
        return replace(state, unlocking=False), ()  # the unlock of a reset or a start before, overtaken by this session
    return self_test(replace(state, locked=True), now)


def locking_lock_failed(state: UnitState, event: LockFailed, now: Moment) -> Step:
    """A plug that is not locked is never energised. Where the bolt has got to nobody knows: it is driven back."""
    return fail(replace(state, locked=True), Trouble("lock_failed", {"why": event.why}), now)


def energised_lock_failed(state: UnitState, event: LockFailed, now: Moment) -> Step:
    """A plug that can be drawn out under load is not energised any more."""
    return fail(replace(state, locked=True), Trouble("lock_open", {"why": event.why}), now)


def testing_evse_seen(state: UnitState, _event: EvseSeen, now: Moment) -> Step:
    """The pilot says nothing of the vehicle until the test is over; an error is the test's result."""
    assert state.evse is not None
    if state.evse.faults:
        return fail(state, Trouble("self_test_failed", {"faults": ", ".join(sorted(state.evse.faults))}), now)
    if state.evse.self_test_running:
        return replace(state, tested=True), ()
    if not state.tested:
        return state, ()
    if state.pilot is PilotState.A:
        return finish(state, EndReason.UNPLUGGED, now)
    found = evse_trouble(state, now)
    return fail(state, found, now) if found is not None else run(state, now)


def testing_tick(state: UnitState, _event: object, now: Moment) -> Step:
    """A test that does not begin, or does not end."""
    lasted_s = now.since_s(state.entered_s)
    if lasted_s > _SELF_TEST_TIMEOUT_S or (not state.tested and lasted_s > _SELF_TEST_BEGINS_S):
        return fail(state, Trouble("self_test_failed", {"faults": "no result"}), now)
    silent = meter_trouble(state, now, state.rules.thresholds.meter_silent_s)
    if silent is None and now.since_s(state.evse_seen_s or 0.0) > state.rules.thresholds.evse_silent_s:
        silent = evse_trouble(state, now)
    return fail(state, silent, now) if silent is not None else (state, ())


def preparing_plan_received(state: UnitState, event: PlanReceived, now: Moment) -> Step:
    """A newer plan for a session that is just starting."""
    if state.by_user:
        return state, ()
    if state.direct and not state.by_csms:
        return state, (Refuse("direct_charging"),)
    planned = Execution.begin(trimmed(event.line, now.at), now)
    if state.direct and planned.is_over(now):
        return state, ()
    return replace(state, planned=planned, planned_at=now.at, direct=False), ()


def preparing_plan_cleared(state: UnitState, _event: object, _now: Moment) -> Step:
    """What the CSMS started goes on directly; every other plan that was pressed Start for is kept."""
    return (direct_again(state) if state.by_csms else state), ()


def direct_again(state: UnitState) -> UnitState:
    """K10.FR.05: what the CSMS started without a plan needs none to go on; the limits that are left hold all the same."""
    return replace(state, planned=None, planned_at=None, direct=True)


# Energised ------------------------------------------------------------------------------------------------------------


def energised_evse_seen(state: UnitState, _event: EvseSeen, now: Moment) -> Step:
    """Errors, unplugging, a board that does not obey; else the plan goes on."""
    found = evse_trouble(state, now)
    if found is not None:
        reason = EndReason.GROUND_FAULT if found.code == "ground_fault" else EndReason.OTHER
        return fail(state, found, now, reason)
    if state.pilot is PilotState.A:
        return finish(state, EndReason.UNPLUGGED, now)
    since_s = state.disobeying_since_s
    if since_s is not None and now.since_s(since_s) >= state.rules.thresholds.evse_silent_s:
        return fail(state, Trouble("evse_disobeys", {"offered_a": round(state.offer_a, 1)}), now)
    repeated = keep_offer(state, now)
    state, told = _wake_up(state, now)
    state, actions = follow(state, now)
    return state, (*(actions or repeated), *told)


def _wake_up(state: UnitState, now: Moment) -> Step:
    """A vehicle that sleeps through the end of a pause is woken by a short one."""
    asks = state.pilot in (PilotState.C, PilotState.D)
    slumber = watched(state.slumber, state.rules.wake_up, offer_a=state.offer_a, asks=asks, now=now)
    if slumber.attempts <= state.slumber.attempts:
        return replace(state, slumber=slumber), ()
    said = Say(Level.INFO, "vehicle_woken", {"attempt": slumber.attempts, "attempts": state.rules.wake_up.attempts})
    return replace(state, slumber=slumber), (said,)


def energised_tick(state: UnitState, _event: object, now: Moment) -> Step:
    """Silence, completion, the plan's end, calibration; then the current that is due."""
    found = device_trouble(state, now)
    if found is not None:
        return fail(state, found, now)
    if is_complete(state):
        return finish(state, EndReason.ENERGY_LIMIT_REACHED, now)
    if not state.direct and _is_over(state, now):
        if not state.by_csms:
            return finish(state, EndReason.SCHEDULE_OVER, now)
        state = direct_again(state)
    asked: tuple[Action, ...] = ()
    if state.needs is not None and is_due(state, now):
        missing = state.needs.missing(state.session_energy_wh)
        state = replace(state, calibrated_s=now.monotonic_s)
        if state.linked:
            state = replace(state, request=Request.SENT, requested_s=now.monotonic_s)
            asked = (RequestPlan(missing),)
    state, actions = follow(state, now)
    return state, (*actions, *asked)


def _is_over(state: UnitState, now: Moment) -> bool:
    if state.planned is not None:
        return state.planned.is_over(now)
    return state.needs is None or state.needs.depart_at <= now.at


def energised_needs_answered(state: UnitState, event: NeedsAnswered, _now: Moment) -> Step:
    """The answer to a calibration; whatever it is, the present plan goes on."""
    state = replace(state, request=Request.ACCEPTED)
    if event.accepted or event.retry:
        return state, ()
    return state, (Say(Level.WARNING, "calibration_refused", {"reason": event.reason}),)


def energised_plan_received(state: UnitState, event: PlanReceived, now: Moment) -> Step:
    """The new plan takes over without a gap; a schedule given at the station it only lowers, as a limit."""
    if state.by_user:
        return state, ()
    line = trimmed(event.line, now.at)
    planned = Execution.begin(line, now) if state.planned is None else state.planned.replaced(line, now)
    state = replace(state, planned=planned, planned_at=now.at, request=Request.ACCEPTED)
    state, actions = follow(state, now)
    return state, (*actions, Say(Level.INFO, "plan_replaced"))


def direct_plan_received(state: UnitState, event: PlanReceived, now: Moment) -> Step:
    """K01: what the CSMS started follows its plan. One without any current is a limit of 0 A, and needs no plan."""
    if not state.by_csms:
        return state, (Refuse("direct_charging"),)
    if Execution.begin(trimmed(event.line, now.at), now).is_over(now):
        return state, ()
    return energised_plan_received(replace(state, direct=False), event, now)


def energised_plan_cleared(state: UnitState, _event: object, now: Moment) -> Step:
    """Without a plan nothing may be drawn, and a new one is asked for; what the CSMS started charges directly again."""
    if state.by_user:
        return state, ()
    if state.by_csms:
        state, actions = follow(direct_again(state), now)
        return state, (*actions, Say(Level.INFO, "plan_cleared"))
    state = replace(state, planned=None, planned_at=None, calibrated_s=now.monotonic_s)
    state, actions = follow(state, now)
    return state, (*actions, Say(Level.WARNING, "plan_cleared"))


def energised_limits_changed(state: UnitState, _event: object, now: Moment) -> Step:
    """What the station, or the transaction by itself, may draw is another now."""
    return follow(state, now)


# Finishing and fault --------------------------------------------------------------------------------------------------


def finishing_progress(state: UnitState, event: object, now: Moment) -> Step:
    """Wait until the contactor is open, then let the plug go, then the transaction is over."""
    assert state.evse is not None
    if now.since_s(state.evse_seen_s or 0.0) > state.rules.thresholds.evse_silent_s:
        return fail(state, evse_silent(state), now, _ending(state))
    actions: tuple[Action, ...] = keep_offer(state, now) if isinstance(event, EvseSeen) else ()
    lasted_s = now.since_s(state.entered_s)
    if state.evse.relay_closed or (state.evse_seen_s or 0.0) <= state.entered_s:
        if lasted_s > 2 * _OPEN_UNDER_LOAD_S:
            return fail(state, Trouble("contactor_welded"), now, _ending(state))
        opened = lasted_s > _OPEN_UNDER_LOAD_S and state.evse.supply_allowed
        return state, (*actions, OpenContactor()) if opened and isinstance(event, EvseSeen) else actions
    if state.locked:
        if state.unlocking:
            return state, actions
        return replace(state, unlocking=True), (*actions, MoveLock(locked=False))
    return _finished(state, now, actions)


def _ending(state: UnitState) -> EndReason:
    return state.ending or EndReason.OTHER


def _finished(state: UnitState, now: Moment, actions: tuple[Action, ...]) -> Step:
    said = Say(Level.INFO, "session_ended", {"reason": _ending(state).value, "energy_wh": round(state.session_energy_wh)})
    state, ended = end_transaction(state, _ending(state))
    return rest(state, now), (*actions, *ended, said)


def finishing_lock_moved(state: UnitState, event: LockMoved, now: Moment) -> Step:
    """Unlocked: the session is over. Locked late, after a stop: it is let go as soon as the contactor is open."""
    if event.locked:
        return replace(state, locked=True, unlocking=False), ()
    return _finished(replace(state, locked=False, unlocking=False), now, ())


def finishing_lock_failed(state: UnitState, event: LockFailed, now: Moment) -> Step:
    """A plug that cannot be let go; one that could not be locked after a stop is of no interest any more."""
    if event.locking:
        return state, ()
    return fail(state, Trouble("unlock_failed", {"why": event.why}), now, _ending(state))


def fault_evse_seen(state: UnitState, _event: EvseSeen, now: Moment) -> Step:
    """Keep it off, and let the plug go once nothing is energised."""
    assert state.evse is not None
    actions: list[Action] = []
    if state.evse.set_current_a > 0:
        actions.append(SetCurrent(0.0))
    if state.evse.supply_allowed:
        actions.append(OpenContactor())
    if not actions and not state.evse.relay_closed and state.locked and not state.unlocking:
        actions.append(MoveLock(locked=False))
        state = replace(state, unlocking=True)
    return state, tuple(actions)


def fault_lock_moved(state: UnitState, event: LockMoved, _now: Moment) -> Step:
    """The plug is let go once the contactor is open."""
    return replace(state, locked=event.locked, unlocking=False), ()


def fault_lock_failed(state: UnitState, event: LockFailed, _now: Moment) -> Step:
    """Shown; the reset tries once more."""
    return state, (Say(Level.ERROR, "lock_failed" if event.locking else "unlock_failed", {"why": event.why}),)


def reset_pressed(state: UnitState, _event: object, now: Moment) -> Step:
    """Clear the latch if its cause is gone."""
    cause = trouble(state, now)
    if cause is not None:
        return state, (Refuse("cause_still_there", {"cause": cause.code, **cause.params}),)
    unlock: tuple[Action, ...] = (MoveLock(locked=False),) if state.locked else ()
    state = enter(replace(state, fault=None, unlocking=bool(unlock)), Phase.IDLE, now)
    return rest(state, now), (*unlock, Say(Level.INFO, "fault_reset"))
