"""Every code the station says, with its English text: the one list that pages translate.

A message is a code with parameters; ``text`` fills the parameters into the English sentence, which is what the log shows
and what a page shows where it has no translation. A test holds that every code the unit can say stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ladewerk.electrical import usable_current_a
from ladewerk.station.moment import Moment
from ladewerk.station.unit.state import Phase, Request, Trouble, UnitState, trouble

SENTENCES: Final[Mapping[str, str]] = {
    "no_vehicle": "no vehicle is plugged in",
    "ready": "ready: say what you need",
    "not_ready": "not ready: {why}",
    "waiting_for_csms": "the request waits until the CSMS is there again",
    "waiting_for_plan": "the CSMS is planning",
    "press_start": "the plan is here: press Start",
    "locking": "locking the plug",
    "testing": "the board tests itself, 30 s",
    "waiting_until": "planned pause until {at}",
    "waiting": "planned pause",
    "waiting_for_new_plan": "the plan was taken back: waiting for a new one",
    "charging": "charging with {current_a} A",
    "vehicle_pauses": "{current_a} A are offered, the vehicle draws nothing",
    "direct": "charging directly with {current_a} A",
    "held": "paused: a limit allows no current now",
    "finishing": "ending: waiting for the contactor and the lock",
    "fault": "fault: {why}",
    "out_of_service": "out of service: the CSMS has ordered so",
}
"""States of a unit, said to a driver."""

TROUBLES: Final[Mapping[str, str]] = {
    "evse_silent": "no usable answer from the EVSE board for {for_s} s: {why}",
    "evse_error": "the EVSE board reports {faults}",
    "ground_fault": "the RCD has tripped; find the cause, then switch the board's supply off and on",
    "evse_pilot": "the control pilot is in state {pilot}",
    "evse_disobeys": "the EVSE board does not take the current {offered_a} A",
    "meter_silent": "no usable answer from the meter for {for_s} s: {why}",
    "meter_frozen": "the meter shows the same numbers all the time; switch its supply off and on",
    "contactor_welded": "a current flows though the contactor should be open; switch the supply off",
    "over_current": "the vehicle draws more than the {offered_a} A that are offered",
    "surge": "the vehicle draws far more than the {offered_a} A that are offered",
    "lock_failed": "the plug could not be locked: {why}",
    "lock_open": "the plug came unlocked while charging: {why}",
    "unlock_failed": "the plug could not be unlocked: {why}",
    "self_test_failed": "the board's self-test failed: {faults}",
    "impossible": "{event} while {phase}: program or hardware is broken",
}
"""What forbids charging; latched, a fault."""

REFUSALS: Final[Mapping[str, str]] = {
    "no_vehicle": "no vehicle is plugged in",
    "no_session": "there is no session",
    "nothing_prepared": "nothing is prepared: say first what you need",
    "nothing_running": "nothing is running",
    "no_error": "there is no error",
    "journal_not_written": "no charging begins, since it could not be written down: {why}",
    "no_plan_yet": "there is no plan yet",
    "no_such_unit": "there is no unit {unit}",
    "plan_expired": "the plan is over; another one is needed",
    "in_use": "a session is running: stop it first",
    "already_running": "it is running already",
    "already_stopping": "it is ending already",
    "request_open": "a request is open: stop it first",
    "error_latched": "an error is latched: clear it first",
    "cause_still_there": "the cause is still there: {why}",
    "direct_charging": "direct charging has no plan",
    "out_of_service": "it is out of service: the CSMS has ordered so",
    "no_time": "nobody knows what time it is, so a departure means nothing yet: charge directly, or wait for CSMS or NTP",
    "token_needed": "show a token first",
    "token_not_accepted": "this token may not charge here: {status}",
    "token_not_yours": "somebody else charges here",
}
"""Why an order is not taken."""

MESSAGES: Final[Mapping[str, str]] = {
    "vehicle_plugged": "a vehicle was plugged in, the cable takes {cable_limit_a} A",
    "vehicle_left": "the vehicle left before the charging began",
    "needs_taken": "{energy_wh} Wh were asked for",
    "needs_wait_for_csms": "{energy_wh} Wh were asked for; the request goes out when the CSMS is there again",
    "needs_refused": "the CSMS refuses the request: {reason}",
    "needs_file_refused": "the needs in {file} cannot be used: {why}",
    "token_suspended": "the CSMS does not allow this charging: no current after {energy_wh} Wh",
    "vehicle_did_not_come": "no vehicle was plugged in for the charging that was authorized",
    "clocks_differ": "the clock of the CSMS is {ahead_s} s ahead of this one: look at the time of this machine (NTP)",
    "token_refused": "the CSMS does not allow this charging: {status}",
    "calibration_refused": "the CSMS keeps the plan as it is: {reason}",
    "plan_received": "the plan is here, it ends {ends_at}",
    "schedule_taken": "the schedule is taken, it ends {ends_at}",
    "plan_replaced": "a new plan has taken over",
    "plan_empty": "the CSMS sent a plan without any current",
    "plan_cleared": "the CSMS took the plan back",
    "plan_expired": "the plan ran out before it was started",
    "plan_late": "no plan after {after_s} s, asking again",
    "departure_over": "the departure came before a plan",
    "request_cancelled": "the request was dropped",
    "session_ending": "ending ({reason}) after {energy_wh} Wh",
    "session_ended": "ended ({reason}) after {energy_wh} Wh",
    "transaction_interrupted": "transaction {transaction_id} was interrupted and has been ended",
    "current_fluctuates": "the current swings between {lowest_a} A and {highest_a} A; {cap_a} A are offered at most now",
    "over_current_reduced": "the vehicle draws {drawn_a} A, more than is offered; {cap_a} A are offered now",
    "phases_unbalanced": "the phases carry very different currents: {current_a} A",
    "vehicle_woken": "the vehicle takes no notice of the offer: a short pause is to wake it ({attempt} of {attempts})",
    "fault_reset": "the error was cleared",
    "order_failed": "an order to the hardware failed: {why}",
    "unit_added": "unit {unit} was added",
    "unit_changed": "unit {unit} has its new settings",
    "unit_removed": "unit {unit} was removed",
    "unit_change_waits": "unit {unit} gets its new settings when the session that they wait for is over",
    "unit_removal_waits": "unit {unit} is being stopped, and is removed then",
    "unit_change_failed": "a unit could not be changed, it stays as it was: {why}",
    "settings_refused": "the configuration file was changed and cannot be used, everything goes on as before: {why}",
    "settings_need_restart": "changed in the configuration file, and used from the next start on: {keys}",
    "file_damaged": "{file} was damaged and is kept as {kept_as}; a new one is begun",
    "journal_stuck": "what happens cannot be written down, and no charging begins until it can: {why}",
    "journal_written_again": "what happens is written down again",
    "history_not_written": "what is measured is not kept at present: {why}",
    "history_written_again": "what is measured is kept again",
    "time_unknown": "nobody knows what time it is; until CSMS or NTP say so, the least limit that depends on it holds",
    "time_known": "the time is known now",
    "time_set": "the clock was set, by {by_s} s",
    "csms_connected": "connected to the CSMS",
    "csms_lost": "no connection to the CSMS: {why}",
    "event_given_up": "the CSMS did not take event {seq_no} of transaction {transaction_id}: {why}",
}
"""What else stands among the messages."""

FIELD_ERRORS: Final = (
    "missing",
    "not_an_object",
    "not_a_number",
    "out_of_range",
    "unknown_mode",
    "unknown_field",
    "above_maximum",
    "not_a_time",
    "no_offset",
    "in_the_past",
    "too_far",
    "not_a_setting",
    "not_text",
    "no_heading",
    "no_rows",
    "too_many_rows",
    "wrong_width",
    "not_a_local_time",
    "skipped_time",
    "end_before_start",
    "overlap",
    "below_offer",
    "no_current",
    "all_over",
    "unknown_zone",
)
"""Codes beside a field of a request, or a column of a file; ``needs`` and ``schedule_file`` have their texts."""

_ALL: Final = {**MESSAGES, **REFUSALS, **TROUBLES}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a unit does, as a code with parameters."""

    code: str
    params: Mapping[str, object]


