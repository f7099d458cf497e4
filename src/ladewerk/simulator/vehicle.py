"""A vehicle as the charging station sees it: control pilot, reaction to the offer, current drawn."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf

from ladewerk.simulator.battery import Battery

SWING_S = 4.0
"""How long a vehicle with a swinging current draws the one, and then the other."""

_HAIR = 1e-9
"""Of the state of charge: less than a rounding error is nothing."""


class Pilot(StrEnum):
    """State of the control pilot that the vehicle brings about (IEC 61851-1, table A.6)."""

    A = "A"  # not plugged in
    B = "B"  # plugged in, takes nothing
    C = "C"  # asks for power
    D = "D"  # asks for power and for ventilation

    @property
    def asks(self) -> bool:
        """Whether it asks for power."""
        return self in (Pilot.C, Pilot.D)


class WokenBy(StrEnum):
    """The least that wakes a vehicle that has fallen asleep in a pause; whatever is more wakes it too."""

    PAUSE = "pause"  # another pause, after an offer that it slept through
    INTERRUPTION = "interruption"  # the control pilot is interrupted
    REPLUG = "replug"  # it is pulled and plugged in again


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleModel:
    """What a make of vehicle is like."""

    phases: int = 3
    min_current_a: float = 6.0
    """It does not charge with less on offer."""
    max_current_a: float = 16.0
    shortfall_a: float = 0.2
    """It stays this much below the offer, as real vehicles do."""
    wake_up_s: float = 2.0
    """From the first offer to asking for power."""
    reaction_s: float = 2.0
    """From a new offer, or from power at its inlet, to the current that follows it; the standard allows 5 s."""
    fall_back_s: float = 3.0
    """From the end of the offer to no longer asking for power."""
    sleeps_after_s: float = inf
    """It falls asleep when nothing has been on offer for so long."""
    woken_by: WokenBy = WokenBy.PAUSE
    wake_pause_s: float = 5.0
    """How long the pause must be that wakes it."""
    most_pauses: int | None = None
    """After more pauses than these it charges no more until it is plugged in again; None for any number."""
    standby_w: float = 0.0
    """What it takes out of its battery while it does not charge."""
    top_up_gap: float = 0.02
    """Of the state of charge: how far it falls, once full, before the vehicle charges again."""
    ventilation: bool = False
    """It asks for power by state D."""
    voltage_v: float = 230.0
    """Line to neutral."""


class Vehicle:
    """One vehicle, moved by :meth:`update`; times are seconds on the world's own scale.

    It asks for power when it is plugged in, awake, not full and offered enough, and falls back to B when it is full or the
    offer ends. ``ignores_offer`` is a fault: it asks for power whatever is offered and draws its maximum. ``swings_a`` is
    another: in every other :data:`SWING_S` it draws so much less. By ``overdraws_a`` it draws more than it is offered.
    """

    def __init__(self, model: VehicleModel, battery: Battery) -> None:
        self.model = model
        self.battery = battery
        self.plugged = False
        self.pilot_interrupted = False
        """Plugged in, but the wire of the control pilot is open."""
        self.ignores_offer = False
        self.swings_a = 0.0
        self.overdraws_a = 0.0
        self.pilot = Pilot.A
        self._offer_a = 0.0
        self._energised = False
        self._obeyed_a = 0.0
        self._pilot_due_s = inf
        self._obey_due_s = inf
        self._swing_due_s = inf
        self._swung_a = 0.0
        self._full = battery.full
        self._sleep: WokenBy | None = None  # what wakes it; None is awake
        self._idle_since_s = inf
        self._nudged = False
        self._pauses = 0

    @property
    def asleep(self) -> bool:
        """Whether it takes no notice of an offer."""
        return self._sleep is not None

    @property
    def current_a(self) -> float:
        """Drawn now on each of its phases."""
        return self.power_w / (self.model.phases * self.model.voltage_v)

    @property
    def power_w(self) -> float:
        """Drawn now over all phases."""
        return min(self.ceiling_w, self.battery.acceptable_power_w())

    def next_change_s(self, at_s: float) -> float:
        """When it will do something by itself, if nothing around it changes; inf for never."""
        ceiling_w = self.ceiling_w
        own_s = at_s + self.battery.full_after_s(ceiling_w) if ceiling_w > 0 else self._topping_up_s(at_s)
        return min(self._pilot_due_s, self._obey_due_s, self._swing_due_s, own_s, self._falling_asleep_s())

    def charge(self, duration_s: float) -> float:
        """Let time pass at the present state; the energy in Wh drawn from the mains."""
        ceiling_w = self.ceiling_w
        if ceiling_w > 0:
            self.battery, drawn_wh = self.battery.charged(ceiling_w, duration_s)
            return drawn_wh
        if self.model.standby_w:
            self.battery = self.battery.drained(self.model.standby_w, duration_s)
        return 0.0

    def become(self, model: VehicleModel, battery: Battery) -> None:
        """Be another vehicle, or have another battery, at the same plug; whether it is full is judged anew."""
        self.model = model
        self.battery = battery
        self._full = battery.full

    def update(self, at_s: float, *, offer_a: float, energised: bool) -> None:
        """See the pilot's offer (0: no PWM) and whether the contactor is closed, and do what is due at ``at_s``."""
        self._offer_a = 0.0 if self.pilot_interrupted else offer_a
        self._energised = energised
        self._update_full()
        self._update_sleep(at_s)
        self._update_pilot(at_s)
        self._update_current(at_s)
        self._update_swing(at_s)

    @property
    def ceiling_w(self) -> float:
        """What it lets through to its battery, which may take less."""
        if not self._energised or not self.pilot.asks:
            return 0.0
        amps = self.model.max_current_a if self.ignores_offer else self._obeyed_a
        if self._obeyed_a:
            amps += self.overdraws_a - self._swung_a
        return max(0.0, amps) * self.model.phases * self.model.voltage_v

    @property
    def _offered(self) -> bool:
        return self._offer_a >= self.model.min_current_a

    def _topping_up_s(self, at_s: float) -> float:
        if not self._full or not self.model.standby_w:
            return inf
        return at_s + self.battery.drained_after_s(self.model.standby_w, self._top_up_soc)

    @property
    def _top_up_soc(self) -> float:
        return self.battery.stop_soc - self.model.top_up_gap

    def _update_full(self) -> None:
        if self.battery.full:
            self._full = True
        elif self.battery.soc <= self._top_up_soc + _HAIR:
            self._full = False

    # Sleep

    def _falling_asleep_s(self) -> float:
        return inf if self.asleep else self._idle_since_s + self.model.sleeps_after_s

    def _update_sleep(self, at_s: float) -> None:
        if not self.plugged:
            self._sleep, self._idle_since_s, self._nudged, self._pauses = None, inf, False, 0
            return
        if self.pilot_interrupted and self._sleep is not WokenBy.REPLUG:
            self._sleep, self._idle_since_s, self._nudged = None, at_s, False
        if self._offer_a > 0:
            self._be_offered(at_s)
        elif self._idle_since_s == inf:
            self._idle_since_s = at_s
            self._pauses += self.pilot.asks
            if self.model.most_pauses is not None and self._pauses > self.model.most_pauses:
                self._sleep = WokenBy.REPLUG
        if at_s >= self._falling_asleep_s():
            self._sleep, self._nudged = self.model.woken_by, False

    def _be_offered(self, at_s: float) -> None:
        paused_s = at_s - self._idle_since_s
        if self._sleep is WokenBy.PAUSE and self._nudged and paused_s >= self.model.wake_pause_s:
            self._sleep = None
        self._nudged = True
        self._idle_since_s = inf

    # Pilot and current

    def _wanted_pilot(self) -> Pilot:
        if not self.plugged or self.pilot_interrupted:
            return Pilot.A
        if self._full:
            return Pilot.B
        if self.ignores_offer or (self._offered and not self.asleep):
            return Pilot.D if self.model.ventilation else Pilot.C
        return Pilot.B

    def _update_pilot(self, at_s: float) -> None:
        wanted = self._wanted_pilot()
        if wanted is self.pilot:
            self._pilot_due_s = inf
            return
        if wanted is not Pilot.A and self.pilot is Pilot.A:
            self.pilot = Pilot.B
        if wanted is Pilot.A or (wanted is Pilot.B and self._full) or (wanted.asks and self.pilot.asks):
            self.pilot = wanted
        if wanted is self.pilot:
            self._pilot_due_s = inf
        elif self._pilot_due_s == inf:
            self._pilot_due_s = at_s + (self.model.wake_up_s if wanted.asks else self.model.fall_back_s)
        elif at_s >= self._pilot_due_s:
            self.pilot = wanted
            self._pilot_due_s = inf

    def _update_swing(self, at_s: float) -> None:
        if not self.swings_a or not self._obeyed_a:
            self._swung_a, self._swing_due_s = 0.0, inf
        elif self._swing_due_s == inf:
            self._swing_due_s = at_s + SWING_S
        elif at_s >= self._swing_due_s:
            self._swung_a = 0.0 if self._swung_a else self.swings_a
            self._swing_due_s = at_s + SWING_S

    def _update_current(self, at_s: float) -> None:
        if not self._energised or not self.pilot.asks:
            self._obeyed_a = 0.0
            self._obey_due_s = inf
            return
        if not self._offered:
            self._obey_due_s = inf  # until it falls back to B it goes on as before
            return
        wanted_a = max(0.0, min(self._offer_a - self.model.shortfall_a, self.model.max_current_a))
        if wanted_a == self._obeyed_a:
            self._obey_due_s = inf
        elif self._obey_due_s == inf:
            self._obey_due_s = at_s + self.model.reaction_s
        elif at_s >= self._obey_due_s:
            self._obeyed_a = wanted_a
            self._obey_due_s = inf
