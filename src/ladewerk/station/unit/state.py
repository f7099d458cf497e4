"""All that one charging unit knows, as a frozen value, and the questions asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ladewerk.electrical import MINIMUM_OFFER_A, usable_current_a
from ladewerk.station.drivers.ports import EvseFault, EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.execution import Execution
from ladewerk.station.unit.metering import SessionEnergy
from ladewerk.station.unit.needs import Needs
from ladewerk.station.unit.safety import Thresholds, Watch, highest_current_a, is_stale
from ladewerk.station.unit.wake_up import UNKNOWN, Slumber, WakeUp


class Phase(StrEnum):
    """Where a unit stands; the rows of its table."""

    IDLE = "idle"
    PLUGGED = "plugged"
    REQUESTED = "requested"
    PLANNED = "planned"
    LOCKING = "locking"
    TESTING = "testing"
    WAITING = "waiting"
    CHARGING = "charging"
    DIRECT = "direct"
    FINISHING = "finishing"
    FAULT = "fault"


PREPARING = frozenset({Phase.LOCKING, Phase.TESTING})
ENERGISED = frozenset({Phase.WAITING, Phase.CHARGING, Phase.DIRECT})
"""Phases in which the contactor may be closed for the vehicle."""

RUNNING = PREPARING | ENERGISED


class SelfTest(StrEnum):
    """When the board tests itself."""

    BEFORE_EACH = "before-each"
    NEVER = "never"


class Request(StrEnum):
    """How far the present need has got on its way to the CSMS."""

    NONE = "none"
    WANTED = "wanted"
    SENT = "sent"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The unit's settings that decide something."""

    phases: int = 3
    max_current_a: float = 16.0
    direct_current_a: float = 16.0
    autostart: bool = False
    self_test: SelfTest = SelfTest.BEFORE_EACH
    has_lock: bool = True
    calibration_s: float = 3600.0
    thresholds: Thresholds = field(default_factory=Thresholds)
    wake_up: WakeUp = field(default_factory=WakeUp)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that forbids charging, as a code for translation; a latched one is a fault."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class UnitState(Struct, frozen=True, kw_only=True):
    """One charging unit at one moment; times that end in ``_s`` are monotonic.

    A struct, like all that every poll replaces: a dataclass of so many fields takes fifty times as long to be replaced.
    """

    rules: Rules
    phase: Phase = Phase.IDLE
    entered_s: float = 0.0
    evse: EvseReading | None = None
    evse_seen_s: float | None = None
    evse_missed: str = "it was not asked yet"
    """Why it was silent when it last was; what is missing is said by whoever looked for it."""
    disobeying_since_s: float | None = None
    meter: MeterReading | None = None
    meter_seen_s: float | None = None
    meter_missed: str = "it was not asked yet"
    linked: bool = False
    in_transaction: bool = False
    needs: Needs | None = None
    request: Request = Request.NONE
    requested_s: float | None = None
    planned: Execution | None = None
    planned_at: datetime | None = None
    ceiling: Execution | None = None
    direct: bool = False
    by_csms: bool = False
    """It charges directly, or did before a plan came, because the CSMS asked for that: it follows the plans of the CSMS."""
    by_user: bool = False
    """It carries out a schedule that was given at the station: plans of the CSMS are limits to it, no more."""
    energy: SessionEnergy | None = None
    offer_a: float = 0.0
    locked: bool = False
    unlocking: bool = False
    tested: bool = False
    calibrated_s: float = 0.0
    watch: Watch = Watch()
    slumber: Slumber = UNKNOWN
    ending: EndReason | None = None
    fault: Trouble | None = None

    @property
    def pilot(self) -> PilotState | None:
        return self.evse.pilot if self.evse is not None else None

    @property
    def is_plugged(self) -> bool:
        """A vehicle hangs on the cable, as far as the last reading says."""
        return self.pilot in (PilotState.B, PilotState.C, PilotState.D)

    @property
    def session_energy_wh(self) -> float:
        return self.energy.session_wh if self.energy is not None else 0.0

    @property
    def cable_limit_a(self) -> float | None:
        return self.evse.cable_limit_a if self.evse is not None else None