def text(code: str, params: Mapping[str, object]) -> str:
    """The English sentence of ``code``; a parameter that is missing shows as its name."""
    if code == "cause_still_there":
        params = {**params, "why": text(str(params["cause"]), params)}
    return (_ALL.get(code) or SENTENCES.get(code) or code).format_map(_Named(params))


class _Named(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return key


def sentence(state: UnitState, now: Moment, *, out_of_service: bool = False) -> Sentence:
    """What the unit does at ``now``; ``out_of_service`` where it may begin nothing."""
    match state.phase:
        case Phase.IDLE | Phase.PLUGGED if out_of_service:
            return Sentence("out_of_service", {})
        case Phase.IDLE | Phase.PLUGGED:
            found = trouble(state, now)
            if found is not None:
                return Sentence("not_ready", {**found.params, "why": text(found.code, found.params), "cause": found.code})
            return Sentence("no_vehicle" if state.phase is Phase.IDLE else "ready", {})
        case Phase.REQUESTED:
            waits = not state.linked or state.request is Request.WANTED
            return Sentence("waiting_for_csms" if waits else "waiting_for_plan", {})
        case Phase.PLANNED:
            return Sentence("press_start", {})
        case Phase.WAITING:
            return _pause(state, now)
        case Phase.CHARGING | Phase.DIRECT:
            if state.offer_a == 0:
                return Sentence("held", {})
            draws = state.meter is not None and state.meter.total_power_w > 100
            code = "vehicle_pauses" if not draws else state.phase.value
            return Sentence(code, {"current_a": round(state.offer_a, 1)})
        case Phase.FAULT:
            fault = state.fault or Trouble("impossible")
            return Sentence("fault", {**fault.params, "why": text(fault.code, fault.params), "cause": fault.code})
        case _:
            return Sentence(state.phase.value, {})


def _pause(state: UnitState, now: Moment) -> Sentence:
    if state.planned is None:
        return Sentence("waiting_for_new_plan", {})
    if usable_current_a(state.planned.limit_a(now)) > 0:
        return Sentence("held", {})
    at = state.planned.next_current_at(now)
    return Sentence("waiting", {}) if at is None else Sentence("waiting_until", {"at": at.isoformat()})
