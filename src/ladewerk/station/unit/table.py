"""One charging unit as a table of states: what each event does in each phase.

:func:`step` is all there is: it takes a state, an event and the moment, and returns the new state and what is to be done. A
reading is noted first (:func:`observe`), then the row of the table decides. Every pair of phase and event has a row; what
cannot happen leads to a fault. ``docs/station.md`` prints the table.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from ladewerk.station.moment import Moment
from ladewerk.station.unit import before, running
from ladewerk.station.unit.events import (
    EVENTS,
    Device,
    DeviceMissed,
    DirectPressed,
    Event,
    EvseSeen,
    LimitsChanged,
    LinkChanged,
    LockFailed,
    LockMoved,
    MeterSeen,
    NeedsAnswered,
    NeedsGiven,
    PlanCleared,
    PlanReceived,
    ResetPressed,
    ScheduleGiven,
    StartPressed,
    StopPressed,
    Tick,
    TokenRefused,
)
from ladewerk.station.unit.execution import Execution
from ladewerk.station.unit.moves import Row, Step, impossible, refuse, stay
from ladewerk.station.unit.safety import unseen_phases
from ladewerk.station.unit.state import Phase, UnitState

_FAULT: Final = frozenset({Phase.FAULT})
_REST: Final = frozenset({Phase.IDLE, Phase.PLUGGED})
_RUN: Final = frozenset({Phase.WAITING, Phase.CHARGING, Phase.DIRECT})
_BEGIN: Final = frozenset({Phase.LOCKING, Phase.TESTING, Phase.REQUESTED, Phase.PLUGGED}) | _RUN | _FAULT

_NOTED = Row(stay, "noted")
_IMPOSSIBLE = Row(impossible, "cannot happen: safe state", _FAULT)
_LATE = Row(stay, "too late: dropped")
_NO_SESSION = Row(refuse("no_session"), "refused: no session")
_NOTHING_PREPARED = Row(refuse("nothing_prepared"), "refused: nothing prepared")
_NOTHING_RUNNING = Row(refuse("nothing_running"), "refused: nothing is running")
_NO_VEHICLE = Row(refuse("no_vehicle"), "refused: no vehicle")
_NO_ERROR = Row(refuse("no_error"), "refused: there is no error")
_IN_USE = Row(refuse("in_use"), "refused: the unit is in use")
_RUNNING = Row(refuse("already_running"), "refused: already running")
_LATCHED = Row(refuse("error_latched"), "refused: the error is latched")
_STOPPING = Row(refuse("already_stopping"), "refused: already ending")
_PREPARED = Row(refuse("request_open"), "refused: a request is open")

_SCHEDULE = Row(
    before.schedule_given, "pre-checks, then it waits for Start; with autostart carried out", _BEGIN | {Phase.PLANNED}
)
_NOT_ALLOWED = Row(before.token_refused, "request dropped, transaction ended", _REST)
_SILENCE = Row(running.device_missed, "fault when it has been silent too long", _FAULT)
_QUIET_METER = Row(before.quiet_meter_seen, "fault when a current flows", _FAULT)
_RESTING_LOCK = {
    LockMoved: Row(before.resting_lock_moved, "noted; a plug locked late is let go"),
    LockFailed: Row(before.resting_lock_failed, "fault", _FAULT),
}
_STEADY_LOCK = {LockMoved: _IMPOSSIBLE, LockFailed: _IMPOSSIBLE}

_BEFORE: Mapping[type[Event], Row] = {
    MeterSeen: _QUIET_METER,
    DeviceMissed: _NOTED,
    LinkChanged: _NOTED,
    LimitsChanged: _NOTED,
    ResetPressed: _NO_ERROR,
    **_RESTING_LOCK,
}
_PREPARED_ROWS: Mapping[type[Event], Row] = {
    **_BEFORE,
    EvseSeen: Row(before.prepared_evse_seen, "unplugged: request dropped, transaction ended", _REST),
    NeedsGiven: Row(before.needs_given, "pre-checks, then the request goes out", frozenset({Phase.REQUESTED})),
    ScheduleGiven: _SCHEDULE,
    PlanReceived: Row(before.plan_received, "shown; with autostart carried out", _BEGIN | {Phase.PLANNED}),
    TokenRefused: _NOT_ALLOWED,
    DirectPressed: _PREPARED,
    StopPressed: Row(before.stop_pressed, "request dropped, transaction ended", _REST),
}
_RUNNING_ROWS: Mapping[type[Event], Row] = {
    DeviceMissed: _SILENCE,
    LinkChanged: _NOTED,
    LimitsChanged: _NOTED,
    TokenRefused: Row(running.token_refused, "current 0, then contactor open, unlock", frozenset({Phase.FINISHING})),
    NeedsGiven: _IN_USE,
    ScheduleGiven: _IN_USE,
    StartPressed: _RUNNING,
    DirectPressed: _RUNNING,
    StopPressed: Row(running.stop_pressed, "current 0, then contactor open, unlock", frozenset({Phase.FINISHING})),
    ResetPressed: _NO_ERROR,
}
_ENERGISED_ROWS: Mapping[type[Event], Row] = {
    **_RUNNING_ROWS,
    EvseSeen: Row(
        running.energised_evse_seen, "error: fault; unplugged: end; else the due current", _RUN | _FAULT | {Phase.FINISHING}
    ),
    MeterSeen: Row(
        running.meter_seen, "too much current: fault; energy reached: end; swinging: capped", _FAULT | {Phase.FINISHING}
    ),
    Tick: Row(
        running.energised_tick, "silence, energy, end of plan, calibration, due current", _RUN | _FAULT | {Phase.FINISHING}
    ),
    NeedsAnswered: Row(running.energised_needs_answered, "noted; the present plan goes on"),
    PlanReceived: Row(running.energised_plan_received, "takes over without a gap", _RUN),
    PlanCleared: Row(
        running.energised_plan_cleared, "pause until there is a new plan; started by the CSMS: charges directly", _RUN
    ),
    LimitsChanged: Row(running.energised_limits_changed, "the due current, within the new limits", _RUN),
    LockMoved: _IMPOSSIBLE,
    LockFailed: Row(running.energised_lock_failed, "fault", _FAULT),
}

TABLE: Final[Mapping[Phase, Mapping[type[Event], Row]]] = {
    Phase.IDLE: {
        **_BEFORE,
        EvseSeen: Row(before.idle_evse_seen, "plugged: transaction begins", frozenset({Phase.PLUGGED})),
        Tick: _NOTED,
        NeedsGiven: _NO_VEHICLE,
        ScheduleGiven: _NO_VEHICLE,
        NeedsAnswered: _LATE,
        PlanReceived: _NO_SESSION,
        PlanCleared: _NOTED,
        TokenRefused: _LATE,
        StartPressed: _NOTHING_PREPARED,
        DirectPressed: _NO_VEHICLE,
        StopPressed: _NOTHING_RUNNING,
    },
    Phase.PLUGGED: {
        **_BEFORE,
        EvseSeen: Row(before.plugged_evse_seen, "unplugged: transaction ends", _REST),
        Tick: _NOTED,
        NeedsGiven: Row(before.needs_given, "pre-checks, then the request goes out", frozenset({Phase.REQUESTED})),
        NeedsAnswered: _LATE,
        ScheduleGiven: _SCHEDULE,
        PlanReceived: Row(before.plan_received, "shown; with autostart carried out", _BEGIN | {Phase.PLANNED}),
        PlanCleared: _NOTED,
        TokenRefused: _NOT_ALLOWED,
        StartPressed: _NOTHING_PREPARED,
        DirectPressed: Row(before.direct_pressed, "lock, self-test, then the direct current", _BEGIN),
        StopPressed: _NOTHING_RUNNING,
    },
    Phase.REQUESTED: {
        **_PREPARED_ROWS,
        Tick: Row(before.requested_tick, "send what waits; ask again where no plan came", _REST),
        NeedsAnswered: Row(before.needs_answered, "refused: halt with the CSMS's reason", frozenset({Phase.PLUGGED})),
        PlanCleared: _NOTED,
        StartPressed: Row(refuse("no_plan_yet"), "refused: no plan yet"),
    },
    Phase.PLANNED: {
        **_PREPARED_ROWS,
        Tick: Row(before.planned_tick, "a plan that ran out: ask again", frozenset({Phase.REQUESTED, Phase.PLUGGED})),
        NeedsAnswered: _NOTED,
        PlanCleared: Row(before.plan_cleared, "back to the request", frozenset({Phase.REQUESTED, Phase.PLUGGED})),
        StartPressed: Row(before.start_pressed, "trim and align the plan, lock, self-test", _BEGIN),
    },
    Phase.LOCKING: {
        **_RUNNING_ROWS,
        EvseSeen: Row(running.locking_evse_seen, "error: fault; unplugged: end", _FAULT | {Phase.FINISHING}),
        MeterSeen: Row(running.preparing_meter_seen, "fault when a current flows", _FAULT),
        Tick: Row(running.locking_tick, "fault when lock or device is silent too long", _FAULT),
        NeedsAnswered: _NOTED,
        PlanReceived: Row(
            running.preparing_plan_received, "replaces the plan, or the direct current of a start by the CSMS"
        ),
        PlanCleared: Row(running.preparing_plan_cleared, "started by the CSMS: charges directly; else noted"),
        LockMoved: Row(running.locking_lock_moved, "locked: self-test", _RUN | {Phase.TESTING}),
        LockFailed: Row(running.locking_lock_failed, "fault", _FAULT),
    },
    Phase.TESTING: {
        **_RUNNING_ROWS,
        **_STEADY_LOCK,
        EvseSeen: Row(
            running.testing_evse_seen, "test over: charging begins; error: fault", _RUN | _FAULT | {Phase.FINISHING}
        ),
        MeterSeen: Row(running.preparing_meter_seen, "fault when too much current flows", _FAULT),
        Tick: Row(running.testing_tick, "fault when the test has no result", _FAULT),
        DeviceMissed: Row(running.testing_tick, "fault when it has been silent too long", _FAULT),
        NeedsAnswered: _NOTED,
        PlanReceived: Row(
            running.preparing_plan_received, "replaces the plan, or the direct current of a start by the CSMS"
        ),
        PlanCleared: Row(running.preparing_plan_cleared, "started by the CSMS: charges directly; else noted"),
    },
    Phase.WAITING: _ENERGISED_ROWS,
    Phase.CHARGING: _ENERGISED_ROWS,
    Phase.DIRECT: {
        **_ENERGISED_ROWS,
        NeedsAnswered: _LATE,
        PlanReceived: Row(
            running.direct_plan_received, "started by the CSMS: takes over without a gap; by a driver: refused", _RUN
        ),
        PlanCleared: _NOTED,
    },
    Phase.FINISHING: {
        **_RUNNING_ROWS,
        EvseSeen: Row(running.finishing_progress, "contactor open: unlock, transaction ended, reset", _REST | _FAULT),
        MeterSeen: Row(running.preparing_meter_seen, "fault when a current goes on", _FAULT),
        Tick: Row(running.finishing_progress, "fault when the contactor does not open", _REST | _FAULT),
        DeviceMissed: Row(running.finishing_progress, "fault when it has been silent too long", _REST | _FAULT),
        NeedsAnswered: _LATE,
        PlanReceived: _NO_SESSION,
        PlanCleared: _NOTED,
        TokenRefused: _LATE,
        StartPressed: _STOPPING,
        DirectPressed: _STOPPING,
        StopPressed: _STOPPING,
        LockMoved: Row(running.finishing_lock_moved, "unlocked: transaction ended, reset", _REST),
        LockFailed: Row(running.finishing_lock_failed, "fault", _FAULT),
    },
    Phase.FAULT: {
        EvseSeen: Row(running.fault_evse_seen, "kept off; the plug is let go once the contactor is open"),
        MeterSeen: _NOTED,
        DeviceMissed: _NOTED,
        Tick: _NOTED,
        LinkChanged: _NOTED,
        LimitsChanged: _NOTED,
        NeedsGiven: _LATCHED,
        ScheduleGiven: _LATCHED,
        NeedsAnswered: _LATE,
        PlanReceived: _NO_SESSION,
        PlanCleared: _NOTED,
        TokenRefused: _LATE,
        StartPressed: _LATCHED,
        DirectPressed: _LATCHED,
        StopPressed: _LATCHED,
        ResetPressed: Row(running.reset_pressed, "latch cleared if the cause is gone", _REST),
        LockMoved: Row(running.fault_lock_moved, "noted"),
        LockFailed: Row(running.fault_lock_failed, "shown; the reset tries again"),
    },
}


def step(state: UnitState, event: Event, now: Moment) -> Step:
    """The state after ``event`` and what is to be done. Raises nothing: every pair has a row."""
    return TABLE[state.phase][type(event)].act(observe(state, event, now), event, now)


def observe(state: UnitState, event: Event, now: Moment) -> UnitState:
    """Note what a reading says, before anything is decided."""
    match event:
        case EvseSeen(reading):
            # The board offers what it likes while it tests itself.
            testing = state.phase is Phase.TESTING
            # Boards that know whole amps only round down.
            obeys = testing or state.offer_a - 1 < reading.set_current_a < state.offer_a + 0.05
            since_s = None if obeys else state.disobeying_since_s
            if not obeys and since_s is None:
                since_s = now.monotonic_s
            watch = replace(state.watch, board_seen_s=now.monotonic_s)
            return replace(state, evse=reading, evse_seen_s=now.monotonic_s, disobeying_since_s=since_s, watch=watch)
        case MeterSeen(reading):
            energy = None if state.energy is None else state.energy.measured(reading)
            state = replace(state, meter=reading, energy=energy)
            unseen = unseen_phases(reading, state.rules.phases)
            if unseen:  # as if it had not answered: what flows there, nobody watches
                return replace(state, meter_missed=f"it tells no current of {', '.join(unseen)}; look at its clamps")
            return replace(state, meter_seen_s=now.monotonic_s)
        case DeviceMissed(Device.EVSE, why):
            return replace(state, evse_missed=why)
        case DeviceMissed(Device.METER, why):
            return replace(state, meter_missed=why)
        case LinkChanged(up):
            return replace(state, linked=up)
        case LimitsChanged(line):
            return replace(state, ceiling=Execution(line=line, anchor=now))
        case _:
            return state


def as_markdown() -> str:
    """The table for the documentation: one section a phase."""
    lines: list[str] = []
    for phase, phase_rows in TABLE.items():
        lines += [f"### {phase.value}", "", "| event | then | may lead to |", "| --- | --- | --- |"]
        for event in EVENTS:
            row = phase_rows[event]
            leads_to = ", ".join(other.value for other in Phase if other in row.leads_to and other is not phase)
            lines.append(f"| {event.__name__} | {row.says} | {leads_to} |")
        lines.append("")
    return "\n".join(lines)
