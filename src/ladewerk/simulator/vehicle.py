"""A vehicle as the charging station sees it: control pilot, reaction to the offer, current drawn."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf

from ladewerk.simulator.battery import Battery

SWING_S = 4.0
"""How long a vehicle with a swinging current draws the one, and then the other."""


class Pilot(StrEnum):
    """State of the control pilot that the vehicle brings about (IEC 61851-1, table A.6)."""

    A = "A"  # not plugged in
    B = "B"  # plugged in, takes nothing
    C = "C"  # asks for power


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
    voltage_v: float = 230.0
    """Line to neutral."""


class Vehicle:
    """One vehicle, moved by :meth:`update`; times are seconds on the world's own scale.

    It asks for power (C) when it is plugged in, not full and offered enough, and falls back to B when it is full or the
    offer ends. ``ignores_offer`` is a fault: it asks for power whatever is offered and draws its maximum. ``swings_a`` is
    another: in every other :data:`SWING_S` it draws so much less.
    """

    def __init__(self, model: VehicleModel, battery: Battery) -> None:
        self.model = model
        self.battery = battery
        self.plugged = False
        self.ignores_offer = False
        self.swings_a = 0.0
        self.pilot = Pilot.A
        self._offer_a = 0.0
        self._energised = False
        self._obeyed_a = 0.0
        self._pilot_due_s = inf
        self._obey_due_s = inf
        self._swing_due_s = inf
        self._swung_a = 0.0

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
        full_s = at_s + self.battery.full_after_s(ceiling_w) if ceiling_w > 0 else inf
        return min(self._pilot_due_s, self._obey_due_s, self._swing_due_s, full_s)

    def charge(self, duration_s: float) -> float:
        """Let time pass at the present state; the energy in Wh drawn from the mains."""
        self.battery, drawn_wh = self.battery.charged(self.ceiling_w, duration_s)
        return drawn_wh

    def update(self, at_s: float, *, offer_a: float, energised: bool) -> None:
        """See the pilot's offer (0: no PWM) and whether the contactor is closed, and do what is due at ``at_s``."""
        self._offer_a = offer_a
        self._energised = energised
        self._update_pilot(at_s)
        self._update_current(at_s)
        self._update_swing(at_s)

    @property
    def ceiling_w(self) -> float:
        """What it lets through to its battery, which may take less."""
        if not self._energised or self.pilot is not Pilot.C:
            return 0.0
        amps = self.model.max_current_a if self.ignores_offer else self._obeyed_a
        return max(0.0, amps - self._swung_a) * self.model.phases * self.model.voltage_v

    def _wanted_pilot(self) -> Pilot:
        if not self.plugged:
            return Pilot.A
        if self.battery.full:
            return Pilot.B
        return Pilot.C if self.ignores_offer or self._offer_a >= self.model.min_current_a else Pilot.B

    def _update_pilot(self, at_s: float) -> None:
        wanted = self._wanted_pilot()
        if wanted is self.pilot:
            self._pilot_due_s = inf
            return
        if self.plugged and self.pilot is Pilot.A:
            self.pilot = Pilot.B
        if wanted is Pilot.A or (wanted is Pilot.B and self.battery.full):
            self.pilot = wanted
        if wanted is self.pilot:
            self._pilot_due_s = inf
        elif self._pilot_due_s == inf:
            self._pilot_due_s = at_s + (self.model.wake_up_s if wanted is Pilot.C else self.model.fall_back_s)
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
        if not self._energised or self.pilot is not Pilot.C:
            self._obeyed_a = 0.0
            self._obey_due_s = inf
            return
        if self._offer_a < self.model.min_current_a:
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