def current_limit_a(state: UnitState) -> float:
    """The most that may be offered on this cable to this vehicle, whatever a plan says."""
    limits = [state.rules.max_current_a]
    if state.evse is not None:
        limits.append(state.evse.cable_limit_a)
    if state.needs is not None and not state.direct:
        limits.append(state.needs.max_current_a)
    if state.watch.cap_a is not None:
        limits.append(state.watch.cap_a)
    return min(limits)


def due_offer_a(state: UnitState, now: Moment) -> float:
    """The current to be offered at ``now``: planned or direct, within every limit; 0 below what can be offered."""
    if state.direct:
        wanted_a = state.rules.direct_current_a
    elif state.planned is not None:
        wanted_a = state.planned.limit_a(now)
    else:
        wanted_a = 0.0
    if state.slumber.pausing(now):
        wanted_a = 0.0
    if state.ceiling is not None:
        wanted_a = min(wanted_a, state.ceiling.limit_a(now))
    offer_a = usable_current_a(min(wanted_a, current_limit_a(state)))
    if is_stale(state.meter_seen_s, state.rules.thresholds.meter_hold_s, now):
        # Nobody sees what is drawn: never more than now until the meter is back.
        offer_a = min(offer_a, state.offer_a)
    return offer_a


def is_complete(state: UnitState) -> bool:
    """The planned energy has been charged."""
    return not state.direct and state.needs is not None and state.session_energy_wh >= state.needs.energy_wh


def evse_silent(state: UnitState) -> Trouble:
    """The board is silent, and what was last heard of that."""
    return Trouble("evse_silent", {"for_s": state.rules.thresholds.evse_silent_s, "why": state.evse_missed})


def evse_trouble(state: UnitState, now: Moment) -> Trouble | None:
    """Why the board cannot be used at ``now``."""
    if state.evse is None or is_stale(state.evse_seen_s, state.rules.thresholds.evse_silent_s, now):
        return evse_silent(state)
    if state.evse.faults:
        code = "ground_fault" if EvseFault.GROUND in state.evse.faults else "evse_error"
        return Trouble(code, {"faults": ", ".join(sorted(state.evse.faults))})
    if state.evse.pilot in (PilotState.E, PilotState.F):
        return Trouble("evse_pilot", {"pilot": state.evse.pilot.value})
    return None


def meter_trouble(state: UnitState, now: Moment, silent_s: float) -> Trouble | None:
    """Why the meter cannot be used at ``now``; ``silent_s`` is how old its last reading may be."""
    if state.meter is None or is_stale(state.meter_seen_s, silent_s, now):
        return Trouble("meter_silent", {"for_s": silent_s, "why": state.meter_missed})
    return None


def trouble(state: UnitState, now: Moment) -> Trouble | None:
    """What forbids charging at ``now``: the pre-checks, and what a reset asks about."""
    found = evse_trouble(state, now) or meter_trouble(state, now, state.rules.thresholds.meter_hold_s)
    if found is None and state.meter is not None and not (state.evse is not None and state.evse.relay_closed):
        drawn_a = highest_current_a(state.meter)
        if drawn_a > state.rules.thresholds.welded_a:
            found = Trouble("contactor_welded", {"current_a": round(drawn_a, 1)})
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Which orders would be taken now."""

    submit: bool
    start: bool
    stop: bool
    reset: bool
    direct: bool


def allowed(state: UnitState, now: Moment, *, out_of_service: bool = False) -> Allowed:
    """Which buttons work at ``now``; ``out_of_service`` where it may begin nothing."""
    ready = state.is_plugged and not out_of_service and trouble(state, now) is None
    return Allowed(
        submit=ready and state.phase in (Phase.PLUGGED, Phase.REQUESTED, Phase.PLANNED),
        start=ready and state.phase is Phase.PLANNED,
        stop=state.phase in RUNNING | {Phase.REQUESTED, Phase.PLANNED},
        reset=state.phase is Phase.FAULT and trouble(state, now) is None,
        direct=ready and state.phase is Phase.PLUGGED and state.rules.direct_current_a >= MINIMUM_OFFER_A,
    )
